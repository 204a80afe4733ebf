// SPDX-License-Identifier: BSL-1.0
#include <heddle/sim/driver.hpp>

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <exception>
#include <iostream>
#include <limits>
#include <set>
#include <utility>

#include <heddle/errors.hpp>
#include <heddle/sim/campaign.hpp>
#include <heddle/sim/command_line.hpp>
#include <heddle/sim/explorers.hpp>
#include <heddle/sim/replayed.hpp>
#include <heddle/sim/report.hpp>
#include <heddle/sim/reports.hpp>
#include <heddle/sim/traced_run.hpp>

#include "coverage.hpp"
#include "driver_options.hpp"
#include "exhaustive_runs.hpp"
#include "replay.hpp"
#include "text_file.hpp"
#include "wall_clock.hpp"

namespace heddle::sim {

namespace {

using detail::driver_options;

std::atomic<bool> interrupted{false};

/// While one lives, an interrupt is noted; a second one does what the first would have done.
class interrupts {
public:
    interrupts() noexcept {
        interrupted.store(false);
        struct sigaction noting{};
        noting.sa_handler = [](int) { interrupted.store(true); };
        noting.sa_flags = static_cast<int>(SA_RESETHAND);
        for (std::size_t i = 0; i < signals.size(); ++i) {
            ::sigaction(signals[i], &noting, &before_[i]);
        }
    }
    interrupts(const interrupts&) = delete;
    interrupts& operator=(const interrupts&) = delete;
    ~interrupts() {
        for (std::size_t i = 0; i < signals.size(); ++i) {
            ::sigaction(signals[i], &before_[i], nullptr);
        }
    }

private:
    static constexpr std::array<int, 2> signals{SIGINT, SIGTERM};
    std::array<struct sigaction, signals.size()> before_{};
};

/// One line on the terminal that is written over and over; nothing where there is no terminal.
class progress_line {
public:
    progress_line() : shown_(::isatty(STDERR_FILENO) == 1) {}
    progress_line(const progress_line&) = delete;
    progress_line& operator=(const progress_line&) = delete;
    ~progress_line() {
        if (shown_) {
            std::cerr << "\r\x1b[K" << std::flush;
        }
    }
    void show(const campaign_progress& now) const {
        if (shown_) {
            std::cerr << "\r" << now.runs << " schedules, "
                      << static_cast<std::uint64_t>(now.runs_a_second)
                      << " a second; strategies: " << joined(now.strategies) << "\x1b[K"
                      << std::flush;
        }
    }

private:
    bool shown_;
};

class driver {
public:
    driver(std::string command, const driver_options& asked,
           std::span<const named_program> programs)
        : command_(std::move(command)), asked_(asked), programs_(programs) {}

    int run() {
        if (asked_.help) {
            std::cout << detail::driver_help(command_);
            return drive_passed;
        }
        if (asked_.list) {
            for (const named_program& each : programs_) {
                std::cout << each.name << '\n';
            }
            return drive_passed;
        }
        if (!asked_.merged.empty()) {
            return merge_states();
        }
        return asked_.replay_file.empty() ? explore_each() : replay_tape();
    }

private:
    [[nodiscard]] const named_program& find(const std::string& name, const std::string& who) const {
        for (const named_program& each : programs_) {
            // As files have it.
            if (each.name == name || detail::line_of(each.name) == name) {
                return each;
            }
        }
        std::vector<std::string_view> names;
        for (const named_program& each : programs_) {
            names.push_back(each.name);
        }
        throw option_error(who + ": there is no program '" + name + "', only: " + joined(names));
    }

    // ---- exploring ---------------------------------------------------------------------

    int explore_each() {
        if (!asked_.tape_folder.empty() && ::access(asked_.tape_folder.c_str(), W_OK | X_OK) != 0) {
            throw option_error("--tape-folder: no tape can be written to '" + asked_.tape_folder +
                               "'");
        }
        if (!asked_.resume_file.empty()) {
            return resume();
        }
        if (!asked_.program.empty()) {
            return explore_one(find(asked_.program, "--program"), {});
        }
        if (programs_.size() > 1 && !asked_.state_file.empty()) {
            throw option_error("--state: it is of one program: expected --program=NAME too");
        }
        int status = drive_passed;
        for (const named_program& each : programs_) {
            const int of_this = explore_one(each, {});
            if (of_this == drive_stopped) {
                return status == drive_passed ? of_this : status;
            }
            status = std::max(status, of_this);
        }
        return status;
    }

