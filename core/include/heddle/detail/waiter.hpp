// SPDX-License-Identifier: BSL-1.0
//
// waiter: what a task is blocked on while it waits for a primitive (a lock, an event, a queue).
// It is the future that CPython makes there, living in the frame of the waiting coroutine: waiting
// allocates nothing, and hops and cancellation are those of a future.
//
// Whoever releases the primitive wakes a waiter, and the waiter's task acts when its step runs. In
// between it may be cancelled, or its frame destroyed; a primitive whose waiters are given
// something when they are woken derives its own waiter, whose destructor hands that on.
#pragma once

#include <coroutine>
#include <string>

#include <heddle/task_base.hpp>
#include <heddle/waitable.hpp>

namespace heddle::detail {

class waiter;

/// The waiters of one primitive, first come first. Destroyed after all of them.
class waiter_list {
public:
    enum class lists { pending, all };

    /// `what` tells people what is waited for, and is a literal. With `lists::pending`, waiters
    /// leave when they are woken or cancelled; with `lists::all`, when they are destroyed.
    explicit waiter_list(const char* what, lists members = lists::pending) noexcept
        : what_(what), members_(members) {}
    waiter_list(const waiter_list&) = delete;
    waiter_list& operator=(const waiter_list&) = delete;

    [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }
    [[nodiscard]] waiter* first() const noexcept { return first_; }
    /// Wakes the first, if there is one: false if not. For lists of those that are pending.
    bool wake_first() { return first_ != nullptr && wake_one(); }
    void wake_all();

private:
    friend class waiter;
    void add(waiter& newcomer) noexcept;
    void remove(waiter& left) noexcept;
    bool wake_one();

    waiter* first_ = nullptr;
    waiter* last_ = nullptr;
    const char* what_;
    lists members_;
};

/// Await it by name: `waiter place(list); co_await place;`. Throws cancelled_error if the wait, or
/// the task after it was woken, was cancelled.
class [[nodiscard]] waiter : public waitable {
public:
    explicit waiter(waiter_list& home) noexcept : home_(&home) {}
    ~waiter() { unlink(); }

    /// A pointer: g++ 12 would copy a named awaiter into the frame.
    class [[nodiscard]] awaiter {
    public:
        using heddle_awaiter = void;
        [[nodiscard]] bool await_ready() const noexcept { return false; }
        template <class Promise>
        void await_suspend(std::coroutine_handle<Promise> awaiting) const {
            place_->begin(*awaiting.promise().current_task());
        }
        void await_resume() const { place_->end(); }

    private:
        friend class waiter;
        explicit awaiter(waiter& place) noexcept : place_(&place) {}
        waiter* place_;
    };
    [[nodiscard]] awaiter operator co_await() noexcept { return awaiter(*this); }

    [[nodiscard]] bool woken() const noexcept { return progress_ == progress::woken; }
    [[nodiscard]] bool cancelled() const noexcept { return progress_ == progress::cancelled; }
    [[nodiscard]] bool done() const noexcept { return woken() || cancelled(); }
    [[nodiscard]] waiter* next() const noexcept { return next_; }

    /// Completes it: its task goes on in the next iteration. Not if it is done.
    void wake();

    bool cancel(const cancel_message& message) override;
    void remove_waiter(runnable&) noexcept override {}
    [[nodiscard]] std::string label() const override { return home_->what_; }

protected:
    /// Leaves the list, if it is still there.
    void unlink() noexcept {
        if (linked_) {
            home_->remove(*this);
        }
    }

private:
    friend class waiter_list;
    enum class progress : unsigned char { not_begun, pending, woken, cancelled };
    void begin(task_base& task);
    void end();
    void begin_instrumented();
    void finish(progress how);
    void finish_instrumented();

    waiter_list* home_;
    waiter* previous_ = nullptr;
    waiter* next_ = nullptr;
    task_base* task_ = nullptr;
    cancel_message message_;
    progress progress_ = progress::not_begun;
    bool linked_ = false;
};

}  // namespace heddle::detail
