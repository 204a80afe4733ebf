// SPDX-License-Identifier: BSL-1.0
//
// condition: asyncio.Condition, a lock whose holder can wait until another holder says that
// something has changed.
//
//   auto guard = co_await changed.scoped();
//   co_await changed.wait_for([&] { return ready; });
//
// A notification that a waiter cannot use, because it is cancelled or destroyed, goes to the next
// one; so wait() may return without cause, and its caller looks again. It outlives its waiters, and
// a lock that was given to it outlives it.
#pragma once

#include <cstddef>
#include <functional>
#include <limits>
#include <utility>

#include <heddle/coro.hpp>
#include <heddle/detail/waiter.hpp>
#include <heddle/lock.hpp>

namespace heddle {

class condition {
public:
    /// With a lock of its own.
    condition() noexcept : lock_(&own_) {}
    /// On a lock that others use too, such as further conditions.
    explicit condition(lock& shared) noexcept : lock_(&shared) {}
    condition(const condition&) = delete;
    condition& operator=(const condition&) = delete;

    // As those of the lock.
    [[nodiscard("the lock is taken only when this is awaited")]] coro<void> acquire() {
        return lock_->acquire();
    }
    void release() { lock_->release(); }
    [[nodiscard]] bool locked() const noexcept { return lock_->locked(); }
    [[nodiscard("the lock is taken only when this is awaited")]] coro<lock::guard> scoped() {
        return lock_->scoped();
    }

    /// Releases the lock, waits for a notification, and takes the lock again. It holds the lock
    /// again however it ends: cancellations meanwhile (and errors that a test throws into its waits)
    /// wait for that, and the last of them is thrown. Throws usage_error if the lock is not held.
    [[nodiscard("nothing waits until this is awaited")]] coro<void> wait();

    /// wait() until `predicate()` is true, which is asked first, and after each wait.
    template <std::predicate Predicate>
    [[nodiscard("nothing waits until this is awaited")]] coro<void> wait_for(Predicate predicate) {
        while (!std::invoke(predicate)) {
            co_await wait();
        }
    }

    /// Wakes the `count` tasks that have waited longest; they go on once they get the lock. Throws
    /// usage_error if the lock is not held.
    void notify(std::size_t count = 1);
    void notify_all() { notify(std::numeric_limits<std::size_t>::max()); }

private:
    friend class barrier;
    class waiting;
    explicit condition(const char* what) noexcept : lock_(&own_), waiters_(what) {}
    void wake_up(std::size_t count);

    lock own_;
    lock* lock_;
    detail::waiter_list waiters_{"a condition"};
};

}  // namespace heddle
