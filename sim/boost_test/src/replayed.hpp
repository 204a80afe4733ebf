// SPDX-License-Identifier: BSL-1.0
//
// The report of a run that was replayed from a tape, in the words of the report that came with the
// tape.
#pragma once

#include <cstdint>

#include <heddle/sim/explore.hpp>

namespace heddle::boost_test::detail {

/// What a campaign would have found, had it come to this run of `recorded`, which `failed`. `asked`
/// is the number of schedules of the campaign. What a tape does not tell is left out: whether
/// timing alone can do it, where the tape's level is `any`.
[[nodiscard]] sim::exploration as_found(const sim::tape& recorded, const sim::run_record& run,
                                        const sim::failure& failed, std::uint64_t asked);

}  // namespace heddle::boost_test::detail
