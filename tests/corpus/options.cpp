// SPDX-License-Identifier: BSL-1.0
#include "options.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <string_view>

#include <heddle/sim/explorers.hpp>

namespace corpus {

namespace {

/// The text behind "--name=", if the argument begins so.
std::optional<std::string_view> value_of(std::string_view argument, std::string_view name) {
    if (!argument.starts_with(name)) {
        return std::nullopt;
    }
    return argument.substr(name.size());
}

std::uint64_t number(std::string_view argument, std::string_view text, std::uint64_t least) {
    std::uint64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stopped != end || value < least) {
        throw usage_error(std::string(argument) + ": expected a whole number from " +
                          std::to_string(least) + " to " +
                          std::to_string(std::numeric_limits<std::uint64_t>::max()));
    }
    return value;
}

std::string strategies() {
    std::string text = "fifo";
    for (const std::string_view each : heddle::sim::explorer_names()) {
        if (each != "fifo") {
            text.append(", ").append(each);
        }
    }
    return text;
}

std::string strategy(std::string_view argument, std::string_view text) {
    const auto names = heddle::sim::explorer_names();
    if (text != "fifo" && std::find(names.begin(), names.end(), text) == names.end()) {
        throw usage_error(std::string(argument) + ": expected one of " + strategies());
    }
    return std::string(text);
}

bool is_fixed(std::string_view argument, std::string_view text) {
    if (text != "failing" && text != "fixed") {
        throw usage_error(std::string(argument) + ": expected failing or fixed");
    }
    return text == "fixed";
}

std::string file(std::string_view argument, std::string_view text) {
    if (text.empty()) {
        throw usage_error(std::string(argument) + ": expected the name of a file");
    }
    return std::string(text);
}

void parse_one(std::string_view argument, options& result) {
    if (argument == "--help") {
        result.help = true;
    } else if (argument == "--list") {
        result.list = true;
    } else if (argument == "--json") {
        result.json = true;
    } else if (argument == "--check") {
        result.check = true;
    } else if (const auto name = value_of(argument, "--program=")) {
        result.program = *name;
    } else if (const auto variant = value_of(argument, "--variant=")) {
        result.fixed = is_fixed(argument, *variant);
    } else if (const auto which = value_of(argument, "--strategy=")) {
        result.strategy = strategy(argument, *which);
    } else if (const auto schedules = value_of(argument, "--schedules=")) {
        result.schedules = number(argument, *schedules, 1);
    } else if (const auto seed = value_of(argument, "--seed=")) {
        result.seed = number(argument, *seed, 0);
    } else if (const auto run = value_of(argument, "--run=")) {
        result.run = number(argument, *run, 0);
    } else if (const auto tape = value_of(argument, "--tape=")) {
        result.tape = file(argument, *tape);
    } else if (const auto replayed = value_of(argument, "--replay=")) {
        result.replay = file(argument, *replayed);
    } else {
        throw usage_error(std::string(argument) + ": unknown option (try --help)");
    }
}

}  // namespace

options parse(int count, const char* const* arguments) {
    options result;
    for (int i = 1; i < count; ++i) {
        parse_one(arguments[i], result);
    }
    if (!result.help && !result.list && result.program.empty()) {
        throw usage_error("--program=NAME, or --list, is expected (try --help)");
    }
    if (!result.tape.empty() && !result.run) {
        throw usage_error("--tape=" + result.tape + ": expected --run=I as well");
    }
    if (!result.replay.empty() && result.run) {
        throw usage_error("--replay=" + result.replay + ": expected no --run beside it");
    }
    return result;
}

std::string help() {
    return "usage: corpus --list\n"
           "       corpus --program=NAME [--variant=failing|fixed] [--strategy=S] [--schedules=N]\n"
           "              [--seed=N] [--json]\n"
           "       corpus --program=NAME [--variant=V] [--strategy=S] [--seed=N] --run=I "
           "[--tape=FILE]\n"
           "       corpus --program=NAME [--variant=V] --replay=FILE\n"
           "       corpus --program=NAME --check\n"
           "\n"
           "Explores one of the programs with a planted bug, until it fails, and minimises what\n"
           "makes it fail.\n"
           "\n"
           "  --list         the programs, a name a line\n"
           "  --variant=V    failing (default), or fixed: the repaired program\n"
           "  --strategy=S   " +
           strategies() +
           "\n"
           "  --schedules=N  how many runs at most (default " +
           std::to_string(options{}.schedules) +
           ")\n"
           "  --seed=N       another campaign (default " +
           std::to_string(options{}.seed) +
           ")\n"
           "  --json         one line of JSON instead of a report; without the search by timing\n"
           "  --run=I        makes run I of that campaign alone, and says in one line of JSON what "
           "it\n"
           "                 did; --tape=FILE writes its tape\n"
           "  --replay=FILE  the same for the run that a tape says\n"
           "  --check        what the tests ask of a program: passes under FIFO, fails soon, the\n"
           "                 minimal schedule replays and needs each of its choices, and the\n"
           "                 repaired program holds\n"
           "\n"
           "Exit status: 0 if all is as expected, found or not; 1 if a fixed variant failed or a\n"
           "check did not hold; 2 if the command line is not to be understood.\n";
}

}  // namespace corpus
