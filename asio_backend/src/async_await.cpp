// SPDX-License-Identifier: BSL-1.0
#include <heddle/asio/async_await.hpp>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

namespace heddle::asio_backend::detail {

boost::asio::execution_context& context_of_no_services() {
    static boost::asio::execution_context one;
    return one;
}

std::exception_ptr operation_aborted() {
    return std::make_exception_ptr(
        boost::system::system_error(boost::asio::error::operation_aborted));
}

void cancellation_door::request(const std::shared_ptr<cancellation_door>& self) {
    heddle::detail::intrusive_ptr<future_base> target;
    {
        const std::scoped_lock lock(self->mutex_);
        self->requested_ = true;
        if (self->loop_ == nullptr) {
            return;
        }
        if (!self->loop_->on_own_thread()) {
            // Under the lock: as long as it is held, the operation cannot end, nor its loop go.
            try {
                self->loop_->call_soon_threadsafe([self] {
                    if (const auto there = self->target_) {
                        there->cancel({});
                    }
                });
            } catch (const usage_error&) {
                // The loop is closing, and destroys the task.
            }
            return;
        }
        target = self->target_;
    }
    if (target) {
        target->cancel({});
    }
}

bool cancellation_door::requested() const {
    const std::scoped_lock lock(mutex_);
    return requested_;
}

void cancellation_door::shut() noexcept {
    target_ = {};
    const std::scoped_lock lock(mutex_);
    loop_ = nullptr;
}

}  // namespace heddle::asio_backend::detail
