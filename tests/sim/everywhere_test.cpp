// SPDX-License-Identifier: BSL-1.0
#include <heddle/sim/everywhere.hpp>

#include <heddle/heddle.hpp>
#include <heddle/sim.hpp>

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "support/virtual_loop.hpp"

using namespace heddle_test;
namespace sim = heddle::sim;
using sim::moment;

namespace {

/// A lock as it is often written: release() hands it over, and whoever is cancelled after that and
/// before he knows keeps it for ever.
class handing_lock {
public:
    coro<void> acquire() {
        if (held_) {
            const auto turn = heddle::get_running_loop().create_future<void>("a turn");
            waiting_.push_back(turn);
            co_await turn;
        }
        held_ = true;
    }
    void release() {
        while (!waiting_.empty()) {
            const auto next = waiting_.front();
            waiting_.pop_front();
            if (!next.done()) {
                next.set_result();
                return;
            }
        }
        held_ = false;
    }

private:
    std::deque<heddle::future<void>> waiting_;
    bool held_ = false;
};

coro<void> use(handing_lock& mutex) {
    co_await mutex.acquire();
    std::exception_ptr error;
    try {
        co_await heddle::sleep(1ms);
    } catch (...) {
        error = std::current_exception();
    }
    mutex.release();
    if (error) {
        std::rethrow_exception(error);
    }
}

coro<void> three_users() {
    handing_lock mutex;
    heddle::task_group group;
    group.create_task(use(mutex), "first");
    group.create_task(use(mutex), "second");
    group.create_task(use(mutex), "third");
    co_await group.join();
}

coro<void> one_sleep_one_yield() {
    co_await heddle::sleep(1ms);
    co_await heddle::sleep(0ns);
}

std::vector<moment> moments_of(const sim::everywhere_report& report) {
    std::vector<moment> result;
    for (const sim::everywhere_run& each : report.runs) {
        result.push_back(each.point.when);
    }
    return result;
}

std::vector<std::uint64_t> numbers_of(const std::vector<sim::everywhere_run>& runs) {
    std::vector<std::uint64_t> result;
    for (const sim::everywhere_run& each : runs) {
        result.push_back(each.point.number);
    }
    return result;
}

/// The line that calls this one: where the awaits of a test stand.
std::uint32_t here(std::source_location place = std::source_location::current()) {
    return static_cast<std::uint32_t>(place.line());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(everywhere)

// ---- which points there are ------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_suspension_is_two_points_for_cancel_and_a_bare_yield_is_one) {
    const auto report = sim::cancel_everywhere(one_sleep_one_yield);
    BOOST_TEST(report.clean(), sim::text_of(report));
    BOOST_TEST(report.points == 4U);
    BOOST_TEST((moments_of(report) == std::vector{moment::unstarted, moment::suspended,
                                                  moment::woken, moment::suspended}));
    for (const auto& each : report.runs) {
        BOOST_TEST((each.how == sim::ending::cancelled));
        BOOST_TEST(each.point.who == "Task-1");
    }
    BOOST_TEST((report.plain.how == sim::ending::returned));
    BOOST_TEST(report.runs[1].point.waits_for == "sleep of 'Task-1'");
    BOOST_TEST(report.runs[1].point.after.count() == 0);
    BOOST_TEST((report.runs[2].point.after == 1ms));
    BOOST_TEST(report.runs[2].point.line == report.runs[1].point.line);
    BOOST_TEST(report.runs[3].point.line == report.runs[1].point.line + 1);
    BOOST_TEST(report.runs[3].point.waits_for == "");
}

BOOST_AUTO_TEST_CASE(every_await_throws_once) {
    const auto report = sim::throw_everywhere(one_sleep_one_yield);
    BOOST_TEST(report.clean(), sim::text_of(report));
    BOOST_TEST((moments_of(report) == std::vector{moment::resumed, moment::resumed}));
    for (const auto& each : report.runs) {
        BOOST_TEST((each.how == sim::ending::error));
        BOOST_CHECK_THROW(std::rethrow_exception(each.error), sim::injected_error);
    }
}

BOOST_AUTO_TEST_CASE(the_loop_is_destroyed_after_every_step) {
    // The first step, the sleep's timer, its wake-up, the step after the yield, the loop's stop.
    const auto report = sim::destroy_everywhere(one_sleep_one_yield);
    BOOST_TEST(report.clean(), sim::text_of(report));
    BOOST_TEST(report.points == 5U);
    BOOST_TEST(numbers_of(report.runs) == (std::vector<std::uint64_t>{0, 1, 2, 3, 4}),
               boost::test_tools::per_element());
    for (const auto& each : report.runs) {
        BOOST_TEST((each.how == sim::ending::destroyed));
    }
}

BOOST_AUTO_TEST_CASE(what_a_chain_of_coroutines_awaits_are_awaits_of_its_task) {
    const auto outer = []() -> coro<void> {
        co_await one_sleep_one_yield();
        co_await one_sleep_one_yield();
    };
    BOOST_TEST(sim::cancel_everywhere(outer).points == 7U);
    BOOST_TEST(sim::throw_everywhere(outer).points == 4U);
}

BOOST_AUTO_TEST_CASE(tasks_by_name_and_every_task) {
    const auto main = []() -> coro<void> {
        heddle::task_group group;
        group.create_task(one_sleep_one_yield(), "worker");
        group.create_task(one_sleep_one_yield(), "worker");
        group.create_task(one_sleep_one_yield(), "other");
        co_await group.join();
    };
    sim::everywhere_options options;
    BOOST_TEST(sim::cancel_everywhere(main, options).points == 3U);
    options.task = "worker";
    const auto workers = sim::cancel_everywhere(main, options);
    BOOST_TEST(workers.clean(), sim::text_of(workers));
    BOOST_TEST(workers.points == 8U);
    for (const auto& each : workers.runs) {
        BOOST_TEST(each.point.who == "worker");
        BOOST_TEST((each.how == sim::ending::returned));
    }
    options.task = "";
    options.every_task = true;
    const auto all = sim::cancel_everywhere(main, options);
    BOOST_TEST(all.clean(), sim::text_of(all));
    BOOST_TEST(all.points == 15U);
    options.task = "nobody";
    options.every_task = false;
    BOOST_TEST(sim::cancel_everywhere(main, options).points == 0U);
}

BOOST_AUTO_TEST_CASE(tasks_that_start_eagerly) {
    // Their first step runs in that of whoever starts them: they are never unstarted, and both
    // suspensions of one step are points.
    const auto main = []() -> coro<void> {
        heddle::task_group group;
        heddle::get_running_loop().set_task_start(heddle::task_start::eager);
        group.create_task(one_sleep_one_yield(), "eager");
        co_await group.join();
    };
    sim::everywhere_options options;
    const auto mains = sim::cancel_everywhere(main, options);
    BOOST_TEST(mains.clean(), sim::text_of(mains));
    BOOST_TEST(
        (moments_of(mains) == std::vector{moment::unstarted, moment::suspended, moment::woken}));
    options.task = "eager";
    const auto theirs = sim::cancel_everywhere(main, options);
    BOOST_TEST(theirs.clean(), sim::text_of(theirs));
    BOOST_TEST(
        (moments_of(theirs) == std::vector{moment::suspended, moment::woken, moment::suspended}));
    BOOST_TEST(sim::throw_everywhere(main, options).points == 2U);
    BOOST_TEST(sim::destroy_everywhere(main, options).clean());
}

BOOST_AUTO_TEST_CASE(an_error_of_ones_own_is_thrown_in_place_of_a_result) {
    sim::everywhere_options options;
    options.error = std::make_exception_ptr(std::runtime_error("the disk is full"));
    int caught = 0;
    const auto main = [&]() -> coro<void> {
        const auto answer = heddle::create_task([]() -> coro<int> {
            co_await heddle::sleep(1ms);
            co_return 5;
        }());
        try {
            BOOST_TEST(co_await answer == 5);
        } catch (const std::runtime_error& error) {
            ++caught;
            BOOST_TEST(error.what() == "the disk is full");
        }
    };
    const auto report = sim::throw_everywhere(main, options);
    BOOST_TEST(report.clean(), sim::text_of(report));
    BOOST_TEST(report.points == 1U);
    BOOST_TEST(caught == 1);
}

BOOST_AUTO_TEST_CASE(an_await_that_ends_by_a_cancellation_keeps_it) {
    int cancelled = 0;
    const auto main = [&]() -> coro<void> {
        const auto never = heddle::get_running_loop().create_future<void>();
        const auto gone = heddle::get_running_loop().create_task(one_sleep_one_yield());
        heddle::get_running_loop().call_soon([never] { never.cancel(); });
        heddle::get_running_loop().call_soon([gone] { gone.cancel(); });
        try {
            co_await never;
        } catch (const heddle::cancelled_error&) {
            ++cancelled;
        }
        try {
            co_await gone;
        } catch (const heddle::cancelled_error&) {
            ++cancelled;
        }
    };
    const auto report = sim::throw_everywhere(main);
    BOOST_TEST(report.clean(), sim::text_of(report));
    BOOST_TEST(report.points > 0U);
    BOOST_TEST(cancelled == 2 * static_cast<int>(report.points + 1));
}

BOOST_AUTO_TEST_CASE(an_error_that_is_replaced_counts_as_looked_at) {
    const auto main = []() -> coro<void> {
        co_await heddle::create_task([]() -> coro<void> {
            co_await heddle::sleep(1ms);
            throw std::runtime_error("the task's own");
        }());
    };
    sim::everywhere_options options;
    options.accepts = [](const std::exception_ptr&) { return true; };
    const auto report = sim::throw_everywhere(main, options);
    BOOST_TEST(report.clean(), sim::text_of(report));
    BOOST_CHECK_THROW(std::rethrow_exception(report.runs.at(0).error), sim::injected_error);
}

// ---- what is found ---------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_lock_that_is_lost_between_wake_up_and_step) {
    sim::everywhere_options options;
    options.name = "three users";
    options.task = "second";
    const auto report = sim::cancel_everywhere(three_users, options);
    const auto found = report.findings();
    BOOST_REQUIRE(found.size() == 1U);
    BOOST_TEST((found[0].point.when == moment::woken));
    BOOST_TEST(found[0].point.who == "second");
    BOOST_TEST(found[0].point.waits_for == "a turn");
    BOOST_TEST((found[0].failed->what == sim::failure_class::deadlock));
    BOOST_TEST((found[0].how == sim::ending::unfinished));
    BOOST_TEST(!report.clean());
    BOOST_TEST(report.complete);

