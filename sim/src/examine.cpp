// SPDX-License-Identifier: BSL-1.0
#include "examine.hpp"

#include <memory>
#include <utility>

#include <heddle/detail/mix.hpp>
#include <heddle/sim/depth_first.hpp>
#include <heddle/sim/explorers.hpp>

#include "minimiser.hpp"
#include "numbered_runs.hpp"

namespace heddle::sim::detail {

namespace {

using heddle::detail::mix;

finding unstable(finding found) {
    found.what.what = failure_class::nondeterminism;
    found.what.message = text_of_nondeterminism("The first run said: " + found.what.message);
    return found;
}

}  // namespace

timing_search search_timings(simulation& one, const program& main, const explore_options& options,
                             const failure& wanted) {
    timing_search result;
    const auto failed_as_wanted = [&](const run_record& run, std::uint64_t schedule) {
        ++result.runs;
        if (run.failed && run.failed->same_as(wanted)) {
            result.answer = timing_answer::yes;
            result.failing = tape_of(options, level::timing, schedule, run.choices);
            return true;
        }
        return false;
    };
    depth_first all;
    bool to_their_ends = true;
    while (result.runs < options.timing_schedules / 2) {
        const run_record& run = one.run(main, all, level::timing);
        if (failed_as_wanted(run, 0)) {
            return result;
        }
        to_their_ends = to_their_ends && !(run.failed && run.failed->what == failure_class::limit);
        if (!all.advance(run)) {
            // A run that a limit ended might have failed behind it.
            if (to_their_ends && !all.strayed()) {
                result.answer = timing_answer::no;
                return result;
            }
            break;
        }
    }
    const std::unique_ptr<explorer> chooser = make_explorer("walk");
    const run_profile none;
    for (std::uint64_t i = 1; result.runs < options.timing_schedules; ++i) {
        chooser->begin(seed_of_run(mix(options.seed, 1), i), level::timing, none);
        if (failed_as_wanted(one.run(main, *chooser, level::timing), i)) {
            return result;
        }
    }
    return result;
}

std::string text_of_nondeterminism(const std::string& seen) {
    return "the same choices gave another run: the program depends on something that the "
           "simulation does not control (an address, a clock, a thread, memory never written). " +
           seen;
}

finding examine(runner& runs, const explore_options& options, finding found) {
    auto minimal = minimise(runs, found.full, found.what, options.minimise_replays);
    if (!minimal) {
        return unstable(std::move(found));
    }
    found.replays = minimal->replays;
    if (found.full.allowed == level::any && !minimal->deviations.empty()) {
        timing_search search = runs.search(options, found.what);
        found.timing = search.answer;
        found.timing_runs = search.runs;
        if (search.failing) {
            auto by_timing = minimise(runs, *search.failing, found.what, options.minimise_replays);
            if (!by_timing) {
                return unstable(std::move(found));
            }
            found.replays += by_timing->replays;
            minimal = std::move(by_timing);
            minimal->exact.schedule = found.full.schedule;
        }
    } else {
        found.timing = timing_answer::yes;
    }
    found.reduced = true;
    found.minimal_run = std::move(minimal->run);
    if (!minimal->deviations.empty()) {
        fifo_strategy plain;
        found.fifo_run =
            steps_beside(*found.minimal_run, runs.run(plain, minimal->exact.allowed, true));
    }
    found.minimal = std::move(minimal->deviations);
    found.minimal_tape = std::move(minimal->exact);
    found.minimal_failure = std::move(minimal->failed);
    return found;
}

}  // namespace heddle::sim::detail
