// SPDX-License-Identifier: BSL-1.0
//
// The walkthrough: one program, and the 27 steps in which a loop goes through it, in order, on any
// backend.
//
// req1 sleeps for a second and returns 1; req2 returns 2; main awaits gather(req1(), req2()) and
// returns the results. check_walkthrough(loop) runs it and holds the order; where a loop is not
// run by run_until_complete, set a walkthrough_listener on it, run walkthrough_main() and call
// check().
#pragma once

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <heddle/heddle.hpp>

namespace heddle_test {

inline heddle::coro<int> walkthrough_req1() {
    co_await heddle::sleep(std::chrono::seconds(1));
    co_return 1;
}

inline heddle::coro<int> walkthrough_req2() { co_return 2; }

inline heddle::coro<std::tuple<int, int>> walkthrough_main() {
    co_return co_await heddle::gather(walkthrough_req1(), walkthrough_req2());
}

/// One thing that the loop has told, and the step of the walkthrough that it belongs to.
struct walkthrough_line {
    int step;
    std::string_view told;
};

// Steps 5 and 6 alternate by child, as in CPython.
inline constexpr walkthrough_line walkthrough_lines[] = {
    // run_until_complete is entered
    {1, "run_entered"},
    // main's task is created; its first step is queued
    {2, "task_created main"},
    {2, "step_queued main"},
    // the callback that stops the loop is added to main's task
    {3, "done_callback_added [stop of the loop] to main"},
    // main's step runs
    {4, "step_started main"},
    // req1's task is created, its first step queued; gather's done callback is added to it
    {5, "task_created req1"},
    {5, "step_queued req1"},
    {6, "done_callback_added [gather's callback for req1] to req1"},
    // the same for req2
    {5, "task_created req2"},
    {5, "step_queued req2"},
    {6, "done_callback_added [gather's callback for req2] to req2"},
    // gather's outer future is created and returned
    {7, "future_created (gather of 2)"},
    // main blocks on the outer future
    {8, "task_blocked main on (gather of 2)"},
    // main's wake-up is added to the outer future
    {9, "wakeup_added main to (gather of 2)"},
    // req1's step runs
    {10, "step_started req1"},
    // sleep creates its future
    {11, "future_created (sleep of req1)"},
    // the timer that sets that future's result is scheduled, 1 s from now
    {12, "timer_set [sleep of req1]"},
    // req1 blocks on sleep's future
    {13, "task_blocked req1 on (sleep of req1)"},
    // req1's wake-up is added to sleep's future
    {14, "wakeup_added req1 to (sleep of req1)"},
    // req2's step runs
    {15, "step_started req2"},
    // req2 returns 2; its done callbacks are queued
    {16, "task_returned req2"},
    {16, "future_done req2"},
    {16, "callbacks_queued of req2: 1"},
    // gather's callback for req2 runs; one of two is finished, so the outer future stays pending
    {17, "callback_ran [gather's callback for req2]"},
    {17, "children_done (gather of 2): 1 of 2"},
    // 1 s later the timer's callback sets the sleep future's result
    {18, "timer_fired [sleep of req1]"},
    {18, "future_done (sleep of req1)"},
    // req1's wake-up runs
    {19, "step_started req1"},
    // req1 goes on from sleep's future
    {20, "task_resumed req1 from (sleep of req1)"},
    // req1 returns 1
    {21, "task_returned req1"},
    {21, "future_done req1"},
    {21, "callbacks_queued of req1: 1"},
    // gather's callback for req1 runs; two of two are finished
    {22, "callback_ran [gather's callback for req1]"},
    {22, "children_done (gather of 2): 2 of 2"},
    // the outer future's result is set, in argument order: [1, 2]
    {23, "future_done (gather of 2)"},
    {23, "callbacks_queued of (gather of 2): 1"},
    // main's wake-up runs
    {24, "step_started main"},
    // main goes on from the outer future
    {25, "task_resumed main from (gather of 2)"},
    // main returns [1, 2]
    {26, "task_returned main"},
    {26, "future_done main"},
    {26, "callbacks_queued of main: 1"},
    // the stop callback runs; the loop ends after this iteration
    {27, "callback_ran [stop of the loop]"},
    {27, "stop_requested"},
    {27, "run_left"},
};

/// Writes down what a loop tells, in the walkthrough's words, and when.
class walkthrough_listener final : public heddle::loop_observer {
public:
    struct record {
        std::string told;
        heddle::time_point when;  // the loop's clock
        std::chrono::steady_clock::time_point real;
        heddle::time_point deadline;
    };

