// SPDX-License-Identifier: BSL-1.0
#include <heddle/condition.hpp>

#include <exception>

#include <heddle/errors.hpp>

namespace heddle {

/// A wait, from the release of the lock until it is held again. If it fails after its wake-up, or is
/// destroyed, the notification that it may have been given goes to the next waiter.
class condition::waiting final : public detail::waiter {
public:
    explicit waiting(condition& changed) noexcept : waiter(changed.waiters_), changed_(changed) {}
    ~waiting() {
        unlink();
        if (done() && !succeeded_) {
            changed_.wake_up(1);
        }
    }
    void succeeded() noexcept { succeeded_ = true; }

private:
    condition& changed_;
    bool succeeded_ = false;
};

coro<void> condition::wait() {
    if (!locked()) {
        throw usage_error("condition::wait: its lock is not held");
    }
    // The lock comes back to whom it was taken for, so that his guard knows it again.
    const std::uint32_t holder = lock_->holder_;
    waiting place(*this);
    lock_->release();
    std::exception_ptr error;
    try {
        co_await place;
    } catch (...) {
        error = std::current_exception();
    }
    while (!lock_->take_if_free()) {
        try {
            lock::waiting turn(*lock_);
            co_await turn;
            turn.take();
            break;
        } catch (...) {
            error = std::current_exception();
        }
    }
    lock_->holder_ = holder;
    if (error) {
        std::rethrow_exception(error);
    }
    place.succeeded();
}

void condition::notify(std::size_t count) {
    if (!locked()) {
        throw usage_error("condition::notify: its lock is not held");
    }
    wake_up(count);
}

void condition::wake_up(std::size_t count) {
    while (count > 0 && waiters_.wake_first()) {
        --count;
    }
}

}  // namespace heddle
