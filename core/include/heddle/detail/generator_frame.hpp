// SPDX-License-Identifier: BSL-1.0
//
// The frames of generators, and the trampoline that drives a chain of them.
//
// A delegation, a yield and a return only note what has happened and suspend; the trampoline
// (generator_run::drive, on the stack of whoever asked for the next value) goes on from there. The
// outermost frame remembers which one is innermost (`leaf_`), so that a step is O(1) in depth; a
// frame finds the run that drives it by a pointer that is set each time it is resumed.
//
// Closing goes from the innermost frame outwards, as in PEP 380, where each frame closes the one it
// delegates to before it gets its own generator_exit. `closing_` is the frame whose turn it is: one
// that ends passes the turn to the frame that delegated to it, one that yields in its turn is
// abandoned, and the frame that delegated to it gets a usage_error instead.
#pragma once

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <heddle/detail/exchange.hpp>
#include <heddle/detail/invariant.hpp>
#include <heddle/errors.hpp>
#include <heddle/frame_memory.hpp>

namespace heddle {

template <class Yield, class Send, class Return>
class generator;

namespace detail {

template <class Yield, class Send>
class generator_frame;
template <class Yield, class Send>
class generator_run;
template <class Yield, class Send, class Return>
class generator_promise;
template <class Yield, class Send, class Return>
class delegation;

/// Of a frame that somebody drives; a delegate's is that of the time when it was delegated to.
enum class generator_state : unsigned char { unbegun, running, suspended, ended };

/// Stands in the frame of a delegating generator, and owns the frame delegated to.
template <class Yield, class Send>
struct delegation_link {
    generator_frame<Yield, Send>* child = nullptr;
    generator_frame<Yield, Send>* parent = nullptr;
};

/// What a co_yield of a value suspends on.
template <class Yield, class Send>
class [[nodiscard]] yield_awaiter {
public:
    explicit yield_awaiter(generator_frame<Yield, Send>& frame) noexcept : frame_(&frame) {}
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<>) const noexcept { frame_->run().note_yield(); }
    received_t<Send> await_resume() const { return frame_->run().receive(); }

private:
    generator_frame<Yield, Send>* frame_;
};

struct generator_final_awaiter {
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> ended) const noexcept {
        ended.promise().run().note_end();
    }
    void await_resume() const noexcept {}
};

/// What generators with the same values in and out have in common, whatever they return.
template <class Yield, class Send>
class generator_frame {
public:
    generator_frame() noexcept = default;
    generator_frame(const generator_frame&) = delete;
    generator_frame& operator=(const generator_frame&) = delete;

    static void* operator new(std::size_t size) { return allocate_frame(size); }
    static void operator delete(void* memory, std::size_t size) noexcept {
        deallocate_frame(memory, size);
    }

    [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }
    [[nodiscard]] generator_final_awaiter final_suspend() const noexcept { return {}; }
    void unhandled_exception() noexcept {
        error_ = std::current_exception();
        ended_by_exit_ = handling_generator_exit();
    }

    template <class U = Yield>
        requires(!std::is_void_v<Yield> && std::constructible_from<Yield, U>)
    yield_awaiter<Yield, Send> yield_value(U&& value) {
        run_->yield(std::forward<U>(value));
        return yield_awaiter<Yield, Send>(*this);
    }
    yield_awaiter<Yield, Send> yield_value(yields_nothing)
        requires std::is_void_v<Yield>
    {
        run_->yield(true);
        return yield_awaiter<Yield, Send>(*this);
    }
    template <class Return>
    delegation<Yield, Send, Return> yield_value(delegation<Yield, Send, Return>&& inner) noexcept {
        return std::move(inner);
    }
    template <class A>
    void await_transform(A&&) = delete;  // a generator has no task: use an async_generator