    explicit walkthrough_listener(heddle::event_loop& loop) : loop_(loop) {}

    void on_event(const heddle::loop_event& event) noexcept override {
        records_.push_back(
            {words(event), loop_.time(), std::chrono::steady_clock::now(), event.deadline});
    }

    /// Holds the order of the steps, and that the second of step 18 has passed, never less.
    void check() const {
        const std::size_t expected = std::size(walkthrough_lines);
        BOOST_TEST(records_.size() == expected);
        for (std::size_t i = 0; i < records_.size() && i < expected; ++i) {
            BOOST_TEST_CONTEXT("line " << i << ", step " << walkthrough_lines[i].step) {
                BOOST_TEST(records_[i].told == walkthrough_lines[i].told);
            }
        }
        if (records_.size() == expected) {
            check_second();
        }
    }

    /// The first line of a step. Only after a run that check() found right.
    [[nodiscard]] const record& of_step(int step) const {
        std::size_t i = 0;
        while (walkthrough_lines[i].step != step) {
            ++i;
        }
        return records_.at(i);
    }

private:
    void check_second() const {
        constexpr auto second = std::chrono::seconds(1);
        // Somewhere between step 10 and step 12 the sleep read the clock.
        const heddle::time_point deadline = of_step(12).deadline;
        BOOST_TEST((deadline >= of_step(10).when + second));
        BOOST_TEST((deadline <= of_step(12).when + second));
        BOOST_TEST((of_step(18).when >= deadline));
    }

    /// A task by its name in the program: they are made in this order.
    static std::string named(std::string label) {
        const std::string_view tasks[][2] = {
            {"'Task-1'", "main"}, {"'Task-2'", "req1"}, {"'Task-3'", "req2"}};
        for (const auto& [number, name] : tasks) {
            if (const std::size_t at = label.find(number); at != std::string::npos) {
                label.replace(at, number.size(), name);
            }
        }
        return label;
    }

    static std::string future_of(const heddle::loop_event& event) {
        const std::string label = event.future->label();
        // A task is a future too, and goes by its name; others stand in parentheses.
        return label.front() == '\'' ? named(label) : "(" + named(label) + ")";
    }

    static std::string words(const heddle::loop_event& event) {
        using kind = heddle::loop_event_kind;
        const auto task = [&] { return named(event.task->label()); };
        const auto future = [&] { return future_of(event); };
        const auto callback = [&] { return "[" + named(event.callback->label()) + "]"; };
        switch (event.kind) {
            case kind::run_entered:
                return "run_entered";
            case kind::run_left:
                return "run_left";
            case kind::task_created:
                return "task_created " + task();
            case kind::step_queued:
                return "step_queued " + task();
            case kind::done_callback_added:
                return "done_callback_added " + callback() + " to " + future();
            case kind::future_created:
                return "future_created " + future();
            case kind::timer_set:
                return "timer_set " + callback();
            case kind::timer_fired:
                return "timer_fired " + callback();
            case kind::step_started:
                return "step_started " + task();
            case kind::task_blocked:
                return "task_blocked " + task() + " on " + future();
            case kind::wakeup_added:
                return "wakeup_added " + task() + " to " + future();
            case kind::task_resumed:
                return "task_resumed " + task() + " from " + future();
            case kind::task_returned:
                return "task_returned " + task();
            case kind::callbacks_queued:
                return "callbacks_queued of " + future() + ": " + std::to_string(event.count);
            case kind::callback_ran:
                return "callback_ran " + callback();
            case kind::future_done:
                return "future_done " + future();
            case kind::children_done:
                return "children_done " + future() + ": " + std::to_string(event.count) + " of " +
                       std::to_string(event.total);
            case kind::stop_requested:
                return "stop_requested";
        }
        return "an event that the walkthrough does not know";
    }

    heddle::event_loop& loop_;
    std::vector<record> records_;
};

/// Runs the walkthrough's program on a fresh loop and holds what it gives and in which order.
/// Returns the listener for further questions.
inline walkthrough_listener check_walkthrough(heddle::event_loop& loop) {
    walkthrough_listener listener(loop);
    loop.set_observer(&listener);
    const std::tuple<int, int> result = loop.run_until_complete(walkthrough_main());
    loop.set_observer(nullptr);
    BOOST_TEST(std::get<0>(result) == 1);
    BOOST_TEST(std::get<1>(result) == 2);
    listener.check();
    return listener;
}

}  // namespace heddle_test
