// SPDX-License-Identifier: BSL-1.0
//
// Cancellation at a random await: explore_options::cancellations.
#include <heddle/sim/explore.hpp>

#include <heddle/heddle.hpp>
#include <heddle/sim.hpp>

#include <cstdint>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

using heddle::coro;
using namespace std::chrono_literals;
namespace sim = heddle::sim;

namespace {

sim::explore_options named(std::string name, bool cancellations) {
    sim::explore_options options;
    options.name = std::move(name);
    options.cancellations = cancellations;
    return options;
}

/// Two tasks take turns with one permit. By hand, a cancellation in the middle loses it.
coro<void> permits(bool guarded) {
    heddle::semaphore permit(1);
    const auto by_hand = [&]() -> coro<void> {
        co_await permit.acquire();
        co_await heddle::sleep(0ns);
        permit.release();
    };
    const auto by_guard = [&]() -> coro<void> {
        const auto held = co_await permit.scoped();
        co_await heddle::sleep(0ns);
    };
    heddle::task_group group;
    for (int i = 0; i < 2; ++i) {
        guarded ? group.create_task(by_guard()) : group.create_task(by_hand());
    }
    co_await group.join();
    co_await permit.acquire();
}

coro<void> lossy() { return permits(false); }
coro<void> careful() { return permits(true); }

/// One task of `steps` steps.
coro<void> one_task(int steps) {
    const auto body = [steps]() -> coro<void> {
        for (int i = 1; i < steps; ++i) {
            co_await heddle::sleep(0ns);
        }
    };
    const auto task = heddle::create_task(body());
    co_await task;
}

sim::exhaustion all_of(const sim::program& main, sim::level allowed) {
    sim::exhaust_options options;
    options.cancellations = true;
    options.allowed = allowed;
    return sim::exhaust(main, options);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(cancellations)

BOOST_AUTO_TEST_CASE(nothing_is_cancelled_unless_it_is_asked_for) {
    const auto result = sim::explore(lossy, named("lossy", false));
    BOOST_TEST(!result.found.has_value());
    const auto run = sim::run_schedule(lossy, 7, named("lossy", false));
    for (const sim::choice& each : run.choices) {
        BOOST_TEST((each.kind != sim::choice_kind::cancel));
    }
}

BOOST_AUTO_TEST_CASE(what_a_cancellation_loses_is_found_and_made_small) {
    for (const std::string_view strategy : sim::explorer_names()) {
        if (strategy == "lifo") {
            continue;  // what came first, a cancellation too, comes last: too late here
        }
        BOOST_TEST_CONTEXT(strategy) {
            auto options = named("lossy", true);
            options.strategy = strategy;
            options.schedules = 200;
            const auto result = sim::explore(lossy, options);
            BOOST_REQUIRE(result.found.has_value());
            const sim::finding& found = *result.found;
            BOOST_TEST(found.schedule > 0U);
            BOOST_TEST((found.what.what == sim::failure_class::deadlock));
            BOOST_REQUIRE(found.minimal.size() == 1U);
            BOOST_TEST((found.minimal.front().what == sim::deviation::sort::cancel));
            BOOST_TEST(found.minimal.front().text.find("was cancelled at its") !=
                       std::string::npos);
            BOOST_TEST(found.minimal.front().file.find("cancellations_test.cpp") !=
                       std::string::npos);
            BOOST_TEST((found.timing == sim::timing_answer::yes));
            for (const sim::tape& each : {found.full, found.minimal_tape}) {
                BOOST_TEST(each.cancellations);
                const auto again =
                    sim::replay(lossy, sim::tape_from_text(sim::to_text(each), "t"), options);
                BOOST_REQUIRE(again.failed.has_value());
                BOOST_TEST(again.failed->same_as(found.what));
                BOOST_TEST((again.choices == each.choices));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(the_report_says_which_task_was_cancelled_at_which_await) {
    sim::exhaust_options options;
    options.name = "lossy";
    options.cancellations = true;
    options.allowed = sim::level::timing;
    const auto all = sim::exhaust(lossy, options);
    BOOST_REQUIRE(all.found.has_value());
    const std::string report = sim::report(all, "");
    BOOST_TEST_CONTEXT(report) {
        BOOST_TEST(report.find("FIFO everywhere, except 1 choice:\n    at 0 s   'Task-") !=
                   std::string::npos);
        BOOST_TEST(report.find(" was cancelled at its 2nd await") != std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(a_program_that_bears_it_stays_clean) {
    for (const std::string_view strategy : sim::explorer_names()) {
        auto options = named("careful", true);
        options.strategy = strategy;
        options.schedules = 500;
        BOOST_TEST(!sim::explore(careful, options).found.has_value());
    }
    BOOST_TEST(all_of(careful, sim::level::any).exhausted);
}

BOOST_AUTO_TEST_CASE(main_is_left_alone_but_may_end_cancelled) {
    // Nothing but main: nothing to cancel.
    const sim::program alone = []() -> coro<void> { co_await heddle::sleep(0ns); };
    BOOST_TEST(all_of(alone, sim::level::timing).schedules == 1U);
    // Main awaits a task that is cancelled, and ends so.
    const auto all = all_of([] { return one_task(3); }, sim::level::timing);
    BOOST_TEST(all.exhausted);
    BOOST_TEST(!all.found.has_value());
    // That nothing else cancelled it is a condition.
    const sim::program cancels_itself = []() -> coro<void> {
        co_await heddle::sleep(0ns);
        throw heddle::cancelled_error();
    };
    BOOST_TEST(all_of(cancels_itself, sim::level::timing).found.has_value());
}

BOOST_AUTO_TEST_CASE(each_step_of_a_task_is_a_point_and_a_run_has_one_at_most) {
    // Without timers and operations, timing has no other choices: the run that cancels nothing, and
    // one for each step.
    for (int steps = 1; steps <= 6; ++steps) {
        const auto all = all_of([steps] { return one_task(steps); }, sim::level::timing);
        BOOST_TEST(all.exhausted);
        BOOST_TEST(all.schedules == static_cast<std::uint64_t>(steps) + 1);
        BOOST_TEST(all.within.size() == 2U);
    }
    BOOST_TEST(all_of([] { return one_task(4); }, sim::level::fifo).schedules == 1U);
}

BOOST_AUTO_TEST_CASE(each_suspension_is_cancelled_in_some_run) {
    std::set<int> cancelled_at;
    const auto program = [&]() -> coro<void> {
        int turns = 0;
        const auto body = [&]() -> coro<void> {
            try {
                for (; turns < 5; ++turns) {
                    co_await heddle::sleep(1ms);
                }
            } catch (const heddle::cancelled_error&) {
                cancelled_at.insert(turns);
            }
        };
        const auto other =
            heddle::create_task([]() -> coro<void> { co_await heddle::sleep(3ms); }());
        co_await heddle::create_task(body());
        static_cast<void>(other);
    };
    auto options = named("suspensions", true);
    options.schedules = 300;
    BOOST_TEST(!sim::explore(program, options).found.has_value());
    BOOST_TEST((cancelled_at == std::set<int>{0, 1, 2, 3, 4}));
}

BOOST_AUTO_TEST_CASE(the_task_is_drawn_first_and_then_the_suspension) {
    // The second await of the one begins when the other has had all of its many.
    std::set<int> cancelled_at;
    const auto program = [&]() -> coro<void> {
        const auto few = [&]() -> coro<void> {
            int awaits = 0;
            try {
                for (; awaits < 2; ++awaits) {
                    co_await heddle::sleep(1ms);
                }
            } catch (const heddle::cancelled_error&) {
                cancelled_at.insert(awaits);
            }
        };
        const auto many = []() -> coro<void> {
            for (int i = 0; i < 20; ++i) {
                co_await heddle::sleep(0ns);
            }
        };
        heddle::task_group group;
        group.create_task(many());
        group.create_task(few());
        co_await group.join();
    };
    auto options = named("drawn", true);
    options.schedules = 100;
    options.allowed = sim::level::timing;
    options.limits.longest_stall = 0ns;
    BOOST_TEST(!sim::explore(program, options).found.has_value());
    BOOST_TEST((cancelled_at == std::set<int>{0, 1}));
}

BOOST_AUTO_TEST_CASE(what_is_left_when_main_ends_cancelled_runs_to_its_end) {
    std::uint64_t begun = 0;
    std::uint64_t ended = 0;
    const auto program = [&]() -> coro<void> {
        static const auto left = [](std::uint64_t& from, std::uint64_t& to) -> coro<void> {
            ++from;
            try {
                co_await heddle::sleep(1h);
            } catch (const heddle::cancelled_error&) {
                ++to;
                throw;
            }
        };
        heddle::create_task(left(begun, ended));
        co_await heddle::sleep(0ns);
        co_await one_task(2);
    };
    const auto all = all_of(program, sim::level::timing);
    BOOST_TEST(all.exhausted);
    BOOST_TEST(begun > 1U);
    BOOST_TEST(begun == ended);
}

BOOST_AUTO_TEST_CASE(behind_mains_end_there_is_nothing_to_choose) {
    const auto program = []() -> coro<void> {
        static const auto left = []() -> coro<void> { co_await heddle::sleep(1h); };
        heddle::create_task(left());
        co_await heddle::sleep(0ns);
    };
    BOOST_TEST(all_of(program, sim::level::timing).schedules == 2U);
}

BOOST_AUTO_TEST_CASE(a_cancellation_is_an_entry_only_where_the_tape_names_the_kind) {
    sim::tape recorded;
    recorded.program = "p";
    recorded.choices = {{sim::choice_kind::order, 2, 1, 7}};
    BOOST_TEST(sim::to_text(recorded).find("\nkinds order stall oversleep finish\n") !=
               std::string::npos);
    recorded.cancellations = true;
    recorded.choices.push_back({sim::choice_kind::cancel, 2, 1, 9});
    const std::string text = sim::to_text(recorded);
    BOOST_TEST(text.find("\nkinds order stall oversleep finish cancel\n") != std::string::npos);
    BOOST_TEST(text.find("\ncancel 2 1 9\n") != std::string::npos);
    BOOST_TEST((sim::tape_from_text(text, "t") == recorded));
    std::string unnamed = text;
    unnamed.erase(unnamed.find(" cancel\n"), 7);
    BOOST_CHECK_EXCEPTION(static_cast<void>(sim::tape_from_text(unnamed, "t")), sim::tape_error,
                          [](const sim::tape_error& error) {
                              return std::string(error.what()) ==
                                     "t:10: expected a kind of entry that line 7 names";
                          });
}

BOOST_AUTO_TEST_CASE(a_tape_that_does_not_fit_is_refused_at_the_entry) {
    const auto result = sim::explore(lossy, named("lossy", true));
    BOOST_REQUIRE(result.found.has_value());
    sim::tape wrong = result.found->minimal_tape;
    for (sim::choice& each : wrong.choices) {
        if (each.kind == sim::choice_kind::cancel) {
            each.label ^= 1;
            break;
        }
    }
    BOOST_CHECK_EXCEPTION(
        static_cast<void>(sim::replay(lossy, wrong, named("lossy", false))), sim::replay_error,
        [](const sim::replay_error& error) {
            const std::string text = error.what();
            return text.find(
                       "it expects 'cancel' among 2, but the event that runs is another "
                       "one: 'Task-2'") != std::string::npos;
        });
}

BOOST_AUTO_TEST_SUITE_END()
