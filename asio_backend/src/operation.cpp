// SPDX-License-Identifier: BSL-1.0
#include <heddle/asio/detail/operation.hpp>

#include <heddle/event_loop.hpp>

namespace heddle::asio_backend::detail {

namespace {

void notify(event_loop& loop, loop_event_kind kind, const waitable& operation,
            const task_base* task = nullptr) noexcept {
    if (loop.observed()) [[unlikely]] {
        loop_event event;
        event.kind = kind;
        event.task = task;
        event.future = &operation;
        loop.notify(event);
    }
}

}  // namespace

bool operation_base::begin(task_base& task) {
    block_ = operation_block::take(task.loop(), *this);
    task_ = &task;
    notify(task.loop(), loop_event_kind::future_created, *this);
    task.block_on_operation(*this);
    if (refused_) {
        return false;
    }
    progress_ = progress::pending;
    return true;
}

operation_base::~operation_base() {
    if (progress_ == progress::pending) {
        block_->leave();
    }
}

bool operation_base::cancel(const cancel_message& message) {
    cancelled_ = true;
    message_ = message;
    if (progress_ == progress::not_begun) {
        refused_ = true;
        end();
        return true;
    }
    if (progress_ == progress::pending) {
        // (If the operation ends within this call, this stays: its task's step is still to come.)
        block_->signal().emit(type_);
    }
    return false;
}

void operation_base::end() noexcept {
    progress_ = progress::ended;
    cancelled_before_end_ = cancelled_;
    block_->end_wait();
    event_loop& loop = task_->loop();
    notify(loop, loop_event_kind::future_done, *this);
    loop.push_ready(*task_);
}

void operation_base::handler_is_gone() noexcept {
    abandoned_ = true;
    end();
}

void operation_base::resume(bool outcome_is_cancellation) {
    notify(task_->loop(), loop_event_kind::task_resumed, *this, task_);
    if (!cancelled_) {
        task_->resume_from_operation(false);
    } else if (outcome_is_cancellation || refused_) {
        task_->resume_from_operation(true);
        throw cancelled_error(message_);
    }
}

}  // namespace heddle::asio_backend::detail
