// SPDX-License-Identifier: BSL-1.0
#include <heddle/sim/report.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <sstream>
#include <utility>

#include <heddle/random.hpp>
#include <heddle/sim.hpp>

#include <boost/test/unit_test.hpp>

#include "support/virtual_loop.hpp"

using namespace heddle_test;
namespace sim = heddle::sim;

namespace {

/// Each waits, looks, waits twice, and writes: a slow step lets the other one in between.
coro<void> adds(int& value, heddle::duration after) {
    co_await heddle::sleep(after);
    const int before = value;
    co_await heddle::sleep(2ms);
    co_await heddle::sleep(2ms);
    value = before + 1;
}

coro<void> naps(int count) {
    for (int i = 0; i < count; ++i) {
        co_await heddle::sleep(1ms);
    }
}

/// `naps_before` makes the way to the difference longer, and `naps_after` the way from there.
sim::program two_writers(int naps_before, int naps_after) {
    return [=]() -> coro<void> {
        int value = 0;
        co_await naps(naps_before);
        heddle::task_group group;
        group.create_task(adds(value, 1ms), "first");
        group.create_task(adds(value, 7ms), "second");
        co_await group.join();
        co_await naps(naps_after);
        sim::check(value == 2, "value == 2");
    };
}

words lines_of(const std::string& text) {
    words lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        lines.push_back(line);
    }
    return lines;
}

/// The lines of the last steps: their heading and what stands under it.
words last_steps_in(const std::string& report) {
    words result;
    bool inside = false;
    for (const std::string& line : lines_of(report)) {
        inside = inside ? line.starts_with("    ") : line.starts_with("  the last steps:");
        if (inside) {
            result.push_back(line);
        }
    }
    return result;
}