    /// What the command line does not say is as in the state.
    int resume() {
        const campaign_state state = read_campaign_state(asked_.resume_file);
        const named_program& chosen = find(state.program, asked_.resume_file);
        if (!asked_.program.empty() && chosen.name != asked_.program) {
            throw option_error(asked_.resume_file +
                               ": this is the state of another campaign: " + "its program is '" +
                               state.program + "', not '" + asked_.program + "'");
        }
        return explore_one(chosen, state);
    }

    [[nodiscard]] campaign_options options_for(const named_program& chosen,
                                               const std::optional<campaign_state>& state) const {
        campaign_options result;
        explore_options& runs = result.explore;
        runs = chosen.options;
        runs.name = chosen.name;
        if (state) {
            runs.schedules = state->schedules;
            runs.seed = state->seed;
            runs.strategy = state->strategy;
            runs.allowed = state->allowed;
            runs.cancellations = state->cancellations;
            result.part = state->part;
        } else if (asked_.time_limit != duration::zero()) {
            runs.schedules = std::numeric_limits<std::uint64_t>::max();
        }
        runs.schedules = asked_.schedules.value_or(runs.schedules);
        runs.seed = asked_.seed.value_or(runs.seed);
        runs.strategy = asked_.strategy.value_or(runs.strategy);
        runs.allowed = asked_.allowed.value_or(runs.allowed);
        runs.cancellations = asked_.cancellations.value_or(runs.cancellations);
        result.part = asked_.part.value_or(result.part);
        result.jobs = asked_.jobs;
        result.time_limit = asked_.time_limit;
        result.hang = asked_.hang;
        result.minimise = asked_.minimise;
        result.check_determinism = asked_.check_determinism;
        result.resume_file = asked_.resume_file;
        result.state_file = asked_.state_file.empty() ? asked_.resume_file : asked_.state_file;
        return result;
    }

    int explore_one(const named_program& chosen, const std::optional<campaign_state>& state) {
        campaign_options options = options_for(chosen, state);
        detail::check_exhaustive(options.explore.strategy, asked_);
        campaign_result result;
        {
            const interrupts noted;
            const progress_line line;
            options.stop = [] { return interrupted.load(); };
            options.on_progress = [&line](const campaign_progress& now) { line.show(now); };
            if (is_exhaustive(options.explore.strategy)) {
                result = search_exhaustively(chosen, options, line);
            } else {
                result = run_campaign(chosen.main, options);
            }
        }
        if (result.explored.found) {
            return report_failure(result.explored, options);
        }
        const bool reported = failed_before_ || write_reports(result.explored, "");
        const int passed = reported ? drive_passed : drive_refused;
        const bool exhaustive = is_exhaustive(options.explore.strategy);
        // A search makes some schedules more than once.
        const std::string done = "no failure in " +
                                 counted(result.explored.schedules, exhaustive ? "run" : "schedule",
                                         exhaustive ? "runs" : "schedules") +
                                 " (seed " + std::to_string(result.explored.seed) + ")";
        if (result.ended == campaign_end::stopped) {
            std::cout.flush();
            std::cerr << command_ << ": " << chosen.name << ": stopped: " << done
                      << (options.state_file.empty()
                              ? "; without --state=FILE it cannot be gone on with"
                              : "; go on with --resume=" + quoted(options.state_file))
                      << '\n';
            return drive_stopped;
        }
        if (exhaustive) {
            std::cout << chosen.name << ": " << done
                      << (result.explored.exhausted ? ": exhausted, there are no other schedules"
                                                    : ": not exhausted, there are more schedules")
                      << std::endl;
            return passed;
        }
        std::cout << chosen.name << ": " << done
                  << (result.ended == campaign_end::out_of_time ? ", the time is over" : "")
                  << std::endl;
        return passed;
    }

