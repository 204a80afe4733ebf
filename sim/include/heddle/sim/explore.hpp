// SPDX-License-Identifier: BSL-1.0
//
// sim::explore: many runs of one program, each with another schedule, until one fails; then the
// fewest deviations from FIFO that make it fail, and whether a real loop could do the same.
//
// Run 0 is plain FIFO. Run i is a function of the program, the options, the master seed and i: the
// first failure of a campaign is the same every time.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <heddle/sim/failure.hpp>
#include <heddle/sim/level.hpp>
#include <heddle/sim/simulation.hpp>
#include <heddle/sim/tape.hpp>
#include <heddle/sim/traced_run.hpp>

namespace heddle::sim {

inline constexpr std::uint64_t default_schedules = 1'000;
inline constexpr std::uint64_t default_seed = 1;

struct explore_options {
    std::string name = "program";                 ///< in reports and tapes
    std::uint64_t schedules = default_schedules;  ///< how many runs at most
    std::uint64_t seed = default_seed;            ///< the master seed
    level allowed = level::any;
    /// One of strategy_names(), in explorers.hpp.
    std::string strategy = "portfolio";
    /// Each run may also cancel one task, drawn with one of its suspensions: see
    /// simulation::open_cancellations. Off, since a program that nobody cancels need not bear it.
    bool cancellations = false;
    run_limits limits;
    /// How many runs the search for the same failure by timing alone may take.
    std::uint64_t timing_schedules = 5'000;
    /// How many runs minimising may take.
    std::uint64_t minimise_replays = 2'000;
    /// Labels of points of coverage.hpp that a campaign without a failure must have reached, each in
    /// at least one run.
    std::vector<std::string> must_see;
    /// Told now and then, by number of runs, while exploring: runs made so far.
    std::function<void(std::uint64_t)> on_progress;
    /// Asked as often: true ends exploring, with the runs made so far.
    std::function<bool()> stop;
};

/// One way in which a minimal schedule differs from FIFO, with what people read of it.
struct deviation : departure {
    std::uint64_t site = 0;  ///< step_record::site of `event`, for hold_site
    /// For people: "at 5 ms   the step of 'Task-2' took 6 ms", and where.
    std::string text;
    std::string file;
    std::uint32_t line = 0;
};

/// Whether the failure was reached by timing alone.
enum class timing_answer : std::uint8_t {
    yes,        ///< a production bug: minimal and minimal_tape are of level `timing`
    not_found,  ///< not in the runs that were made
    no,         ///< every timing within the bounds was tried, or FIFO itself fails
};

struct finding {
    failure what;
    std::uint64_t schedule = 0;  ///< the run that failed
    std::string strategy;        ///< the one that took its choices
    std::uint64_t digest = 0;
    tape full;  ///< its tape
    /// Whether `minimal` and what follows say anything. Not of a run that could not be had again
    /// (nondeterminism, a process killed from outside), nor where that was not asked for.
    bool reduced = false;
    /// ... although nobody has made it minimal: a run that was replayed as it was found.
    bool as_it_was = false;
    std::vector<deviation> minimal;
    tape minimal_tape;          ///< replays the minimal schedule exactly
    failure minimal_failure;    ///< the same failure, as it shows in that run
    std::uint64_t replays = 0;  ///< runs that minimising took
    timing_answer timing = timing_answer::not_found;
    std::uint64_t timing_runs = 0;
    /// The minimal schedule's run; and beside it the FIFO run with the same random values, unless
    /// that is the same. For reports.
    std::optional<traced_run> minimal_run;
    std::optional<traced_run> fifo_run;

    /// Whether minimal_tape replays it. Coverage that is missed is no run's, and a program that is
    /// not deterministic has no minimal schedule.
    [[nodiscard]] bool replayable() const noexcept {
        return what.what != failure_class::nondeterminism && what.what != failure_class::coverage;
    }
};

/// What a campaign has seen of one point of coverage.hpp.
struct covered_point {
    std::string label;
    std::string file;
    std::uint32_t line = 0;
    bool conditional = false;  ///< whether it has a condition (HEDDLE_SOMETIMES)
    std::uint64_t runs = 0;    ///< in how many runs it was reached, and its condition held
    std::uint64_t held = 0;    ///< how often in all of them
    std::uint64_t passed = 0;  ///< how often it was reached, whether or not the condition held

    friend bool operator==(const covered_point&, const covered_point&) = default;
};

struct exploration {
    std::string name;
    std::uint64_t seed = 0;
    std::uint64_t asked = 0;
    std::uint64_t schedules = 0;  ///< runs made until the first failure, or all
    std::uint64_t steps = 0;
    std::uint64_t digest = 0;  ///< of all runs, by their numbers
    /// Every schedule was run: only of an exhaustive search, which says what that means.
    bool exhausted = false;
    /// The points that were reached and those that must be, by label. Runs of the campaign only,
    /// not those that examine a failure.
    std::vector<covered_point> coverage;
    std::optional<finding> found;
};

/// Throws usage_error for a strategy that there is not, or a label in must_see that no point of the
/// program has.
[[nodiscard]] exploration explore(const program& main, const explore_options& options = {});

/// One run, from a tape; the record's `failed` says whether it failed. Throws replay_error if the
/// tape is of another program or does not fit.
[[nodiscard]] run_record replay(const program& main, const tape& recorded,
                                const explore_options& options = {});

struct departed_run {
    run_record run;
    /// How many of the departures name an event that the run did not have.
    std::size_t unknown = 0;
};

/// One run in plain FIFO order but for the departures that a tape holds: for a program that was
/// edited since, where replay() throws. Throws replay_error if the tape is of another program, or
/// has no departures.
[[nodiscard]] departed_run replay_departures(const program& main, const tape& recorded,
                                             const explore_options& options = {});

/// Run number `schedule` of the campaign that `options` describes.
[[nodiscard]] run_record run_schedule(const program& main, std::uint64_t schedule,
                                      const explore_options& options);

}  // namespace heddle::sim
