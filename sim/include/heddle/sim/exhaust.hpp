// SPDX-License-Identifier: BSL-1.0
//
// sim::exhaust: all schedules of a small program, one after the other.
//
// First those that deviate at no choice from FIFO (that is one), then those that deviate at no more
// than one, two, ..., and then all: most mistakes need few deviations, and whoever stops in the
// middle knows what has been covered. (It is delay bounding, after Emmi, Qadeer and Rakamaric,
// "Delay-bounded scheduling", 2011, but that each choice other than option 0 counts as one,
// whichever option it takes.)
//
// "Exhausted" says: every schedule that the level leaves open, within the limits of a run, with the
// values that heddle::random() gives in run 0, was run to its end. What it does not say: that
// longer delays than run_limits::longest_stall, or other values or inputs, would do no harm.
//
// The number of schedules grows like a factorial of the program's length: this is for a handful of
// tasks of a handful of steps. Memory is that of one run.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <heddle/sim/explore.hpp>
#include <heddle/sim/level.hpp>
#include <heddle/sim/simulation.hpp>

namespace heddle::sim {

struct exhaust_options {
    std::string name = "program";  ///< in reports and tapes
    std::uint64_t most_runs = 1'000'000;
    std::uint64_t seed = default_seed;  ///< of heddle::random(): nothing else is drawn
    level allowed = level::any;
    /// Only what runs next is open: no callback takes time, and no wait overshoots.
    bool order_only = false;
    /// One task may be cancelled, at any of its suspensions: see simulation::open_cancellations.
    bool cancellations = false;
    /// First all schedules with at most 0, 1, ... and this many deviations from FIFO.
    std::uint32_t deviations = 2;
    /// And then all others.
    bool unbounded = true;
    /// Go on behind the first failure, and count them.
    bool past_failures = false;
    run_limits limits;
    std::uint64_t timing_schedules = explore_options{}.timing_schedules;  ///< as when exploring
    std::uint64_t minimise_replays = explore_options{}.minimise_replays;
    /// Told now and then, by number of runs: runs made so far.
    std::function<void(std::uint64_t)> on_progress;
    /// Asked as often: true ends the search, which is not exhausted then.
    std::function<bool()> stop;
};

struct exhaustion {
    std::string name;
    std::uint64_t seed = 0;
    level allowed = level::any;
    bool order_only = false;
    std::uint64_t asked = 0;      ///< exhaust_options::most_runs
    std::uint64_t schedules = 0;  ///< how many different ones were run
    /// How many runs that took: those that have few deviations come again under the next bound.
    std::uint64_t runs = 0;
    std::uint64_t steps = 0;    ///< of all runs
    std::uint64_t digest = 0;   ///< of all runs, by their numbers
    std::uint64_t longest = 0;  ///< the most choices that a run had
    /// [d]: how many schedules have at most d deviations. Only bounds under which all were run.
    std::vector<std::uint64_t> within;
    /// What its runs have seen of the points of coverage.hpp, by label. Not judged.
    std::vector<covered_point> coverage;
    /// All schedules were run, each to its end or its failure.
    bool exhausted = false;
    std::uint64_t failed = 0;      ///< how many of them failed: at most 1 unless past_failures
    std::optional<finding> found;  ///< the first
};

/// Runs every schedule of `main`, until one fails (unless past_failures), or as many runs were made
/// as are asked for. The finding's tape has schedule 0, since all runs have the random values of
/// run 0; finding::schedule is the number of the run.
///
/// It is never exhausted if a run reached a limit, or if the program was seen not to be
/// deterministic, which is a finding of its own that names the first choice that differs. Before
/// saying that it is exhausted, the FIFO run is made once more and compared.
[[nodiscard]] exhaustion exhaust(const program& main, const exhaust_options& options = {});

/// One line for people: what was covered, and whether that is all.
[[nodiscard]] std::string text_of(const exhaustion& result);

/// As report(exploration): empty if no run failed.
[[nodiscard]] std::string report(const exhaustion& result, std::string_view replay_command);

}  // namespace heddle::sim
