// SPDX-License-Identifier: BSL-1.0
//
// What a loop can tell a listener, in the terms of the asyncio model: each thing that a loop does
// for a program is one event. For tests of order, logs and teaching. A loop without an observer
// pays nothing for it on the resume path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <heddle/runnable.hpp>
#include <heddle/time.hpp>

namespace heddle {

class waitable;
class task_base;

enum class loop_event_kind : std::uint8_t {
    run_entered,          ///< run_until_complete or run_forever begins
    run_left,             ///< ... and ends, after its last iteration
    task_created,         ///< task
    step_queued,          ///< task: its first step is ready
    done_callback_added,  ///< future, callback
    future_created,       ///< future: of a sleep, a gather, create_future, ...
    timer_set,            ///< callback (the timer), deadline
    timer_fired,          ///< callback (the timer) runs
    step_started,         ///< task: its step, or its wake-up, runs
    task_blocked,         ///< task blocks on future
    wakeup_added,         ///< task's wake-up is added to future
    task_resumed,         ///< task goes on from future
    task_returned,        ///< task has returned, failed, or ended cancelled
    callbacks_queued,     ///< future is done: its `count` done callbacks are ready
    callback_ran,         ///< callback (no step of a task, no timer) begins to run
    future_done,          ///< future has its result, error or cancellation
    children_done,        ///< future (a gather): `count` of `total` children are finished
    stop_requested,       ///< stop() was called: the loop ends after this iteration
};

/// Pointers are null where the kind does not name them; valid during the call only.
struct loop_event {
    loop_event_kind kind{};
    time_point when{};
    const task_base* task = nullptr;
    const waitable* future = nullptr;
    const runnable* callback = nullptr;
    time_point deadline{};
    std::size_t count = 0;
    std::size_t total = 0;
};

class loop_observer {
public:
    virtual ~loop_observer() = default;
    /// Called on the loop's thread, in the middle of what is told. Must not throw, and must not
    /// schedule, cancel or complete anything.
    virtual void on_event(const loop_event& event) noexcept = 0;
    /// On a loop with a scheduler: a callback or step is over, and the next has not been chosen.
    /// Unlike on_event, this may schedule, cancel and complete, as a callback may; nothing that it
    /// throws is caught.
    virtual void between_events() {}
};

/// One line for people: "'Task-2' blocks on sleep of 'Task-2'".
[[nodiscard]] std::string describe(const loop_event& event);

}  // namespace heddle
