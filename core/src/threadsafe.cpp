// SPDX-License-Identifier: BSL-1.0
#include <heddle/threadsafe.hpp>

namespace heddle::detail {

bool threadsafe_state_base::done() const {
    const std::scoped_lock lock(mutex_);
    return status_ != status::pending;
}

bool threadsafe_state_base::cancelled() const {
    const std::scoped_lock lock(mutex_);
    return status_ == status::cancelled;
}

void threadsafe_state_base::check_may_wait() const {
    if (status_ == status::pending && this_thread.running == loop_) {
        throw usage_error("wait: the loop of this thread would wait for itself");
    }
}

void threadsafe_state_base::wait() const {
    std::unique_lock lock(mutex_);
    check_may_wait();
    ended_.wait(lock, [this] { return status_ != status::pending; });
}

bool threadsafe_state_base::wait_for(duration length) const {
    std::unique_lock lock(mutex_);
    check_may_wait();
    return ended_.wait_for(lock, length, [this] { return status_ != status::pending; });
}

bool threadsafe_state_base::cancel(std::shared_ptr<threadsafe_state_base> self) {
    const std::scoped_lock lock(mutex_);
    if (status_ != status::pending) {
        return false;
    }
    status_ = status::cancelled;
    ended_.notify_all();
    try {
        // Under the lock: as long as it is held, the loop cannot end this, nor go away.
        loop_->call_soon_threadsafe([held = std::move(self)] { held->cancel_task(); });
    } catch (const usage_error&) {
        // The loop is closing, and destroys the task.
    }
    return true;
}

void threadsafe_state_base::cancel_task() {
    if (task_) {
        task_->cancel({});
    }
}

void threadsafe_state_base::end_cancelled(std::exception_ptr cancellation) {
    const std::scoped_lock lock(mutex_);
    if (status_ == status::pending) {
        error_ = std::move(cancellation);
        status_ = status::cancelled;
        ended_.notify_all();
    }
}

void threadsafe_state_base::end_with_error(std::exception_ptr error) {
    const std::scoped_lock lock(mutex_);
    if (status_ == status::pending) {
        error_ = std::move(error);
        status_ = status::error;
        ended_.notify_all();
    }
}

void threadsafe_state_base::throw_unless_value() {
    const std::scoped_lock lock(mutex_);
    if (error_) {
        std::rethrow_exception(std::move(error_));
    }
    if (status_ == status::cancelled) {
        throw cancelled_error();
    }
}

}  // namespace heddle::detail
