// SPDX-License-Identifier: BSL-1.0
//
// The runs of an exhaustive search, one after the other: the bounds 0, 1, ..., then all.
//
// Run i is a function of the program and the options, but it cannot be had without those before it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <heddle/sim/depth_first.hpp>
#include <heddle/sim/exhaust.hpp>

namespace heddle::sim::detail {

/// The names by which explore_options::strategy asks for an exhaustive search.
inline constexpr std::string_view exhaustive = "exhaustive";
inline constexpr std::string_view exhaustive_order = "exhaustive_order";

/// What explore_options with such a strategy ask for.
[[nodiscard]] exhaust_options exhaustive_options(const explore_options& options);
/// What examining a failure needs.
[[nodiscard]] explore_options explore_options_of(const exhaust_options& options);
[[nodiscard]] exploration exploration_of(exhaustion result);

class exhaustive_runs {
public:
    /// All three outlive it.
    exhaustive_runs(simulation& one, const program& main, const exhaust_options& options);

    /// Makes the next run; false when there is none: all were made, or the latest was not the
    /// same program. Its record is valid until the next run of the simulation.
    bool next(bool traced = false);
    [[nodiscard]] const run_record& latest() const noexcept { return *latest_; }
    /// What is wrong with the latest run, which failed.
    [[nodiscard]] const failure& verdict() const noexcept { return verdict_; }

    /// The latest run's schedule was not run under a smaller bound.
    [[nodiscard]] bool fresh() const noexcept { return fresh_; }
    /// So many bounds are done: 0, 1, ...
    [[nodiscard]] std::size_t bounds_done() const noexcept { return bounds_done_; }
    /// All schedules were run.
    [[nodiscard]] bool complete() const noexcept { return complete_; }

private:
    bool begin_pass();
    void end_pass();

    simulation& one_;
    const program& main_;
    const exhaust_options& options_;
    depth_first chooser_;
    std::uint64_t pass_ = 0;  // its bound; behind the last bound comes the pass without one
    std::size_t bounds_done_ = 0;
    bool under_way_ = false;  // the pass has another run
    bool over_ = false;
    bool fresh_ = false;
    bool complete_ = false;
    const run_record* latest_ = nullptr;
    failure verdict_;
};

}  // namespace heddle::sim::detail
