// SPDX-License-Identifier: BSL-1.0
#include <heddle/sim/tape.hpp>

#include <heddle/heddle.hpp>
#include <heddle/sim.hpp>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <boost/test/unit_test.hpp>

#include "support/virtual_loop.hpp"

using namespace heddle_test;
namespace sim = heddle::sim;

namespace {

sim::tape example() {
    sim::tape recorded;
    recorded.program = "suite/a program";
    recorded.seed = 18'446'744'073'709'551'615U;
    recorded.schedule = 3;
    recorded.allowed = sim::level::any;
    recorded.longest_stall = 100ms;
    recorded.choices = {{sim::choice_kind::order, 3, 1, 0xdeadbeef},
                        {sim::choice_kind::stall, 2, 0, 0},
                        {sim::choice_kind::oversleep, 4, 3, 1}};
    recorded.departures = {{sim::departure::sort::hold, 0xdeadbeef00000001, 7, 0},
                           {sim::departure::sort::early, 9, 0xffffffffffffffff, 0},
                           {sim::departure::sort::stall, 2, 0, 3},
                           {sim::departure::sort::oversleep, 2, 0, 1},
                           {sim::departure::sort::pick, 11, 0, 1}};
    return recorded;
}

std::string complaint(std::string_view text) {
    try {
        static_cast<void>(sim::tape_from_text(text, "a.tape"));
    } catch (const sim::tape_error& error) {
        return error.what();
    }
    return "no complaint";
}

bool one_line_with_place(const std::string& message) {
    return message.rfind("a.tape:", 0) == 0 && message.find("expected") != std::string::npos &&
           message.find('\n') == std::string::npos;
}

coro<void> two_tasks() {
    const auto turns = []() -> coro<void> {
        for (int i = 0; i < 3; ++i) {
            co_await heddle::sleep(0ns);
        }
    };
    heddle::task_group group;
    group.create_task(turns());
    group.create_task(turns());
    co_await group.join();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(tape)

BOOST_AUTO_TEST_CASE(what_is_written_is_read) {
    BOOST_TEST((sim::tape_from_text(sim::to_text(example()), "a.tape") == example()));
    const auto folder = std::filesystem::temp_directory_path() / "heddle_tape_test";
    std::filesystem::create_directories(folder);
    const std::string path = (folder / "a.tape").string();
    sim::write_tape(path, example());
    BOOST_TEST((sim::read_tape(path) == example()));
    BOOST_TEST(std::distance(std::filesystem::directory_iterator(folder), {}) == 1);
    std::filesystem::remove_all(folder);
}

BOOST_AUTO_TEST_CASE(every_cut_is_noticed) {
    const std::string text = sim::to_text(example());
    for (std::size_t length = 0; length < text.size(); ++length) {
        const std::string message = complaint(std::string_view(text).substr(0, length));
        BOOST_TEST(one_line_with_place(message), message);
    }
}

BOOST_AUTO_TEST_CASE(every_changed_byte_is_noticed) {
    const std::string text = sim::to_text(example());
    for (std::size_t i = 0; i < text.size(); ++i) {
        for (const char replacement : {'\0', '7', 'x', '\n', '\xff'}) {
            std::string changed = text;
            if (changed[i] == replacement) {
                continue;
            }
            changed[i] = replacement;
            const std::string message = complaint(changed);
            BOOST_TEST(one_line_with_place(message), message);
        }
    }
}

BOOST_AUTO_TEST_CASE(random_bytes_are_refused) {
    heddle::random_stream random(1);
    for (int i = 0; i < 2'000; ++i) {
        std::string bytes(random.below(300), '\0');
        for (char& each : bytes) {
            each = static_cast<char>(random.below(256));
        }
        if (random.chance(1, 2)) {
            bytes = "heddle-tape 1\nprogram x\n" + bytes;
        }
        BOOST_TEST(one_line_with_place(complaint(bytes)));
    }
}

BOOST_AUTO_TEST_CASE(complaints_name_the_line_and_what_was_expected) {
    BOOST_TEST(complaint("") == "a.tape: expected a tape, found an empty file");
    BOOST_TEST(complaint("hello\n").find("a.tape:1: expected 'heddle-tape 1'") == 0U);
    std::string text = sim::to_text(example());
    text.replace(text.find("level any"), 9, "level odd");
    BOOST_TEST(complaint(text) == "a.tape:5: expected 'level' and fifo, timing or any");
    text = sim::to_text(example());
    text.replace(text.find("choices 3"), 9, "choices 99999999999999999999");
    BOOST_TEST(complaint(text) == "a.tape:8: expected the number of choices");
    text = sim::to_text(example());
    text.replace(text.find("order 3 1"), 9, "order 3 3");
    BOOST_TEST(complaint(text) == "a.tape:9: expected two options or more, and one of them taken");
    text = sim::to_text(example());
    text.replace(text.find("early 9"), 7, "hold-site 9");
    BOOST_TEST(complaint(text) ==
               "a.tape:14: expected a departure: hold, early, stall, oversleep, pick or cancel, "
               "and two numbers");
    text = sim::to_text(example());
    text.replace(text.find("departures 5"), 12, "departures x");
    BOOST_TEST(complaint(text) == "a.tape:12: expected the number of departures");
}

BOOST_AUTO_TEST_CASE(files_that_cannot_be_used_are_one_clear_line) {
    try {
        static_cast<void>(sim::read_tape("/nowhere/a.tape"));
        BOOST_ERROR("it was read");
    } catch (const sim::tape_error& error) {
        BOOST_TEST(std::string(error.what()) ==
                   "/nowhere/a.tape: cannot be read: No such file or directory");
    }
    BOOST_CHECK_THROW(sim::write_tape("/nowhere/a.tape", example()), sim::tape_error);
    BOOST_CHECK_THROW(static_cast<void>(sim::read_tape("/")), sim::tape_error);
}

BOOST_AUTO_TEST_CASE(a_full_disk_leaves_no_file) {
    if (!std::filesystem::exists("/dev/full")) {
        return;
    }
    const auto folder = std::filesystem::temp_directory_path() / "heddle_full_disk_test";
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    const std::string path = (folder / "a.tape").string();
    std::filesystem::create_symlink("/dev/full", path + ".partial");
    BOOST_CHECK_THROW(sim::write_tape(path, example()), sim::tape_error);
    BOOST_TEST(!std::filesystem::exists(path));
    BOOST_TEST(std::filesystem::is_empty(folder));
    std::filesystem::remove_all(folder);
}

BOOST_AUTO_TEST_CASE(a_tape_that_does_not_fit_names_the_first_entry) {
    sim::explore_options options;
    options.name = "two_tasks";
    const auto recorded_run = sim::run_schedule(two_tasks, 5, options);
    sim::tape recorded;
    recorded.program = "two_tasks";
    recorded.allowed = sim::level::any;
    recorded.longest_stall = 100ms;
    recorded.choices = recorded_run.choices;
    BOOST_REQUIRE(recorded.choices.size() > 4U);
    BOOST_TEST(sim::replay(two_tasks, recorded, options).digest == recorded_run.digest);

    const auto complaint_of = [&](const sim::tape& tried) -> std::string {
        try {
            static_cast<void>(sim::replay(two_tasks, tried, options));
        } catch (const sim::replay_error& error) {
            return error.what();
        }
        return "it fitted";
    };
    auto wrong_label = recorded;
    wrong_label.choices[2].label ^= 1;
    BOOST_TEST(complaint_of(wrong_label).find("at entry 3 of") != std::string::npos);
    auto wrong_options = recorded;
    ++wrong_options.choices[1].options;
    BOOST_TEST(complaint_of(wrong_options).find("at entry 2 of") != std::string::npos);
    auto wrong_kind = recorded;
    wrong_kind.choices[0].kind = sim::choice_kind::stall;
    BOOST_TEST(complaint_of(wrong_kind).find("at entry 1 of") != std::string::npos);
    auto too_long = recorded;
    too_long.choices.push_back({sim::choice_kind::order, 2, 0, 0});
    BOOST_TEST(complaint_of(too_long).find("the program has ended") != std::string::npos);
    auto other_program = recorded;
    other_program.program = "three_tasks";
    BOOST_TEST(complaint_of(other_program) == "this tape is of 'three_tasks', not of 'two_tasks'");
}

BOOST_AUTO_TEST_SUITE_END()