    /// In this process: each run is made out of the one before.
    [[nodiscard]] static campaign_result search_exhaustively(const named_program& chosen,
                                                             const campaign_options& options,
                                                             const progress_line& line) {
        explore_options runs = options.explore;
        runs.stop = options.stop;
        const duration start = detail::real_time();
        runs.on_progress = [&](std::uint64_t made) {
            const double seconds =
                std::chrono::duration<double>(detail::real_time() - start).count();
            line.show({made,
                       seconds > 0 ? static_cast<double>(made) / seconds : 0,
                       {std::string_view(options.explore.strategy)}});
        };
        campaign_result result;
        result.explored = explore(chosen.main, runs);
        if (options.stop() && !result.explored.exhausted) {
            result.ended = campaign_end::stopped;
        }
        return result;
    }

    /// False, with a complaint, if one cannot be written: what was found is told all the same.
    bool write_reports(const exploration& result, std::string_view again) const {
        bool all = true;
        for (const std::string& file : asked_.report_files) {
            try {
                write_report(file, result, again);
            } catch (const report_error& error) {
                std::cerr << command_ << ": no report: " << error.what() << '\n';
                all = false;
            }
        }
        return all;
    }

    int report_failure(const exploration& result, const campaign_options& options) {
        failed_before_ = true;
        const finding& found = *result.found;
        const std::string file = tape_file(asked_.tape_folder, result.name);
        std::string again = quoted(command_) + " --replay=" + quoted(file);
        std::string problem;
        const bool taped = found.what.what != failure_class::coverage;  // that is no run's
        try {
            if (taped) {
                write_tape(file, found.minimal_tape);
            }
        } catch (const tape_error& error) {
            problem = error.what();
        }
        // A tape does not make two processes differ, and one that is not there nothing.
        if (!taped || !problem.empty() || found.what.what == failure_class::nondeterminism) {
            again = campaign_command(result, options);
        }
        std::cout << report(result, again) << std::endl;
        static_cast<void>(write_reports(result, again));
        if (!problem.empty()) {
            std::cerr << command_ << ": no tape: " << problem << '\n';
        }
        return drive_failed;
    }

    /// What differs from what the program says by itself.
    [[nodiscard]] std::string campaign_command(const exploration& result,
                                               const campaign_options& options) const {
        const explore_options& runs = options.explore;
        const explore_options& usual = find(runs.name, "--program").options;
        std::string text = quoted(command_);
        if (programs_.size() > 1) {
            text += " --program=" + quoted(runs.name);
        }
        text += " --seed=" + std::to_string(runs.seed);
        if (runs.schedules != usual.schedules) {
            // With a limit of time there may be no other: those that were made do it.
            const bool endless = runs.schedules == std::numeric_limits<std::uint64_t>::max();
            text += " --schedules=" + std::to_string(endless ? result.schedules : runs.schedules);
        }
        if (runs.strategy != usual.strategy) {
            text += " --strategy=" + runs.strategy;
        }
        if (runs.allowed != usual.allowed) {
            text += " --level=" + std::string(name_of(runs.allowed));
        }
        if (runs.cancellations != usual.cancellations) {
            text += runs.cancellations ? " --cancellations=yes" : " --cancellations=no";
        }
        if (options.part != shard{}) {
            text += " --shard=" + std::to_string(options.part.number) + "/" +
                    std::to_string(options.part.of);
        }
        return text + (options.check_determinism ? " --check-determinism" : "");
    }

    // ---- replaying ---------------------------------------------------------------------

