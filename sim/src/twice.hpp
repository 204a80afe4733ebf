// SPDX-License-Identifier: BSL-1.0
//
// One run, made in two processes that differ in where new memory lies and what is in it.
#pragma once

#include <optional>

#include <heddle/sim/campaign.hpp>

#include "child_process.hpp"

namespace heddle::sim::detail {

/// The first thing in which run number `schedule` differs between the two, as a failure of class
/// nondeterminism that names the step; nothing if it is the same in both. A run that dies in both
/// of them, in the same way, is the same.
[[nodiscard]] std::optional<failure> difference_in(simulation& one, const program& main,
                                                   const campaign_options& options,
                                                   const run_room& room, std::uint64_t schedule);

}  // namespace heddle::sim::detail