    [[nodiscard]] generator_run<Yield, Send>& run() const noexcept { return *run_; }
    [[nodiscard]] std::coroutine_handle<> handle() noexcept {
        // As in promise_base: this part comes first, and no promise is aligned beyond the header.
        return std::coroutine_handle<generator_frame>::from_promise(*this);
    }
    [[nodiscard]] bool is(generator_state state) const noexcept { return state_ == state; }
    [[nodiscard]] bool ended_with_error() const noexcept { return static_cast<bool>(error_); }
    [[nodiscard]] bool ended_by_exit() const noexcept { return ended_by_exit_; }
    [[nodiscard]] std::exception_ptr take_error() noexcept {
        return std::exchange(error_, nullptr);
    }

protected:
    ~generator_frame() = default;

private:
    friend class generator_run<Yield, Send>;
    template <class Y, class S, class R>
    friend class delegation;
    template <class Y, class S>
    friend void destroy_delegates(generator_frame<Y, S>& outermost) noexcept;

    generator_run<Yield, Send>* run_ = nullptr;  // only while it runs
    delegation_link<Yield, Send>* up_ = nullptr;
    generator_frame* leaf_ = this;  // of the outermost frame, while it is not running
    std::exception_ptr error_;
    generator_state state_ = generator_state::unbegun;
    bool ended_by_exit_ = false;
};

/// Destroys the frame and all that it delegates to, innermost first, in a loop.
template <class Yield, class Send>
void destroy_delegates(generator_frame<Yield, Send>& outermost) noexcept {
    HEDDLE_INVARIANT(outermost.state_ != generator_state::running,
                     "a generator is not destroyed by its own body");
    generator_frame<Yield, Send>* frame = outermost.leaf_;
    while (frame != &outermost) {
        generator_frame<Yield, Send>* parent = frame->up_->parent;
        frame->up_->child = nullptr;
        frame->handle().destroy();
        frame = parent;
    }
    outermost.handle().destroy();
}

/// One step: from a resumption of the innermost frame to a yield, or to the end of the outermost.
template <class Yield, class Send>
class generator_run : public exchange<Yield, Send> {
public:
    using frame = generator_frame<Yield, Send>;
    using exchange<Yield, Send>::exchange;

    /// What is thrown in is a generator_exit: frames end by it one after the other, up to and with
    /// the outermost.
    void close_all(frame& root) noexcept {
        closing_ = root.leaf_;
        closes_root_ = true;
    }
    /// The same, up to the outermost frame, which gets it as any other error.
    void close_delegates(frame& root) noexcept {
        closing_ = root.leaf_ == &root ? nullptr : root.leaf_;
    }

    /// Throws usage_error if a generator that is closed yields.
    void drive(frame& root) {
        root_ = &root;
        leaf_ = root.leaf_;
        root.state_ = generator_state::running;
        do {
            leaf_->run_ = this;
            event_ = event::delegated;
            leaf_->handle().resume();
        } while (event_ == event::delegated || !is_over());
        if (closing_ == root_ && event_ == event::yielded) {
            throw usage_error("this generator ignored generator_exit");
        }
    }

    // What frames say before they suspend.
    void note_yield() noexcept { event_ = event::yielded; }
    void note_end() noexcept { event_ = event::ended; }
    void note_delegation(frame& innermost) noexcept { leaf_ = &innermost; }

private:
    enum class event : unsigned char { delegated, yielded, ended };

    [[nodiscard]] bool is_over() {
        if (event_ == event::ended) {
            leaf_->leaf_ = leaf_;
            if (leaf_ == root_) {
                root_->state_ = generator_state::ended;
                return true;
            }
            return_to_parent();
            return false;
        }
        if (closing_ == nullptr || closing_ == root_) {
            root_->leaf_ = leaf_;
            root_->state_ = generator_state::suspended;
            return true;
        }
        abandon_closing();
        return false;
    }

    void return_to_parent() {
        frame* parent = leaf_->up_->parent;
        if (leaf_ == closing_) {
            if (!leaf_->ended_with_error()) {
                this->throw_in(std::make_exception_ptr(generator_exit()));
            }
            pass_turn_to(parent);
        }
        leaf_->state_ = generator_state::ended;
        leaf_ = parent;
    }

