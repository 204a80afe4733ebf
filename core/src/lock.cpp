// SPDX-License-Identifier: BSL-1.0
#include <heddle/lock.hpp>

#include <algorithm>

#include <heddle/errors.hpp>

namespace heddle {

/// A place in the queue of waiters. Left without the lock, by a cancellation or because the frame
/// is destroyed, it hands on a wake-up that it may have been given.
class lock::waiting {
public:
    explicit waiting(lock& wanted)
        : wanted_(wanted), woken_(get_running_loop().create_future<void>("a lock")) {
        wanted_.waiters_.push_back(woken_);
    }
    waiting(const waiting&) = delete;
    waiting& operator=(const waiting&) = delete;
    ~waiting() {
        auto& queue = wanted_.waiters_;
        queue.erase(std::find(queue.begin(), queue.end(), woken_));
        if (!acquired_ && !wanted_.locked_) {
            wanted_.wake_up_first();
        }
    }
    [[nodiscard]] const future<void>& woken() const noexcept { return woken_; }
    void acquired() noexcept {
        acquired_ = true;
        wanted_.locked_ = true;
    }

private:
    lock& wanted_;
    future<void> woken_;
    bool acquired_ = false;
};

coro<void> lock::acquire() {
    const bool nobody_waits = std::all_of(waiters_.begin(), waiters_.end(),
                                          [](const auto& each) { return each.cancelled(); });
    if (!locked_ && nobody_waits) {
        locked_ = true;
        co_return;
    }
    waiting place(*this);
    co_await place.woken();
    place.acquired();
}

coro<lock::guard> lock::scoped() {
    co_await acquire();
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
    if (!waiters_.empty() && !waiters_.front().done()) {
        waiters_.front().set_result();
    }
}

}  // namespace heddle
