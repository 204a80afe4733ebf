// SPDX-License-Identifier: BSL-1.0
#include "options.hpp"

#include <algorithm>

#include <heddle/sim/explore.hpp>
#include <heddle/sim/explorers.hpp>
#include <heddle/sim/reports.hpp>

namespace heddle::boost_test::detail {

namespace {

void take(options& result, std::string_view argument,
          const std::vector<std::string_view>& backends) {
    const sim::option given(argument);
    if (argument == "--help") {
        result.help = true;
    } else if (given.name() == "--seed") {
        result.seed = given.number(0);
    } else if (given.name() == "--schedules") {
        result.schedules = given.number(1);
    } else if (given.name() == "--strategy") {
        result.strategy = given.one_of(sim::strategy_names(), "strategy");
    } else if (given.name() == "--cancellations") {
        result.cancellations = given.yes_or_no();
    } else if (given.name() == "--replay") {
        result.replay_file = given.value();
    } else if (given.name() == "--tape-dir") {
        result.tape_folder = given.value();
    } else if (argument == "--log") {
        result.log = true;
    } else if (given.name() == "--report") {
        try {
            sim::check_report_name(result.report_files.emplace_back(given.value()));
        } catch (const sim::report_error& error) {
            throw option_error("--report: " + std::string(error.what()));
        }
    } else if (given.name() == "--backend") {
        const std::string_view value = given.value();
        if (std::find(backends.begin(), backends.end(), value) == backends.end()) {
            throw option_error("--backend: there is no '" + std::string(value) +
                               "' in this program, only: " + sim::joined(backends));
        }
        result.backend = value;
    } else {
        throw option_error("unknown option '" + std::string(argument) + "'");
    }
}

/// The names that --strategy knows, in lines of the help.
std::string strategies() {
    constexpr std::size_t column = 19;
    constexpr std::size_t width = 80;
    std::string text;
    std::string line(column, ' ');
    for (const std::string_view name : sim::strategy_names()) {
        const std::string word =
            std::string(name) + (name == sim::strategy_names().back() ? "" : ",");
        if (line.size() + 1 + word.size() > width) {
            text += line + "\n";
            line.assign(column, ' ');
        }
        line.append(line.size() == column ? "" : " ").append(word);
    }
    return text + line + "\n";
}

}  // namespace

options parse_options(std::string_view environment,
                      const std::vector<std::string_view>& command_line,
                      const std::vector<std::string_view>& backends,
                      const std::vector<std::string>& cases) {
    options result;
    while (!environment.empty()) {
        const std::size_t end = std::min(environment.find(' '), environment.size());
        if (end > 0) {
            try {
                take(result, environment.substr(0, end), backends);
            } catch (const option_error& error) {
                throw option_error(std::string("in HEDDLE_ARGS: ") + error.what());
            }
        }
        environment.remove_prefix(std::min(end + 1, environment.size()));
    }
    for (const std::string_view each : command_line) {
        take(result, each, backends);
    }
    if (result.help) {
        return result;
    }
    if (result.log && result.replay_file.empty()) {
        throw option_error("--log: expected --replay=FILE beside it");
    }
    if (!result.report_files.empty() && result.backend != "sim") {
        throw option_error("--report: reports are of the simulation: leave out --backend");
    }
    if (!result.replay_file.empty()) {
        if (result.seed || result.backend != "sim") {
            throw option_error(
                "--replay: a tape has a seed of its own and runs in the simulation: "
                "leave out --seed and --backend");
        }
        const std::string wanted =
            result.recorded.emplace(sim::read_tape(result.replay_file)).program;
        if (std::find(cases.begin(), cases.end(), wanted) == cases.end()) {
            throw option_error(result.replay_file + ": this tape is of '" + wanted +
                               "', which is no case of this program");
        }
    }
    return result;
}

std::string usage(std::string_view program, const std::vector<std::string_view>& backends) {
    return "usage: " + std::string(program) +
           " [option of Boost.Test]... [-- [option of heddle]...]\n"
           "\n"
           "  --seed=N         explore with this master seed (" +
           std::to_string(sim::default_seed) +
           ")\n"
           "  --schedules=N    explore at most so many schedules for each case (what the case\n"
           "                   says, or " +
           std::to_string(sim::default_schedules) +
           ")\n"
           "  --strategy=NAME  explore by this one (what the case says, or " +
           sim::explore_options{}.strategy + "). There are\n" + strategies() +
           "  --cancellations=yes|no\n"
           "                   whether each run may also cancel one task, at one of its awaits "
           "(what\n"
           "                   the case says, or no)\n"
           "  --replay=FILE    run only the case that this tape is of, once, as it was recorded\n"
           "  --log            with --replay: print each step of the run\n"
           "  --report=FILE    write the report of the last case that fails; the end of the name "
           "says\n"
           "                   how: .html is a page with a picture, .json is for other programs,\n"
           "                   .trace.json for ui.perfetto.dev. May be given more than once\n"
           "  --tape-dir=DIR   where tapes of failures are written (the current folder)\n"
           "  --backend=NAME   run each case once, on this backend: " +
           sim::joined(backends) +
           " (sim, which\n"
           "                   explores)\n"
           "  --help           this text\n"
           "\n"
           "The environment variable HEDDLE_ARGS holds options too, separated by spaces; those on\n"
           "the command line win.\n";
}

}  // namespace heddle::boost_test::detail
