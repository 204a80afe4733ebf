// SPDX-License-Identifier: BSL-1.0
//
// Deviations from FIFO: those that a run shows, and what people read of them.
#pragma once

#include <cstdint>
#include <vector>

#include <heddle/sim/explore.hpp>

namespace heddle::sim::detail {

[[nodiscard]] inline deviation make_deviation(deviation::sort what, std::uint64_t event,
                                              std::uint64_t until, std::uint32_t option) {
    deviation result;
    result.what = what;
    result.event = event;
    result.until = until;
    result.option = option;
    return result;
}

/// "e waits for f" for each event e that was passed over, where f ran just before e; what is still
/// pending at the end waited for the event that failed. Then delays, and operations that came
/// early. Without texts.
[[nodiscard]] std::vector<deviation> derive_constraints(const run_trace& trace);

/// As they come in the run that they make.
void sort_by_time(std::vector<deviation>& all, const run_trace& trace);

/// Gives them texts and places, from the run that they make and its tape's entries.
void describe_deviations(std::vector<deviation>& all, const run_trace& trace,
                         const std::vector<choice>& choices);

}  // namespace heddle::sim::detail
