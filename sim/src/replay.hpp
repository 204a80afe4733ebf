// SPDX-License-Identifier: BSL-1.0
//
// sim::replay, with somebody who watches.
#pragma once

#include <heddle/sim/explore.hpp>

#include "run_watch.hpp"

namespace heddle::sim::detail {

/// As sim::replay. `watch` may be null.
[[nodiscard]] run_record replay_watched(const program& main, const tape& recorded,
                                        const explore_options& options, run_watch* watch);

}  // namespace heddle::sim::detail