std::size_t with(const words& lines, const std::string& text) {
    return static_cast<std::size_t>(std::count_if(
        lines.begin(), lines.end(),
        [&](const std::string& line) { return line.find(text) != std::string::npos; }));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(report)

BOOST_AUTO_TEST_CASE(last_steps_stand_beside_the_fifo_run) {
    const auto result = sim::explore(two_writers(0, 0));
    BOOST_TEST_REQUIRE(result.found.has_value());
    const std::string text = sim::report(result, "");
    BOOST_TEST(lines_of(text)[0] ==
               "error: program failed on schedule " + std::to_string(result.found->schedule) +
                   " of 1000 (seed 1), found by strategy " + result.found->strategy);
    const words steps = last_steps_in(text);
    BOOST_TEST_REQUIRE(steps.size() > 4U);
    BOOST_TEST(steps.size() <= 12U);
    BOOST_TEST(steps[0].ends_with(" | FIFO, which passes:"));
    // One bar below the other.
    for (const std::string& line : steps) {
        BOOST_TEST(line.size() <= 100U);
        BOOST_TEST(line.find(" |") == steps[0].find(" |"));
    }
    BOOST_TEST(with(steps, "took") == 1U);
    BOOST_TEST(with(steps, "fails") == 1U);
    BOOST_TEST(steps.back().find("fails") < steps.back().find('|'));
    // What the library does itself is left out.
    BOOST_TEST(with(steps, "task group") == 0U);
    BOOST_TEST(with(steps, "timer") == 0U);
}

BOOST_AUTO_TEST_CASE(no_step_is_missing_where_there_is_room_for_all) {
    const auto result = sim::explore([]() -> coro<void> {
        int last = 0;
        const auto sets = [&last](int number) -> coro<void> {
            last = number;
            co_return;
        };
        heddle::task_group group;
        group.create_task(sets(1), "first");
        group.create_task(sets(2), "second");
        co_await group.join();
        sim::check(last == 2, "last == 2");
    });
    // What came at another place has a line for each side.
    const words steps = last_steps_in(sim::report(result, ""));
    BOOST_TEST_REQUIRE(steps.size() == 6U);
    const std::size_t bar = steps[0].find(" |");
    words left;
    words right;
    for (const std::string& line : steps) {
        for (const std::string who : {"'Task-1'", "'first'", "'second'"}) {
            if (line.substr(0, bar).find(who) != std::string::npos) {
                left.push_back(who);
            }
            if (line.substr(bar).find(who) != std::string::npos) {
                right.push_back(who);
            }
        }
    }
    BOOST_TEST(left == (words{"'Task-1'", "'second'", "'first'", "'Task-1'"}));
    BOOST_TEST(right == (words{"'Task-1'", "'first'", "'second'", "'Task-1'"}));
}

BOOST_AUTO_TEST_CASE(a_step_stands_in_the_line_of_the_same_step) {
    const auto result = sim::explore(two_writers(0, 0));
    for (const std::string& line : last_steps_in(sim::report(result, ""))) {
        const std::size_t bar = line.find(" |");
        const std::string left = line.substr(0, bar);
        const std::string right = line.substr(bar);
        for (const std::string who : {"'first'", "'second'", "'Task-1'"}) {
            if (left.find(who) != std::string::npos && right.size() > 2) {
                BOOST_TEST(right.find(who) != std::string::npos);
            }
        }
    }
}

// Where the runs part long before the failure, both places are shown, with a gap in between.
BOOST_AUTO_TEST_CASE(a_long_way_is_cut_in_the_middle) {
    const auto result = sim::explore(two_writers(30, 30));
    BOOST_TEST_REQUIRE(result.found.has_value());
    const words steps = last_steps_in(sim::report(result, ""));
    BOOST_TEST(steps.size() <= 13U);
    BOOST_TEST(with(steps, "...") == 2U);
    BOOST_TEST(with(steps, "took") == 1U);
    BOOST_TEST(steps.back().find("fails") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(long_names_are_cut_at_their_beginning) {
    const auto result = sim::explore([]() -> coro<void> {
        int value = 0;
        heddle::task_group group;
        const std::string name(80, 'x');
        group.create_task(adds(value, 1ms), name + "\nfirst");
        group.create_task(adds(value, 7ms), name + "\xC3\xA9 second");
        co_await group.join();
        sim::check(value == 2, "value == 2");
    });
    const words steps = last_steps_in(sim::report(result, ""));
    BOOST_TEST_REQUIRE(steps.size() > 4U);
    for (const std::string& line : steps) {
        BOOST_TEST(line.size() <= 102U);  // two of them have a character of two bytes
    }
    BOOST_TEST(with(steps, "xx first'") > 0U);
    BOOST_TEST(with(steps, "\xC3\xA9 second'") > 0U);
}

BOOST_AUTO_TEST_CASE(an_endless_run_shows_its_end) {
    sim::explore_options options;
    options.limits.steps = 50;
    const auto result = sim::explore([]() -> coro<void> { co_await naps(1'000); }, options);
    const words steps = last_steps_in(sim::report(result, ""));
    BOOST_TEST_REQUIRE(steps.size() == 12U);
    BOOST_TEST(steps[1].find_first_not_of(' ') == steps[1].find("..."));
    BOOST_TEST(steps.back().ends_with("  then the limit"));
}

BOOST_AUTO_TEST_CASE(fifo_that_fails_has_no_second_column) {
    const auto result = sim::explore([]() -> coro<void> {
        co_await naps(2);
        sim::check(false, "never");
    });
    const std::string text = sim::report(result, "");
    BOOST_TEST(text.find("FIFO everywhere: nothing has to go differently\n") != std::string::npos);
    BOOST_TEST(!result.found->fifo_run);
    BOOST_TEST(result.found->strategy == "fifo");
    const words steps = last_steps_in(text);
    BOOST_TEST_REQUIRE(steps.size() == 4U);
    BOOST_TEST(steps[0] == "  the last steps:");
    BOOST_TEST(with(steps, "|") == 0U);
}

// With other random values FIFO passes: it must not be said to fail on every run.
BOOST_AUTO_TEST_CASE(random_values_alone_are_named) {
    const auto result = sim::explore([]() -> coro<void> {
        co_await naps(1);
        sim::check(heddle::random().below(8) != 3, "the value is not 3");
    });
    BOOST_TEST_REQUIRE(result.found.has_value());
    BOOST_TEST_REQUIRE(result.found->schedule > 0U);
    BOOST_TEST(
        sim::report(result, "")
            .find("FIFO everywhere: nothing has to go differently, with the random values of "
                  "schedule " +
                  std::to_string(result.found->schedule)) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_deadlock_shows_how_the_fifo_run_goes_on) {
    const auto result = sim::explore([]() -> coro<void> {
        heddle::event ready;
        bool waits = false;
        const auto waiter = [&]() -> coro<void> {
            waits = true;
            co_await ready.wait();
        };
        const auto setter = [&]() -> coro<void> {
            if (waits) {  // the fault: nobody sets it for one who comes later
                ready.set();
            }
            co_return;
        };
        heddle::task_group group;
        group.create_task(waiter(), "waiter");
        group.create_task(setter(), "setter");
        co_await group.join();
    });
    BOOST_TEST_REQUIRE(result.found.has_value());
    const words steps = last_steps_in(sim::report(result, ""));
    BOOST_TEST(with(steps, "then nothing") == 1U);
    BOOST_TEST(steps.back().find("then nothing") == std::string::npos);
    BOOST_TEST(steps.back().find("'") > steps.back().find('|'));
}

BOOST_AUTO_TEST_CASE(lengths_are_told_exactly_in_the_largest_unit_that_fits) {
    for (const auto& [length, text] :
         std::map<heddle::duration, std::string>{{0ns, "0 s"},
                                                 {5ms, "5 ms"},
                                                 {1500ms, "1.5 s"},
                                                 {1501ms, "1.501 s"},
                                                 {1500us, "1.5 ms"},
                                                 {1ns, "1 ns"},
                                                 {1001ns, "1.001 us"},
                                                 {90s, "90 s"},
                                                 {-5ms, "-5 ms"},
                                                 {1s + 1ns, "1000000.001 us"}}) {
        BOOST_TEST(sim::text_of(length) == text);
    }
    BOOST_TEST(sim::text_of(heddle::duration::min()) == "-9223372036854775.808 us");
}

// Every value of a small bound is about equally frequent: within five standard deviations.
BOOST_AUTO_TEST_CASE(random_numbers_below_a_bound_are_uniform) {
    for (const std::uint64_t bound : {2U, 3U, 7U, 10U}) {
        heddle::random_stream random(5);
        std::array<int, 10> counts{};
        constexpr int draws = 100'000;
        for (int i = 0; i < draws; ++i) {
            const auto value = random.below(bound);
            BOOST_REQUIRE(value < bound);
            ++counts[value];
        }
        const double expected = draws / static_cast<double>(bound);
        for (std::uint64_t i = 0; i < bound; ++i) {
            const double off = counts[i] - expected;
            BOOST_TEST(off * off < 25 * expected);
        }
    }
    heddle::random_stream wide(1);
    for (int i = 0; i < 1'000; ++i) {
        BOOST_REQUIRE(wide.below(std::uint64_t{1} << 40) < std::uint64_t{1} << 40);
    }
}

// Fixed for ever: the first numbers of a stream are part of what a seed means.
BOOST_AUTO_TEST_CASE(a_stream_is_a_function_of_its_seed) {
    heddle::random_stream a(1);
    heddle::random_stream same(1);
    heddle::random_stream other(1, 1);
    bool differs = false;
    for (int i = 0; i < 100; ++i) {
        const auto value = a.next();
        BOOST_REQUIRE(value == same.next());
        differs = differs || value != other.next();
    }
    BOOST_TEST(differs);
}

BOOST_AUTO_TEST_SUITE_END()
