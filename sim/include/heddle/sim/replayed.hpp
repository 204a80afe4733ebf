// SPDX-License-Identifier: BSL-1.0
//
// The report of a run that was replayed from a tape, in the words of the report that came with the
// tape.
#pragma once

#include <cstdint>

#include <heddle/sim/explore.hpp>

namespace heddle::sim {

/// What a campaign would have found, had it come to this run of `recorded`, which `failed`. `asked`
/// is the number of schedules of the campaign. What a tape does not tell is left out: whether
/// timing alone can do it, where the tape's level is `any`.
[[nodiscard]] exploration as_found(const tape& recorded, const run_record& run,
                                   const failure& failed, std::uint64_t asked);

}  // namespace heddle::sim
