// SPDX-License-Identifier: BSL-1.0
//
// What becomes ready, and what is taken back, where that is more than a link.
#include <heddle/detail/loop_core.hpp>

#include <utility>

#include <heddle/detail/mix.hpp>
#include <heddle/errors.hpp>
#include <heddle/event_loop.hpp>
#include <heddle/task_base.hpp>

namespace heddle::detail {

constinit thread_local thread_state this_thread;

loop_core::loop_core(backend& clock_and_executor, const loop_options& options)
    : pool_(frame_pool::create(options.memory)),
      backend_(&clock_and_executor),
      // Who makes a loop may have another thread run it: until then it is nobody's.
      thread_(clock_and_executor.accepts_outside_events() ? std::thread::id()
                                                          : std::this_thread::get_id()) {}

void loop_core::push_ready_instrumented(runnable& item) {
    if (schedules_untold_) [[likely]] {
        scheduled_.push(item);
    } else {
        push_ready_in_full(item);
    }
}

[[gnu::noinline]] void loop_core::push_ready_in_full(runnable& item) {
    if (closing_) {
        item.drop();
    } else if (scheduler_ != nullptr) {
        tell_scheduled(item);
        scheduled_.push(item);
    } else {
        ready_.push_back(item);
        wake_if_idle();
    }
}

void loop_core::push_callback_instrumented(callback_base<runnable>& item) {
    if (closed_ && !closing_) {
        item.drop();
        throw usage_error("this event loop is closed");
    }
    if (debug_) {
        try {
            check_thread();
        } catch (...) {
            item.drop();
            throw;
        }
    }
    item.set_event_id(new_callback_id());
    if (closing_ || scheduler_ == nullptr || !in_event_) {
        push_ready_instrumented(item);
        return;
    }
    // The call_soons of one callback keep their order.
    if (last_callback_ != nullptr) {
        scheduled_.push_behind(*last_callback_, item);
    } else {
        scheduled_.push(item);
    }
    last_callback_ = &item;
    tell_scheduled(item);
}

void loop_core::push_done_callbacks_instrumented(runnable_list& callbacks, const waitable& source) {
    if (runnable* only = callbacks.front();
        only != nullptr && only == callbacks.back() && !observed()) {
        callbacks.forget_all();
        push_ready_instrumented(*only);
        return;
    }
    std::size_t count = 0;
    runnable* previous = nullptr;
    while (runnable* item = callbacks.pop_front()) {
        ++count;
        if (closing_ || scheduler_ == nullptr || item->kind() != event_kind::done_callback) {
            push_ready_instrumented(*item);
            continue;
        }
        // The done callbacks of one future keep their order.
        if (previous != nullptr) {
            scheduled_.push_behind(*previous, *item);
        } else {
            scheduled_.push(*item);
        }
        previous = item;
        tell_scheduled(*item);
    }
    if (observed() && count > 0) {
        loop_event event;
        event.kind = loop_event_kind::callbacks_queued;
        event.future = &source;
        event.count = count;
        notify(event);
    }
}

void loop_core::add_timer_instrumented(timer_entry& timer) {
    if (closed_) {
        timer.drop();
        if (closing_) {
            return;
        }
        throw usage_error("this event loop is closed");
    }
    timers_.push(timer);
    if (timer.ties_are_open() && scheduler_ != nullptr && scheduler_->breaks_ties()) [[unlikely]] {
        breaks_ties_ = true;
    }
    tell_scheduled(timer);
    if (observed()) [[unlikely]] {
        loop_event event;
        event.kind = loop_event_kind::timer_set;
        event.callback = &timer;
        event.deadline = timer.when();
        notify(event);
    }
    wake_if_idle();
}

void loop_core::add_completion(runnable& operation) {
    if (closing_) {
        operation.drop();
        return;
    }
    if (scheduler_ == nullptr) {
        throw usage_error(
            "an operation that the scheduler finishes needs one: run "
            "it in a simulation");
    }
    operation.set_mark(0);
    completions_.push_back(&operation);
    tell_scheduled(operation);
}

void loop_core::remove_completion(runnable& operation) noexcept {
    if (std::erase(completions_, &operation) == 0) {
        remove_ready(operation);
    }
}

void loop_core::remove_timer(timer_entry& timer) noexcept {
    if (timer.in_heap()) {
        timers_.remove(timer);
        wake_if_idle();
    } else {
        remove_ready(timer);
    }
}

void loop_core::remove_ready(runnable& item) noexcept {
    if (scheduler_ != nullptr) {
        runnable* predecessor = nullptr;
        if (scheduled_.remove(item, predecessor) && last_callback_ == &item) {
            last_callback_ = predecessor;
        }
    } else if (!batch_.remove(item)) {
        ready_.remove(item);
    }
}

void loop_core::forget_cancelled(runnable& callback) noexcept {
    // A plain loop skips it when its turn comes, as CPython does. Under a scheduler it leaves now,
    // since what does nothing must not be an option.
    if (scheduler_ == nullptr || closing_) {
        return;
    }
    runnable* predecessor = nullptr;
    if (scheduled_.remove(callback, predecessor)) {
        if (last_callback_ == &callback) {
            last_callback_ = predecessor;
        }
        callback.drop();
    }
}

std::uint64_t loop_core::new_structural_id(std::uint64_t sort) noexcept {
    if (task_ids* const maker = current_task_ != nullptr ? current_task_->own_ids() : nullptr) {
        return mix(mix(maker->own, sort), ++maker->ordinals[sort]);
    }
    return mix(mix(origin_id_, sort + 16), ++origin_ordinals_);
}

void loop_core::drop_queued() noexcept {
    batch_.take(ready_);
    while (runnable* item = batch_.pop_front()) {
        item->drop();
    }
    while (runnable* item = scheduled_.take_any()) {
        item->drop();
    }
    for (runnable* operation : std::exchange(completions_, {})) {
        operation->drop();
    }
    while (!timers_.empty()) {
        timers_.pop_front()->drop();
    }
}

[[gnu::cold]] void loop_core::drop_callback_context() noexcept { callback_context_ = {}; }

context_ptr& loop_core::begin_callback_context() noexcept {
    if (scheduler_ == nullptr) {
        batch_.push_front(context_end_);
    }
    return callback_context_;
}

void unqueue_cancelled(event_loop* loop, runnable& callback) noexcept {
    if (loop != nullptr) {
        loop->forget_cancelled(callback);
    }
}

void unqueue_cancelled(event_loop* loop, timer_entry& timer) noexcept {
    if (loop == nullptr) {
        return;
    }
    if (timer.in_heap()) {
        loop->remove_timer(timer);
        timer.drop();
    } else {
        loop->forget_cancelled(timer);
    }
}

std::string label_of_callback(event_kind kind, const std::source_location& place) {
    const char* sort = kind == event_kind::timer           ? "timer"
                       : kind == event_kind::done_callback ? "done callback"
                                                           : "callback";
    if (place.line() == 0) {
        return sort;
    }
    return std::string(sort) + " set by " + place.function_name();
}

}  // namespace heddle::detail
