// SPDX-License-Identifier: BSL-1.0
//
// The command line of conformance_runner.
#pragma once

#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <string>

namespace conformance {

struct options {
    enum class loop { plain, simulation, asio, asio_real };
    loop on = loop::plain;
    std::chrono::milliseconds stretch{20};
    std::size_t tries = 3;
    std::size_t jobs = 0;  ///< 0: as fits the loop
    std::string report;    ///< a file; empty: standard error
    bool help = false;
};

/// What --help prints.
[[nodiscard]] const char* usage() noexcept;

/// what() is one line, for people.
class bad_option : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Throws bad_option.
[[nodiscard]] options read_options(int count, const char* const* words);

}  // namespace conformance
