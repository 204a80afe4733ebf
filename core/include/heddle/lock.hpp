// SPDX-License-Identifier: BSL-1.0
//
// lock: asyncio.Lock. First come, first served: nobody overtakes a waiter. A waiter that was woken
// and is then cancelled (or destroyed) passes the lock on.
//
//   auto guard = co_await mutex.scoped();     // released at the end of the scope
//
// It outlives its waiters and guards.
#pragma once

#include <cstdint>
#include <utility>

#include <heddle/coro.hpp>
#include <heddle/detail/waiter.hpp>

namespace heddle {

class lock {
public:
    lock() = default;
    lock(const lock&) = delete;
    lock& operator=(const lock&) = delete;

    /// Waits until the lock is free, then holds it. A cancellation while waiting leaves it alone.
    [[nodiscard("the lock is taken only when this is awaited")]] coro<void> acquire();

    /// Gives it to the first waiter, if any. Any task may release. Throws usage_error if it is not
    /// held.
    void release();

    [[nodiscard]] bool locked() const noexcept { return locked_; }

    /// Holds the lock for the length of a scope. It releases what its own task holds, and nothing
    /// if the lock is free by then or somebody else's: the lock was released by hand, or the task
    /// is destroyed while it waits for a condition.
    class [[nodiscard("the lock is released when the guard goes")]] guard {
    public:
        guard(guard&& other) noexcept
            : held_(std::exchange(other.held_, nullptr)), holder_(other.holder_) {}
        guard& operator=(guard&&) = delete;
        ~guard() {
            if (held_ != nullptr && held_->locked_ && held_->holder_ == holder_) {
                held_->release();
            }
        }

    private:
        friend class lock;
        explicit guard(lock& held) noexcept : held_(&held), holder_(held.holder_) {}
        lock* held_;
        std::uint32_t holder_;
    };

    /// acquire(), and a guard that releases.
    [[nodiscard("the lock is taken only when this is awaited")]] coro<guard> scoped();

private:
    friend class condition;
    class waiting;
    /// Takes it if it is free and nobody waits who was not cancelled.
    [[nodiscard]] bool take_if_free();
    void take();
    void wake_up_first();

    // Those that were woken or cancelled stay listed until their step has run: a release leaves it
    // to the first of them to wake the next, one iteration later, as in CPython.
    detail::waiter_list waiters_{"a lock", detail::waiter_list::lists::all};
    std::uint32_t holder_ = 0;  // the number of the task that took it
    bool locked_ = false;
};

/// A place in the queue of waiters. Left without the lock, by a cancellation or because the frame
/// is destroyed, it hands on a wake-up that it may have been given.
class lock::waiting final : public detail::waiter {
public:
    explicit waiting(lock& wanted) noexcept : waiter(wanted.waiters_), wanted_(wanted) {}
    ~waiting() {
        unlink();
        if (!wanted_.locked_) {
            wanted_.wake_up_first();
        }
    }
    /// After it was awaited: leaves the queue with the lock.
    void take() {
        HEDDLE_INVARIANT(!wanted_.locked_, "a lock is free when its waiter goes on");
        wanted_.take();
    }
    [[nodiscard]] std::uint32_t holder() const noexcept override {
        return wanted_.locked_ ? wanted_.holder_ : 0;
    }

private:
    lock& wanted_;
};

}  // namespace heddle
