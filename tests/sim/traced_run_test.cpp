// SPDX-License-Identifier: BSL-1.0
#include <heddle/sim/traced_run.hpp>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include <heddle/sim.hpp>

#include <boost/test/unit_test.hpp>

#include "support/virtual_loop.hpp"

using namespace heddle_test;
namespace sim = heddle::sim;

namespace {

sim::run_record traced(const sim::program& main, sim::level allowed = sim::level::any) {
    sim::simulation one;
    sim::fifo_strategy plain;
    return one.run(main, plain, allowed, true);
}

/// The number of the step with this text; 0 if there is none.
std::uint64_t number_of(const sim::run_record& run, const std::string& text) {
    const auto& steps = run.trace->steps;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        if (sim::text_of(steps[i]) == text) {
            return i + 1;
        }
    }
    return 0;
}

/// "who scheduled whom", for each step: "the step of 'a' <- the step of 'main'".
words wakers_of(const sim::run_record& run) {
    words result;
    for (const sim::step_record& step : run.trace->steps) {
        const std::string from =
            step.woken_by == 0 ? "outside" : sim::text_of(run.trace->steps[step.woken_by - 1]);
        result.push_back(sim::text_of(step) + " <- " + from);
    }
    return result;
}

bool has(const words& all, const std::string& wanted) {
    return std::find(all.begin(), all.end(), wanted) != all.end();
}

