// SPDX-License-Identifier: BSL-1.0
//
// What stands behind "--" on the command line, and in the environment variable HEDDLE_ARGS.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <heddle/sim/command_line.hpp>
#include <heddle/sim/tape.hpp>

namespace heddle::boost_test::detail {

using sim::option_error;

struct options {
    std::optional<std::uint64_t> seed;
    std::optional<std::uint64_t> schedules;
    std::optional<std::string> strategy;
    std::optional<bool> cancellations;
    std::string backend = "sim";
    std::string tape_folder;
    std::string replay_file;
    std::optional<sim::tape> recorded;  ///< what replay_file holds
    std::vector<std::string> report_files;
    bool log = false;
    bool help = false;
};

/// `environment` is the value of HEDDLE_ARGS; `backends` are the names to choose from; `cases` are
/// the full names of all cases that a tape can be of. Later options win. Throws option_error or
/// sim::tape_error.
[[nodiscard]] options parse_options(std::string_view environment,
                                    const std::vector<std::string_view>& command_line,
                                    const std::vector<std::string_view>& backends,
                                    const std::vector<std::string>& cases);

[[nodiscard]] std::string usage(std::string_view program,
                                const std::vector<std::string_view>& backends);

}  // namespace heddle::boost_test::detail
