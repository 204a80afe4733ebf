// SPDX-License-Identifier: BSL-1.0
#include <heddle/task_base.hpp>

#include <utility>

#include <heddle/detail/mix.hpp>

namespace heddle {

task_base& current_task() {
    task_base* task = get_running_loop().current_task();
    if (task == nullptr) {
        throw usage_error("no task is running: this is a callback");
    }
    return *task;
}

event_kind task_base::kind() const noexcept {
    return waiting_on_ != nullptr ? event_kind::wakeup : event_kind::step;
}

std::uint64_t task_base::event_id() const noexcept {
    return detail::mix(structural_id(), std::uint64_t{steps_} + 1);
}

void task_base::notify(loop_event_kind kind, const waitable* future) noexcept {
    loop_event event;
    event.kind = kind;
    event.task = this;
    event.future = future;
    loop_->notify(event);
}

// ---- the step ------------------------------------------------------------------------------

void task_base::start(future_base& own, std::string_view name, bool eager) {
    event_loop& loop = *loop_;
    if (!name.empty()) {
        own.own_rare_parts().name = detail::shared_text(name);
    }
    if (detail::contexts_are_in_use()) [[unlikely]] {
        capture_context();
    }
    if (loop.instrumented()) [[unlikely]] {
        if (is(has_ids)) {
            ids().own = loop.new_structural_id(0);
        }
        if (loop.is_watched()) {
            set(watched);
        }
    }
    join_loop(loop, own);
    if (loop.observed()) [[unlikely]] {
        notify(loop_event_kind::task_created, nullptr);
    }
    if (eager) [[unlikely]] {
        // Whoever starts it goes on as the current task, however this step ends.
        task_base* const starter = loop.current_task_;
        if (loop.observed()) {
            tell_step_begins();
        }
        run();
        loop.current_task_ = starter;
        return;
    }
    if (loop.observed()) [[unlikely]] {
        notify(loop_event_kind::step_queued, nullptr);
    }
    loop.push_ready(*this);
}

[[gnu::cold, gnu::noinline]] void task_base::capture_context() {
    if (detail::context_ptr captured = detail::capture_context()) {
        as_future().own_rare_parts().context = std::move(captured);
    }
}

const detail::context_ptr& task_base::context_slot() const noexcept {
    static const detail::context_ptr none;
    const detail::rare_parts* const parts = as_future().rare_parts();
    return parts != nullptr ? parts->context : none;
}

HEDDLE_UNINSTRUMENTED void task_base::run() {
    if (is(must_cancel) && cancel_before_start()) [[unlikely]] {
        return;
    }
    ++steps_;
    waiting_on_ = nullptr;
    loop_->current_task_ = this;
    for (;;) {
        leaf_->handle().resume();
        if (after_ == progress::waits) [[likely]] {
            loop_->current_task_ = nullptr;
            return;
        }
        const progress seen = std::exchange(after_, progress::waits);
        if (seen != progress::goes_on) {
            loop_->current_task_ = nullptr;
            if (seen == progress::has_ended) {
                collect(*std::exchange(leaf_, nullptr));
            }
            return;
        }
    }
}

void task_base::tell_step_begins() noexcept {
    if (!is(must_cancel) || has_begun()) {
        notify(loop_event_kind::step_started, waiting_on_);
    }
}

[[gnu::cold, gnu::noinline]] bool task_base::cancel_before_start() noexcept {
    if (has_begun()) {
        return false;
    }
    // As in CPython: the error is thrown into a coroutine that has not begun, whose body
    // therefore never runs; the task keeps the error.
    clear(must_cancel);
    std::exception_ptr error = std::make_exception_ptr(cancelled_error(as_future().message()));
    destroy_frames();
    end_cancelled(std::move(error));
    leave_loop(as_future());
    return true;
}

void task_base::block_on_in_full(future_base& target) {
    if (target.loop() != loop_ || &target == &as_future()) {
        set(error_pending);
        as_future().own_rare_parts().pending_error = std::make_exception_ptr(
            usage_error(&target == &as_future() ? "a task cannot await itself"
                                                : "the awaited future belongs to another loop"));
        loop_->push_ready(*this);
        return;
    }
    if (loop_->observed()) [[unlikely]] {
        notify(loop_event_kind::task_blocked, &target);
        notify(loop_event_kind::wakeup_added, &target);
    }
    target.add_waiter(*this);
    waiting_on_ = &target;
    if (is(must_cancel) && target.cancel(as_future().message())) {
        clear(must_cancel);
    }
}

void task_base::block_on_operation_in_full(waitable& operation) {
    if (loop_->observed()) [[unlikely]] {
        notify(loop_event_kind::task_blocked, &operation);
        notify(loop_event_kind::wakeup_added, &operation);
    }
    waiting_on_ = &operation;
    if (is(must_cancel) && operation.cancel(as_future().message())) {
        clear(must_cancel);
    }
}

void task_base::throw_must_cancel() {
    clear(must_cancel);
    if (clear(injected)) {
        std::rethrow_exception(take_pending_error());
    }
    throw cancelled_error(as_future().message());
}

std::exception_ptr task_base::take_pending_error() noexcept {
    clear(error_pending);
    return std::exchange(as_future().own_rare_parts().pending_error, nullptr);
}

/// What is under way is a cancellation already: it is kept, and nothing else is thrown.
[[gnu::cold]] void task_base::keep_cancellation() noexcept {
    clear(must_cancel);
    if (clear(injected)) {
        static_cast<void>(take_pending_error());
    }
}

bool task_base::throw_at_next_step(std::exception_ptr error) noexcept {
    if (as_future().done() || !has_begun() || is(must_cancel | error_pending)) {
        return false;
    }
    // The resume path tests one flag only, which stands for "something is due".
    as_future().own_rare_parts().pending_error = std::move(error);
    set(error_pending);
    set(must_cancel);
    set(injected);
    return true;
}

void task_base::resume_from_operation_in_full(const waitable& operation,
                                              bool outcome_is_cancellation) {
    if (loop_->observed()) {
        notify(loop_event_kind::task_resumed, &operation);
    }
    resume_from_operation(outcome_is_cancellation);
}

[[gnu::cold]] void task_base::deliver_cancellation(bool outcome_is_cancellation) {
    if (!outcome_is_cancellation) {
        throw_must_cancel();
    }
    keep_cancellation();
}

void task_base::resume_from_in_full(future_base& source) {
    if (loop_->observed()) [[unlikely]] {
        notify(loop_event_kind::task_resumed, &source);
    }
    if (is(must_cancel)) {
        if ((!is(error_pending) || is(injected)) && source.holds_cancellation()) {
            keep_cancellation();
        } else {
            if (is(error_pending) && !is(injected)) {
                static_cast<void>(take_pending_error());
            }
            source.mark_retrieved();
            throw_must_cancel();
        }
    }
    if (is(error_pending)) {
        std::rethrow_exception(take_pending_error());
    }
}

// ---- cancellation --------------------------------------------------------------------------

bool task_base::request_cancel(const cancel_message& message) {
    as_future().mark_retrieved();
    if (as_future().done()) {
        return false;
    }
    // Tasks that wait for tasks are gone through in a loop: a chain of them may be long.
    std::size_t passed = 0;
    task_base* last = this;
    while (task_base* next = last->passes_cancellation_to()) {
        next->as_future().mark_retrieved();
        last->set(cancel_under_way);
        ++last->cancel_requests_;
        ++passed;
        last = next;
    }
    ++last->cancel_requests_;
    last->take_cancellation(message);
    for (task_base* each = this; passed > 0; --passed) {
        each->clear(cancel_under_way);
        each = const_cast<task_base*>(each->waiting_on_->as_task());
    }
    return true;
}

/// The task that it waits for, if that is not done, and this is not in a circle of such.
task_base* task_base::passes_cancellation_to() const noexcept {
    const task_base* next = waiting_on_ != nullptr ? waiting_on_->as_task() : nullptr;
    return next != nullptr && !next->as_future().done() && !next->is(cancel_under_way) &&
                   next != this
               ? const_cast<task_base*>(next)
               : nullptr;
}

void task_base::take_cancellation(const cancel_message& message) {
    if (waiting_on_ != nullptr && waiting_on_->as_task() == nullptr &&
        waiting_on_->cancel(message)) {
        return;
    }
    set(must_cancel);
    as_future().remember_message(message);
    if (const task_base* awaited = waiting_on_ != nullptr ? waiting_on_->as_task() : nullptr;
        awaited != nullptr && awaited->is(cancel_under_way)) {
        // Tasks that wait for each other in a circle, where CPython's recursion ends in an error:
        // it is opened here, or none of them would ever hear of it.
        waiting_on_->remove_waiter(*this);
        waiting_on_ = nullptr;
        loop_->push_ready(*this);
    }
}

std::uint32_t task_base::uncancel() noexcept {
    if (cancel_requests_ > 0) {
        --cancel_requests_;
        if (cancel_requests_ == 0) {
            clear(must_cancel);
        }
    }
    return cancel_requests_;
}

bool task_base::take_must_cancel(cancel_message& message) noexcept {
    if (!clear(must_cancel)) {
        return false;
    }
    message = as_future().message();
    return true;
}

// ---- destruction ---------------------------------------------------------------------------

void task_base::destroy_frames() noexcept {
    // Leaf first and in a loop: a frame would otherwise destroy the one that it awaits from
    // within its own destructor, to any depth.
    while (leaf_ != nullptr) {
        detail::promise_base& frame = *leaf_;
        detail::promise_base* parent = nullptr;
        if (detail::chain_link* const link = frame.up(); link != nullptr) {
            parent = link->parent;
            link->child = nullptr;
        }
        leaf_ = parent;
        frame.handle().destroy();
    }
}

void task_base::kill() noexcept {
    if (as_future().done()) {
        return;
    }
    HEDDLE_INVARIANT(loop_->current_task_ != this, "a task is not destroyed by its own step");
    if (waiting_on_ != nullptr) {
        waiting_on_->remove_waiter(*this);
        waiting_on_ = nullptr;
    }
    loop_->remove_ready(*this);
    destroy_frames();
    end_cancelled(nullptr);
    leave_loop(as_future());
}

}  // namespace heddle
