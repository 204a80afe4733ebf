// SPDX-License-Identifier: BSL-1.0
#include <heddle/observer.hpp>

#include <heddle/event_loop.hpp>
#include <heddle/task_base.hpp>
#include <heddle/waitable.hpp>

namespace heddle {

std::string describe(const loop_event& event) {
    const std::string task = event.task != nullptr ? event.task->label() : std::string();
    const std::string future = event.future != nullptr ? event.future->label() : std::string();
    const std::string callback =
        event.callback != nullptr ? event.callback->label() : std::string();
    switch (event.kind) {
        case loop_event_kind::run_entered:
            return "the loop's run is entered";
        case loop_event_kind::run_left:
            return "the loop's run ends";
        case loop_event_kind::task_created:
            return "the task " + task + " is created";
        case loop_event_kind::step_queued:
            return "the first step of " + task + " is queued";
        case loop_event_kind::done_callback_added:
            return callback + " is added to " + future;
        case loop_event_kind::future_created:
            return future + " is created";
        case loop_event_kind::timer_set:
            return callback + " is scheduled";
        case loop_event_kind::timer_fired:
            return callback + " comes due";
        case loop_event_kind::step_started:
            return (event.future != nullptr ? "the wake-up of " : "a step of ") + task + " runs";
        case loop_event_kind::task_blocked:
            return task + " blocks on " + future;
        case loop_event_kind::wakeup_added:
            return "the wake-up of " + task + " is added to " + future;
        case loop_event_kind::task_resumed:
            return task + " goes on from " + future;
        case loop_event_kind::task_returned:
            return task + " returns";
        case loop_event_kind::callbacks_queued:
            return "the done callbacks of " + future +
                   " are queued: " + std::to_string(event.count);
        case loop_event_kind::callback_ran:
            return callback + " runs";
        case loop_event_kind::future_done:
            return future + " is done";
        case loop_event_kind::children_done:
            return future + ": " + std::to_string(event.count) + " of " +
                   std::to_string(event.total) + " children are finished";
        case loop_event_kind::stop_requested:
            return "the loop is asked to stop";
    }
    return "an unknown event";
}

// ---- what a loop tells it ------------------------------------------------------------------

void event_loop::notify_run(loop_event_kind kind) noexcept {
    if (observed()) {
        loop_event event;
        event.kind = kind;
        notify(event);
    }
}

void detail::loop_core::tell(loop_event_kind kind, const waitable& future) noexcept {
    if (observed()) {
        loop_event event;
        event.kind = kind;
        event.future = &future;
        notify(event);
    }
}

void event_loop::set_observer(loop_observer* observer) {
    if (running_) {
        throw usage_error("set_observer: the loop is running");
    }
    observer_ = observer;
    update_instrumented();
    mark_tasks_watched();
}

void detail::loop_core::mark_tasks_watched() noexcept {
    if (is_watched()) {
        for_each_task(
            [](const task_base& each) { const_cast<task_base&>(each).set(task_base::watched); });
    }
}

void event_loop::run_observed(runnable& item) {
    if (debug_ && !watching_) {
        run_watched(item);
        return;
    }
    if (observed()) {
        tell_runs(item);
    }
    item.run();
}

void event_loop::tell_runs(runnable& item) noexcept {
    loop_event event;
    event.callback = &item;
    switch (item.kind()) {
        case event_kind::step:
        case event_kind::wakeup:
            static_cast<task_base&>(item).tell_step_begins();
            return;
        case event_kind::callback:
        case event_kind::done_callback:
        case event_kind::job:
            event.kind = loop_event_kind::callback_ran;
            break;
        case event_kind::timer:
            event.kind = loop_event_kind::timer_fired;
            break;
        case event_kind::completion:
            return;
    }
    notify(event);
}

}  // namespace heddle
