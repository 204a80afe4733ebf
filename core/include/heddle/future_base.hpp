// SPDX-License-Identifier: BSL-1.0
//
// What futures and tasks of every type share: a state, an error, and who waits.
//
// Semantics are those of CPython 3.13's Future. Completing a future queues its done callbacks at
// once, in the order in which they were added; they run in the next iteration. A cancelled future
// keeps the cancellation's message, and a task perhaps the very error that ended it: the first to
// ask for the result takes that one, later ones get a new cancelled_error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <string>
#include <utility>

#include <heddle/detail/intrusive_ptr.hpp>
#include <heddle/detail/rare_parts.hpp>
#include <heddle/detail/runnable_list.hpp>
#include <heddle/errors.hpp>
#include <heddle/event_loop.hpp>
#include <heddle/frame_memory.hpp>
#include <heddle/waitable.hpp>

namespace heddle {

class future_base : public waitable {
public:
    /// True once there is a result, an error, or a cancellation.
    [[nodiscard]] bool done() const noexcept { return state_ != state::pending; }
    [[nodiscard]] bool cancelled() const noexcept { return state_ == state::cancelled; }
    /// Null once the loop is gone.
    [[nodiscard]] event_loop* loop() const noexcept { return pool_->loop(); }

    bool cancel(const cancel_message& message) override;

    /// The error it ended with; null if it has a result. Throws invalid_state_error while it is
    /// pending and cancelled_error if it was cancelled. Counts as having looked at the error.
    [[nodiscard]] std::exception_ptr exception();
    /// Whether an error is stored that nobody has looked at.
    [[nodiscard]] bool holds_unretrieved_error() const noexcept { return error_unretrieved_; }
    void mark_retrieved() noexcept { error_unretrieved_ = false; }

    /// Throws invalid_state_error if done. A stored cancelled_error does not make it cancelled.
    void set_exception(std::exception_ptr error);

    // For the library's own parts.

    void add_ref() noexcept { ++owners_; }
    HEDDLE_UNINSTRUMENTED void release() noexcept {
        if (--owners_ == 0) {
            destroy();
        }
    }
    [[nodiscard]] bool shared() const noexcept { return owners_ > 1; }

    /// `waiter` becomes ready when this is done (now, if it is done already). It must be in no
    /// queue, and stay alive until it has run or was removed.
    HEDDLE_UNINSTRUMENTED void add_waiter(runnable& waiter) {
        if (event_loop* owner = loop(); owner != nullptr && !owner->instrumented() && !done())
            [[likely]] {
            add_waiter_plainly(waiter);
        } else {
            add_waiter_in_full(waiter);
        }
    }
    /// The same where it is pending, and nobody is to be told.
    HEDDLE_UNINSTRUMENTED void add_waiter_plainly(runnable& waiter) noexcept {
        waiters_.push_back(waiter);
    }
    void remove_waiter(runnable& waiter) noexcept override;
    /// Whether `waiter` waits here still; a walk.
    bool try_remove_waiter(runnable& waiter) noexcept { return waiters_.remove(waiter); }

    /// Calls `visit(const runnable&)` for each that waits, in order.
    template <class Visitor>
    void for_each_waiter(Visitor&& visit) const {
        for (const runnable* each = waiters_.front(); each != nullptr;
             each = waiters_.after(*each)) {
            visit(*each);
        }
    }

    /// Whether it ended with an error that is not its own cancellation.
    [[nodiscard]] bool has_error() const noexcept {
        return state_ == state::finished && rare_ != nullptr && rare_->error != nullptr;
    }
    /// Whether it ended with neither.
    [[nodiscard]] bool has_value() const noexcept {
        return holds_value_ && state_ == state::finished;
    }
    /// Whether what it ended with is a cancellation, as its state or as a stored error.
    [[nodiscard]] bool holds_cancellation() const noexcept;
    /// The message of the cancellation, without taking the saved error.
    [[nodiscard]] cancel_message message() const noexcept {
        return rare_ != nullptr ? rare_->message : cancel_message();
    }
    /// What a task remembers while a cancellation must be delivered to it.
    void remember_message(const cancel_message& message);
    /// The cancellation as an error: the saved one, which it takes, or a new one. Also where it
    /// was not cancelled, for a gather that was: a new one then, with the message remembered.
    [[nodiscard]] std::exception_ptr take_cancellation();

