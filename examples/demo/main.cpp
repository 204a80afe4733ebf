// SPDX-License-Identifier: BSL-1.0
//
// The demo: payments.hpp run plainly, explored, reported, replayed, repaired, and run on
// Boost.Asio. Each stage says what it does; the exit status is 0 only if all went as expected.
#include <chrono>
#include <cstdint>
#include <exception>
#include <iomanip>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

#include <unistd.h>

#include <heddle/asio_backend.hpp>
#include <heddle/sim.hpp>

#include "options.hpp"
#include "payments.hpp"

namespace {

namespace sim = heddle::sim;
using payments::lock_place;
using payments::statement;

constexpr lock_place faulty = lock_place::after_the_balance_is_read;
constexpr lock_place repaired = lock_place::before_the_balance_is_read;
constexpr const char* tape_file = "payments.tape";

bool balanced(const statement& end) { return end.left + end.earned == payments::paid_in; }

std::string text_of(const statement& end) {
    return std::to_string(end.left) + " left + " + std::to_string(end.earned) +
           " earned = " + std::to_string(end.left + end.earned) + " of " +
           std::to_string(payments::paid_in);
}

/// What is explored: the program, and what must hold in the end. `seen` takes what it said.
template <lock_place place>
sim::program checked(statement& seen) {
    return [&seen]() -> heddle::coro<void> {
        seen = co_await payments::business<place>();
        sim::check(balanced(seen), "left + earned == paid_in");
    };
}

// ---- what is printed -----------------------------------------------------------------------

void say_stage(int number, std::string_view what) {
    std::cout << '[' << number << "/6] " << what << std::endl;
}

void say(std::string_view what) { std::cout << "      " << what << std::endl; }

std::string hexadecimal(std::uint64_t value) {
    std::ostringstream text;
    text << "0x" << std::hex << std::setfill('0') << std::setw(16) << value;
    return text.str();
}

/// How far an exploration is, on a terminal only.
class progress {
public:
    explicit progress(std::uint64_t asked) : asked_(asked) {}
    progress(const progress&) = delete;
    progress& operator=(const progress&) = delete;
    ~progress() {
        if (shown_) {
            std::cerr << "\r\033[K" << std::flush;
        }
    }
    void show(std::uint64_t made) {
        if (on_terminal_) {
            std::cerr << "\r      " << made << " of " << asked_ << " schedules" << std::flush;
            shown_ = true;
        }
    }

private:
    std::uint64_t asked_;
    bool on_terminal_ = isatty(STDERR_FILENO) != 0;
    bool shown_ = false;
};

/// What the cards did to the family's account, and which write is over one that it has not seen.
void print_story(const statement& told) {
    say("what the cards did to the family's account:");
    int writes = 0;
    std::map<std::string, int> writes_seen;
    for (const payments::ledger::entry& each : told.log) {
        if (each.what != payments::ledger::family || each.who.substr(0, 4) != "card") {
            continue;
        }
        std::ostringstream line;
        line << "  " << std::setw(8) << sim::text_of(each.when) << "  " << each.who
             << (each.written ? " writes " : " reads  ") << std::setw(4) << each.balance;
        if (!each.written) {
            writes_seen[each.who] = writes;
        } else if (writes_seen[each.who] != writes++) {
            line << "   <- knows nothing of the write before";
        }
        say(line.str());
    }
}

// ---- the stages ----------------------------------------------------------------------------

sim::explore_options exploration_of(std::string name, const demo::options& chosen,
                                    progress& shown) {
    sim::explore_options result;
    result.name = std::move(name);
    result.seed = chosen.seed;
    result.schedules = chosen.schedules;
    result.on_progress = [&shown](std::uint64_t made) { shown.show(made); };
    return result;
}

bool run_plainly() {
    say_stage(1, "run the faulty program once, in virtual time");
    const statement end = sim::run(payments::business<faulty>);
    say((balanced(end) ? "passes: " : "FAILS: ") + text_of(end));
    return balanced(end);
}

sim::exploration explore_faulty(const demo::options& chosen) {
    say_stage(2, "explore other schedules of it, up to " + std::to_string(chosen.schedules));
    progress shown(chosen.schedules);
    statement seen;
    return sim::explore(checked<faulty>(seen), exploration_of("payments", chosen, shown));
}

sim::run_record replay(const sim::tape& recorded, statement& seen) {
    sim::explore_options options;
    options.name = "payments";
    return sim::replay(checked<faulty>(seen), recorded, options);
}

/// The digest of the minimal schedule's run, which the replay from the file must have too.
std::uint64_t print_report_and_write_tape(const sim::exploration& result, const char* command) {
    say_stage(3, "the report, and the tape of the minimal schedule");
    std::cout << '\n'
              << sim::report(result, std::string(command) + " --replay=" + tape_file) << "\n\n";
    statement seen;
    const std::uint64_t digest = replay(result.found->minimal_tape, seen).digest;
    sim::write_tape(tape_file, result.found->minimal_tape);
    say("wrote " + std::string(tape_file) + "; digest of the run: " + hexadecimal(digest));
    return digest;
}

bool replay_file(const sim::failure& wanted, std::uint64_t digest) {
    say_stage(4, "replay " + std::string(tape_file));
    statement seen;
    const sim::run_record run = replay(sim::read_tape(tape_file), seen);
    const bool same_failure = run.failed && run.failed->same_as(wanted);
    say(same_failure ? "fails in the same way: " + text_of(seen) : "does NOT fail in the same way");
    const bool same_digest = run.digest == digest;
    say("digest of the run: " + hexadecimal(run.digest) +
        (same_digest ? ", the same" : ", NOT the same"));
    print_story(seen);
    return same_failure && same_digest;
}

bool explore_repaired(const demo::options& chosen) {
    say_stage(5, "explore the repaired program, which takes its lock before it reads");
    statement seen;
    sim::exploration result;
    {
        progress shown(chosen.schedules);
        result = sim::explore(checked<repaired>(seen),
                              exploration_of("payments-repaired", chosen, shown));
    }
    if (result.found) {
        std::cout << sim::report(result, "") << '\n';
        return false;
    }
    say("clean: " + std::to_string(result.schedules) + " schedules, " +
        std::to_string(result.steps) + " steps, no failure");
    return true;
}

bool run_on_asio() {
    say_stage(6, "run the repaired program on Boost.Asio, in real time");
    const auto begun = std::chrono::steady_clock::now();
    const statement end = heddle::run(payments::business<repaired>);
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - begun);
    say((balanced(end) ? "passes: " : "FAILS: ") + text_of(end) + "; took " +
        std::to_string(took.count()) + " ms");
    return balanced(end);
}

