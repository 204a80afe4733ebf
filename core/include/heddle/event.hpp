// SPDX-License-Identifier: BSL-1.0
//
// event: asyncio.Event, a flag that tasks can wait for. set() wakes all who wait at that moment;
// a clear() behind it does not take their wake-up back, and they do not look at the flag again.
//
// It outlives its waiters.
#pragma once

#include <heddle/coro.hpp>
#include <heddle/detail/waiter.hpp>

namespace heddle {

namespace detail {
class queue_base;
}

class event {
public:
    event() noexcept = default;
    event(const event&) = delete;
    event& operator=(const event&) = delete;

    /// Sets the flag, and wakes all waiters in the order in which they came.
    void set();
    void clear() noexcept { set_ = false; }
    [[nodiscard]] bool is_set() const noexcept { return set_; }

    /// Completes at once if the flag is set, else when set() is called. A cancellation ends it.
    [[nodiscard("nothing waits until this is awaited")]] coro<void> wait();

private:
    friend class detail::queue_base;
    event(const char* what, bool is_set) noexcept : waiters_(what), set_(is_set) {}

    detail::waiter_list waiters_{"an event"};
    bool set_ = false;
};

}  // namespace heddle