    [[nodiscard]] std::string label() const override;

    /// Which child of a gather this was last: where to look for it among the children of a gather
    /// that is being made. Only a hint: nobody clears it, so whoever reads it must look there.
    [[nodiscard]] std::uint32_t gather_hint() const noexcept { return gather_hint_; }
    void set_gather_hint(std::uint32_t index) noexcept { gather_hint_ = index; }

    /// Null if it has none yet.
    [[nodiscard]] const detail::rare_parts* rare_parts() const noexcept { return rare_; }
    /// Makes it if it has none.
    [[nodiscard]] detail::rare_parts& own_rare_parts();

    /// A done callback is called with its future, and yet must not own it while that is pending:
    /// the future owns its callbacks. It becomes an owner when the future is done; a callback that
    /// is destroyed says so here.
    void adopt_callback() noexcept {
        if (done()) {
            add_ref();
        } else {
            ++pending_callbacks_;
        }
    }
    void disown_callback() noexcept {
        if (done()) {
            release();
        } else {
            --pending_callbacks_;
        }
    }

protected:
    enum class state : std::uint8_t { pending, cancelled, finished };

    using frame_pool = detail::frame_pool;

    explicit future_base(frame_pool& pool) noexcept : pool_(&pool) {}
    /// Only destroy_in_pool() comes here, which has given up what this has.
    ~future_base() = default;

    virtual void destroy() noexcept = 0;

    /// Throws what stands in the way of a result: pending, cancelled, or the stored error.
    [[noreturn]] void throw_no_result();
    void check_pending(const char* what) const;
    /// Ends it and queues whoever waits.
    HEDDLE_UNINSTRUMENTED void finish(state how) {
        if (event_loop* owner = loop(); owner != nullptr && !owner->instrumented()) [[likely]] {
            finish_plainly(*owner, how);
        } else {
            finish_in_full(owner, how);
        }
    }
    /// The same on a loop that is there and not instrumented.
    HEDDLE_UNINSTRUMENTED void finish_plainly(event_loop& owner,
                                              state how = state::finished) noexcept {
        begin_finish(how);
        owner.push_done_callbacks_plainly(waiters_);
    }
    void finish_cancelled(const cancel_message& message, std::exception_ptr saved);
    void finish_with_error(std::exception_ptr error);

    /// For a destroy() of the class that it is.
    template <class State>
    static void destroy_in_pool(State* object) noexcept {
        if (object->rare_ != nullptr || !object->waiters_.empty()) [[unlikely]] {
            destroy_in_full(object, 0);
        } else {
            free_in_pool(object, 0);
        }
    }
    /// The same in every case, and where memory in front of it is a part of it.
    template <class State>
    [[gnu::noinline]] static void destroy_in_full(State* object,
                                                  std::size_t bytes_before) noexcept {
        object->give_up_all();
        free_in_pool(object, bytes_before);
    }
    template <class State>
    static void free_in_pool(State* object, std::size_t bytes_before) noexcept {
        frame_pool* pool = object->pool_;
        object->~State();
        pool->deallocate(reinterpret_cast<std::byte*>(object) - bytes_before,
                         bytes_before + sizeof(State));
    }

    frame_pool* pool_;

private:
    HEDDLE_UNINSTRUMENTED void begin_finish(state how) noexcept {
        state_ = how;
        if (pending_callbacks_ != 0) [[unlikely]] {
            owners_ += std::exchange(pending_callbacks_, 0);
        }
    }
    // What the inline functions above leave to others.
    void add_waiter_in_full(runnable& waiter);
    void finish_in_full(event_loop* owner, state how);
    void drop_waiters() noexcept;
    void give_up_all() noexcept;
    void tell_unretrieved() noexcept;

    detail::runnable_list waiters_;
    detail::rare_parts* rare_ = nullptr;
    std::uint32_t pending_callbacks_ = 0;
    std::uint32_t gather_hint_ = 0;
    std::uint32_t owners_ = 1;

protected:
    // Last, and small ones: a value that is no larger may lie in what is left of the last eight bytes.
    state state_ = state::pending;
    bool error_unretrieved_ = false;
    bool holds_value_ = false;  // the value is there, before it is finished as well
};

}  // namespace heddle
