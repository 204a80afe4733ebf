// SPDX-License-Identifier: BSL-1.0
//
// The loops that a program can be run on. Each run has a new one, whose clock begins at 0.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "program.hpp"

namespace conformance {

struct run_result {
    std::vector<std::string> trace;
    /// In real time: something ran so late that the clock had moved on beyond what was waited for.
    /// Then deadlines that differ may have come due together, and the trace says little.
    bool too_close_to_call = false;
};

/// A plain loop on sim's virtual clock.
[[nodiscard]] run_result run_in_virtual_time(const program& what);
/// A simulation in which everything is open and the first option is always taken.
[[nodiscard]] run_result run_in_simulation(const program& what);
/// A loop on Boost.Asio, whose timers are those of a clock that jumps to each deadline instead of
/// letting it be waited for.
[[nodiscard]] run_result run_on_asio(const program& what);
/// A loop on Boost.Asio in real time; `stretch` is how long a millisecond of the program lasts.
[[nodiscard]] run_result run_in_real_time(const program& what, std::chrono::milliseconds stretch);

}  // namespace conformance
