// SPDX-License-Identifier: BSL-1.0
//
// lock: asyncio.Lock. First come, first served: nobody overtakes a waiter. A waiter that was woken
// and is then cancelled (or destroyed) passes the lock on.
//
//   auto guard = co_await mutex.scoped();     // released at the end of the scope
//
// It outlives its waiters and guards.
#pragma once

#include <deque>
#include <utility>

#include <heddle/coro.hpp>
#include <heddle/future.hpp>

namespace heddle {

class lock {
public:
    lock() = default;
    lock(const lock&) = delete;
    lock& operator=(const lock&) = delete;

    /// Waits until the lock is free, then holds it. A cancellation while waiting leaves it alone.
    [[nodiscard("the lock is taken only when this is awaited")]] coro<void> acquire();

    /// Gives it to the first waiter, if any. Throws usage_error if it is not held.
    void release();

    [[nodiscard]] bool locked() const noexcept { return locked_; }

    /// Holds the lock for the length of a scope.
    class [[nodiscard("the lock is released when the guard goes")]] guard {
    public:
        guard(guard&& other) noexcept : held_(std::exchange(other.held_, nullptr)) {}
        guard& operator=(guard&&) = delete;
        ~guard() {
            if (held_ != nullptr && held_->locked_) {
                held_->release();
            }
        }

    private:
        friend class lock;
        explicit guard(lock& held) noexcept : held_(&held) {}
        lock* held_;
    };

    /// acquire(), and a guard that releases.
    [[nodiscard("the lock is taken only when this is awaited")]] coro<guard> scoped();

private:
    class waiting;
    void wake_up_first();

    bool locked_ = false;
    std::deque<future<void>> waiters_;
};

}  // namespace heddle
