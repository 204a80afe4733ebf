// SPDX-License-Identifier: BSL-1.0
//
// The command line of the corpus.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

#include <heddle/sim/explore.hpp>

namespace corpus {

struct options {
    bool help = false;
    bool list = false;
    std::string program;
    bool fixed = false;
    std::string strategy = heddle::sim::explore_options{}.strategy;
    std::uint64_t schedules = 100'000;
    std::uint64_t seed = heddle::sim::default_seed;
    bool json = false;
    bool check = false;
    std::optional<std::uint64_t> run;  ///< only this run of the campaign
    std::string tape;                  ///< where its tape goes
    std::string replay;                ///< only what this tape says
};

/// A command line that cannot be understood: what() is one line that says what was expected.
class usage_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Throws usage_error. Whether there is such a program is not looked at here.
[[nodiscard]] options parse(int count, const char* const* arguments);

[[nodiscard]] std::string help();

}  // namespace corpus
