// SPDX-License-Identifier: BSL-1.0
#include "options.hpp"

#include <algorithm>
#include <charconv>

#include <heddle/sim/explore.hpp>

namespace heddle::boost_test::detail {

namespace {

std::string joined(const std::vector<std::string_view>& words) {
    std::string text;
    for (const std::string_view each : words) {
        text.append(text.empty() ? "" : ", ").append(each);
    }
    return text;
}

std::uint64_t number(std::string_view name, std::string_view value, std::uint64_t least) {
    std::uint64_t result = 0;
    const auto [stopped, error] =
        std::from_chars(value.data(), value.data() + value.size(), result);
    if (error != std::errc{} || stopped != value.data() + value.size() || result < least) {
        throw option_error(std::string(name) + ": expected a number from " + std::to_string(least) +
                           " to 18446744073709551615, found '" + std::string(value) + "'");
    }
    return result;
}

void take(options& result, std::string_view argument,
          const std::vector<std::string_view>& backends) {
    if (argument == "--help") {
        result.help = true;
        return;
    }
    const std::size_t separator = argument.find('=');
    const std::string_view name = argument.substr(0, separator);
    const bool known = name == "--seed" || name == "--schedules" || name == "--replay" ||
                       name == "--backend" || name == "--tape-dir";
    if (!known) {
        throw option_error("unknown option '" + std::string(argument) + "'");
    }
    if (separator == std::string_view::npos || separator + 1 == argument.size()) {
        throw option_error(std::string(name) + ": expected a value: " + std::string(name) + "=...");
    }
    const std::string_view value = argument.substr(separator + 1);
    if (name == "--seed") {
        result.seed = number(name, value, 0);
    } else if (name == "--schedules") {
        result.schedules = number(name, value, 1);
    } else if (name == "--replay") {
        result.replay_file = value;
    } else if (name == "--tape-dir") {
        result.tape_folder = value;
    } else if (std::find(backends.begin(), backends.end(), value) != backends.end()) {
        result.backend = value;
    } else {
        throw option_error("--backend: there is no '" + std::string(value) +
                           "' in this program, only: " + joined(backends));
    }
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
    if (!result.replay_file.empty() && !result.help) {
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
           "  --replay=FILE    run only the case that this tape is of, once, as it was recorded\n"
           "  --tape-dir=DIR   where tapes of failures are written (the current folder)\n"
           "  --backend=NAME   run each case once, on this backend: " +
           joined(backends) +
           " (sim, which\n"
           "                   explores)\n"
           "  --help           this text\n"
           "\n"
           "The environment variable HEDDLE_ARGS holds options too, separated by spaces; those on\n"
           "the command line win.\n";
}

std::string quoted(std::string_view word) {
    constexpr std::string_view plain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,+@%";
    if (!word.empty() && word.find_first_not_of(plain) == std::string_view::npos) {
        return std::string(word);
    }
    std::string result = "'";
    for (const char c : word) {
        result += c == '\'' ? std::string("'\\''") : std::string(1, c);
    }
    return result + "'";
}

}  // namespace heddle::boost_test::detail
