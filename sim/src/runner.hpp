// SPDX-License-Identifier: BSL-1.0
//
// Who makes the runs that examining a failure needs: the process itself, or one child after the
// other, which may die of what it runs.
#pragma once

#include <cstdint>
#include <optional>

#include <heddle/sim/explore.hpp>

namespace heddle::sim::detail {

/// Whether a failure can be had by timing alone, and how.
struct timing_search {
    timing_answer answer = timing_answer::not_found;
    std::uint64_t runs = 0;
    std::optional<tape> failing;
};

class runner {
public:
    virtual ~runner() = default;

    /// One run. The record is valid until the next one. Throws replay_error as simulation::run
    /// does. `chooser` may have been used or be as it was: it is for one run.
    virtual const run_record& run(strategy& chooser, level allowed, bool traced) = 0;
    const run_record& run(strategy& chooser, level allowed) { return run(chooser, allowed, false); }

    /// search_timings(), wherever the runs are made.
    virtual timing_search search(const explore_options& options, const failure& wanted) = 0;
};

/// Looks for the same failure where only timing is open: first through all timings in order, as
/// far as half of the runs go, then at random.
[[nodiscard]] timing_search search_timings(simulation& one, const program& main,
                                           const explore_options& options, const failure& wanted);

/// Makes them in this process.
class runner_here final : public runner {
public:
    /// Both outlive it.
    runner_here(simulation& one, const program& main) noexcept : one_(one), main_(main) {}

    using runner::run;
    const run_record& run(strategy& chooser, level allowed, bool traced) override {
        return one_.run(main_, chooser, allowed, traced);
    }
    timing_search search(const explore_options& options, const failure& wanted) override {
        return search_timings(one_, main_, options, wanted);
    }

private:
    simulation& one_;
    const program& main_;
};

}  // namespace heddle::sim::detail
