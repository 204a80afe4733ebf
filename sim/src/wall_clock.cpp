// SPDX-License-Identifier: BSL-1.0
#include "wall_clock.hpp"

#include <chrono>

namespace heddle::sim::detail {

duration real_time() noexcept {
    return std::chrono::duration_cast<duration>(
        std::chrono::steady_clock::now().time_since_epoch());
}

}  // namespace heddle::sim::detail
