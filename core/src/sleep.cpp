// SPDX-License-Identifier: BSL-1.0
#include <heddle/sleep.hpp>

#include <heddle/event_loop.hpp>

namespace heddle::detail {

void sleep_operation::begin(duration length) {
    event_loop& loop = sleeper_->loop();
    progress_ = progress::pending;
    when_ = later_by(loop.time(), length);
    if (loop.instrumented()) [[unlikely]] {
        id_ = loop.new_timer_id();
        loop.tell(loop_event_kind::future_created, *this);
    }
    loop.add_timer(*this);
    sleeper_->block_on_operation(*this);
}

sleep_operation::~sleep_operation() {
    if (progress_ == progress::pending) {
        sleeper_->loop().remove_timer(*this);
    }
}

void sleep_operation::wake() noexcept {
    event_loop& loop = sleeper_->loop();
    if (loop.instrumented()) [[unlikely]] {
        loop.tell(loop_event_kind::future_done, *this);
        loop.push_ready(*sleeper_);
    } else {
        loop.push_ready_plainly(*sleeper_);
    }
}

void sleep_operation::run() {
    HEDDLE_INVARIANT(progress_ == progress::pending, "a sleep's timer leaves with its sleep");
    progress_ = progress::finished;
    wake();
}

bool sleep_operation::cancel(const cancel_message& message) {
    if (progress_ != progress::pending) {
        return false;
    }
    progress_ = progress::cancelled;
    message_ = message;
    sleeper_->loop().remove_timer(*this);
    wake();
    return true;
}

void sleep_operation::resume() {
    sleeper_->resume_from_operation(*this, progress_ == progress::cancelled);
    if (progress_ == progress::cancelled) {
        throw cancelled_error(message_);
    }
}

std::string sleep_operation::label() const { return "sleep of " + sleeper_->label(); }

std::source_location sleep_operation::place() const noexcept { return sleeper_->place(); }

}  // namespace heddle::detail
