// SPDX-License-Identifier: BSL-1.0
#include <heddle/sim/explore.hpp>

#include <string>
#include <utility>

#include <heddle/errors.hpp>
#include <heddle/sim/exhaust.hpp>
#include <heddle/sim/explorers.hpp>

#include "constrained_fifo.hpp"
#include "coverage.hpp"
#include "examine.hpp"
#include "exhaustive_runs.hpp"
#include "numbered_runs.hpp"
#include "replay.hpp"

namespace heddle::sim {

exploration explore(const program& main, const explore_options& options) {
    if (is_exhaustive(options.strategy)) {
        detail::check_must_see(options);
        exploration all =
            detail::exploration_of(exhaust(main, detail::exhaustive_options(options)));
        all.coverage = detail::covered(std::move(all.coverage), options.must_see);
        if (!all.found) {
            detail::judge_coverage(all, options);
        }
        return all;
    }
    exploration result;
    result.name = options.name;
    result.seed = options.seed;
    result.asked = options.schedules;
    detail::check_must_see(options);
    detail::coverage_counter coverage;
    simulation one(options.limits);
    detail::numbered_runs runs(one, main, options);
    constexpr std::uint64_t runs_between_reports = 256;
    for (std::uint64_t i = 0; i < options.schedules; ++i) {
        const run_record& run = runs.run(i, false);
        result.schedules = i + 1;
        result.steps += run.steps;
        result.digest += detail::digest_of_run(i, run.digest);
        coverage.add(run);
        if (run.failed) {
            finding found;
            found.what = *run.failed;
            found.schedule = i;
            found.strategy = runs.drawn();
            found.digest = run.digest;
            found.full = detail::tape_of(options, options.allowed, i, run.choices);
            detail::runner_here here(one, main);
            result.found = detail::examine(here, options, std::move(found));
            break;
        }
        if ((i + 1) % runs_between_reports == 0) {
            if (options.on_progress) {
                options.on_progress(i + 1);
            }
            if (options.stop && options.stop()) {
                return result;
            }
        }
    }
    result.coverage = coverage.counted(options.must_see);
    if (!result.found) {
        detail::judge_coverage(result, options);
    }
    return result;
}

namespace {

void check_program(const tape& recorded, const explore_options& options) {
    if (recorded.program != options.name) {
        throw replay_error("this tape is of '" + recorded.program + "', not of '" + options.name +
                           "'");
    }
}

/// How many options a delay has depends on the longest one.
run_limits limits_of(const tape& recorded, const explore_options& options) {
    run_limits limits = options.limits;
    limits.longest_stall = recorded.longest_stall;
    return limits;
}

}  // namespace

run_record detail::replay_watched(const program& main, const tape& recorded,
                                  const explore_options& options, run_watch* watch) {
    check_program(recorded, options);
    simulation one(limits_of(recorded, options));
    one.watch(watch);
    seed_values(one, recorded.seed, recorded.schedule);
    one.open_cancellations(recorded.cancellations);
    exact_replay chooser(recorded);
    return one.run(main, chooser, recorded.allowed, true);
}

run_record replay(const program& main, const tape& recorded, const explore_options& options) {
    return detail::replay_watched(main, recorded, options, nullptr);
}

departed_run replay_departures(const program& main, const tape& recorded,
                               const explore_options& options) {
    check_program(recorded, options);
    if (recorded.departures.empty()) {
        throw replay_error("this tape holds no departures from FIFO: it was not minimised");
    }
    simulation one(limits_of(recorded, options));
    detail::seed_values(one, recorded.seed, recorded.schedule);
    one.open_cancellations(recorded.cancellations);
    std::vector<deviation> deviations(recorded.departures.size());
    for (std::size_t i = 0; i < deviations.size(); ++i) {
        static_cast<departure&>(deviations[i]) = recorded.departures[i];
    }
    detail::constrained_fifo chooser(deviations);
    departed_run result{one.run(main, chooser, recorded.allowed, true), 0};
    const auto& seen = result.run.trace->seen;
    for (const departure& each : recorded.departures) {
        const bool by_event =
            each.what == departure::sort::hold || each.what == departure::sort::early ||
            each.what == departure::sort::stall || each.what == departure::sort::cancel;
        const bool by_until = by_event && each.until != 0;
        result.unknown +=
            (by_event && !seen.contains(each.event)) || (by_until && !seen.contains(each.until))
                ? 1
                : 0;
    }
    return result;
}

run_record run_schedule(const program& main, std::uint64_t schedule,
                        const explore_options& options) {
    simulation one(options.limits);
    if (is_exhaustive(options.strategy)) {
        const exhaust_options search = detail::exhaustive_options(options);
        detail::exhaustive_runs runs(one, main, search);
        for (std::uint64_t i = 0; runs.next(i == schedule); ++i) {
            if (i == schedule) {
                return runs.latest();
            }
        }
        throw usage_error("there is no run " + std::to_string(schedule) +
                          ": the exhaustive search has fewer");
    }
    detail::numbered_runs runs(one, main, options);
    return runs.run(schedule, true);
}

}  // namespace heddle::sim
