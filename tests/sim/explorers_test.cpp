// SPDX-License-Identifier: BSL-1.0
#include <heddle/sim/explorers.hpp>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <heddle/heddle.hpp>
#include <heddle/sim.hpp>

using namespace std::chrono_literals;
using heddle::coro;
namespace sim = heddle::sim;

namespace {

sim::explore_options options_for(std::string_view strategy, std::uint64_t schedules) {
    sim::explore_options options;
    options.name = "program";
    options.strategy = strategy;
    options.schedules = schedules;
    return options;
}

coro<void> turns(int count, std::shared_ptr<std::string> log, char name) {
    for (int i = 0; i < count; ++i) {
        *log += name;
        co_await heddle::sleep(0s);
    }
}

/// Three tasks of two steps each; what they log says in which order they ran.
coro<void> three_tasks(std::shared_ptr<std::string> log) {
    heddle::task_group group;
    group.create_task(turns(2, log, 'a'));
    group.create_task(turns(2, log, 'b'));
    group.create_task(turns(2, log, 'c'));
    co_await group.join();
}

/// The different orders that a strategy takes in some runs.
std::set<std::string> orders_of(std::string_view strategy, std::uint64_t schedules) {
    std::set<std::string> seen;
    const auto program = [&seen]() -> coro<void> {
        const auto log = std::make_shared<std::string>();
        co_await three_tasks(log);
        seen.insert(*log);
    };
    BOOST_TEST(!sim::explore(program, options_for(strategy, schedules)).found.has_value());
    return seen;
}

/// Reads, gives way, writes back: loses an update if another comes between.
coro<void> add_one(int& value) {
    const int read = value;
    co_await heddle::sleep(0s);
    value = read + 1;
}

/// The second adds long after the first in the plain order.
coro<void> lost_update() {
    int value = 0;
    const auto later = [&value]() -> coro<void> {
        for (int i = 0; i < 4; ++i) {
            co_await heddle::sleep(0s);
        }
        co_await add_one(value);
    };
    heddle::task_group group;
    group.create_task(add_one(value));
    group.create_task(later());
    co_await group.join();
    sim::check(value == 2, "an update was lost");
}

bool draws_another(std::string_view name) { return name == "portfolio" || name == "adaptive"; }

}  // namespace

BOOST_AUTO_TEST_SUITE(explorers)

BOOST_AUTO_TEST_CASE(each_has_its_name_and_another_name_is_an_error) {
    for (const std::string_view name : sim::explorer_names()) {
        const auto made = sim::make_explorer(name);
        if (!draws_another(name)) {
            BOOST_TEST(made->name() == name);
        }
    }
    BOOST_CHECK_EXCEPTION(static_cast<void>(sim::make_explorer("luck")), heddle::usage_error,
                          [](const heddle::usage_error& error) {
                              return std::string(error.what()) ==
                                     "there is no strategy 'luck'; there are portfolio, walk, "
                                     "site, site_points, site_noise, pct, pos, uniform, sticky, "
                                     "delay, lifo, adaptive";
                          });
    BOOST_CHECK_THROW(static_cast<void>(sim::explore(lost_update, options_for("luck", 10))),
                      heddle::usage_error);
}

BOOST_AUTO_TEST_CASE(each_takes_other_orders_than_fifo) {
    for (const std::string_view name : sim::explorer_names()) {
        BOOST_TEST_CONTEXT(name) {
            const auto seen = orders_of(name, 200);
            BOOST_TEST(seen.contains("abcabc"));  // run 0
            BOOST_TEST(seen.size() >= (name == "lifo" ? 2U : 5U));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_walk_and_the_portfolio_come_to_every_order) {
    // 6!/(2!)^3 orders of six steps in which each task keeps its own.
    BOOST_TEST(orders_of("walk", 5'000).size() == 90U);
    BOOST_TEST(orders_of("portfolio", 10'000).size() == 90U);
    BOOST_TEST(orders_of("fifo", 100).size() == 1U);
}

BOOST_AUTO_TEST_CASE(each_finds_a_lost_update_and_says_so) {
    for (const std::string_view name : sim::explorer_names()) {
        if (name == "lifo") {
            continue;  // it has but one order
        }
        BOOST_TEST_CONTEXT(name) {
            const auto result = sim::explore(lost_update, options_for(name, 2'000));
            BOOST_REQUIRE(result.found.has_value());
            BOOST_TEST(result.found->minimal.size() == 1U);
            if (!draws_another(name)) {
                BOOST_TEST(result.found->strategy == name);
            } else {
                const auto names = sim::explorer_names();
                BOOST_TEST(
                    (std::find(names.begin(), names.end(), result.found->strategy) != names.end()));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(a_run_does_not_depend_on_those_before_it) {
    for (const std::string_view name : sim::explorer_names()) {
        BOOST_TEST_CONTEXT(name) {
            const auto program = []() -> coro<void> {
                co_await three_tasks(std::make_shared<std::string>());
            };
            const auto options = options_for(name, 40);
            // All of them, one after the other, against each alone.
            const auto together = sim::explore(program, options);
            std::uint64_t digest = 0;
            for (std::uint64_t i = 0; i < options.schedules; ++i) {
                digest += heddle::detail::mix(i, sim::run_schedule(program, i, options).digest);
            }
            BOOST_TEST(digest == together.digest);
        }
    }
}

BOOST_AUTO_TEST_CASE(nobody_starves_for_ever) {
    // The task that polls would win against what it waits for, again and again, if its priority
    // alone decided.
    const auto program = []() -> coro<void> {
        const auto ready = std::make_shared<bool>(false);
        const auto other = [ready]() -> coro<void> {
            co_await heddle::sleep(0s);
            *ready = true;
        };
        const auto task = heddle::create_task(other());
        while (!*ready) {
            co_await heddle::sleep(0s);
        }
        co_await task;
    };
    for (const std::string_view name : sim::explorer_names()) {
        BOOST_TEST_CONTEXT(name) {
            auto options = options_for(name, 200);
            options.limits.steps = 5'000;
            BOOST_TEST(!sim::explore(program, options).found.has_value());
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