    int replay_tape() {
        const tape recorded = read_tape(asked_.replay_file);
        const named_program& chosen = find(recorded.program, asked_.replay_file);
        if (!asked_.program.empty() && chosen.name != asked_.program) {
            throw option_error(asked_.replay_file + ": this tape is of '" + recorded.program +
                               "', not of '" + asked_.program + "'");
        }
        explore_options options = chosen.options;
        options.name = recorded.program;
        detail::run_signs signs;
        detail::run_watch watch(signs, {});
        if (asked_.break_at != 0) {
            watch.stop_before(asked_.break_at, [](const run_record&) { ::raise(SIGTRAP); });
        }
        run_record run;
        try {
            run = detail::replay_watched(chosen.main, recorded, options, &watch);
        } catch (const replay_error& error) {
            std::string edited = error.what();
            run = replay_edited(chosen.main, recorded, options, edited);
            std::cout << asked_.replay_file << ": " << edited << std::endl;
        }
        const std::string again = quoted(command_) + " --replay=" + quoted(asked_.replay_file);
        if (asked_.log) {
            std::cout << log_of(run) << std::flush;
        }
        if (run.failed) {
            const run_record fifo =
                detail::replay_watched(chosen.main, fifo_tape(recorded), options, nullptr);
            const exploration found = as_found(recorded, run, &fifo, 0);
            std::cout << report(found, again) << std::endl;
            static_cast<void>(write_reports(found, again));
        } else {
            std::cout << chosen.name << ": replayed from " << asked_.replay_file << ", no failure"
                      << std::endl;
        }
        if (asked_.break_at > run.steps) {
            throw option_error("--break-at: the run has " + std::to_string(run.steps) +
                               " steps only");
        }
        return run.failed ? drive_failed : drive_passed;
    }

    // ---- merging -----------------------------------------------------------------------

    int merge_states() {
        std::vector<named_state> states;
        for (const std::string& file : asked_.merged) {
            states.push_back({file, read_campaign_state(file)});
        }
        const merged_campaign all = merge(states);
        const campaign_state& any = states.front().state;
        const std::string missing = all.missing.empty() ? "" : " (" + all.missing + ")";
        if (all.failing) {
            std::cout << any.program << ": the first failure" << (all.complete ? "" : " so far")
                      << " is schedule " << *all.failing << ", of shard " << all.where.number << "/"
                      << all.where.of << missing << ": " << all.failure_text << std::endl;
            return drive_failed;
        }
        if (all.complete && report_missed_coverage(any, all)) {
            return drive_failed;
        }
        std::cout << any.program << ": no failure in " << counted(all.runs, "schedule", "schedules")
                  << " (seed " << any.seed << ")" << missing << std::endl;
        return all.complete ? drive_passed : drive_stopped;
    }

    /// No shard alone can tell what the campaign has not seen.
    bool report_missed_coverage(const campaign_state& any, const merged_campaign& all) const {
        const explore_options& options = find(any.program, "--merge").options;
        exploration whole;
        whole.name = any.program;
        whole.seed = any.seed;
        whole.schedules = all.runs;
        whole.coverage = detail::covered(all.coverage, options.must_see);
        detail::judge_coverage(whole, options);
        if (whole.found) {
            std::cout << report(whole, "") << std::endl;
        }
        return whole.found.has_value();
    }

    std::string command_;
    const driver_options& asked_;
    std::span<const named_program> programs_;
    bool failed_before_ = false;  // a program did, of several
};

void check_programs(std::span<const named_program> programs) {
    std::set<std::string> names;
    for (const named_program& each : programs) {
        if (each.name.empty() || !each.main || !names.insert(tape_file({}, each.name)).second) {
            throw usage_error("sim::drive: programs have names, and their tapes different ones");
        }
    }
    if (names.empty()) {
        throw usage_error("sim::drive: there is no program");
    }
}

}  // namespace

int drive(int argc, char** argv, std::span<const named_program> programs) {
    check_programs(programs);
    const std::string command = argc > 0 ? argv[0] : "program";
    int status = drive_refused;
    try {
        const std::vector<std::string_view> arguments(argv + std::min(argc, 1), argv + argc);
        const driver_options asked = detail::parse_driver_options(arguments);
        status = driver(command, asked, programs).run();
    } catch (const std::exception& error) {
        std::cout.flush();
        std::cerr << command << ": " << error.what() << '\n';
        return drive_refused;
    }
    if (!std::cout.flush()) {
        std::cerr << command << ": the standard output cannot be written\n";
        return status == drive_passed ? static_cast<int>(drive_refused) : status;
    }
    return status;
}

int drive(int argc, char** argv, std::initializer_list<named_program> programs) {
    return drive(argc, argv, std::span<const named_program>(programs.begin(), programs.size()));
}

}  // namespace heddle::sim
