// SPDX-License-Identifier: BSL-1.0
#include <heddle/sim/coverage.hpp>

#include <string>
#include <thread>
#include <vector>

#include <heddle/sim.hpp>

#include <boost/test/unit_test.hpp>

#include "support/virtual_loop.hpp"

using namespace heddle_test;
namespace sim = heddle::sim;

namespace {

/// Two tasks, in either order under exploration; plainly the first comes first.
coro<void> either_order() {
    int first = 0;
    const auto takes = [&first](int number) -> coro<void> {
        co_await heddle::sleep(0ms);
        HEDDLE_REACHABLE("a task runs");
        if (first == 0) {
            first = number;
        }
    };
    heddle::task_group group;
    group.create_task(takes(1));
    group.create_task(takes(2));
    co_await group.join();
    HEDDLE_SOMETIMES(first == 2, "the second was first");
}

coro<void> asks_in_vain() {
    HEDDLE_SOMETIMES(false, "the impossible");
    co_return;
}

void never_called();  // but linked: see the end of this file

template <class T>
coro<void> in_a_template() {
    HEDDLE_REACHABLE("in a template");
    co_return;
}

sim::explore_options named(std::vector<std::string> must_see = {}) {
    sim::explore_options options;
    options.schedules = 100;
    options.must_see = std::move(must_see);
    return options;
}

const sim::covered_point* point(const sim::exploration& result, const std::string& label) {
    for (const sim::covered_point& each : result.coverage) {
        if (each.label == label) {
            return &each;
        }
    }
    return nullptr;
}

bool missed(const sim::exploration& result) {
    return result.found && result.found->what.what == sim::failure_class::coverage;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(coverage)

BOOST_AUTO_TEST_CASE(runs_are_counted_by_label_and_sorted) {
    const auto result = sim::explore(either_order, named({"a task runs"}));
    BOOST_TEST(!result.found);
    BOOST_TEST_REQUIRE(result.coverage.size() == 2U);
    const sim::covered_point& runs = result.coverage[0];
    BOOST_TEST(runs.label == "a task runs");
    BOOST_TEST(runs.runs == 100U);
    BOOST_TEST(runs.passed == 200U);
    BOOST_TEST(runs.held == 200U);
    BOOST_TEST(!runs.conditional);
    BOOST_TEST(runs.file.ends_with("coverage_test.cpp"));
    BOOST_TEST(runs.line == 24U);
    const sim::covered_point& second = result.coverage[1];
    BOOST_TEST(second.label == "the second was first");
    BOOST_TEST(second.conditional);
    BOOST_TEST(second.passed == 100U);
    BOOST_TEST(second.runs > 10U);
    BOOST_TEST(second.runs < 90U);
    BOOST_TEST(second.held == second.runs);
    BOOST_TEST(sim::text_of_coverage(result).starts_with("  in 100 of 100 runs: a task runs"));
}

BOOST_AUTO_TEST_CASE(a_condition_that_never_held_fails_the_campaign) {
    auto options = named();
    options.allowed = sim::level::fifo;  // plainly, the second never is first
    options.schedules = 3;
    const auto result = sim::explore(either_order, options);
    BOOST_TEST_REQUIRE(missed(result));
    const sim::finding& found = *result.found;
    BOOST_TEST(found.what.sort == "the second was first");
    BOOST_TEST(found.what.line == point(result, "the second was first")->line);
    BOOST_TEST(found.what.message.find("'the second was first' (coverage_test.cpp:") !=
               std::string::npos);
    BOOST_TEST(found.what.message.find("in none of 3 runs, though it was asked 3 times") !=
               std::string::npos);
    BOOST_TEST(!found.replayable());
    const std::string report = sim::report(result, "./again");
    BOOST_TEST(report.starts_with("error: program has not seen all that it must in 3 schedules"));
    BOOST_TEST(report.ends_with("\n  again:   ./again"));
}

BOOST_AUTO_TEST_CASE(of_a_single_run_it_is_said_so) {
    auto options = named({"nobody comes here"});
    options.schedules = 1;
    const auto result = sim::explore(asks_in_vain, options);
    BOOST_TEST_REQUIRE(missed(result));
    const std::string& message = result.found->what.message;
    BOOST_TEST(message.find(") was not reached in the only run\n") != std::string::npos);
    BOOST_TEST(message.ends_with(") did not hold in the only run, though it was asked 1 time"));
}

BOOST_AUTO_TEST_CASE(what_is_never_reached_fails_where_it_must_be) {
    static_cast<void>(&never_called);
    BOOST_TEST(!sim::explore(either_order, named()).found);
    const auto result = sim::explore(either_order, named({"nobody comes here", "in a template"}));
    BOOST_TEST_REQUIRE(missed(result));
    BOOST_TEST(result.found->what.message.find("'nobody comes here' (coverage_test.cpp:") !=
               std::string::npos);
    BOOST_TEST(result.found->what.message.find("'in a template' (coverage_test.cpp:") !=
               std::string::npos);
    BOOST_TEST(result.found->what.file.ends_with("coverage_test.cpp"));
    BOOST_TEST(point(result, "nobody comes here")->runs == 0U);
    BOOST_TEST(!sim::explore(in_a_template<int>, named({"in a template"})).found);
}

BOOST_AUTO_TEST_CASE(a_label_that_is_none_is_named_with_those_that_are) {
    BOOST_CHECK_EXCEPTION(
        static_cast<void>(sim::explore(either_order, named({"a tusk runs"}))), heddle::usage_error,
        [](const heddle::usage_error& error) {
            const std::string text = error.what();
            return text.starts_with(
                       "must_see: this program has no point with the label 'a tusk runs'; its "
                       "labels: 'a task runs', ") &&
                   text.find('\n') == std::string::npos;
        });
}

BOOST_AUTO_TEST_CASE(many_that_are_missed_are_named_up_to_a_limit) {
    const auto result = sim::explore(
        []() -> coro<void> {
            HEDDLE_SOMETIMES(false, "m01");
            HEDDLE_SOMETIMES(false, "m02");
            HEDDLE_SOMETIMES(false, "m03");
            HEDDLE_SOMETIMES(false, "m04");
            HEDDLE_SOMETIMES(false, "m05");
            HEDDLE_SOMETIMES(false, "m06");
            HEDDLE_SOMETIMES(false, "m07");
            HEDDLE_SOMETIMES(false, "m08");
            HEDDLE_SOMETIMES(false, "m09");
            HEDDLE_SOMETIMES(false, "m10");
            HEDDLE_SOMETIMES(false, "m11");
            HEDDLE_SOMETIMES(false, "m12");
            co_return;
        },
        named());
    BOOST_TEST_REQUIRE(missed(result));
    BOOST_TEST(result.found->what.message.find("'m10'") != std::string::npos);
    BOOST_TEST(result.found->what.message.find("'m11'") == std::string::npos);
    BOOST_TEST(result.found->what.message.ends_with("\nand 2 more"));
}

// A failure comes first; what its examination runs is not counted.
BOOST_AUTO_TEST_CASE(a_campaign_that_failed_is_not_judged) {
    const auto result = sim::explore(
        []() -> coro<void> {
            co_await asks_in_vain();
            sim::check(false, "this fails");
        },
        named({"nobody comes here"}));
    BOOST_TEST_REQUIRE(result.found.has_value());
    BOOST_TEST((result.found->what.what == sim::failure_class::check));
    BOOST_TEST(point(result, "the impossible")->passed == 1U);
}

// The same program, with and without a point, has the same runs.
BOOST_AUTO_TEST_CASE(points_are_not_on_the_tape) {
    const auto body = [](bool with) -> coro<void> {
        const auto work = [with]() -> coro<void> {
            co_await heddle::sleep(1ms);
            if (with) {
                HEDDLE_SOMETIMES(true, "with it");
            }
        };
        heddle::task_group group;
        group.create_task(work());
        group.create_task(work());
        co_await group.join();
    };
    const auto with = sim::explore([&] { return body(true); }, named());
    const auto without = sim::explore([&] { return body(false); }, named());
    BOOST_TEST(with.digest == without.digest);
    BOOST_TEST(with.steps == without.steps);
    BOOST_TEST(with.coverage.size() == 1U);
    BOOST_TEST(without.coverage.empty());
}

BOOST_AUTO_TEST_CASE(points_of_one_label_count_as_one) {
    const auto result = sim::explore(
        []() -> coro<void> {
            HEDDLE_REACHABLE("twice in the sources");
            HEDDLE_REACHABLE("twice in the sources");
            co_return;
        },
        named({"twice in the sources"}));
    BOOST_TEST(!result.found);
    BOOST_TEST_REQUIRE(result.coverage.size() == 1U);
    BOOST_TEST(result.coverage[0].runs == 100U);
    BOOST_TEST(result.coverage[0].passed == 200U);
}

BOOST_AUTO_TEST_CASE(outside_of_a_simulation_they_do_nothing) {
    int asked = 0;
    HEDDLE_SOMETIMES(++asked > 0, "outside");
    BOOST_TEST(asked == 1);
    HEDDLE_REACHABLE("outside, too");
}

// A campaign counts what its own thread does.
BOOST_AUTO_TEST_CASE(campaigns_on_two_threads_do_not_mix) {
    sim::exploration other;
    std::thread second([&] { other = sim::explore(either_order, named()); });
    const auto mine = sim::explore(either_order, named());
    second.join();
    BOOST_TEST((mine.coverage == other.coverage));
    BOOST_TEST(mine.coverage[0].passed == 200U);
}

BOOST_AUTO_TEST_SUITE_END()

namespace {

void never_called() { HEDDLE_REACHABLE("nobody comes here"); }

}  // namespace
