// SPDX-License-Identifier: BSL-1.0
#include <heddle/as_completed.hpp>

#include <heddle/errors.hpp>
#include <heddle/event_loop.hpp>

namespace heddle::detail {

void completion_order::give_up_after(duration length) {
    timer_ = loop().call_later(
        length, [self = intrusive_ptr<completion_order>(this)] { self->time_is_over(); });
}

void completion_order::time_is_over() {
    const std::size_t left = missing_;
    // Those that are done, but whose callbacks have not run, are too late as well.
    missing_ = 0;
    end();
    for (std::size_t i = 0; i < left; ++i) {
        done_.put_nowait(too_late);
    }
}

void completion_order::future_done(std::size_t index) {
    if (missing_ == 0) {
        return;  // the time was over before
    }
    --missing_;
    done_.put_nowait(index);
    if (missing_ == 0) {
        timer_.cancel();
    }
}

coro<std::size_t> completion_order::next() {
    const std::size_t index = co_await done_.get();
    if (index == too_late) {
        throw timeout_error();
    }
    co_return index;
}

}  // namespace heddle::detail
