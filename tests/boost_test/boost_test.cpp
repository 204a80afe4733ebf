// SPDX-License-Identifier: BSL-1.0
//
// heddle::boost_test from outside: what its cases print, count and leave behind.
#include <heddle/boost_test.hpp>

#include <regex>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

#include "inner_program.hpp"

namespace data = boost::unit_test::data;

namespace {

constexpr std::string_view issued = "failed on schedule";

/// The report that `out` holds, from its first line to the replay command.
std::string report_in(const std::string& out) {
    const std::size_t from = out.find(": error: in ");
    BOOST_REQUIRE(from != std::string::npos);
    const std::size_t replay = out.find("  replay:  ", from);
    BOOST_REQUIRE(replay != std::string::npos);
    return out.substr(from, out.find('\n', replay) - from);
}

std::string replay_command_in(const std::string& out) {
    constexpr std::string_view before = "  replay:  ";
    const std::size_t from = out.find(before);
    BOOST_REQUIRE(from != std::string::npos);
    return out.substr(from + before.size(), out.find('\n', from) - from - before.size());
}

std::string without_line(std::string text, std::string_view start) {
    const std::size_t from = text.find(start);
    if (from != std::string::npos) {
        text.erase(from, text.find('\n', from) - from + 1);
    }
    return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(failures)

BOOST_AUTO_TEST_CASE(plain_log_has_it_once) {
    const inner_program inner;
    const outcome ran = inner.run("--run_test=failing/race");
    BOOST_TEST(ran.status == 201);
    BOOST_TEST(count(ran.out, issued) == 1U);
    BOOST_TEST(count(ran.out, "error: ") == 1U);
    BOOST_TEST(count(ran.out, "has failed [2 != 1]") == 1U);
    BOOST_TEST(count(ran.out, "(seed 1)") == 1U);
    BOOST_TEST(count(ran.out, "except 1 choice:") == 1U);
    BOOST_TEST(ran.out.find("cases.cpp(" + line_of("race") + "): error: in \"failing/race\"") !=
               std::string::npos);
    BOOST_TEST(ran.err == "\n*** 1 failure is detected in the test module \"inner\"\n");
}

BOOST_AUTO_TEST_CASE(log_sink_has_it_once) {
    const inner_program inner;
    const outcome ran = inner.run("--run_test=failing/race --log_sink=log");
    BOOST_TEST(ran.status == 201);
    BOOST_TEST(ran.out == "");
    BOOST_TEST(count(text_of_file(inner.folder() / "log"), issued) == 1U);
    BOOST_TEST(count(text_of_file(inner.folder() / "log"), "error: ") == 1U);
}

BOOST_DATA_TEST_CASE(junit_log_has_it_once, data::make({"all", "error", "nothing"}), level) {
    const inner_program inner;
    const outcome ran =
        inner.run("--run_test=failing/race --logger=JUNIT," + std::string(level) + ",log");
    const std::string log = text_of_file(inner.folder() / "log");
    BOOST_TEST(ran.status == 201);
    BOOST_TEST(ran.out == "");
    BOOST_TEST(count(log, issued) == 1U);
    BOOST_TEST(count(log, "ASSERTION FAILURE") == 1U);
    BOOST_TEST(count(log, "<failure") == 1U);
    BOOST_TEST(count(log, "assertions=\"1\"") == 1U);
}

BOOST_AUTO_TEST_CASE(several_logs_have_it_once_each) {
    const inner_program inner;
    const outcome ran = inner.run(
        "--run_test=failing/talks --logger=HRF,all,hrf:XML,message,xml:JUNIT,message,junit");
    BOOST_TEST(ran.status == 201);
    BOOST_TEST(ran.out == "");
    for (const char* name : {"hrf", "xml", "junit"}) {
        BOOST_TEST_CONTEXT(name) {
            const std::string log = text_of_file(inner.folder() / name);
            BOOST_TEST(count(log, issued) == 1U);
            BOOST_TEST(count(log, "has failed [2 != 1]") == 1U);
            BOOST_TEST(count(log, "the context of the failure") == 1U);
            BOOST_TEST(count(log, "talks: begins") == 1U);
            BOOST_TEST(count(log, "condition c.filled.size() == 1 is not satisfied") == 1U);
        }
    }
}

BOOST_AUTO_TEST_CASE(logs_go_on_as_they_were) {
    const inner_program inner;
    const outcome ran = inner.run(
        "--run_test=failing/race --run_test=plain "
        "--logger=HRF,all,hrf:XML,all,xml:JUNIT,all,junit --report_level=detailed");
    for (const char* name : {"hrf", "xml", "junit"}) {
        BOOST_TEST(count(text_of_file(inner.folder() / name), "check true has passed") == 1U);
    }
    BOOST_TEST(count(ran.err, "1 assertion out of 1 passed") == 1U);
}

BOOST_AUTO_TEST_CASE(default_level_shows_the_failure_alone) {
    const inner_program inner;
    const outcome ran = inner.run("--run_test=failing/talks");
    BOOST_TEST(count(ran.out, "talks: begins") == 0U);
    BOOST_TEST(count(ran.out, "is not satisfied") == 0U);
    BOOST_TEST(count(ran.out, "the context of the failure") == 1U);
}

BOOST_AUTO_TEST_CASE(counts_one_failed_assertion) {
    const inner_program inner;
    const outcome ran = inner.run(
        "--run_test=failing/race,fails_twice --report_level=detailed --log_level=nothing");
    BOOST_TEST(ran.out == "");
    BOOST_TEST(count(ran.err, "1 assertion out of 1 failed") == 2U);
    BOOST_TEST(count(ran.err, "2 assertions out of 2 failed") == 2U);  // the suite and all
    // What failed is known, even if nobody is told.
    BOOST_TEST(std::filesystem::exists(inner.folder() / "failing.fails_twice.tape"));
}

struct expectation {
    const char* name;
    const char* message;
    bool has_place;
};
std::ostream& operator<<(std::ostream& out, const expectation& one) { return out << one.name; }

const expectation expectations[] = {
    {"race", "check c.filled[1] == 1 has failed [2 != 1]", true},
    {"race_by_timing", "check c.filled[1] == 1 has failed [2 != 1]", true},
    {"child_check", "check two == 3 has failed [2 != 3]", true},
    {"child_require", "critical check two == 3 has failed", true},
    {"says_error", "this went wrong", true},
    {"throws_nothing", "exception std::logic_error expected but not raised", true},
    {"lets_an_error_escape", "std::runtime_error: the body threw this", false},
    {"loses_an_error", "std::runtime_error: a child threw this", false},
    {"waits_for_ever", "deadlock: ", true},
    {"goes_on_for_ever", "limit of 500 steps", false},
    {"fails_twice", "check 1 == 2 has failed [1 != 2]", true},
};

BOOST_DATA_TEST_CASE(each_tool_fails_the_run, data::make(expectations), expected) {
    const inner_program inner;
    const std::string name = expected.name;
    const outcome ran = inner.run("--run_test=failing/" + name);
    BOOST_TEST(ran.status == 201);
    BOOST_TEST(count(ran.out, "error: in \"failing/" + name + "\": failing/" + name + " failed") ==
               1U);
    BOOST_TEST(count(ran.out, expected.message) == 1U);
    if (expected.has_place) {
        BOOST_TEST(count(ran.out, "cases.cpp(" + line_of(name) + "): ") == 1U);
        BOOST_TEST(count(ran.out, "cases.cpp:" + line_of(name)) >= 1U);
    }
}

BOOST_AUTO_TEST_CASE(swallowed_require_fails_the_run) {
    const inner_program inner;
    const outcome ran = inner.run("--run_test=failing/catches_everything");
    BOOST_TEST(ran.status == 201);
    BOOST_TEST(count(ran.out, "cases.cpp(" + line_of("child_require") + "): error: ") == 1U);
}

BOOST_AUTO_TEST_CASE(program_that_is_not_deterministic_is_told_so) {
    const inner_program inner;
    const outcome ran = inner.run("--run_test=failing/knows_how_often_it_ran");
    BOOST_TEST(ran.status == 201);
    BOOST_TEST(count(ran.out, "the same choices gave another run") == 1U);
    BOOST_TEST(count(ran.out, "\n  again:   ") == 1U);
    BOOST_TEST(count(ran.out, " -- --seed=1\n") == 1U);
    BOOST_TEST(!std::filesystem::exists(inner.folder() / "failing.knows_how_often_it_ran.tape"));
}

BOOST_AUTO_TEST_CASE(expected_failures_are_counted) {
    const inner_program inner;
    const outcome ran =
        inner.run("--run_test=passing/is_expected_to_fail", "HEDDLE_INNER_EXPECTED=1");
    BOOST_TEST(ran.status == 0);
    BOOST_TEST(count(ran.out, issued) == 1U);
}

BOOST_AUTO_TEST_CASE(log_of_the_programs_own_is_refused) {
    const inner_program inner;
    const outcome ran = inner.run("--run_test=failing/race", "HEDDLE_INNER_OWN_LOG=1");
    BOOST_TEST(ran.status == 201);
    BOOST_TEST(count(ran.out, "own: ") == 1U);
    BOOST_TEST(count(ran.out, "could not be explored (seed 1): ") == 1U);
    BOOST_TEST(count(ran.out, "a log formatter of its own") == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(crashes)

BOOST_AUTO_TEST_CASE(crash_is_reported_with_the_seed) {
    const inner_program inner;
    const outcome ran = inner.run("--run_test=crashing/aborts -- --seed=5");
    BOOST_TEST(ran.status != 0);
    BOOST_TEST(count(ran.out, "SIGABRT") == 1U);
    BOOST_TEST(count(ran.out, "this was in run 3 of an exploration; again: ") == 1U);
    BOOST_TEST(count(ran.out, "--run_test=crashing/aborts -- --seed=5\n") == 1U);
    BOOST_TEST(count(ran.err, "1 failure is detected") == 1U);
}

BOOST_AUTO_TEST_CASE(what_comes_after_a_crash_is_not_run) {
    const inner_program inner;
    const outcome ran = inner.run("--run_test=crashing --report_level=detailed");
    BOOST_TEST(count(ran.out, "not run: 'crashing/aborts' has crashed in this process") == 1U);
    // Boost.Test's own cases are counted and logged as ever.
    BOOST_TEST(count(ran.err, "1 assertion out of 1 passed") == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(clean_cases)

BOOST_AUTO_TEST_CASE(suites_pass) {
    const inner_program inner;
    const outcome ran =
        inner.run("--run_test=passing,of_seven,fixture_of_a_suite --run_test=plain");
    BOOST_TEST(ran.status == 0);
    BOOST_TEST(count(ran.err, "No errors detected") == 1U);
}

BOOST_AUTO_TEST_CASE(assertions_are_counted_once) {
    const inner_program inner;
    const outcome ran = inner.run("--run_test=passing/checks_three_things --report_level=detailed");
    BOOST_TEST(ran.out == "Running 1 test case...\n");
    BOOST_TEST(count(ran.err, "3 assertions out of 3 passed") == 3U);  // case, suite and all
    BOOST_TEST(count(ran.err, "1 failed warning") == 3U);
}

BOOST_AUTO_TEST_CASE(messages_are_said_once) {
    const inner_program inner;
    const outcome ran = inner.run("--run_test=passing/checks_three_things --log_level=message");
    BOOST_TEST(count(ran.out, "this is said once") == 1U);
    BOOST_TEST(count(ran.out, "condition 1 == 2 is not satisfied") == 1U);
    BOOST_TEST(count(ran.out, "no failure in 50 schedules (seed 1)") == 1U);
    BOOST_TEST(count(ran.out, "has passed") == 0U);
}

BOOST_AUTO_TEST_CASE(junit_tells_of_them_once) {
    const inner_program inner;
    const outcome ran = inner.run("--run_test=passing/checks_three_things --logger=JUNIT,all,log");
    const std::string log = text_of_file(inner.folder() / "log");
    BOOST_TEST(ran.status == 0);
    BOOST_TEST(count(log, "assertions=\"3\"") == 1U);
    BOOST_TEST(count(log, "this is said once") == 1U);
    BOOST_TEST(count(log, "check 1 + 1 == 2 has passed") == 1U);
}

BOOST_AUTO_TEST_CASE(what_is_kept_has_a_limit) {
    const inner_program inner;
    const outcome ran =
        inner.run("--run_test=timed/passing_checks --log_level=all --report_level=detailed",
                  "HEDDLE_INNER_CHECKS=10100");
    BOOST_TEST(count(ran.out, "check i > 0 has passed") == 10'000U);
    BOOST_TEST(count(ran.out, "what this run says from here on is not kept") == 1U);
    BOOST_TEST(count(ran.err, "10100 assertions out of 10100 passed") == 3U);
}

BOOST_AUTO_TEST_CASE(fixtures_are_fresh) {
    const inner_program inner;
    const outcome ran = inner.run("--run_test=fixtures/is_fresh,was_fresh");
    BOOST_TEST(ran.status == 0);
    BOOST_TEST(ran.out == "Running 2 test cases...\n");
}

BOOST_AUTO_TEST_CASE(teardown_counts) {
    const inner_program inner;
    const outcome ran = inner.run("--run_test=fixtures/fails_in_teardown");
    BOOST_TEST(ran.status == 201);
    BOOST_TEST(count(ran.out, "cases.cpp(" + line_of("fails_in_teardown") + ")") == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(tapes)

BOOST_AUTO_TEST_CASE(replay_prints_the_same_report) {
    const inner_program inner;
    for (const std::string name : {"race_by_timing", "race", "child_check", "waits_for_ever"}) {
        BOOST_TEST_CONTEXT(name) {
            const outcome found = inner.run("--run_test=failing/" + name);
            const outcome again =
                inner.run_command(replay_command_in(found.out) + " --tape-dir=nowhere");
            BOOST_TEST(again.status == 201);
            // Colours are on in the command that was printed.
            const std::string plain =
                std::regex_replace(again.out, std::regex("\x1b\\[[0-9;]*m"), "");
            const std::string_view by_timing = "  on a real loop, by timing alone: no";
            // A tape does not tell which strategy it is from.
            const std::string first = std::regex_replace(
                report_in(found.out), std::regex(", found by strategy [a-z_]+"), "");
            BOOST_TEST(first != report_in(found.out));
            BOOST_TEST(count(first, "FIFO, which passes:") == (name.starts_with("race") ? 1U : 0U));
            BOOST_TEST(report_in(plain) == without_line(first, by_timing));
        }
    }
}

BOOST_AUTO_TEST_CASE(log_of_a_replay_is_printed) {
    const inner_program inner;
    const outcome found = inner.run("--run_test=failing/race");
    BOOST_TEST(count(found.out, "the step of 'Task-1'") == 0U);
    const outcome logged = inner.run("--run_test=failing/race -- --replay=failing.race.tape --log");
    BOOST_TEST(logged.status == 201);
    BOOST_TEST(count(logged.out, "  the step of 'Task-1'\n") == 1U);
    BOOST_TEST(count(logged.out, "\nended at ") == 1U);
    BOOST_TEST(count(logged.out, issued) == 1U);
}

BOOST_AUTO_TEST_CASE(reports_are_written_for_the_last_failure) {
    const inner_program inner;
    const outcome ran = inner.run(
        "--run_test=failing/child_check,race -- --report=a.json --report=b.trace.json "
        "--report=c.html");
    BOOST_TEST(ran.status == 201);
    BOOST_TEST(count(ran.out, issued) == 2U);
    const std::string last = ran.out.substr(ran.out.rfind(": error: in \""));
    const std::string name = count(last, "in \"failing/race\"") == 1 ? "race" : "child_check";
    const std::string json = text_of_file(inner.folder() / "a.json");
    BOOST_TEST(count(json, "\"name\":\"failing/" + name + "\"") == 1U);
    BOOST_TEST(count(json, "--replay=failing." + name + ".tape") == 1U);
    BOOST_TEST(count(text_of_file(inner.folder() / "b.trace.json"), "\"traceEvents\":[") == 1U);
    BOOST_TEST(count(text_of_file(inner.folder() / "c.html"), "</html>") == 1U);
    // Of a replay, too.
    const outcome again =
        inner.run("--run_test=failing/race -- --replay=failing.race.tape --report=again.html");
    BOOST_TEST(again.status == 201);
    BOOST_TEST(count(text_of_file(inner.folder() / "again.html"), "FIFO: passes") == 1U);
    const outcome nowhere = inner.run("--run_test=failing/race -- --report=no/such.json");
    BOOST_TEST(nowhere.status == 201);
    BOOST_TEST(count(nowhere.out, "\n  no report: no/such.json: cannot be written: ") == 1U);
}

BOOST_AUTO_TEST_CASE(report_says_when_timing_alone_does_it) {
    const inner_program inner;
    const outcome found = inner.run("--run_test=failing/race_by_timing");
    BOOST_TEST(count(found.out, "the wake-up of 'Task-2' took ") +
                   count(found.out, "the timer of the sleep of 'Task-2' took ") +
                   count(found.out, "the step of 'Task-2' took ") ==
               1U);
    BOOST_TEST(count(found.out, "  on a real loop, by timing alone: yes\n") == 1U);
}

BOOST_AUTO_TEST_CASE(replay_command_works_from_a_folder_with_a_space) {
    const inner_program inner;
    std::filesystem::create_directory(inner.folder() / "it's a folder");
    std::filesystem::create_symlink(HEDDLE_INNER, inner.folder() / "it's a folder" / "inner");
    const outcome found = inner.run_command(
        "'./it'\\''s a folder/inner' --color_output=no --run_test=failing/race -- "
        "--tape-dir='it'\\''s "
        "a folder' --schedules=77");
    BOOST_TEST(count(found.out, "of 77 (seed 1)") == 1U);
    BOOST_TEST(std::filesystem::exists(inner.folder() / "it's a folder" / "failing.race.tape"));
    const outcome again = inner.run_command(replay_command_in(found.out));
    BOOST_TEST(again.status == 201);
    BOOST_TEST(count(again.out, "of 77 (seed 1)") == 1U);
}

BOOST_AUTO_TEST_CASE(folder_that_cannot_be_written_is_named) {
    const inner_program inner;
    const outcome ran = inner.run("--run_test=failing/race -- --tape-dir=no/such/folder --seed=3");
    BOOST_TEST(ran.status == 201);
    BOOST_TEST(
        count(ran.out, "\n  no tape: no/such/folder/failing.race.tape: cannot be written: ") == 1U);
    BOOST_TEST(replay_command_in(ran.out).ends_with("--run_test=failing/race -- --seed=3"));
}

BOOST_AUTO_TEST_CASE(other_cases_are_left_out_of_a_replay) {
    const inner_program inner;
    static_cast<void>(inner.run("--run_test=failing/race"));
    const outcome ran = inner.run("--log_level=message -- --replay=failing.race.tape");
    BOOST_TEST(ran.status == 201);
    BOOST_TEST(count(ran.out, issued) == 1U);
    BOOST_TEST(count(ran.out, "not run: only 'failing/race' is replayed") > 10U);
}

BOOST_AUTO_TEST_CASE(replay_of_a_case_that_is_not_selected_is_an_error) {
    const inner_program inner;
    static_cast<void>(inner.run("--run_test=failing/race"));
    for (const char* selected : {"plain", "failing/child_check"}) {
        const outcome ran =
            inner.run("--run_test=" + std::string(selected) + " -- --replay=failing.race.tape");
        BOOST_TEST(ran.status == 200);
        BOOST_TEST(count(ran.err,
                         "failing.race.tape: this tape is of 'failing/race', which is "
                         "disabled or left out by --run_test\n") == 1U);
        BOOST_TEST(count(ran.err, "\n") == 1U);
    }
}

BOOST_AUTO_TEST_CASE(tape_that_does_not_fit_fails_in_one_line) {
    const inner_program inner;
    static_cast<void>(inner.run("--run_test=failing/race"));
    heddle::sim::tape tape =
        heddle::sim::read_tape((inner.folder() / "failing.race.tape").string());
    tape.choices.front().label ^= 1;
    tape.departures.clear();
    heddle::sim::write_tape((inner.folder() / "bent.tape").string(), tape);
    const outcome ran = inner.run("--run_test=failing/race -- --replay=bent.tape");
    BOOST_TEST(ran.status == 201);
    BOOST_TEST(count(ran.out, "bent.tape: the tape of 'failing/race' does not fit") == 1U);
}

BOOST_AUTO_TEST_CASE(tape_that_does_not_fit_any_more_is_replayed_by_what_it_amounts_to) {
    const inner_program inner;
    const outcome found = inner.run("--run_test=failing/race");
    heddle::sim::tape tape =
        heddle::sim::read_tape((inner.folder() / "failing.race.tape").string());
    BOOST_REQUIRE(!tape.departures.empty());
    tape.choices.front().label ^= 1;
    heddle::sim::write_tape((inner.folder() / "bent.tape").string(), tape);
    const outcome ran = inner.run("--run_test=failing/race -- --replay=bent.tape");
    BOOST_TEST(ran.status == 201);
    BOOST_TEST(count(ran.out, "the tape of 'failing/race' does not fit") == 1U);
    BOOST_TEST(count(ran.out, "; replayed as FIFO except what the tape was made minimal to\n") ==
               1U);
    const auto without_command = [](const outcome& one) {
        const std::string text = report_in(one.out);
        // A tape does not say which strategy has found it.
        return std::regex_replace(text.substr(0, text.find("  replay:  ")),
                                  std::regex(", found by strategy [a-z_]+"), "");
    };
    BOOST_TEST(without_command(ran) ==
               without_line(without_command(found), "  on a real loop, by timing alone: no"));

    tape.departures.front().event ^= 1;
    heddle::sim::write_tape((inner.folder() / "bent.tape").string(), tape);
    const outcome other =
        inner.run("--run_test=failing/race --log_level=message -- --replay=bent.tape");
    BOOST_TEST(other.status == 0);
    BOOST_TEST(count(other.out, "(of which 1 of 1 names an event that there is no more)") == 1U);
}

BOOST_AUTO_TEST_CASE(replay_that_passes_is_well) {
    const inner_program inner;
    heddle::sim::tape tape;
    tape.program = "passing/checks_three_things";
    heddle::sim::write_tape((inner.folder() / "fifo.tape").string(), tape);
    const outcome ran = inner.run(
        "--run_test=passing/checks_three_things --log_level=message -- --replay=fifo.tape");
    BOOST_TEST(ran.status == 0);
    BOOST_TEST(count(ran.out, "replayed from fifo.tape, no failure") == 1U);
}

BOOST_AUTO_TEST_CASE(bad_tapes_get_one_line_each) {
    const inner_program inner;
    static_cast<void>(inner.run("--run_test=failing/race"));
    const std::string good = text_of_file(inner.folder() / "failing.race.tape");
    std::string noise;
    for (std::uint32_t i = 1, x = 1; i < 5'000; ++i) {
        x = x * 1664525 + 1013904223;
        noise += static_cast<char>(x >> 24);
    }
    heddle::sim::tape other;
    other.program = "another/program";
    write_file(inner.folder() / "empty.tape", "");
    write_file(inner.folder() / "truncated.tape", good.substr(0, good.size() / 2));
    write_file(inner.folder() / "noise.tape", noise);
    heddle::sim::write_tape((inner.folder() / "other.tape").string(), other);
    std::filesystem::create_directory(inner.folder() / "folder.tape");
    for (const std::string name : {"empty", "truncated", "noise", "other", "folder", "missing"}) {
        BOOST_TEST_CONTEXT(name) {
            const outcome ran = inner.run("-- --replay=" + name + ".tape");
            BOOST_TEST(ran.status == 200);
            BOOST_TEST(ran.out == "");
            BOOST_TEST(count(ran.err, name + ".tape") == 1U);
            BOOST_TEST(count(ran.err, "\n") == 1U);
        }
    }
}

BOOST_AUTO_TEST_CASE(every_truncation_is_noticed) {
    const inner_program inner;
    static_cast<void>(inner.run("--run_test=failing/race"));
    const std::string good = text_of_file(inner.folder() / "failing.race.tape");
    for (std::size_t length = 0; length < good.size(); length += 1 + good.size() / 40) {
        write_file(inner.folder() / "cut.tape", good.substr(0, length));
        const outcome ran = inner.run("-- --replay=cut.tape");
        BOOST_TEST(ran.status == 200);
        BOOST_TEST(count(ran.err, "\n") == 1U);
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(coverage)

BOOST_AUTO_TEST_CASE(counts_are_in_the_message_of_a_case_that_passes) {
    const inner_program inner;
    const outcome ran = inner.run("--run_test=covered/sees_it_all --log_level=message");
    BOOST_TEST(ran.status == 0);
    BOOST_TEST(count(ran.out, "  in 20 of 20 runs: inner: it begins  ") == 1U);
    BOOST_TEST(count(ran.out, "  in 20 of 20 runs: inner: it goes on  ") == 1U);
}

BOOST_AUTO_TEST_CASE(what_is_missed_fails_the_case_at_its_place) {
    const inner_program inner;
    const outcome ran = inner.run("--run_test=covered/misses_something");
    BOOST_TEST(ran.status == 201);
    BOOST_TEST(count(ran.out, "error: ") == 1U);
    BOOST_TEST(count(ran.out, "'inner: it goes on' (cases.cpp:") == 1U);
    BOOST_TEST(count(ran.out, "was reached in none of 1000 runs\n  again:   ") == 1U);
    BOOST_TEST(count(ran.out, "inner: it begins") == 0U);
    BOOST_TEST(!std::filesystem::exists(inner.folder() / "covered.misses_something.tape"));
}

BOOST_AUTO_TEST_CASE(label_that_no_point_has_is_named) {
    const inner_program inner;
    const outcome ran = inner.run("--run_test=covered/asks_for_what_is_not_there");
    BOOST_TEST(ran.status == 201);
    BOOST_TEST(count(ran.out,
                     "this program has no point with the label 'inner: it ends'; its "
                     "labels: 'inner: it begins', 'inner: it goes on'") == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(strategies)

BOOST_AUTO_TEST_CASE(exhausted_is_said_where_it_is_true) {
    const inner_program inner;
    const outcome all = inner.run("--run_test=searched/keeps_sum --log_level=message");
    BOOST_TEST(all.status == 0);
    BOOST_TEST(count(all.out,
                     "searched/keeps_sum: no failure in 11 runs (seed 1): exhausted, there are no "
                     "other schedules\n") == 1U);
    BOOST_TEST(count(inner
                         .run("--run_test=searched/keeps_sum --log_level=message -- "
                              "--schedules=10")
                         .out,
                     "no failure in 10 runs (seed 1): not exhausted, there are more "
                     "schedules\n") == 1U);
    const outcome few = inner.run("--run_test=searched/has_too_few --log_level=message");
    BOOST_TEST(few.status == 0);
    BOOST_TEST(count(few.out, "no failure in 3 runs (seed 1): not exhausted, there are more ") ==
               1U);
    // Nobody says so of runs that are drawn.
    const outcome drawn =
        inner.run("--run_test=searched/keeps_sum --log_level=message -- --strategy=walk");
    BOOST_TEST(count(drawn.out, "no failure in 1000 schedules (seed 1)") == 1U);
    BOOST_TEST(count(drawn.out, "exhausted") == 0U);
}

BOOST_AUTO_TEST_CASE(the_case_says_which_and_the_command_line_wins) {
    const inner_program inner;
    const outcome searched = inner.run("--run_test=searched/is_found");
    BOOST_TEST(searched.status == 201);
    BOOST_TEST(count(searched.out, ", found by strategy exhaustive\n") == 1U);
    BOOST_TEST(inner.run_command(replay_command_in(searched.out)).status == 201);
    BOOST_TEST(
        count(inner.run("--run_test=searched/by_another").out, ", found by strategy walk\n") == 1U);
    const outcome asked = inner.run("--run_test=searched/by_another -- --strategy=pos");
    BOOST_TEST(count(asked.out, ", found by strategy pos\n") == 1U);
    BOOST_TEST(inner.run("--run_test=failing/race -- --strategy=fifo").status == 0);
}

BOOST_AUTO_TEST_CASE(one_that_there_is_not_fails_its_case_in_one_line) {
    const inner_program inner;
    const outcome ran = inner.run("--run_test=searched/by_luck");
    BOOST_TEST(ran.status == 201);
    BOOST_TEST(count(ran.out,
                     "error: in \"searched/by_luck\": heddle::with_strategy: there is no strategy "
                     "'luck', only: portfolio, walk, ") == 1U);
    BOOST_TEST(count(ran.out, "\n") == 2U);  // behind "Running 1 test case..."
    BOOST_TEST(inner.run("--run_test=searched/by_luck -- --strategy=walk").status == 0);
}

BOOST_AUTO_TEST_CASE(cancellations_are_made_where_they_are_asked_for) {
    const inner_program inner;
    for (const std::string name : {"searched/is_cancelled", "all_cancelled/is_cancelled"}) {
        const outcome ran = inner.run("--run_test=" + name);
        BOOST_TEST(ran.status == 201);
        BOOST_TEST(count(ran.out, "cases.cpp(" + line_of("one_holds") + "): error: ") == 1U);
        BOOST_TEST(count(ran.out, " was cancelled at its ") == 1U);
        BOOST_TEST(inner.run_command(replay_command_in(ran.out)).status == 201);
        BOOST_TEST(inner.run("--run_test=" + name + " -- --cancellations=no").status == 0);
    }
    for (const std::string name : {"searched/is_not_cancelled", "all_cancelled/says_otherwise"}) {
        BOOST_TEST(inner.run("--run_test=" + name).status == 0);
        const outcome ran = inner.run("--run_test=" + name + " -- --cancellations=yes");
        BOOST_TEST(ran.status == 201);
    }
}

BOOST_AUTO_TEST_CASE(the_command_that_explores_again_says_them_too) {
    const inner_program inner;
    const outcome ran = inner.run(
        "--run_test=failing/race -- --tape-dir=no/such --strategy=walk --cancellations=no");
    BOOST_TEST(ran.status == 201);
    BOOST_TEST(
        replay_command_in(ran.out).ends_with("-- --seed=1 --strategy=walk --cancellations=no"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(options)

BOOST_AUTO_TEST_CASE(bad_ones_get_one_line_each) {
    const inner_program inner;
    const std::pair<const char*, const char*> table[] = {
        {"--unknown", "unknown option '--unknown'"},
        {"--seeds=1", "unknown option '--seeds=1'"},
        {"word", "unknown option 'word'"},
        {"''", "unknown option ''"},
        {"--", "unknown option '--'"},
        {"--seed", "--seed: expected a value"},
        {"--seed=", "--seed: expected a value"},
        {"--seed=x", "--seed: expected a number from 0 to 18446744073709551615, found 'x'"},
        {"--seed=-1", "found '-1'"},
        {"--seed=1x", "found '1x'"},
        {"--seed=' 1'", "found ' 1'"},
        {"--seed=18446744073709551616", "found '18446744073709551616'"},
        {"--schedules=0", "--schedules: expected a number from 1"},
        {"--strategy=luck", "--strategy: there is no strategy 'luck', only: portfolio, walk, "},
        {"--strategy", "--strategy: expected a value"},
        {"--cancellations", "--cancellations: expected a value"},
        {"--cancellations=1", "--cancellations: there is no answer '1', only: yes, no"},
        {"--backend=no", "--backend: there is no 'no' in this program, only: sim\n"},
        {"--backend=asio", "--backend: there is no 'asio' in this program, only: sim\n"},
        {"--replay=", "--replay: expected a value"},
        {"--replay=x --seed=1", "leave out --seed and --backend"},
        {"--tape-dir=", "--tape-dir: expected a value"},
        {"--log", "--log: expected --replay=FILE beside it"},
        {"--log=1", "unknown option '--log=1'"},
        {"--report=", "--report: expected a value"},
        {"--report=x.txt",
         "--report: x.txt: expected a name that ends in .json, .trace.json or .html"},
    };
    for (const auto& [argument, expected] : table) {
        BOOST_TEST_CONTEXT(argument) {
            const outcome ran = inner.run("-- " + std::string(argument));
            BOOST_TEST(ran.status == 200);
            BOOST_TEST(ran.out == "");
            BOOST_TEST(count(ran.err, expected) == 1U);
            BOOST_TEST(count(ran.err, "\n") == 1U);
        }
    }
}

BOOST_AUTO_TEST_CASE(seed_and_schedules_are_followed) {
    const inner_program inner;
    const outcome ran = inner.run("--run_test=failing/race -- --seed=42 --schedules=500");
    BOOST_TEST(count(ran.out, " of 500 (seed 42)") == 1U);
    BOOST_TEST(count(inner.run("--run_test=failing/race -- --schedules=1").out, issued) == 0U);
    BOOST_TEST(inner.run("--run_test=failing/race -- --seed=42 --schedules=500").out == ran.out);
}

BOOST_AUTO_TEST_CASE(environment_is_read_first) {
    const inner_program inner;
    const std::string before = "HEDDLE_ARGS=' --seed=42  --schedules=77'";
    BOOST_TEST(count(inner.run("--run_test=failing/race", before).out, " of 77 (seed 42)") == 1U);
    BOOST_TEST(count(inner.run("--run_test=failing/race -- --seed=43", before).out,
                     " of 77 (seed 43)") == 1U);
    const outcome wrong = inner.run("", "HEDDLE_ARGS=--sed=1");
    BOOST_TEST(wrong.status == 200);
    BOOST_TEST(count(wrong.err, "in HEDDLE_ARGS: unknown option '--sed=1'\n") == 1U);
}

BOOST_AUTO_TEST_CASE(help_runs_nothing) {
    const inner_program inner;
    const outcome ran = inner.run("-- --help");
    BOOST_TEST(ran.status == 0);
    BOOST_TEST(ran.err == "");
    BOOST_TEST(count(ran.out, "usage: ") == 1U);
    BOOST_TEST(count(ran.out, "--schedules=N") == 1U);
    BOOST_TEST(count(ran.out, "Running") == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

#ifdef HEDDLE_INNER_WITH_ASIO

BOOST_AUTO_TEST_SUITE(on_asio)

BOOST_AUTO_TEST_CASE(it_is_linked_although_nothing_refers_to_it) {
    const inner_program inner(HEDDLE_INNER_WITH_ASIO);
    const outcome ran = inner.run("-- --backend=no");
    BOOST_TEST(count(ran.err, "only: sim, asio\n") == 1U);
}

BOOST_AUTO_TEST_CASE(cases_run_once_in_real_time) {
    const inner_program inner(HEDDLE_INNER_WITH_ASIO);
    const outcome ran = inner.run(
        "--run_test=passing/checks_three_things --run_test=passing/keeps_order "
        "--log_level=message --report_level=detailed -- --backend=asio");
    BOOST_TEST(ran.status == 0);
    BOOST_TEST(count(ran.out, "this is said once") == 1U);
    BOOST_TEST(count(ran.out, "no failure in") == 0U);
    BOOST_TEST(count(ran.err, "3 assertions out of 3 passed") == 1U);
    BOOST_TEST(count(ran.err, "1 assertion out of 1 passed") == 1U);
}

BOOST_AUTO_TEST_CASE(fixtures_and_failures_are_as_anywhere) {
    const inner_program inner(HEDDLE_INNER_WITH_ASIO);
    const auto run = [&](const std::string& name) {
        return inner.run("--run_test=" + name + " -- --backend=asio");
    };
    BOOST_TEST(run("fixtures/is_fresh").status == 0);
    const outcome child = run("failing/child_check");
    BOOST_TEST(child.status == 201);
    BOOST_TEST(count(child.out, "cases.cpp(" + line_of("child_check") +
                                    "): error: in \"failing/child_check\": check two == 3 has "
                                    "failed [2 != 3]") == 1U);
    const outcome require = run("failing/child_require");
    BOOST_TEST(require.status == 201);
    BOOST_TEST(count(require.out, "error: in ") == 1U);
    const outcome error = run("failing/lets_an_error_escape");
    BOOST_TEST(error.status == 201);
    BOOST_TEST(count(error.out, "the body threw this") == 1U);
    const outcome lost = run("failing/loses_an_error");
    BOOST_TEST(lost.status == 201);
    BOOST_TEST(count(lost.out, "std::runtime_error: a child threw this") == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

#endif
