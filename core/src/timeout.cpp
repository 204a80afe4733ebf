// SPDX-License-Identifier: BSL-1.0
#include <heddle/timeout.hpp>

namespace heddle {

std::optional<time_point> detail::deadline_in(std::optional<duration> length) {
    event_loop& loop = get_running_loop();
    return length ? std::optional(later_by(loop.time(), *length)) : std::nullopt;
}

void timeout_scope::enter() {
    if (progress_ != progress::created) {
        throw usage_error("timeout: it has been entered before");
    }
    task_ = &current_task();
    cancelling_before_ = task_->cancelling();
    progress_ = progress::entered;
    arm();
}

void timeout_scope::reschedule(std::optional<time_point> deadline) {
    if (progress_ != progress::entered) {
        throw usage_error(
            progress_ == progress::created
                ? "timeout: it can be rescheduled once it has been entered"
                : "timeout: it cannot be rescheduled once it has expired or was left");
    }
    disarm();
    when_ = deadline;
    arm();
}

void timeout_scope::arm() {
    if (!when_ || *when_ == never) {
        return;
    }
    event_loop& loop = task_->loop();
    if (*when_ <= loop.time()) {
        soon_ = loop.call_soon([this] { expire(); });
    } else {
        timer_ = loop.call_at(*when_, [this] { expire(); });
    }
}

void timeout_scope::disarm() noexcept {
    soon_.cancel();
    timer_.cancel();
}

void timeout_scope::expire() {
    task_->request_cancel({});
    progress_ = progress::expiring;
}

void timeout_scope::leave(const std::exception_ptr& error) {
    disarm();
    const bool expiring = progress_ == progress::expiring;
    progress_ = expiring ? progress::expired : progress::left;
    if (expiring && task_->uncancel() <= cancelling_before_ && detail::is_cancellation(error)) {
        throw timeout_error();
    }
    if (error) {
        std::rethrow_exception(error);
    }
}

}  // namespace heddle
