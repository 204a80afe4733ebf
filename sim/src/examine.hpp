// SPDX-License-Identifier: BSL-1.0
//
// What is done with a run that failed: it is made minimal, and the same failure is looked for where
// only timing is open.
#pragma once

#include <string>

#include <heddle/sim/explore.hpp>

#include "runner.hpp"

namespace heddle::sim::detail {

/// `found` tells what failed, where and its full tape; it comes back with everything else. Should
/// the tape not fail in the same way again, it comes back as nondeterminism.
[[nodiscard]] finding examine(runner& runs, const explore_options& options, finding found);

/// What a failure of class nondeterminism says; `seen` is a sentence on what showed it.
[[nodiscard]] std::string text_of_nondeterminism(const std::string& seen);

}  // namespace heddle::sim::detail