    void abandon_closing() {
        frame* parent = closing_->up_->parent;
        while (leaf_ != parent) {
            frame* above = leaf_->up_->parent;
            leaf_->up_->child = nullptr;
            leaf_->handle().destroy();
            leaf_ = above;
        }
        this->drop_yielded();
        this->throw_in(
            std::make_exception_ptr(usage_error("this generator ignored generator_exit")));
        pass_turn_to(parent);
    }

    void pass_turn_to(frame* parent) noexcept {
        closing_ = parent == root_ && !closes_root_ ? nullptr : parent;
    }

    frame* root_ = nullptr;
    frame* leaf_ = nullptr;
    frame* closing_ = nullptr;
    bool closes_root_ = false;
    event event_ = event::delegated;
};

template <class Yield, class Send, class Return>
class generator_promise_base : public generator_frame<Yield, Send> {
    static_assert(!std::is_reference_v<Yield> && !std::is_reference_v<Send> &&
                      !std::is_reference_v<Return>,
                  "a generator passes values: yield a pointer in place of a reference");
};

template <class Yield, class Send, class Return>
class generator_promise final : public generator_promise_base<Yield, Send, Return> {
public:
    static_assert(alignof(std::optional<Return>) <= 2 * sizeof(void*),
                  "results aligned beyond a frame's header are not supported: return a pointer");
    generator<Yield, Send, Return> get_return_object() noexcept;
    template <class U = Return>
        requires std::constructible_from<Return, U>
    void return_value(U&& value) {
        value_.emplace(std::forward<U>(value));
    }
    [[nodiscard]] bool returned() const noexcept { return value_.has_value(); }
    [[nodiscard]] std::optional<Return>& value() noexcept { return value_; }

private:
    std::optional<Return> value_;
};

template <class Yield, class Send>
class generator_promise<Yield, Send, void> final
    : public generator_promise_base<Yield, Send, void> {
public:
    generator<Yield, Send, void> get_return_object() noexcept;
    void return_void() noexcept { returned_ = true; }
    [[nodiscard]] bool returned() const noexcept { return returned_; }

private:
    bool returned_ = false;
};

/// What yield_from gives, and what the co_yield of it suspends on.
template <class Yield, class Send, class Return>
class [[nodiscard("nothing is delegated unless it is yielded")]] delegation
    : delegation_link<Yield, Send> {
public:
    using promise = generator_promise<Yield, Send, Return>;

    explicit delegation(std::coroutine_handle<promise> inner) noexcept {
        this->child = inner ? &inner.promise() : nullptr;
    }
    delegation(delegation&& other) noexcept { this->child = std::exchange(other.child, nullptr); }
    ~delegation() {
        if (this->child != nullptr) {
            destroy_delegates(*this->child);
        }
    }

    [[nodiscard]] bool await_ready() const {
        if (this->child == nullptr) {
            throw usage_error("yield_from: this generator is closed");
        }
        return this->child->is(generator_state::ended);
    }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> outer) noexcept {
        this->parent = &outer.promise();
        this->child->up_ = this;
        this->parent->run().note_delegation(*this->child->leaf_);
    }
    Return await_resume() {
        if (this->parent != nullptr) {
            this->parent->run().throw_pending();
        }
        if (std::exception_ptr error = this->child->take_error()) {
            std::rethrow_exception(std::move(error));
        }
        auto& ended = static_cast<promise&>(*this->child);
        if (!ended.returned()) {
            throw invalid_state_error("yield_from: this generator had ended without returning");
        }
        if constexpr (!std::is_void_v<Return>) {
            return std::move(*ended.value());
        }
    }
};

}  // namespace detail
}  // namespace heddle

/// A generator is a view: moving it moves the sequence.
template <class Yield, class Send, class Return>
inline constexpr bool std::ranges::enable_view<heddle::generator<Yield, Send, Return>> = true;