    // The point alone finds it again, and the report says which one it is.
    options.only = found[0].point.number;
    const auto again = sim::cancel_everywhere(three_users, options);
    BOOST_TEST(again.runs.size() == 1U);
    BOOST_REQUIRE(again.findings().size() == 1U);
    BOOST_TEST(again.findings()[0].point.number == found[0].point.number);
    const std::string text = sim::text_of(again);
    const std::string begins =
        "three users: 5 points, 1 finding\n  point 3, 'second' cancelled right before its wake-up "
        "from its wait for a turn at everywhere_test.cpp:";
    BOOST_TEST(text.substr(0, begins.size()) == begins);
}

BOOST_AUTO_TEST_CASE(a_permit_that_is_not_given_back) {
    std::optional<heddle::semaphore> permits;
    std::uint32_t line = 0;
    const auto main = [&]() -> coro<void> {
        co_await heddle::sleep(1ms);
        co_await permits->acquire();
        line = here() + 1;
        co_await heddle::sleep(1ms);
        permits->release();
    };
    const sim::program fresh = [&] {
        permits.emplace(1);
        return main();
    };
    sim::everywhere_options options;
    options.epilogue = [&]() -> coro<void> { co_await permits->acquire(); };
    for (const bool throws : {false, true}) {
        const auto report =
            throws ? sim::throw_everywhere(fresh, options) : sim::cancel_everywhere(fresh, options);
        const auto found = report.findings();
        BOOST_TEST(found.size() == (throws ? 1U : 2U));
        for (const auto& each : found) {
            BOOST_TEST(each.point.line == line);
            BOOST_TEST((each.failed->what == sim::failure_class::deadlock));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_cancellation_that_is_swallowed) {
    const auto main = []() -> coro<void> {
        try {
            co_await heddle::sleep(1ms);
        } catch (...) {
            // This is the bug.
        }
        co_await heddle::sleep(1ms);
    };
    sim::everywhere_options options;
    BOOST_TEST(sim::cancel_everywhere(main, options).clean());
    options.check = [](const sim::everywhere_run& run) {
        sim::check(run.point.when == moment::never || run.how == sim::ending::cancelled,
                   "it ends cancelled");
    };
    const auto report = sim::cancel_everywhere(main, options);
    BOOST_TEST(numbers_of(report.findings()) == (std::vector<std::uint64_t>{2, 3}),
               boost::test_tools::per_element());
    BOOST_TEST((report.findings().at(0).failed->what == sim::failure_class::check));
}

BOOST_AUTO_TEST_CASE(what_a_destroyed_program_leaves_undone) {
    int open = 0;
    const auto main = [&]() -> coro<void> {
        co_await heddle::sleep(1ms);
        ++open;
        co_await heddle::sleep(1ms);
        --open;
        co_await heddle::sleep(1ms);
    };
    const sim::program fresh = [&] {
        open = 0;
        return main();
    };
    sim::everywhere_options options;
    options.check = [&](const sim::everywhere_run&) { sim::check(open == 0, "open == 0"); };
    const auto report = sim::destroy_everywhere(fresh, options);
    // The first step, a timer, a wake-up: then it is open, until the next timer's wake-up.
    BOOST_TEST(numbers_of(report.findings()) == (std::vector<std::uint64_t>{3, 4}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_error_that_nobody_looks_at) {
    const auto main = []() -> coro<void> {
        heddle::create_task(one_sleep_one_yield(), "forgotten");
        co_await heddle::sleep(5ms);
    };
    sim::everywhere_options options;
    options.task = "forgotten";
    const auto report = sim::throw_everywhere(main, options);
    BOOST_TEST(report.findings().size() == 2U);
    BOOST_TEST((report.findings().at(0).failed->what == sim::failure_class::unretrieved));
}

BOOST_AUTO_TEST_CASE(a_task_that_is_left) {
    const auto main = []() -> coro<void> {
        const auto going_on = heddle::create_task(one_sleep_one_yield(), "going on");
        co_await heddle::shield(going_on);
    };
    sim::everywhere_options options;
    const auto report = sim::cancel_everywhere(main, options);
    BOOST_TEST(report.findings().size() == 1U);  // woken, it is done
    BOOST_TEST((report.findings().at(0).failed->what == sim::failure_class::left_task));
    BOOST_TEST(report.findings().at(0).failed->message.find("'going on' waits for sleep") !=
               std::string::npos);
    options.tasks_may_be_left = true;
    const auto allowed = sim::cancel_everywhere(main, options);
    BOOST_TEST(allowed.clean(), sim::text_of(allowed));
}

BOOST_AUTO_TEST_CASE(another_error_than_the_one_thrown) {
    const auto main = []() -> coro<void> {
        bool failed = false;
        try {
            co_await heddle::sleep(1ms);
        } catch (const sim::injected_error&) {
            failed = true;
        }
        heddle::lock mutex;
        if (failed) {
            mutex.release();
        }
    };
    const auto report = sim::throw_everywhere(main);
    BOOST_REQUIRE(report.findings().size() == 1U);
    BOOST_TEST((report.findings()[0].failed->what == sim::failure_class::exception));
}

BOOST_AUTO_TEST_CASE(a_program_that_goes_on_for_ever) {
    const auto main = []() -> coro<void> {
        bool swallowed = false;
        try {
            co_await heddle::sleep(1ms);
        } catch (const heddle::cancelled_error&) {
            swallowed = true;
        }
        while (swallowed) {
            co_await heddle::sleep(0ns);
        }
    };
    sim::everywhere_options options;
    options.limits.steps = 1'000;
    const auto report = sim::cancel_everywhere(main, options);
    BOOST_TEST(report.findings().size() == 2U);
    BOOST_TEST((report.findings().at(0).failed->what == sim::failure_class::limit));
}

BOOST_AUTO_TEST_CASE(a_program_that_fails_undisturbed_is_run_once) {
    int runs = 0;
    const sim::program main = [&] {
        ++runs;
        return []() -> coro<void> {
            co_await heddle::sleep(1ms);
            throw std::runtime_error("by itself");
        }();
    };
    const auto report = sim::cancel_everywhere(main);
    BOOST_TEST(runs == 1);
    BOOST_TEST(report.findings().size() == 1U);
    BOOST_TEST(!report.clean());
    BOOST_TEST(sim::text_of(report).find("undisturbed") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_program_that_is_not_the_same_twice) {
    int runs = 0;
    const auto main = [&]() -> coro<void> {
        for (int i = ++runs; i < 4; ++i) {
            co_await heddle::sleep(0ns);
        }
    };
    const auto report = sim::cancel_everywhere(main);
    BOOST_TEST(report.points == 4U);
    BOOST_TEST((report.findings().back().failed->what == sim::failure_class::nondeterminism));
}

BOOST_AUTO_TEST_CASE(an_epilogue_and_a_check_that_throw_are_findings) {
    sim::everywhere_options options;
    options.epilogue = []() -> coro<void> {
        co_await heddle::sleep(0ns);
        throw std::runtime_error("no");
    };
    BOOST_TEST(sim::cancel_everywhere(one_sleep_one_yield, options).plain.failed->message ==
               "the epilogue ended with std::runtime_error: no");
    options.epilogue = nullptr;
    options.check = [](const sim::everywhere_run& run) {
        if (run.point.number == 2) {
            throw std::runtime_error("point 2");
        }
    };
    const auto report = sim::cancel_everywhere(one_sleep_one_yield, options);
    BOOST_TEST(numbers_of(report.findings()) == (std::vector<std::uint64_t>{2}),
               boost::test_tools::per_element());
}

// ---- options ---------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_point_that_there_is_not_is_refused) {
    sim::everywhere_options options;
    options.only = 0;
    BOOST_CHECK_THROW(static_cast<void>(sim::cancel_everywhere(one_sleep_one_yield, options)),
                      heddle::usage_error);
    BOOST_TEST(sim::destroy_everywhere(one_sleep_one_yield, options).clean());
    options.only = 5;
    BOOST_CHECK_THROW(static_cast<void>(sim::cancel_everywhere(one_sleep_one_yield, options)),
                      heddle::usage_error);
    BOOST_CHECK_THROW(static_cast<void>(sim::destroy_everywhere(one_sleep_one_yield, options)),
                      heddle::usage_error);
}

BOOST_AUTO_TEST_CASE(a_report_that_is_not_complete_is_not_clean) {
    sim::everywhere_options options;
    options.most_points = 3;
    const auto report = sim::cancel_everywhere(one_sleep_one_yield, options);
    BOOST_TEST(report.runs.size() == 3U);
    BOOST_TEST(report.findings().empty());
    BOOST_TEST(!report.clean());
    BOOST_TEST(sim::text_of(report) == "program: 4 points, 0 findings; only 3 points were run");
}

BOOST_AUTO_TEST_SUITE_END()
