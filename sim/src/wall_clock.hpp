// SPDX-License-Identifier: BSL-1.0
//
// The real clock, for what is outside of a run: how long a campaign may take, whether a callback
// still comes back, and what a terminal shows. Nothing in a run depends on it.
#pragma once

#include <heddle/time.hpp>

namespace heddle::sim::detail {

/// Since some moment in the past; never goes back.
[[nodiscard]] duration real_time() noexcept;

}  // namespace heddle::sim::detail
