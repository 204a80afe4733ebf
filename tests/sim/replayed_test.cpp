// SPDX-License-Identifier: BSL-1.0
#include <heddle/sim/replayed.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include <heddle/sim.hpp>

#include <boost/test/unit_test.hpp>

#include "support/virtual_loop.hpp"

using namespace heddle_test;
namespace sim = heddle::sim;

namespace {

/// Fails when a slow step lets the second one in; a stall of 6 ms does it.
coro<void> two_late_writers() {
    int value = 0;
    const auto adds = [&value](heddle::duration after) -> coro<void> {
        co_await heddle::sleep(after);
        const int before = value;
        co_await heddle::sleep(2ms);
        co_await heddle::sleep(2ms);
        value = before + 1;
    };
    heddle::task_group group;
    group.create_task(adds(1ms));
    group.create_task(adds(7ms));
    co_await group.join();
    sim::check(value == 2, "value == 2");
}

/// An order of ready tasks that the plain loop never has.
coro<void> leans_on_the_order() {
    int last = 0;
    const auto sets = [&last](int number) -> coro<void> {
        last = number;
        co_return;
    };
    heddle::task_group group;
    group.create_task(sets(1));
    group.create_task(sets(2));
    co_await group.join();
    sim::check(last == 2, "last == 2");
}

coro<void> reads_beside_work() {
    const auto works = []() -> coro<void> {
        for (int i = 0; i < 3; ++i) {
            co_await heddle::sleep(0ms);
        }
    };
    heddle::task_group group;
    group.create_task(works());
    auto read = sim::completion<int>(1, "a read");
    co_await read;
    co_await group.join();
}

words texts_of(const std::vector<sim::deviation>& all) {
    words result;
    for (const sim::deviation& each : all) {
        result.push_back(each.text + "|" + std::to_string(each.line));
    }
    return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(replayed)

// The replay of the minimal tape has the deviations that the minimiser left.
BOOST_AUTO_TEST_CASE(deviations_are_those_of_the_minimiser) {
    for (const auto& main : {two_late_writers, leans_on_the_order}) {
        const sim::exploration found = sim::explore(main);
        BOOST_TEST_REQUIRE(found.found.has_value());
        const sim::finding& finding = *found.found;
        BOOST_TEST(!finding.minimal.empty());
        const auto run = sim::replay(main, finding.minimal_tape);
        BOOST_TEST(texts_of(sim::deviations_of(*run.trace)) == texts_of(finding.minimal));
    }
}

BOOST_AUTO_TEST_CASE(fifo_has_none) {
    sim::explore_options options;
    const auto run = sim::run_schedule(two_late_writers, 0, options);
    BOOST_TEST(sim::deviations_of(*run.trace).empty());
}

BOOST_AUTO_TEST_CASE(an_operation_that_comes_early_is_told) {
    sim::explore_options options;
    options.allowed = sim::level::timing;
    options.strategy = "walk";
    std::size_t told = 0;
    for (std::uint64_t i = 1; i < 200; ++i) {
        const auto run = sim::run_schedule(reads_beside_work, i, options);
        std::size_t early = 0;
        for (const sim::deviation& each : sim::deviations_of(*run.trace)) {
            if (each.what == sim::deviation::sort::early) {
                ++early;
                BOOST_TEST(each.text == "at 0 s   the end of a read came before its turn");
            }
        }
        BOOST_TEST(early == run.trace->finished_early.size());
        told += early;
    }
    BOOST_TEST(told > 0U);
}

BOOST_AUTO_TEST_CASE(a_replay_gives_the_report_of_its_campaign) {
    const sim::exploration found = sim::explore(two_late_writers);
    BOOST_TEST_REQUIRE(found.found.has_value());
    const sim::tape& tape = found.found->minimal_tape;
    const auto run = sim::replay(two_late_writers, tape);
    const auto plain = sim::replay(two_late_writers, sim::fifo_tape(tape));
    BOOST_TEST(!plain.failed);
    const auto again = sim::as_found(tape, run, &plain, found.asked);
    std::string wanted = sim::report(found, "x");
    const std::string by = ", found by strategy " + found.found->strategy;
    BOOST_TEST_REQUIRE(wanted.find(by) != std::string::npos);
    wanted.erase(wanted.find(by), by.size());
    BOOST_TEST(sim::report(again, "x") == wanted);
    BOOST_TEST(!sim::as_found(tape, plain, nullptr, 1).found);
    BOOST_TEST(!sim::as_found(tape, run, nullptr, 1).found->fifo_run);
}

BOOST_AUTO_TEST_SUITE_END()
