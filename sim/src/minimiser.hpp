// SPDX-License-Identifier: BSL-1.0
//
// From a failing run to the fewest deviations from FIFO that fail in the same way.
//
// Deviations are order constraints ("e waits until f has run") on top of FIFO, rather than numbers
// of steps: they survive each other's removal. The list is shrunk by delta debugging (Zeller and
// Hildebrandt, "Simplifying and isolating failure-inducing input", 2002) and is 1-minimal in the
// end: without any one of its members the failure is gone. Should the constraints derived from a
// run not fail as it did, the tape's own entries are used in their place.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <heddle/sim/explore.hpp>

#include "runner.hpp"

namespace heddle::sim::detail {

struct minimal_schedule {
    std::vector<deviation> deviations;  ///< with their texts
    tape exact;                         ///< replays that run
    failure failed;
    traced_run run;
    std::uint64_t replays = 0;
};

/// `failing` is the tape of a run that failed as `wanted` says. Nothing if that tape does not fail
/// the same way again: the program is not deterministic.
[[nodiscard]] std::optional<minimal_schedule> minimise(runner& runs, const tape& failing,
                                                       const failure& wanted,
                                                       std::uint64_t most_replays);

}  // namespace heddle::sim::detail
