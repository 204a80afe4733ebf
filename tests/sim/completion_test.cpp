// SPDX-License-Identifier: BSL-1.0
#include <heddle/sim/completion.hpp>

#include <memory>
#include <set>
#include <stdexcept>
#include <string>

#include <boost/test/unit_test.hpp>

#include <heddle/heddle.hpp>
#include <heddle/sim.hpp>

using namespace std::chrono_literals;
using heddle::coro;
namespace sim = heddle::sim;

namespace {

coro<void> note_when_done(sim::completion<char> operation, std::string& log) {
    log += co_await std::move(operation);
}
coro<void> note_after(heddle::duration length, std::string& log, char what) {
    co_await heddle::sleep(length);
    log += what;
}

/// Two operations, a timer, and a task with something to do for three turns.
coro<std::string> operations_and_a_timer() {
    std::string log;
    const auto busy = [&log]() -> coro<void> {
        for (int i = 0; i < 3; ++i) {
            log += '.';
            co_await heddle::sleep(0s);
        }
    };
    {
        heddle::task_group group;
        group.create_task(note_after(1ms, log, 't'));
        group.create_task(note_when_done(sim::completion<char>('1', "one"), log));
        group.create_task(note_when_done(sim::completion<char>('2', "two"), log));
        group.create_task(busy());
        co_await group.join();
    }
    co_return log;
}

std::set<std::string> logs_at(sim::level allowed, std::uint64_t schedules) {
    std::set<std::string> seen;
    sim::explore_options options;
    options.allowed = allowed;
    options.schedules = schedules;
    const auto program = [&seen]() -> coro<void> {
        seen.insert(co_await operations_and_a_timer());
    };
    BOOST_TEST(!sim::explore(program, options).found.has_value());
    return seen;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(completion)

BOOST_AUTO_TEST_CASE(in_plain_order_the_oldest_finishes_when_nothing_is_ready) {
    BOOST_TEST(sim::run(operations_and_a_timer) == "...12t");
    BOOST_TEST((logs_at(sim::level::fifo, 20) == std::set<std::string>{"...12t"}));
}

BOOST_AUTO_TEST_CASE(by_timing_one_may_come_early_or_late_or_before_an_older_one) {
    const auto seen = logs_at(sim::level::timing, 2'000);
    BOOST_TEST(seen.contains("...12t"));
    BOOST_TEST(seen.contains("...21t"));
    BOOST_TEST(seen.contains("...t12"));
    bool early = false;
    for (const std::string& each : seen) {
        BOOST_TEST(each.size() == 6U);
        early = early || each.find('1') < each.rfind('.');
    }
    BOOST_TEST(early);
}

BOOST_AUTO_TEST_CASE(at_level_any_too) {
    const auto seen = logs_at(sim::level::any, 2'000);
    BOOST_TEST(seen.contains("21...t"));
    BOOST_TEST(seen.contains("t...12"));
    BOOST_TEST(seen.size() > 20U);
}

BOOST_AUTO_TEST_CASE(a_failure_that_needs_an_early_end_is_found_and_replays) {
    for (const sim::level allowed : {sim::level::timing, sim::level::any}) {
        const auto program = []() -> coro<void> {
            bool ready = false;
            const auto answer = [&ready]() -> coro<void> {
                const sim::completion<int> reply(5, "the reply");
                co_await reply;
                sim::check(ready, "the reply came before anybody was ready");
            };
            const auto prepare = [&ready]() -> coro<void> {
                // One that finishes in the second iteration is told in the third.
                co_await heddle::sleep(0s);
                co_await heddle::sleep(0s);
                co_await heddle::sleep(0s);
                ready = true;
            };
            heddle::task_group group;
            group.create_task(answer());
            group.create_task(prepare());
            co_await group.join();
        };
        sim::explore_options options;
        options.allowed = allowed;
        const auto result = sim::explore(program, options);
        BOOST_REQUIRE(result.found.has_value());
        BOOST_TEST(result.found->minimal.size() == 1U);
        BOOST_TEST((result.found->timing == sim::timing_answer::yes));
        const auto again = sim::replay(program, result.found->minimal_tape, options);
        BOOST_REQUIRE(again.failed.has_value());
        BOOST_TEST(again.failed->same_as(result.found->what));
        // Through a file, too: a tape knows this kind of entry.
        const auto read = sim::tape_from_text(sim::to_text(result.found->minimal_tape), "a tape");
        BOOST_TEST((read == result.found->minimal_tape));
    }
}

BOOST_AUTO_TEST_CASE(results_come_from_values_callables_and_errors) {
    const auto program = []() -> coro<void> {
        BOOST_TEST(co_await sim::completion<int>(5) == 5);
        int calls = 0;
        const auto count = [&calls] { return ++calls; };
        const sim::completion<int> counted(count, "counting");
        BOOST_TEST(calls == 0);
        BOOST_TEST(co_await counted == 1);
        const auto fail = []() -> int { throw std::runtime_error("oops"); };
        const sim::completion<int> failing(fail);
        BOOST_CHECK_THROW(co_await failing, std::runtime_error);
        const sim::completion<void> nothing("nothing");
        co_await nothing;
        sim::completion<std::unique_ptr<int>> owner(std::make_unique<int>(3));
        const std::unique_ptr<int> taken = co_await std::move(owner);
        BOOST_TEST(*taken == 3);
    };
    sim::run(program);
}

BOOST_AUTO_TEST_CASE(a_cancelled_one_never_finishes) {
    const auto program = []() -> coro<void> {
        int finished = 0;
        const auto finish = [&finished] { return ++finished; };
        const sim::completion<int> operation(finish, "operation");
        const auto wait = [&operation]() -> coro<void> { co_await operation; };
        auto waiting = heddle::create_task(wait());
        co_await heddle::sleep(0s);
        waiting.cancel();
        BOOST_CHECK_THROW(co_await waiting, heddle::cancelled_error);
        BOOST_TEST(operation.cancelled());
        co_await heddle::sleep(1s);
        BOOST_TEST(finished == 0);
    };
    sim::run(program);
}

BOOST_AUTO_TEST_CASE(one_that_nobody_keeps_finishes_all_the_same) {
    const auto program = []() -> coro<void> {
        int finished = 0;
        const auto finish = [&finished] { return ++finished; };
        {
            const sim::completion<int> dropped(finish, "operation");
        }
        co_await heddle::sleep(1s);
        BOOST_TEST(finished == 1);
    };
    sim::run(program);
}

BOOST_AUTO_TEST_CASE(it_needs_a_simulation) {
    sim::virtual_clock clock;
    heddle::event_loop loop(clock);
    const auto program = []() -> coro<void> {
        BOOST_CHECK_THROW(static_cast<void>(sim::completion<int>(5)), heddle::usage_error);
        co_return;
    };
    loop.run_until_complete(program());
}

BOOST_AUTO_TEST_CASE(a_run_that_ends_leaves_none_behind) {
    const auto program = []() -> coro<void> {
        static_cast<void>(sim::completion<int>(5));
        throw std::runtime_error("oops");
        co_return;
    };
    BOOST_CHECK_THROW(sim::run(program), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(random_values_are_the_runs_own_and_replay) {
    const auto values = std::make_shared<std::set<std::uint64_t>>();
    const auto program = [values]() -> coro<void> {
        const std::uint64_t drawn = heddle::random().below(1'000'000);
        values->insert(drawn);
        sim::check(drawn % 50 != 7, "an unlucky number");
        co_return;
    };
    sim::explore_options options;
    const auto result = sim::explore(program, options);
    BOOST_REQUIRE(result.found.has_value());
    BOOST_TEST(values->size() >= result.schedules);  // another one in each run
    BOOST_TEST(result.found->minimal.empty());
    BOOST_TEST(sim::replay(program, result.found->minimal_tape, options).failed.has_value());
}

BOOST_AUTO_TEST_SUITE_END()