coro<void> many_yields(int count) {
    for (int i = 0; i < count; ++i) {
        co_await heddle::sleep(0ms);
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(traced_run)

BOOST_AUTO_TEST_CASE(a_step_says_which_step_scheduled_it) {
    const auto run = traced([]() -> coro<void> {
        heddle::event_loop& loop = heddle::get_running_loop();
        auto reply = loop.create_future<int>("the reply");
        const auto waits = [&reply]() -> coro<void> { co_await reply; };
        const auto answers = [&reply]() -> coro<void> {
            co_await heddle::sleep(2ms);
            reply.set_result(1);
            co_await heddle::sleep(0ms);
        };
        heddle::task_group group;
        group.create_task(waits(), "waits");
        group.create_task(answers(), "answers");
        co_await group.join();
    });
    const words wakers = wakers_of(run);
    BOOST_TEST(has(wakers, "the step of 'Task-1' <- outside"));
    BOOST_TEST(has(wakers, "the step of 'waits' <- the step of 'Task-1'"));
    // A timer is scheduled by who sets it, a sleeper's wake-up by the timer.
    BOOST_TEST(has(wakers, "the timer of the sleep of 'answers' <- the step of 'answers'"));
    BOOST_TEST(has(wakers, "the wake-up of 'answers' <- the timer of the sleep of 'answers'"));
    BOOST_TEST(has(wakers, "the wake-up of 'waits' <- the wake-up of 'answers'"));
    // A bare yield: by itself.
    BOOST_TEST(has(wakers, "the step of 'answers' <- the wake-up of 'answers'"));
}

BOOST_AUTO_TEST_CASE(callbacks_and_operations_say_it_too) {
    const auto run = traced([]() -> coro<void> {
        heddle::event_loop& loop = heddle::get_running_loop();
        heddle::event ready;
        loop.call_soon([&] { loop.call_soon([&] { ready.set(); }); });
        auto read = sim::completion<int>(1, "a read");
        co_await ready.wait();
        co_await read;
    });
    std::uint64_t callbacks = 0;
    for (std::size_t i = 0; i < run.trace->steps.size(); ++i) {
        const sim::step_record& step = run.trace->steps[i];
        if (step.kind == heddle::event_kind::callback) {
            ++callbacks;
            // The first is main's, the second the first one's.
            const auto& waker = run.trace->steps.at(step.woken_by - 1);
            BOOST_TEST((callbacks == 1) == (waker.kind == heddle::event_kind::step));
            BOOST_TEST((callbacks == 2) == (waker.kind == heddle::event_kind::callback));
        }
    }
    BOOST_TEST(callbacks == 2U);
    BOOST_TEST(has(wakers_of(run), "the end of a read <- the step of 'Task-1'"));
}

// A waker is a step that ran before, of the same run.
BOOST_AUTO_TEST_CASE(wakers_come_before_in_every_order) {
    sim::explore_options options;
    const sim::program main = []() -> coro<void> {
        heddle::lock lock;
        heddle::task_group group;
        const auto uses = [&lock]() -> coro<void> {
            const auto guard = co_await lock.scoped();
            co_await heddle::sleep(1ms);
        };
        for (int i = 0; i < 4; ++i) {
            group.create_task(uses());
        }
        co_await group.join();
    };
    for (std::uint64_t i = 0; i < 50; ++i) {
        const auto run = sim::run_schedule(main, i, options);
        const auto& steps = run.trace->steps;
        BOOST_TEST(steps.size() == run.steps);
        for (std::size_t j = 0; j < steps.size(); ++j) {
            BOOST_TEST(steps[j].woken_by <= j);
            BOOST_TEST((steps[j].woken_by == 0) == (j == 0));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_task_has_its_id_in_each_step) {
    const auto run = traced([]() -> coro<void> { co_await many_yields(2); });
    BOOST_TEST(run.trace->steps[0].task != 0U);
    BOOST_TEST(run.trace->steps[0].task == run.trace->steps[1].task);
    BOOST_TEST(run.trace->steps.back().task == 0U);  // the stop of the loop
}

// What is asked about the order in which things are scheduled must not change it.
BOOST_AUTO_TEST_CASE(a_traced_run_is_the_same_run) {
    const sim::program main = []() -> coro<void> {
        heddle::task_group group;
        group.create_task(many_yields(3));
        group.create_task(many_yields(2));
        co_await group.join();
    };
    sim::simulation one;
    for (std::uint64_t seed = 1; seed < 20; ++seed) {
        const auto chooser = sim::make_explorer("walk");
        chooser->begin(seed, sim::level::any, {});
        const sim::run_record plain = one.run(main, *chooser, sim::level::any, false);
        chooser->begin(seed, sim::level::any, {});
        const sim::run_record seen = one.run(main, *chooser, sim::level::any, true);
        BOOST_TEST(plain.digest == seen.digest);
        BOOST_TEST((plain.choices == seen.choices));
    }
}

BOOST_AUTO_TEST_CASE(of_a_long_run_the_last_steps_are_kept) {
    constexpr std::uint64_t more = 100;
    const auto run = traced([]() -> coro<void> {
        co_await many_yields(static_cast<int>(sim::most_steps_kept + more));
    });
    const sim::traced_run kept = sim::last_steps(run);
    BOOST_TEST(kept.steps.size() == sim::most_steps_kept);
    BOOST_TEST(kept.before == run.steps - sim::most_steps_kept);
    BOOST_TEST(kept.after == 0U);
    BOOST_TEST(kept.steps.back().event == run.trace->steps.back().event);
    // Beside it stands the same part of another run.
    const sim::traced_run beside = sim::steps_beside(kept, run);
    BOOST_TEST(beside.before == kept.before);
    BOOST_TEST(beside.steps.front().event == kept.steps.front().event);
    const std::string log = sim::log_of(run);
    BOOST_TEST(log.starts_with("... " + std::to_string(kept.before) + " steps before\n"));
    BOOST_TEST(std::count(log.begin(), log.end(), '\n') ==
               static_cast<std::ptrdiff_t>(sim::most_steps_kept + 2));
}

BOOST_AUTO_TEST_CASE(log_has_a_line_for_each_step) {
    const auto run = traced([]() -> coro<void> {
        const auto sleeper = []() -> coro<void> { co_await heddle::sleep(1500us); };
        co_await heddle::get_running_loop().create_task(sleeper(), "two\nlines");
        sim::check(false, "no");
    });
    std::istringstream in(sim::log_of(run));
    words lines;
    for (std::string line; std::getline(in, line);) {
        lines.push_back(line);
    }
    BOOST_TEST_REQUIRE(lines.size() == run.steps + 1);
    BOOST_TEST(lines[0] == "1     0 s  the step of 'Task-1'");
    BOOST_TEST(lines[1].starts_with("2     0 s  the step of 'two lines'"));
    BOOST_TEST(lines[1].ends_with("  (from 1)"));
    BOOST_TEST(lines[2].starts_with("3  1.5 ms  the timer of the sleep of 'two lines'"));
    BOOST_TEST(lines[2].find("traced_run_test.cpp:") != std::string::npos);
    BOOST_TEST(lines.back() == "ended at 1.5 ms: check no has failed");
    BOOST_TEST(number_of(run, "the wake-up of 'two lines'") == 4U);
}

BOOST_AUTO_TEST_CASE(a_run_that_was_not_traced_is_refused) {
    const sim::run_record none;
    BOOST_CHECK_THROW(static_cast<void>(sim::last_steps(none)), heddle::usage_error);
    BOOST_CHECK_THROW(static_cast<void>(sim::log_of(none)), heddle::usage_error);
    const sim::traced_run nothing;
    BOOST_CHECK_THROW(static_cast<void>(sim::steps_beside(nothing, none)), heddle::usage_error);
}

BOOST_AUTO_TEST_SUITE_END()
