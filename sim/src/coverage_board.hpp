// SPDX-License-Identifier: BSL-1.0
//
// What the runs of one worker process have seen of the points of <heddle/sim/coverage.hpp>, in
// memory that its parent sees: whole blocks of runs only, so that each run counts once in the end.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <heddle/sim/explore.hpp>

#include "child_process.hpp"

namespace heddle::sim::detail {

class coverage_board {
public:
    /// For the labels that there are now. Throws std::runtime_error.
    coverage_board();

    /// In the worker: `seen` is what the runs of a block have seen, by label.
    void add(const std::vector<covered_point>& seen) const noexcept;
    /// In the parent: all that was added so far, by label; only labels that were passed.
    [[nodiscard]] std::vector<covered_point> seen() const;

private:
    struct counts {
        std::atomic<std::uint64_t> runs{0};
        std::atomic<std::uint64_t> held{0};
        std::atomic<std::uint64_t> passed{0};
    };

    std::vector<covered_point> points_;  // by label, all that the program has
    shared_memory memory_;
    counts* counts_;  // one for each of them
};

}  // namespace heddle::sim::detail
