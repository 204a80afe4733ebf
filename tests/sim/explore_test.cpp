// SPDX-License-Identifier: BSL-1.0
#include <heddle/sim/explore.hpp>

#include <heddle/heddle.hpp>
#include <heddle/sim.hpp>

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>

#include <boost/test/unit_test.hpp>

#include "support/virtual_loop.hpp"

using namespace heddle_test;
namespace sim = heddle::sim;

namespace {

sim::explore_options named(std::string name, std::uint64_t seed = 42) {
    sim::explore_options options;
    options.name = std::move(name);
    options.seed = seed;
    return options;
}

/// A lost update that FIFO never shows: the second reader comes four turns later.
coro<void> lost_update() {
    const auto balance = std::make_shared<int>(100);
    const auto change = [balance](int turns, int amount) -> coro<void> {
        for (int i = 0; i < turns; ++i) {
            co_await heddle::sleep(0ns);
        }
        const int seen = *balance;
        co_await heddle::sleep(0ns);
        *balance = seen + amount;
    };
    heddle::task_group group;
    group.create_task(change(0, 50));
    group.create_task(change(4, -30));
    co_await group.join();
    sim::check(*balance == 120, "balance == 120");
}

/// Wrong only if a step takes long: a real loop can do it.
coro<void> slow_step() {
    const auto done = std::make_shared<bool>(false);
    const auto writer = [done]() -> coro<void> {
        co_await heddle::sleep(5ms);
        co_await heddle::sleep(5ms);
        *done = true;
    };
    heddle::task_group group;
    group.create_task(writer());
    co_await heddle::sleep(13ms);
    sim::check(*done, "done");
    co_await group.join();
}

coro<void> two_locks() {
    heddle::lock a;
    heddle::lock b;
    const auto both = [](heddle::lock& first, heddle::lock& second, int turns) -> coro<void> {
        for (int i = 0; i < turns; ++i) {
            co_await heddle::sleep(0ns);
        }
        const auto outer = co_await first.scoped();
        co_await heddle::sleep(0ns);
        const auto inner = co_await second.scoped();
    };
    heddle::task_group group;
    group.create_task(both(a, b, 0));
    group.create_task(both(b, a, 4));
    co_await group.join();
}

/// The lost update again, in a program that somebody has edited since: there is more in it, and
/// the tasks that are to blame do more before, or later.
sim::program edited(int warm_up, int idlers) {
    return [=]() -> coro<void> {
        const auto counter = std::make_shared<int>(0);
        const auto add = [counter](int turns) -> coro<void> {
            for (int i = 0; i < turns; ++i) {
                co_await heddle::sleep(0ns);
            }
            const int before = *counter;
            co_await heddle::sleep(0ns);
            *counter = before + 1;
        };
        const auto idle = [](int turns) -> coro<void> {
            for (int i = 0; i < turns; ++i) {
                co_await heddle::sleep(0ns);
            }
        };
        heddle::task_group group;
        group.create_task(add(0));
        group.create_task(add(5));
        for (int i = 0; i < idlers; ++i) {
            group.create_task(idle(3));
        }
        for (int i = 0; i < warm_up; ++i) {
            co_await heddle::sleep(1ms);
        }
        co_await group.join();
        sim::check(*counter == 2, "counter == 2");
    };
}

coro<void> correct() {
    heddle::lock mutex;
    int inside = 0;
    const auto worker = [&]() -> coro<void> {
        for (int i = 0; i < 3; ++i) {
            const auto guard = co_await mutex.scoped();
            sim::check(++inside == 1, "one at a time");
            co_await heddle::sleep(1ms);
            --inside;
        }
    };
    heddle::task_group group;
    for (int i = 0; i < 3; ++i) {
        group.create_task(worker());
    }
    co_await group.join();
}

/// All orders in which exploring made `tasks` tasks of one step each run.
std::set<std::string> orders_seen(int tasks, std::uint64_t schedules) {
    const auto seen = std::make_shared<std::set<std::string>>();
    auto options = named("orders");
    options.schedules = schedules;
    const auto program = [&]() -> coro<void> {
        const auto order = std::make_shared<std::string>();
        const auto step = [order](char name) -> coro<void> {
            *order += name;
            co_return;
        };
        heddle::task_group group;
        for (int i = 0; i < tasks; ++i) {
            group.create_task(step(static_cast<char>('a' + i)));
        }
        co_await group.join();
        seen->insert(*order);
    };
    const auto result = sim::explore(program, options);
    BOOST_TEST(!result.found.has_value());
    return *seen;
}

void expect_minimal(const sim::program& program, const sim::explore_options& options,
                    std::size_t deviations) {
    const auto result = sim::explore(program, options);
    BOOST_REQUIRE(result.found.has_value());
    const sim::finding& found = *result.found;
    BOOST_TEST(found.schedule > 0U);
    BOOST_TEST(found.minimal.size() == deviations);
    // Both tapes fail in the same way, again and again.
    for (int i = 0; i < 3; ++i) {
        const auto full = sim::replay(program, found.full, options);
        BOOST_REQUIRE(full.failed.has_value());
        BOOST_TEST(full.failed->same_as(found.what));
        BOOST_TEST(full.digest == found.digest);
        const auto minimal = sim::replay(program, found.minimal_tape, options);
        BOOST_REQUIRE(minimal.failed.has_value());
        BOOST_TEST(minimal.failed->same_as(found.what));
        BOOST_TEST((minimal.choices == found.minimal_tape.choices));
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(explore)

BOOST_AUTO_TEST_CASE(a_lost_update_is_found_minimised_and_replayed) {
    BOOST_CHECK_NO_THROW(sim::run(lost_update));
    for (std::uint64_t seed = 1; seed < 10; ++seed) {
        expect_minimal(lost_update, named("lost_update", seed), 1);
    }
}

BOOST_AUTO_TEST_CASE(a_failure_by_timing_is_said_to_be_one) {
    BOOST_CHECK_NO_THROW(sim::run(slow_step));
    const auto options = named("slow_step");
    const auto result = sim::explore(slow_step, options);
    BOOST_REQUIRE(result.found.has_value());
    BOOST_TEST((result.found->timing == sim::timing_answer::yes));
    BOOST_TEST((result.found->minimal_tape.allowed == sim::level::timing));
    BOOST_TEST(result.found->minimal.size() == 1U);
    BOOST_TEST(sim::report(result, "").find("took") != std::string::npos);
    expect_minimal(slow_step, options, 1);
    auto timing = options;
    timing.allowed = sim::level::timing;
    expect_minimal(slow_step, timing, 1);
}

BOOST_AUTO_TEST_CASE(what_no_timing_can_do_is_said_to_be_impossible) {
    const auto result = sim::explore(lost_update, named("lost_update"));
    BOOST_REQUIRE(result.found.has_value());
    BOOST_TEST((result.found->timing == sim::timing_answer::no));
    auto timing = named("lost_update");
    timing.allowed = sim::level::timing;
    BOOST_TEST(!sim::explore(lost_update, timing).found.has_value());
}

BOOST_AUTO_TEST_CASE(a_deadlock_is_found_and_says_who_waits_for_what) {
    const auto result = sim::explore(two_locks, named("two_locks"));
    BOOST_REQUIRE(result.found.has_value());
    BOOST_TEST((result.found->what.what == sim::failure_class::deadlock));
    const std::string report = sim::report(result, "./two_locks --replay=t");
    BOOST_TEST(report.find("'Task-2' waits for a lock that 'Task-3' took at explore_test.cpp:") !=
               std::string::npos);
    BOOST_TEST(report.find("a cycle: 'Task-2' waits for 'Task-3' waits for 'Task-2'") !=
               std::string::npos);
    BOOST_TEST(report.find("(seed 42)") != std::string::npos);
    BOOST_TEST(report.find("replay:  ./two_locks --replay=t") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_a_tape_amounts_to_survives_edits_elsewhere) {
    const auto options = named("edited");
    const auto result = sim::explore(edited(0, 0), options);
    BOOST_REQUIRE(result.found.has_value());
    const sim::tape& recorded = result.found->minimal_tape;
    BOOST_TEST(recorded.departures.size() == result.found->minimal.size());
    const auto same = sim::replay_departures(edited(0, 0), recorded, options);
    BOOST_TEST((same.run.choices == recorded.choices));

    const sim::program later = edited(2, 3);
    BOOST_CHECK_THROW(static_cast<void>(sim::replay(later, recorded, options)), sim::replay_error);
    const auto again = sim::replay_departures(later, recorded, options);
    BOOST_REQUIRE(again.run.failed.has_value());
    BOOST_TEST(again.run.failed->sort == result.found->what.sort);
    BOOST_TEST(again.unknown == 0U);

    sim::tape strange = recorded;
    strange.departures.front().event ^= 1;
    BOOST_TEST(sim::replay_departures(later, strange, options).unknown == 1U);
    strange.departures.clear();
    BOOST_CHECK_THROW(static_cast<void>(sim::replay_departures(later, strange, options)),
                      sim::replay_error);
}

BOOST_AUTO_TEST_CASE(a_correct_program_stays_clean) {
    auto options = named("correct");
    options.schedules = 3'000;
    const auto result = sim::explore(correct, options);
    BOOST_TEST(!result.found.has_value());
    BOOST_TEST(result.schedules == 3'000U);
    BOOST_TEST(sim::report(result, "").empty());
}

BOOST_AUTO_TEST_CASE(every_order_of_independent_tasks_is_reached) {
    BOOST_TEST(orders_seen(3, 500).size() == 6U);
    BOOST_TEST(orders_seen(4, 3'000).size() == 24U);
}

BOOST_AUTO_TEST_CASE(callbacks_of_one_source_keep_their_order) {
    auto options = named("sources");
    const auto program = []() -> coro<void> {
        heddle::event_loop& loop = heddle::get_running_loop();
        const auto order = std::make_shared<std::string>();
        const auto future = loop.create_future<void>();
        for (const char name : {'1', '2', '3'}) {
            future.add_done_callback([order, name](const auto&) { *order += name; });
        }
        for (const char name : {'a', 'b', 'c'}) {
            loop.call_soon([order, name] { *order += name; });
        }
        future.set_result();
        co_await heddle::sleep(1ms);
        while (order->size() < 6) {
            co_await heddle::sleep(1ms);
        }
        std::string letters;
        std::string digits;
        for (const char c : *order) {
            (c < 'a' ? digits : letters) += c;
        }
        sim::check(letters == "abc" && digits == "123", "each source in its order");
        sim::check(*order == "abc123", "sources may interleave");
    };
    const auto result = sim::explore(program, options);
    BOOST_REQUIRE(result.found.has_value());
    BOOST_TEST(result.found->what.sort == "sources may interleave");
}

BOOST_AUTO_TEST_CASE(a_cancelled_callback_is_no_option) {
    auto options = named("cancelled");
    const auto program = []() -> coro<void> {
        heddle::event_loop& loop = heddle::get_running_loop();
        const auto order = std::make_shared<std::string>();
        loop.call_soon([order] { *order += 'a'; });
        auto b = loop.call_soon([order] { *order += 'b'; });
        loop.call_soon([order] { *order += 'c'; });
        b.cancel();
        loop.call_soon([order] { *order += 'd'; });
        auto last = loop.call_soon([order] { *order += 'e'; });
        last.cancel();
        loop.call_soon([order] { *order += 'f'; });
        while (order->size() < 4) {
            co_await heddle::sleep(1ms);
        }
        sim::check(*order == "acdf", "what is left keeps its order");
    };
    BOOST_TEST(!sim::explore(program, options).found.has_value());
}

BOOST_AUTO_TEST_CASE(the_same_seed_gives_the_same_campaign_and_another_seed_another) {
    auto options = named("correct");
    options.schedules = 300;
    const auto first = sim::explore(correct, options);
    const auto again = sim::explore(correct, options);
    BOOST_TEST(first.digest == again.digest);
    options.seed = 43;
    BOOST_TEST(sim::explore(correct, options).digest != first.digest);
}

BOOST_AUTO_TEST_CASE(a_run_depends_on_its_number_not_on_those_before_it) {
    const auto options = named("lost_update", 7);
    const auto result = sim::explore(lost_update, options);
    BOOST_REQUIRE(result.found.has_value());
    const auto alone = sim::run_schedule(lost_update, result.found->schedule, options);
    BOOST_TEST(alone.digest == result.found->digest);
    BOOST_TEST((alone.choices == result.found->full.choices));
    for (std::uint64_t i = 0; i < result.found->schedule; ++i) {
        BOOST_TEST(!sim::run_schedule(lost_update, i, options).failed.has_value());
    }
}

BOOST_AUTO_TEST_CASE(a_program_that_is_not_deterministic_is_called_that) {
    const auto calls = std::make_shared<int>(0);
    const auto program = [calls]() -> coro<void> {
        co_await heddle::sleep(1ms);
        sim::check(++*calls != 3, "not the third call");
    };
    const auto result = sim::explore(program, named("unstable"));
    BOOST_REQUIRE(result.found.has_value());
    BOOST_TEST((result.found->what.what == sim::failure_class::nondeterminism));
    BOOST_TEST(sim::report(result, "").find("the same choices gave another run") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(so_is_one_whose_choices_differ_from_run_to_run) {
    const auto calls = std::make_shared<int>(0);
    const auto program = [calls]() -> coro<void> {
        const auto turn = []() -> coro<void> { co_await heddle::sleep(0ns); };
        heddle::task_group group;
        for (int i = 0; i < 2 + *calls % 3; ++i) {
            group.create_task(turn());
        }
        co_await group.join();
        sim::check(++*calls != 3, "not the third call");
    };
    const auto result = sim::explore(program, named("unstable"));
    BOOST_REQUIRE(result.found.has_value());
    BOOST_TEST((result.found->what.what == sim::failure_class::nondeterminism));
}

BOOST_AUTO_TEST_CASE(a_failure_under_fifo_needs_no_schedule) {
    const auto program = []() -> coro<void> {
        co_await heddle::sleep(1ms);
        throw std::runtime_error("always");
    };
    const auto result = sim::explore(program, named("always"));
    BOOST_REQUIRE(result.found.has_value());
    BOOST_TEST(result.found->schedule == 0U);
    BOOST_TEST(result.found->minimal.empty());
    const std::string report = sim::report(result, "");
    BOOST_TEST(report.find("std::runtime_error: always") != std::string::npos);
    BOOST_TEST(report.find("FIFO everywhere: nothing has to go differently\n") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(endless_runs_end_at_their_limits) {
    const auto spin = []() -> coro<void> {
        for (;;) {
            co_await heddle::sleep(0ns);
        }
    };
    sim::run_options options;
    options.limits.steps = 1'000;
    try {
        sim::run(spin, options);
        BOOST_ERROR("no limit was reached");
    } catch (const sim::run_failed& failed) {
        BOOST_TEST((failed.reason().what == sim::failure_class::limit));
        BOOST_TEST(std::string(failed.what()).find("1000 steps") != std::string::npos);
    }
    const auto sleep_for_ever = []() -> coro<void> {
        for (;;) {
            co_await heddle::sleep(1h);
        }
    };
    options.limits = {};
    options.limits.time = 24h;
    BOOST_CHECK_THROW(sim::run(sleep_for_ever, options), sim::run_failed);
}

BOOST_AUTO_TEST_CASE(an_error_that_nobody_retrieves_fails_the_run) {
    const auto program = []() -> coro<void> {
        const auto failing = []() -> coro<void> {
            throw std::runtime_error("lost");
            co_return;
        };
        heddle::create_task(failing());
        co_await heddle::sleep(1ms);
    };
    try {
        sim::run(program);
        BOOST_ERROR("it was not noticed");
    } catch (const sim::run_failed& failed) {
        BOOST_TEST((failed.reason().what == sim::failure_class::unretrieved));
    }
}

BOOST_AUTO_TEST_CASE(tasks_left_over_are_cancelled_and_run_to_their_ends) {
    words log;
    // Not inside of main: a coroutine's closure must outlive it, and this one outlives main.
    const auto left = [&]() -> coro<void> {
        try {
            co_await heddle::sleep(1h);
        } catch (const heddle::cancelled_error&) {
            log.push_back("cancelled");
            throw;
        }
    };
    const auto program = [&]() -> coro<int> {
        heddle::create_task(left());
        co_await heddle::sleep(1ms);
        co_return 3;
    };
    BOOST_TEST(sim::run(program) == 3);
    BOOST_TEST(log == (words{"cancelled"}));
}

BOOST_AUTO_TEST_CASE(under_fifo_a_scheduled_loop_does_what_the_plain_loop_does) {
    const auto record = [](words& log) {
        return [&log]() -> coro<void> {
            heddle::event_loop& loop = heddle::get_running_loop();
            const auto note = [&log, &loop](std::string what) {
                log.push_back(std::to_string((loop.time() - heddle::time_point{}).count()) + what);
            };
            heddle::lock mutex;
            const auto worker = [&](int id) -> coro<int> {
                for (int i = 0; i < 3; ++i) {
                    const auto guard = co_await mutex.scoped();
                    note(" in " + std::to_string(id));
                    loop.call_soon([note, id] { note(" soon " + std::to_string(id)); });
                    loop.call_later(0ns, [note, id] { note(" later " + std::to_string(id)); });
                    co_await heddle::sleep(std::chrono::milliseconds(id % 2));
                }
                co_return id;
            };
            auto [a, b, c] = co_await heddle::gather(worker(1), worker(2), worker(3));
            note(" sum " + std::to_string(a + b + c));
            co_await heddle::sleep(5ms);
        };
    };
    words plain;
    heddle::sim::virtual_clock clock;
    heddle::event_loop loop(clock);
    loop.run_until_complete(record(plain)());
    words scheduled;
    sim::run(record(scheduled));
    BOOST_TEST(plain.size() > 20U);
    BOOST_TEST(plain == scheduled);
}

BOOST_AUTO_TEST_SUITE_END()
