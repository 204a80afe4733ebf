// SPDX-License-Identifier: BSL-1.0
#include <heddle/detail/waiter.hpp>

#include <heddle/detail/invariant.hpp>
#include <heddle/event_loop.hpp>

namespace heddle::detail {

// ---- the list ------------------------------------------------------------------------------

void waiter_list::add(waiter& newcomer) noexcept {
    newcomer.linked_ = true;
    newcomer.previous_ = last_;
    (last_ != nullptr ? last_->next_ : first_) = &newcomer;
    last_ = &newcomer;
}

void waiter_list::remove(waiter& left) noexcept {
    (left.previous_ != nullptr ? left.previous_->next_ : first_) = left.next_;
    (left.next_ != nullptr ? left.next_->previous_ : last_) = left.previous_;
    left.previous_ = nullptr;
    left.next_ = nullptr;
    left.linked_ = false;
}

bool waiter_list::wake_one() {
    first_->wake();
    return true;
}

void waiter_list::wake_all() {
    while (wake_first()) {
    }
}

// ---- the waiter ----------------------------------------------------------------------------

void waiter::begin(task_base& task) {
    task_ = &task;
    progress_ = progress::pending;
    home_->add(*this);
    if (task.loop().instrumented()) [[unlikely]] {
        begin_instrumented();
    } else {
        task.block_on_operation(*this);
    }
}

// Apart, so that the others save no registers for it.
[[gnu::noinline]] void waiter::begin_instrumented() {
    task_->loop().tell(loop_event_kind::future_created, *this);
    task_->block_on_operation(*this);
}

void waiter::finish(progress how) {
    progress_ = how;
    if (home_->members_ == waiter_list::lists::pending) {
        unlink();
    }
    if (event_loop& loop = task_->loop(); loop.instrumented()) [[unlikely]] {
        finish_instrumented();
    } else {
        loop.push_ready_plainly(*task_);
    }
}

[[gnu::noinline]] void waiter::finish_instrumented() {
    event_loop& loop = task_->loop();
    loop.tell(loop_event_kind::future_done, *this);
    runnable_list one;
    one.push_back(*task_);
    loop.push_done_callbacks(one, *this);
}

void waiter::wake() {
    HEDDLE_INVARIANT(progress_ == progress::pending, "a waiter is woken once, while it waits");
    finish(progress::woken);
}

bool waiter::cancel(const cancel_message& message) {
    if (progress_ != progress::pending) {
        return false;
    }
    message_ = message;
    finish(progress::cancelled);
    return true;
}

void waiter::end() {
    task_->resume_from_operation(*this, cancelled());
    if (cancelled()) {
        throw cancelled_error(message_);
    }
}

}  // namespace heddle::detail
