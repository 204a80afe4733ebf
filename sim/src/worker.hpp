// SPDX-License-Identifier: BSL-1.0
//
// What a worker process of a campaign does, and the memory in which its parent sees it.
//
// A worker takes one block of runs after the other from a counter that all share, and tells of each
// in a ring of its own: nothing that is shared is written for a single run, but for the worker's
// own page. A failure lowers a limit above which nobody goes on.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <string>

#include <heddle/sim/campaign.hpp>

#include "child_process.hpp"
#include "coverage_board.hpp"

namespace heddle::sim::detail {

inline constexpr std::uint64_t no_run = ~std::uint64_t{0};

/// In which world a worker makes its runs, when each is made in two.
enum class surroundings : std::uint8_t { plain, other };

/// Shared by all.
struct campaign_control {
    /// The index of the next block to take, for each of the surroundings.
    std::array<std::atomic<std::uint64_t>, 2> next{};
    alignas(64) std::atomic<std::uint64_t> limit{no_run};  ///< runs from here on need not be made
    std::atomic<bool> stop{false};                         ///< no run is begun any more
    std::atomic<std::uint64_t> first_run{0};               ///< digest of run 0, in the plain ones
};

/// A block that is done.
struct block_report {
    std::uint64_t index = 0;
    run_totals totals;
    // Of its last run; in static storage, which is at the same place in all processes.
    const char* strategy = nullptr;
    std::size_t strategy_length = 0;
};

/// One worker's. Written by it alone, but for `read`.
struct worker_page {
    std::atomic<std::uint64_t> run{0};    ///< that is under way
    std::atomic<std::uint64_t> block{0};  ///< index of the block that it is of; or no_run
    run_totals in_block;                  ///< what its runs have come to so far
    std::atomic<bool> over{false};        ///< it ends because it is done
    static constexpr std::uint64_t ring_size = 1'024;
    alignas(64) std::atomic<std::uint64_t> written{0};
    std::array<block_report, ring_size> ring{};
    alignas(64) std::atomic<std::uint64_t> read{0};
};

/// What a worker tells through its pipe of a run that failed. The choices are in its room.
struct failed_run {
    failure what;
    std::uint64_t schedule = 0;
    std::string strategy;
    std::uint64_t digest = 0;
};
template <class Archive>
void fields(Archive& a, failed_run& x) {
    a(x.what, x.schedule, x.strategy, x.digest);
}

struct worker_task {
    const program& main;
    const campaign_options& options;
    const std::map<std::uint64_t, run_totals>& ahead;  ///< blocks that are done already
    campaign_control& control;
    worker_page& page;
    const run_room& room;
    const coverage_board& coverage;
    surroundings where = surroundings::plain;
};

/// The worker's life, in a child: what start_child calls. What it says in the end goes to `file`.
[[nodiscard]] int work(const worker_task& task, int file) noexcept;

/// Makes this process one in which new memory lies elsewhere and is filled with something else.
void move_to_other_surroundings();

}  // namespace heddle::sim::detail
