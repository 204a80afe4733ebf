// SPDX-License-Identifier: BSL-1.0
#include <heddle/detail/timeout_scope.hpp>

#include <heddle/event_loop.hpp>

namespace heddle::detail {

timeout_scope::timeout_scope(time_point deadline)
    : task_(current_task()), cancelling_before_(task_.cancelling()) {
    if (deadline == never) {
        return;
    }
    event_loop& loop = task_.loop();
    if (deadline <= loop.time()) {
        soon_ = loop.call_soon([this] { expire(); });
    } else {
        timer_ = loop.call_at(deadline, [this] { expire(); });
    }
}

void timeout_scope::expire() {
    task_.request_cancel({});
    expiring_ = true;
}

void timeout_scope::disarm() noexcept {
    soon_.cancel();
    timer_.cancel();
}

void timeout_scope::leave(const std::exception_ptr& error) {
    disarm();
    if (expiring_ && task_.uncancel() <= cancelling_before_ && is_cancellation(error)) {
        throw timeout_error();
    }
    if (error) {
        std::rethrow_exception(error);
    }
}

}  // namespace heddle::detail
