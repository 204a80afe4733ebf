// SPDX-License-Identifier: BSL-1.0
//
// The command line of the demo.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

#include <heddle/sim.hpp>

namespace demo {

struct options {
    std::uint64_t seed = heddle::sim::default_seed;
    std::uint64_t schedules = heddle::sim::default_schedules;
    std::string replay;  // a tape's file; empty: the whole demo
    bool help = false;
};

/// A command line that cannot be understood: what() is one line that says what was expected.
class usage_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Throws usage_error.
[[nodiscard]] options parse(int count, const char* const* arguments);

[[nodiscard]] std::string help();

}  // namespace demo
