// SPDX-License-Identifier: BSL-1.0
//
// A campaign: sim::explore in worker processes.
//
// What it finds is what explore() finds: the first failure is the lowest-numbered failing run,
// whatever the number of processes, of machines (shards), and of stops and resumptions; schedules,
// steps and digest are the same too. Beside that, a run that kills its process (by a signal, an
// abort, a sanitizer, a call of exit) or that never comes back is a failure like others, with a tape
// and a minimal schedule.
//
// Workers are forks of this process: the program may refer to whatever there is here, but what it
// changes there is not seen here. Call it from a process of one thread. A worker ends by _exit, and
// signals of errors do in it what they did when the program began. Linux only.
//
// Real time decides nothing of a run, but three things of a campaign: when it ends, if it was given
// a time limit; how its progress looks; and whether a callback hangs.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <heddle/sim/campaign_state.hpp>
#include <heddle/sim/explore.hpp>
#include <heddle/sim/simulation.hpp>

namespace heddle::sim {

inline constexpr std::uint64_t most_jobs = 256;

struct campaign_progress {
    std::uint64_t runs = 0;  ///< so far, with those of earlier sittings
    double runs_a_second = 0;
    std::vector<std::string_view> strategies;  ///< that were seen at work, in the order of coming
};

struct campaign_options {
    explore_options explore;  ///< on_progress is not used: workers make the runs
    std::uint64_t jobs = 1;   ///< worker processes, 1 to most_jobs
    shard part;               ///< which runs are made here
    /// No more runs are begun after this much real time; zero: no limit. Where a failure is known
    /// by then, the runs below it are still made.
    duration time_limit{};
    /// A run that makes no step for so long, in real time, has hung. Above zero.
    duration hang = std::chrono::seconds(60);
    /// Whether the failure is made minimal and looked for by timing alone.
    bool minimise = true;
    /// Makes every run a second time, in other processes (as many again) where what is allocated
    /// lies elsewhere and is filled with something else. A run that goes another way there is a
    /// failure (nondeterminism) that names the first step that differs.
    bool check_determinism = false;
    /// Where the state is written: at once, every half minute, and at the end. Empty: nowhere.
    std::string state_file;
    /// A state to go on from: of the same program, options and shard. Empty: from the beginning.
    std::string resume_file;
    /// Called about ten times a second.
    std::function<void(const campaign_progress&)> on_progress;
    /// Asked many times a second: true ends the campaign soon.
    std::function<bool()> stop;
};

enum class campaign_end : std::uint8_t {
    complete,     ///< all runs have been made, or those up to the first failure
    out_of_time,  ///< none of those that were made failed
    stopped,      ///< likewise
};

struct campaign_result {
    /// `schedules`, `steps` and `digest` are those of the runs up to the first failure, or of all
    /// that were made; with those of earlier sittings, and of this shard alone. (The failure of a
    /// shard may be another one's run, which had to be made here too and has killed its process:
    /// then they are those of all that were made.) `coverage` is there
    /// if no run failed: what others have seen up to then depends on how many there were.
    exploration explored;
    campaign_end ended = campaign_end::complete;
};

/// Throws usage_error for options that make no sense, campaign_error for a state that does not fit
/// or cannot be written, std::runtime_error if there can be no worker.
[[nodiscard]] campaign_result run_campaign(const program& main, const campaign_options& options);

}  // namespace heddle::sim
