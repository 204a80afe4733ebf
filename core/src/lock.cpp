// SPDX-License-Identifier: BSL-1.0
#include <heddle/lock.hpp>

#include <heddle/errors.hpp>

namespace heddle {

bool lock::take_if_free() {
    if (locked_) {
        return false;
    }
    for (const detail::waiter* each = waiters_.first(); each != nullptr; each = each->next()) {
        if (!each->cancelled()) {
            return false;
        }
    }
    take();
    return true;
}

void lock::take() {
    locked_ = true;
    holder_ = current_task().number();
}

coro<void> lock::acquire() {
    if (!take_if_free()) {
        waiting place(*this);
        co_await place;
        place.take();
    }
}

coro<lock::guard> lock::scoped() {
    if (!take_if_free()) {
        waiting place(*this);
        co_await place;
        place.take();
    }
    co_return guard(*this);
}

void lock::release() {
    if (!locked_) {
        throw usage_error("lock::release: the lock is not held");
    }
    locked_ = false;
    wake_up_first();
}

void lock::wake_up_first() {
    if (!waiters_.empty() && !waiters_.first()->done()) {
        waiters_.first()->wake();
    }
}

}  // namespace heddle
