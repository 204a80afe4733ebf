// SPDX-License-Identifier: BSL-1.0
//
// The runs of one campaign, by number. Run 0 is plain FIFO; what it tells of the program (its
// profile) goes into all others. Beside that, run i is a function of program, options, master seed
// and i: runs may be made in any order, and in any process. Where weights are learned, that
// function takes some lower runs, which are made first, and once.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include <heddle/sim/explore.hpp>
#include <heddle/sim/explorers.hpp>

#include "adaptive.hpp"
#include "portfolio.hpp"

namespace heddle::sim::detail {

/// Runs are independent of each other: each has a seed of its own.
[[nodiscard]] std::uint64_t seed_of_run(std::uint64_t master, std::uint64_t schedule) noexcept;

/// Makes `one` give heddle::random() what run number `schedule` has.
void seed_values(simulation& one, std::uint64_t master, std::uint64_t schedule) noexcept;

/// What run number `schedule` adds to the digest of a campaign: a sum, so that runs may be made in
/// any order, and each counts in its own place all the same.
[[nodiscard]] std::uint64_t digest_of_run(std::uint64_t schedule, std::uint64_t digest) noexcept;

[[nodiscard]] tape tape_of(const explore_options& options, level allowed, std::uint64_t schedule,
                           std::vector<choice> choices);

/// Throws usage_error for one whose runs cannot be had by number, and for one that there is not.
void check_strategy(std::string_view name);

class numbered_runs {
public:
    /// All three outlive it. Throws usage_error for a strategy that there is not.
    numbered_runs(simulation& one, const program& main, const explore_options& options);

    /// A run that must be made by run(), or else run() makes it by itself, before number `schedule`
    /// can be made or named; nothing if there is none (any more). It is a lower one.
    [[nodiscard]] std::optional<std::uint64_t> lacks(std::uint64_t schedule) const noexcept;

    /// Run number `schedule`. The record is valid until the next run of the simulation.
    const run_record& run(std::uint64_t schedule, bool traced);

    /// The strategy of run number `schedule`, which is not made.
    [[nodiscard]] std::string_view strategy_of(std::uint64_t schedule);

    /// The strategy of the latest run.
    [[nodiscard]] std::string_view drawn() const noexcept {
        return by_explorer_ ? explorer_->name() : "fifo";
    }

private:
    /// Whether there is anything to draw for run number `schedule`: all others are plain FIFO.
    [[nodiscard]] bool is_drawn(std::uint64_t schedule) const noexcept {
        return schedule != 0 && options_.allowed != level::fifo && explorer_ != nullptr;
    }
    void prepare(std::uint64_t schedule) {
        if (!profile_ || learned_) [[unlikely]] {
            make_what_it_lacks(schedule);
        }
    }
    void make_what_it_lacks(std::uint64_t schedule);
    const run_record& make(std::uint64_t schedule, bool traced);
    void learn(std::uint64_t schedule, const run_record& record);
    void draw(std::uint64_t schedule);

    simulation& one_;
    const program& main_;
    const explore_options& options_;
    std::unique_ptr<explorer> explorer_;  // null for "fifo"
    portfolio* weighted_ = nullptr;       // the same, if it is the one whose weights are learned
    std::optional<adaptive_weights> learned_;
    std::optional<run_profile> profile_;
    // What the seeds of all runs are made of: see seed_of_run and seed_values.
    std::uint64_t schedule_seeds_;
    std::uint64_t value_seeds_;
    bool by_explorer_ = false;  // who took the choices of the latest run: explorer_, or plain FIFO
};

}  // namespace heddle::sim::detail
