// SPDX-License-Identifier: BSL-1.0
//
// How context variables reach callbacks and tasks: the part that the loop includes. The variables
// themselves are in <heddle/context.hpp>.
//
// A context is a context_state; null stands for the empty one, everywhere. So long as no variable
// was ever set in this process, whoever captures a context tests one flag and is done; a callback
// carries a context only if there is one to carry.
//
// Counts are atomic, since contexts go to other threads (call_soon_threadsafe, copy_context()).
// What they share is never changed while it is shared: see context_values in context.cpp.
#pragma once

#include <atomic>
#include <cstdint>
#include <source_location>
#include <type_traits>
#include <utility>

#include <heddle/detail/intrusive_ptr.hpp>
#include <heddle/handle.hpp>

namespace heddle {
class event_loop;
class task_base;
}  // namespace heddle

namespace heddle::detail {

class context_state;
struct current_context;
void add_ref_context(context_state& state) noexcept;
void release_context(context_state& state) noexcept;

/// One owner of a context.
class context_ptr {
public:
    context_ptr() noexcept = default;
    /// Takes over a reference that the caller holds.
    explicit context_ptr(context_state* adopted) noexcept : state_(adopted) {}
    context_ptr(const context_ptr& other) noexcept : state_(other.state_) {
        if (state_ != nullptr) {
            add_ref_context(*state_);
        }
    }
    context_ptr(context_ptr&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
    context_ptr& operator=(context_ptr other) noexcept {
        std::swap(state_, other.state_);
        return *this;
    }
    ~context_ptr() {
        if (state_ != nullptr) [[unlikely]] {
            release_context(*state_);
        }
    }
    [[nodiscard]] context_state* get() const noexcept { return state_; }
    explicit operator bool() const noexcept { return state_ != nullptr; }

private:
    context_state* state_ = nullptr;
};

/// Whether a variable was ever set, by any thread. Stays true from then on.
inline constinit std::atomic<bool> contexts_in_use{false};
[[nodiscard]] inline bool contexts_are_in_use() noexcept {
    return contexts_in_use.load(std::memory_order_relaxed);
}

/// A copy of the current context, to be given to what is made now; null if it is empty.
[[nodiscard]] context_ptr capture_context();

/// Makes a context the current one for the length of a scope. It stands for what runs on this
/// thread now (a task's step, a callback, code outside of a loop), not for what a loop runs
/// within the scope.
class context_scope {
public:
    /// Throws usage_error if it is current already, here or on another thread.
    explicit context_scope(context_ptr entered);
    context_scope(const context_scope&) = delete;
    context_scope& operator=(const context_scope&) = delete;
    ~context_scope();

    [[nodiscard]] bool stands_for(const event_loop* loop, const task_base* task) const noexcept {
        return loop == loop_ && task == task_;
    }
    [[nodiscard]] const context_ptr& context() const noexcept { return context_; }

private:
    context_ptr context_;
    const event_loop* loop_;
    const task_base* task_;
    context_scope* outer_;
};

/// A callable, and the context that it runs in.
template <class F>
class context_bound {
public:
    template <class G>
    context_bound(context_ptr context, G&& callable)
        : context_(std::move(context)), callable_(std::forward<G>(callable)) {}
    void operator()() && {
        const context_scope scope(context_);
        std::move(callable_)();
    }

private:
    context_ptr context_;
    F callable_;
};

/// make_callback of `callable`, bound to the current context if that is not empty. The callers
/// test contexts_are_in_use() themselves and call this from functions that stay out of line: what
/// the compiler knows of a node that it has just made would be lost where the two ways meet.
template <class Base, class F, class... Args>
[[nodiscard]] callback_base<Base>* make_bound_callback(frame_pool& pool, F&& callable,
                                                       event_kind kind, std::uint64_t id,
                                                       std::source_location place, Args... args) {
    context_ptr captured = contexts_are_in_use() ? capture_context() : context_ptr();
    if (!captured) {
        return make_callback<Base>(pool, std::forward<F>(callable), kind, id, place, args...);
    }
    return make_callback<Base>(
        pool, context_bound<std::decay_t<F>>(std::move(captured), std::forward<F>(callable)), kind,
        id, place, args...);
}

}  // namespace heddle::detail
