// SPDX-License-Identifier: BSL-1.0
//
// The end of a loop, and its beginning anew.
#include <heddle/detail/job.hpp>
#include <heddle/event_loop.hpp>
#include <heddle/task_base.hpp>

#include "signal_handlers.hpp"

namespace heddle {

void event_loop::close() {
    if (running_) {
        throw usage_error("close: the event loop is running");
    }
    destroy_everything();
}

void event_loop::destroy_everything() noexcept {
    if (closed_) {
        return;
    }
    // From here on nothing is queued any more: what destructors of frames schedule is dropped.
    closed_ = true;
    closing_ = true;
    update_instrumented();
    if (backend_->accepts_outside_events()) {
        outside_calls_.refuse();
    }
    signal_handlers_.reset();
    // What runs on other threads may borrow from all that is destroyed below.
    elsewhere_.reset();
    drop_queued();
    // Newest first: a task may borrow from the frame of the one that made it.
    while (has_tasks()) {
        static_cast<task_base&>(tasks_.newest()).kill();
    }
    close_hooks_.close_all();
    HEDDLE_INVARIANT(timers_.empty() && ready_.empty() && scheduled_.empty(),
                     "nothing is queued on a loop that closes");
    closing_ = false;
    update_instrumented();
    stopping_ = false;
    wake_if_idle();  // there is nothing left to wait for
}

void event_loop::reopen() {
    if (!closed_) {
        throw usage_error("reopen: the event loop is not closed");
    }
    closed_ = false;
    task_start_ = task_start::queued;
    tasks_.restart();
    origin_id_ = 0;
    origin_ordinals_ = 0;
    last_callback_ = nullptr;
    breaks_ties_ = false;
    timers_.restart();
    scheduled_.restart();
    update_instrumented();
    if (backend_->accepts_outside_events()) {
        outside_calls_.accept();
    }
}

}  // namespace heddle
