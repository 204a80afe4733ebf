// SPDX-License-Identifier: BSL-1.0
#include <heddle/semaphore.hpp>

#include <limits>

#include <heddle/errors.hpp>

namespace heddle {

/// A place in the queue of waiters. However it is left, those behind get what is there.
class semaphore::waiting final : public detail::waiter {
public:
    explicit waiting(semaphore& wanted) noexcept : waiter(wanted.waiters_), wanted_(wanted) {}
    ~waiting() {
        unlink();
        if (woken()) {
            --wanted_.woken_;
            if (!taken_) {
                ++wanted_.value_;
            }
        }
        while (wanted_.value_ > 0 && wanted_.wake_up_next()) {
        }
    }
    /// After it was awaited: the unit that came with the wake-up is the caller's.
    void take() noexcept { taken_ = true; }

private:
    semaphore& wanted_;
    bool taken_ = false;
};

semaphore::semaphore(std::ptrdiff_t value)
    : semaphore(value, std::numeric_limits<std::ptrdiff_t>::max()) {}

semaphore::semaphore(std::ptrdiff_t value, std::ptrdiff_t limit)
    : value_(static_cast<std::size_t>(value)), limit_(static_cast<std::size_t>(limit)) {
    if (value < 0) {
        throw value_error("semaphore: its value must not be negative");
    }
}

bool semaphore::take_if_free() noexcept {
    if (locked()) {
        return false;
    }
    --value_;
    return true;
}

coro<void> semaphore::acquire() {
    if (!take_if_free()) {
        waiting place(*this);
        co_await place;
        place.take();
    }
}

coro<semaphore::guard> semaphore::scoped() {
    if (!take_if_free()) {
        waiting place(*this);
        co_await place;
        place.take();
    }
    co_return guard(*this);
}

void semaphore::release() {
    if (value_ >= limit_) {
        throw value_error("semaphore::release: more units were given back than taken");
    }
    ++value_;
    wake_up_next();
}

bool semaphore::wake_up_next() {
    if (waiters_.empty()) {
        return false;
    }
    --value_;
    ++woken_;
    return waiters_.wake_first();
}

}  // namespace heddle
