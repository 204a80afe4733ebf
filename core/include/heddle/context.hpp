// SPDX-License-Identifier: BSL-1.0
//
// Context variables: Python's contextvars (PEP 567). Values that follow a task and what it starts,
// without being passed along: the user of a request, a trace id, a log prefix.
//
//   inline heddle::context_var<std::string> user("user", "nobody");
//
//   user.set("ann");                                 // here, and in what is started from here on
//   heddle::create_task(serve());                    // sees "ann"; what it sets, it alone sees
//
// A task gets a copy of the current context when it is made, a callback (call_soon, call_later,
// call_at, call_soon_threadsafe, add_done_callback) when it is registered, and runs in it. Changes
// stay within. A coroutine awaited in place shares the context of its task. Outside of loops each
// thread has a context of its own.
//
// To start a task in another context, make it there; it gets a copy of that one:
//
//   auto t = other.run([&] { return loop.create_task(serve()); });
//
// Copying a context takes the same short time whatever is in it; setting a variable in a context
// that was copied since takes time proportional to how many are set. A program that sets none pays
// next to nothing.
//
// Threads: a context may go to another thread (`context c = copy_context();` there `c.run(f)`),
// but only one thread at a time runs in it or looks into it. Copies share the values: reading a T
// that is not changed must be safe from several threads, and the last context that goes destroys
// it, on whichever thread that is.
#pragma once

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <heddle/detail/context_binding.hpp>
#include <heddle/errors.hpp>

namespace heddle {

class context;
class task_base;
[[nodiscard]] context copy_context();

namespace detail {

/// A value that contexts share.
class context_value {
public:
    context_value(const context_value&) = delete;
    context_value& operator=(const context_value&) = delete;
    void add_ref() noexcept { owners_.fetch_add(1, std::memory_order_relaxed); }
    void release() noexcept {
        if (owners_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            delete this;
        }
    }

protected:
    context_value() noexcept = default;
    virtual ~context_value() = default;

private:
    std::atomic<std::uint32_t> owners_{1};
};

template <class T>
class context_value_of final : public context_value {
public:
    template <class U>
    explicit context_value_of(U&& initial) : value(std::forward<U>(initial)) {}
    const T value;

private:
    ~context_value_of() override = default;
};

using context_value_ptr = intrusive_ptr<context_value>;

/// The part of a variable that does not depend on its type.
class context_var_base {
public:
    context_var_base(const context_var_base&) = delete;
    context_var_base& operator=(const context_var_base&) = delete;
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

protected:
    explicit context_var_base(std::string_view name);
    ~context_var_base() = default;

    /// What undoes one set().
    struct undo {
        std::uint64_t variable = 0;
        std::uint64_t context = 0;
        context_value_ptr before;  // null: it was not set
    };
    /// Null if it is not set in the current context.
    [[nodiscard]] context_value* find() const noexcept;
    [[nodiscard]] context_value* find_in(const context_state* state) const noexcept;
    [[nodiscard]] undo replace(context_value_ptr value) const;
    void put_back(undo& last) const;
    [[noreturn]] void throw_unset() const;
    [[noreturn]] void throw_used() const;

private:
    std::string name_;
    std::uint64_t id_;
};

}  // namespace detail

/// A variable whose value depends on the context. Make it once, with static storage duration as a
/// rule; it is told apart by identity, `name` is for people. Values in contexts outlive it.
template <class T>
class context_var : public detail::context_var_base {
    static_assert(std::copy_constructible<T> && std::same_as<T, std::remove_cvref_t<T>>,
                  "a value is handed out as a copy: put what cannot be copied, or is expensive to "
                  "copy, behind a shared_ptr");

public:
    using value_type = T;

    /// What set() gives: the right to undo it, once, with reset(). Throwing it away undoes nothing.
    class token {
    public:
        token(token&& other) noexcept
            : undo_(std::move(other.undo_)), used_(std::exchange(other.used_, true)) {}
        token& operator=(token&&) = delete;
        /// The value before the set(); empty if there was none.
        [[nodiscard]] std::optional<T> old_value() const {
            return undo_.before ? std::optional<T>(value_in(*undo_.before)) : std::nullopt;
        }

    private:
        friend class context_var;
        explicit token(undo last) noexcept : undo_(std::move(last)) {}
        undo undo_;
        bool used_ = false;
    };

    explicit context_var(std::string_view name) : context_var_base(name) {}
    context_var(std::string_view name, T default_value)
        : context_var_base(name), default_(std::move(default_value)) {}

    /// The value in the current context, or else the default. Throws usage_error if there is
    /// neither.
    [[nodiscard]] T get() const {
        if (const detail::context_value* found = find()) {
            return value_in(*found);
        }
        if (!default_) {
            throw_unset();
        }
        return *default_;
    }
    /// The value in the current context, or else `otherwise`, whatever the variable's own default.
    [[nodiscard]] T get(T otherwise) const {
        const detail::context_value* found = find();
        return found != nullptr ? value_in(*found) : std::move(otherwise);
    }

    /// Sets it in the current context.
    template <class U = T>
        requires std::constructible_from<T, U>
    token set(U&& value) const {
        return token(replace(detail::context_value_ptr::adopt(
            new detail::context_value_of<T>(std::forward<U>(value)))));
    }

    /// Undoes the set() that gave `last`. Throws usage_error, and changes nothing, if that was of
    /// another variable or in another context, or if it was undone already.
    void reset(token& last) const {
        if (last.used_) {
            throw_used();
        }
        put_back(last.undo_);
        last.used_ = true;
    }
    void reset(token&& last) const { reset(last); }

private:
    friend class context;
    static const T& value_in(const detail::context_value& value) noexcept {
        return static_cast<const detail::context_value_of<T>&>(value).value;
    }
    std::optional<T> default_;
};

/// A context: which variables are set, and to what. A handle; copies refer to the same context
/// (copy_context() makes another). A new one is empty.
class context {
public:
    context();
    context(const context&) = default;
    context& operator=(const context&) = default;

    /// Calls `callable` in this context, and gives or throws what it does. What it sets stays in
    /// here. Throws usage_error if this context runs something already (on any thread). It is for
    /// what `callable` does before it returns: a coroutine that it makes and returns goes on in
    /// the context of whoever awaits it.
    template <std::invocable F>
    decltype(auto) run(F&& callable) const {
        const detail::context_scope scope(state_);
        return std::invoke(std::forward<F>(callable));
    }

    /// The value of `variable` in here; empty if it is not set (its default does not count).
    template <class T>
    [[nodiscard]] std::optional<T> get(const context_var<T>& variable) const {
        const detail::context_value* found = variable.find_in(state_.get());
        return found != nullptr ? std::optional<T>(context_var<T>::value_in(*found)) : std::nullopt;
    }
    /// How many variables are set.
    [[nodiscard]] std::size_t size() const noexcept;

    /// Whether both are the same context, not whether they are equal.
    friend bool operator==(const context& a, const context& b) noexcept {
        return a.state_.get() == b.state_.get();
    }

private:
    friend context copy_context();
    friend class task_base;
    explicit context(detail::context_ptr state) noexcept : state_(std::move(state)) {}
    detail::context_ptr state_;  // never null
};

/// A copy of the current context.
[[nodiscard]] context copy_context();

}  // namespace heddle
