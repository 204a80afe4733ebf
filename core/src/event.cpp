// SPDX-License-Identifier: BSL-1.0
#include <heddle/event.hpp>

namespace heddle {

void event::set() {
    if (!set_) {
        set_ = true;
        waiters_.wake_all();
    }
}

coro<void> event::wait() {
    if (!set_) {
        detail::waiter place(waiters_);
        co_await place;
    }
}

}  // namespace heddle