bool run_all(const demo::options& chosen, const char* command) {
    if (!run_plainly()) {
        return false;
    }
    const sim::exploration result = explore_faulty(chosen);
    if (!result.found) {
        say("NOT found; schedules explored: " + std::to_string(result.schedules) +
            "; try more (--schedules=N)");
        return false;
    }
    say("found: schedule " + std::to_string(result.found->schedule) + " fails");
    const std::uint64_t digest = print_report_and_write_tape(result, command);
    return replay_file(result.found->minimal_failure, digest) && explore_repaired(chosen) &&
           run_on_asio();
}

/// Whether the run passes.
bool replay_only(const std::string& file) {
    statement seen;
    const sim::run_record run = replay(sim::read_tape(file), seen);
    std::cout << file << (run.failed ? " fails: " + run.failed->message : " passes") << '\n';
    if (run.failed) {
        print_story(seen);
    }
    std::cout << "      digest of the run: " << hexadecimal(run.digest) << '\n';
    return !run.failed;
}

int demo_main(const demo::options& chosen, const char* command) {
    bool good = true;
    if (chosen.help) {
        std::cout << demo::help();
    } else if (!chosen.replay.empty()) {
        good = replay_only(chosen.replay);
    } else {
        good = run_all(chosen, command);
        std::cout
            << (good ? "all as expected: the bug was found, replayed, and is gone when repaired"
                     : "NOT as expected")
            << '\n';
    }
    if (!std::cout.flush()) {
        std::cerr << command << ": the output could not be written\n";
        good = false;
    }
    return good ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
    const char* const command = count > 0 ? arguments[0] : "heddle_demo";
    const auto refuse = [&](const std::exception& error, int status) {
        std::cerr << command << ": " << error.what() << '\n';
        return status;
    };
    demo::options chosen;
    try {
        chosen = demo::parse(count, arguments);
    } catch (const demo::usage_error& error) {
        return refuse(error, 2);
    }
    try {
        return demo_main(chosen, command);
    } catch (const sim::tape_error& error) {
        return refuse(error, chosen.replay.empty() ? 1 : 2);
    } catch (const sim::replay_error& error) {
        return refuse(error, chosen.replay.empty() ? 1 : 2);
    } catch (const std::exception& error) {
        return refuse(error, 1);
    }
}
