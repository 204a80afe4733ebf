// SPDX-License-Identifier: BSL-1.0
//
// The command line of drive(). To add an option: a member here, and an entry of the table in
// driver_options.cpp, from which the help is made too.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <heddle/sim/campaign.hpp>
#include <heddle/sim/driver.hpp>

namespace heddle::sim::detail {

struct driver_options {
    bool help = false;
    bool list = false;
    std::string program;
    // What is explored. Nothing: as the program, or the state that is resumed, says.
    std::optional<std::uint64_t> schedules;
    std::optional<std::uint64_t> seed;
    std::optional<std::string> strategy;
    std::optional<level> allowed;
    std::optional<bool> cancellations;
    std::optional<shard> part;
    bool check_determinism = false;
    // How.
    duration time_limit{};
    std::uint64_t jobs = 1;
    duration hang = campaign_options{}.hang;
    bool minimise = true;
    std::string tape_folder;
    std::string state_file;
    std::string resume_file;
    std::vector<std::string> report_files;
    // In place of exploring.
    std::string replay_file;
    std::uint64_t break_at = 0;
    bool log = false;
    std::vector<std::string> merged;
};

/// Throws option_error.
[[nodiscard]] driver_options parse_driver_options(std::span<const std::string_view> arguments);

/// Throws option_error if `strategy`, which a program may ask for by itself, is an exhaustive one and
/// an option does not go with it.
void check_exhaustive(std::string_view strategy, const driver_options& all);

[[nodiscard]] std::string driver_help(std::string_view command);

}  // namespace heddle::sim::detail
