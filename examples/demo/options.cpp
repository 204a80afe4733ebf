// SPDX-License-Identifier: BSL-1.0
#include "options.hpp"

#include <charconv>
#include <limits>
#include <optional>
#include <string_view>

namespace demo {

namespace {

/// The text behind "--name=", if the argument begins so.
std::optional<std::string_view> value_of(std::string_view argument, std::string_view name) {
    if (argument.substr(0, name.size()) != name) {
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

}  // namespace

options parse(int count, const char* const* arguments) {
    options result;
    bool explores = false;
    for (int i = 1; i < count; ++i) {
        const std::string_view argument = arguments[i];
        if (argument == "--help") {
            result.help = true;
        } else if (const auto seed = value_of(argument, "--seed=")) {
            result.seed = number(argument, *seed, 0);
            explores = true;
        } else if (const auto schedules = value_of(argument, "--schedules=")) {
            result.schedules = number(argument, *schedules, 1);
            explores = true;
        } else if (const auto file = value_of(argument, "--replay=")) {
            if (file->empty()) {
                throw usage_error("--replay=: expected the name of a tape's file");
            }
            result.replay = *file;
        } else {
            throw usage_error(std::string(argument) + ": unknown option (try --help)");
        }
    }
    if (explores && !result.replay.empty()) {
        throw usage_error(
            "--replay: a tape says all that is needed: leave out --seed and --schedules");
    }
    return result;
}

std::string help() {
    return "usage: heddle_demo [--seed=N] [--schedules=N]\n"
           "       heddle_demo --replay=FILE\n"
           "\n"
           "Runs a faulty program in virtual time, finds its bug by exploring other schedules,\n"
           "replays it, and shows that the repaired program is clean, there and on Boost.Asio.\n"
           "\n"
           "  --seed=N       another campaign (default " +
           std::to_string(heddle::sim::default_seed) +
           ")\n"
           "  --schedules=N  how many schedules to explore at most (default " +
           std::to_string(heddle::sim::default_schedules) +
           ")\n"
           "  --replay=FILE  only runs the faulty program again, from a tape\n"
           "\n"
           "Exit status: 0 if everything went as expected (the bug was found, and not in the\n"
           "repaired program), 1 if not, 2 if the command line or the tape is not to be\n"
           "understood. With --replay: 1 if the run fails, as it should with a tape of the bug.\n";
}

}  // namespace demo
