// SPDX-License-Identifier: BSL-1.0
#include <heddle/sim/fuzz.hpp>

#include <heddle/heddle.hpp>
#include <heddle/sim.hpp>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "support/virtual_loop.hpp"

using namespace heddle_test;
namespace sim = heddle::sim;

namespace {

using bytes = std::vector<std::uint8_t>;

// As docs/fuzzing.md says it, and on purpose not by the library's own names.
constexpr std::uint8_t hold = 1, hold_idle = 2, at_once = 3, fire = 4, complete = 5, stall = 6,
                       oversleep = 7, value = 8, site_a = 0x10, site_b = 0x20;

struct record {
    std::uint8_t op = 0;
    std::uint16_t a = 0;
    std::uint16_t b = 0;
    std::uint8_t arg = 0;
    std::uint8_t a_next = 0;
    std::uint8_t b_next = 0;
};

bytes input_of(std::initializer_list<record> records, std::uint8_t base = 0,
               std::uint8_t seed = 0) {
    bytes input{0, base, 0, 0, seed, 0, 0, 0};
    for (const record& each : records) {
        for (const int byte : {int{each.op}, each.a & 255, each.a >> 8, int{each.a_next},
                               each.b & 255, each.b >> 8, int{each.b_next}, int{each.arg}}) {
            input.push_back(static_cast<std::uint8_t>(byte));
        }
    }
    return input;
}

/// What a program says in a run.
std::string said;

/// The name of an event of run 0: the `which`-th whose text is `text`.
std::uint16_t key(const sim::program& program, const std::string& text, int which = 1) {
    const sim::run_record run = sim::run_schedule(program, 0, {});
    for (const sim::step_record& each : run.trace->steps) {
        if (sim::text_of(each) == text && --which == 0) {
            return static_cast<std::uint16_t>(each.event >> 48);
        }
    }
    BOOST_FAIL("there is no event " << text << " in run 0");
    return 0;
}

std::string said_by(const sim::program& program, const bytes& input) {
    sim::fuzz_target target(program);
    const sim::run_record* const run = target.run(input);
    BOOST_REQUIRE(run != nullptr);
    BOOST_TEST(!run->failed.has_value());
    return said;
}

coro<void> say(std::string text, int turns) {
    for (int i = 0; i < turns; ++i) {
        said += text;
        co_await heddle::sleep(0ns);
    }
}

/// Under FIFO: abcabcabc.
coro<void> three_tasks() {
    said.clear();
    heddle::task_group group;
    group.create_task(say("a", 3), "A");
    group.create_task(say("b", 3), "B");
    group.create_task(say("c", 3), "C");
    co_await group.join();
}

/// Under FIFO: 1 (the operation), t (after 5 ms), w.
coro<void> timer_and_operation() {
    said.clear();
    const auto timer = []() -> coro<void> {
        co_await heddle::sleep(5ms);
        said += "t";
    };
    const auto worker = []() -> coro<void> {
        for (int i = 0; i < 3; ++i) {
            co_await heddle::sleep(0ns);
        }
        said += "w";
    };
    const auto reader = []() -> coro<void> {
        sim::completion<void> read("the read");
        co_await read;
        said += "r";
    };
    heddle::task_group group;
    group.create_task(timer(), "T");
    group.create_task(worker(), "W");
    group.create_task(reader(), "R");
    co_await group.join();
}

/// Under FIFO: 0 ms 2 ms 5 ms.
coro<void> two_sleepers() {
    said.clear();
    const auto tell = [] {
        said += std::to_string(heddle::get_running_loop().time().time_since_epoch() / 1ms) + " ";
    };
    const auto sleeper = [&](heddle::duration length) -> coro<void> {
        co_await heddle::sleep(length);
        tell();
    };
    heddle::task_group group;
    group.create_task(sleeper(2ms), "S");
    group.create_task(sleeper(5ms), "L");
    co_await heddle::sleep(0ns);
    tell();
    co_await group.join();
}

coro<void> lost_update() {
    int count = 0;
    const auto add_one = [&](heddle::duration later) -> coro<void> {
        co_await heddle::sleep(later);
        const int seen = count;
        co_await heddle::sleep(2ms);
        co_await heddle::sleep(3ms);
        count = seen + 1;
    };
    heddle::task_group group;
    group.create_task(add_one(0ms), "early");
    group.create_task(add_one(8ms), "late");
    co_await group.join();
    sim::check(count == 2, "count == 2");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fuzz)

BOOST_AUTO_TEST_CASE(the_empty_input_is_plain_fifo) {
    sim::fuzz_target target(three_tasks);
    const std::uint64_t plain = sim::run_schedule(three_tasks, 0, {}).digest;
    for (const bytes& input : {bytes{}, bytes(3), bytes(8), bytes(15), bytes(16), bytes(4'096)}) {
        BOOST_TEST(target.run(input)->digest == plain);
        BOOST_TEST(std::ranges::all_of(target.recorded().choices,
                                       [](const sim::choice& each) { return each.taken == 0; }));
    }
    BOOST_TEST(said == "abcabcabc");
}

BOOST_AUTO_TEST_CASE(another_version_is_no_input) {
    sim::fuzz_target target(three_tasks);
    BOOST_TEST(target.run(bytes{1}) == nullptr);
}

BOOST_AUTO_TEST_CASE(an_event_is_held_until_another_has_run) {
    const std::uint16_t a1 = key(three_tasks, "the step of 'A'");
    const std::uint16_t a2 = key(three_tasks, "the step of 'A'", 2);
    const std::uint16_t b1 = key(three_tasks, "the step of 'B'");
    const std::uint16_t c3 = key(three_tasks, "the step of 'C'", 3);
    BOOST_TEST(said_by(three_tasks, input_of({{hold, a1, b1}})) == "bacbacbac");
    BOOST_TEST(said_by(three_tasks, input_of({{hold, a1, c3}})) == "bcbcbcaaa");
    BOOST_TEST(said_by(three_tasks, input_of({{hold, a2, c3}})) == "abcbcbcaa");
    // The same event by the task's first: one step later.
    record later{hold, a1, c3};
    later.a_next = 1;
    BOOST_TEST(said_by(three_tasks, input_of({later})) == "abcbcbcaa");
    record until_later{hold, a1, b1};
    until_later.b_next = 1;
    BOOST_TEST(said_by(three_tasks, input_of({until_later})) == "bcbacbaca");
}

BOOST_AUTO_TEST_CASE(records_are_free_of_order_and_of_what_is_unknown) {
    const record first{hold, key(three_tasks, "the step of 'A'"),
                       key(three_tasks, "the step of 'C'", 3)};
    const record second{hold, key(three_tasks, "the step of 'B'", 2),
                        key(three_tasks, "the step of 'A'", 2)};
    sim::fuzz_target target(three_tasks);
    const std::uint64_t digest = target.run(input_of({first, second}))->digest;
    BOOST_TEST(said ==
               "bccc"
               "aabab");
    BOOST_TEST(target.run(input_of({second, first}))->digest == digest);
    const record unknown{15, 1, 2};
    const record nothing{};
    BOOST_TEST(target.run(input_of({unknown, second, nothing, first}))->digest == digest);
    bytes cut = input_of({second, first, first});
    cut.pop_back();
    BOOST_TEST(target.run(cut)->digest == digest);
}

BOOST_AUTO_TEST_CASE(a_whole_site_is_held) {
    const std::uint16_t a2 = key(three_tasks, "the step of 'A'", 2);
    const std::uint16_t c1 = key(three_tasks, "the step of 'C'");
    // All later steps are of one site, and so are all first ones.
    BOOST_TEST(said_by(three_tasks, input_of({{hold | site_a, a2, c1}})) == "abcabcabc");
    record after_two{hold, key(three_tasks, "the step of 'A'"), a2};
    after_two.op |= site_b;
    after_two.b_next = 2;  // until the third of the later steps
    BOOST_TEST(said_by(three_tasks, input_of({after_two})) ==
               "bcbcbaca"
               "a");
    record but_two{hold_idle, a2};
    but_two.op |= site_a;
    but_two.a_next = 2;  // the first two go as they like
    BOOST_TEST(said_by(three_tasks, input_of({but_two})).size() == 9U);
}

BOOST_AUTO_TEST_CASE(an_event_is_held_until_nothing_else_is_ready) {
    const std::uint16_t a1 = key(three_tasks, "the step of 'A'");
    BOOST_TEST(said_by(three_tasks, input_of({{hold_idle, a1}})) == "bcbcbcaaa");
    // A timer is not waited for.
    const std::uint16_t w2 = key(timer_and_operation, "the step of 'W'", 2);
    BOOST_TEST(said_by(timer_and_operation, input_of({{hold_idle, w2}})) == "rwt");
}

BOOST_AUTO_TEST_CASE(an_event_is_boosted) {
    const std::uint16_t c1 = key(three_tasks, "the step of 'C'");
    BOOST_TEST(said_by(three_tasks, input_of({{at_once, c1}})) == "cabcabcab");
    const std::uint16_t c2 = key(three_tasks, "the step of 'C'", 2);
    BOOST_TEST(said_by(three_tasks, input_of({{at_once, c1}, {at_once, c2}})) == "ccabcabab");
}

BOOST_AUTO_TEST_CASE(a_timer_fires_and_an_operation_finishes_before) {
    const std::uint16_t w2 = key(timer_and_operation, "the step of 'W'", 2);
    const std::uint16_t timer = key(timer_and_operation, "the timer of the sleep of 'T'");
    const std::uint16_t read = key(timer_and_operation, "the end of the read");
    BOOST_TEST(said_by(timer_and_operation, {}) == "wrt");
    BOOST_TEST(said_by(timer_and_operation, input_of({{fire, timer, w2}})) == "twr");
    BOOST_TEST(said_by(timer_and_operation, input_of({{complete, read, w2}})) == "rwt");
    // What is no timer and no operation stands for one that is.
    BOOST_TEST(said_by(timer_and_operation, input_of({{fire, w2, w2}})) == "twr");
    BOOST_TEST(said_by(timer_and_operation, input_of({{complete, w2, w2}})) == "rwt");
}

BOOST_AUTO_TEST_CASE(a_step_takes_long_and_a_wait_overshoots) {
    BOOST_TEST(said_by(two_sleepers, {}) == "0 2 5 ");
    const std::uint16_t first = key(two_sleepers, "the step of 'L'");
    BOOST_TEST(said_by(two_sleepers, input_of({{stall, first, 0, 0}})) == "2 2 7 ");
    BOOST_TEST(said_by(two_sleepers, input_of({{oversleep, 1, 0, 0}})) == "0 5 5 ");
}

BOOST_AUTO_TEST_CASE(values_are_other_ones) {
    const sim::program draws = []() -> coro<void> {
        said = std::to_string(heddle::random().next());
        co_return;
    };
    const std::string plain = said_by(draws, {});
    const std::string other = said_by(draws, input_of({{value, 1}}));
    BOOST_TEST(plain != other);
    BOOST_TEST(said_by(draws, input_of({{value, 1}})) == other);
    BOOST_TEST(said_by(draws, input_of({{value, 1}, {value, 1}})) == plain);
    sim::fuzz_target target(draws);
    static_cast<void>(target.run(input_of({{value, 1}})));
    sim::explore_options options;
    static_cast<void>(sim::replay(draws, target.recorded(), options));
    BOOST_TEST(said == other);
}

BOOST_AUTO_TEST_CASE(a_name_of_no_event_stands_for_one_of_run_0) {
    const sim::run_record run = sim::run_schedule(three_tasks, 0, {});
    std::vector<std::uint16_t> keys;
    for (const sim::step_record& each : run.trace->steps) {
        keys.push_back(static_cast<std::uint16_t>(each.event >> 48));
    }
    // A number that is no name, and leaves the place of A's first step.
    const auto place = std::ranges::find(keys, key(three_tasks, "the step of 'A'")) - keys.begin();
    std::size_t number = static_cast<std::size_t>(place);
    while (std::ranges::find(keys, number) != keys.end()) {
        number += keys.size();
    }
    const std::uint16_t c3 = key(three_tasks, "the step of 'C'", 3);
    BOOST_TEST(said_by(three_tasks, input_of({{hold, static_cast<std::uint16_t>(number), c3}})) ==
               "bcbcbcaaa");
}

BOOST_AUTO_TEST_CASE(every_run_has_a_tape_that_replays) {
    sim::fuzz_target target(lost_update);
    bytes input(256);
    std::size_t size = 0;
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        size = target.mutate(input.data(), size, input.size(), seed);
        const std::uint64_t digest = target.run(std::span(input).first(size))->digest;
        const sim::tape recorded = target.recorded();
        BOOST_TEST(sim::replay(lost_update, recorded).digest == digest);
        // And the same again, in a process that has seen nothing yet.
        sim::fuzz_target fresh(lost_update);
        BOOST_TEST(fresh.run(std::span(input).first(size))->digest == digest);
    }
}

BOOST_AUTO_TEST_CASE(each_choice_is_told_when_it_is_taken) {
    sim::fuzz_target target(timer_and_operation);
    std::vector<sim::choice> told;
    target.tell([&](const sim::choice* made) {
        if (made == nullptr) {
            told.clear();
        } else {
            told.push_back(*made);
        }
    });
    for (std::uint8_t base = 0; base < 9; ++base) {
        for (const auto& records :
             {input_of({}, base, 7), input_of({{hold, 1, 2}, {fire, 3, 4}}, base, 8)}) {
            static_cast<void>(target.run(records));
            BOOST_TEST(!told.empty());
            BOOST_TEST((told == target.recorded().choices));
        }
    }
}

BOOST_AUTO_TEST_CASE(mutations_stay_inputs) {
    sim::fuzz_target target(timer_and_operation);
    sim::fuzz_target again(timer_and_operation);
    std::array<std::uint8_t, 100> input{};
    for (const std::size_t most : {0U, 1U, 7U, 8U, 15U, 16U, 64U, 100U}) {
        for (std::uint64_t seed = 0; seed < 500; ++seed) {
            std::fill(input.begin(), input.end(), static_cast<std::uint8_t>(seed));
            auto other = input;
            const std::size_t before = seed % (most + 1);
            const std::size_t size = target.mutate(input.data(), before, most, seed);
            BOOST_TEST(size <= most);
            BOOST_TEST(again.mutate(other.data(), before, most, seed) == size);
            BOOST_TEST((other == input));
            BOOST_TEST(std::all_of(input.begin() + static_cast<std::ptrdiff_t>(most), input.end(),
                                   [&](std::uint8_t each) { return each == (seed & 0xff); }));
            if (const auto* run = target.run(std::span(input).first(size)); run != nullptr) {
                BOOST_TEST(!run->failed.has_value());
            }
            static_cast<void>(again.run(std::span(input).first(size)));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_child_has_records_of_both_parents) {
    sim::fuzz_target target(three_tasks);
    const bytes first = input_of({{hold, 1, 1}, {hold, 2, 2}});
    const bytes second = input_of({{at_once, 3, 3}});
    bool whole = false;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        bytes out(64);
        out.resize(target.cross_over(first, second, out, seed));
        BOOST_TEST(out.size() % 8 == 0U);
        whole = whole || out == input_of({{hold, 1, 1}, {hold, 2, 2}, {at_once, 3, 3}});
        bytes small(17);
        BOOST_TEST(target.cross_over(first, second, small, seed) <= 16U);
    }
    BOOST_TEST(whole);
}

BOOST_AUTO_TEST_CASE(interleavings_are_counted) {
    std::array<std::uint8_t, 1'024> counters{};
    sim::fuzz_target target(three_tasks, {}, counters);
    static_cast<void>(target.run(bytes{}));
    const auto plain = counters;
    BOOST_TEST(std::ranges::any_of(plain, [](std::uint8_t each) { return each != 0; }));
    counters.fill(0);
    static_cast<void>(target.run(bytes{}));
    BOOST_TEST((counters == plain));
    counters.fill(0);
    const std::uint16_t a1 = key(three_tasks, "the step of 'A'");
    static_cast<void>(target.run(input_of({{hold_idle, a1}})));
    BOOST_TEST((counters != plain));
}

BOOST_AUTO_TEST_CASE(a_search_finds_and_explains) {
    sim::explore_options options;
    options.name = "lost_update";
    sim::fuzz_target target(lost_update, options);
    const auto result = target.search(2'000, 1);
    BOOST_REQUIRE(result.failing.has_value());
    sim::fuzz_target again(lost_update, options);
    const auto same = again.search(2'000, 1);
    BOOST_TEST(same.runs == result.runs);
    BOOST_TEST((same.failing == result.failing));

    const sim::exploration told = target.explain();
    BOOST_REQUIRE(told.found.has_value());
    BOOST_TEST(told.found->minimal.size() == 1U);
    // No input says that it came from timing alone unless that was looked for.
    BOOST_TEST((told.found->timing != sim::timing_answer::yes ||
                told.found->minimal_tape.allowed == sim::level::timing));
    BOOST_TEST(told.found->timing_runs > 0U);
    const sim::run_record replayed = sim::replay(lost_update, told.found->minimal_tape, options);
    BOOST_REQUIRE(replayed.failed.has_value());
    BOOST_TEST(replayed.failed->same_as(told.found->what));
}

BOOST_AUTO_TEST_CASE(a_search_that_finds_nothing_makes_all_its_runs) {
    sim::fuzz_target target(three_tasks);
    const auto result = target.search(500, 1);
    BOOST_TEST(result.runs == 500U);
    BOOST_TEST(!result.failing.has_value());
    static_cast<void>(target.run(bytes{}));
    BOOST_TEST(!target.explain().found.has_value());
}

BOOST_AUTO_TEST_CASE(a_program_that_fails_anyway_fails_on_the_empty_input) {
    const sim::program fails = []() -> coro<void> {
        sim::check(false, "never");
        co_return;
    };
    sim::fuzz_target target(fails);
    BOOST_TEST(target.search(10, 1).runs == 1U);
    const sim::exploration told = target.explain();
    BOOST_REQUIRE(told.found.has_value());
    BOOST_TEST(told.found->minimal.empty());
}

BOOST_AUTO_TEST_SUITE_END()
