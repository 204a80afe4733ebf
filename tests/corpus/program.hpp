// SPDX-License-Identifier: BSL-1.0
//
// The corpus: small programs with one planted bug each, on which the explorer is measured.
//
// Every program passes under plain FIFO. Its failing variant fails under some schedule of level
// `any`; its fixed variant keeps the very same checks and fails under none. A call makes a run of
// its own: nothing is shared between runs. Most are staggered, a few turns apart: two tasks that
// take turns step by step would lose an update under FIFO already.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <heddle/coro.hpp>
#include <heddle/sim/simulation.hpp>

namespace corpus {

struct entry {
    std::string_view name;
    std::string_view what;  ///< one line: which bug, and where it was seen
    heddle::sim::program failing;
    heddle::sim::program fixed;
    /// Within how many runs of the portfolio the tests expect it to be found: far more than it
    /// takes. 0: too rare to be demanded of a test.
    std::uint64_t within = 0;
};

/// Both variants of one body, which is told whether it is the fixed one.
[[nodiscard]] inline entry both(std::string_view name, std::string_view what, std::uint64_t within,
                                heddle::coro<void> (*body)(bool fixed)) {
    return {name, what, [body] { return body(false); }, [body] { return body(true); }, within};
}

using entries = std::vector<entry>;

// By theme, one file each.
[[nodiscard]] entries atomicity();
[[nodiscard]] entries order();
[[nodiscard]] entries lock_free();
[[nodiscard]] entries deadlock();
[[nodiscard]] entries primitives();
[[nodiscard]] entries cancellation();
[[nodiscard]] entries timers();
[[nodiscard]] entries storage();
[[nodiscard]] entries services();

/// All of them.
[[nodiscard]] entries all();

}  // namespace corpus
