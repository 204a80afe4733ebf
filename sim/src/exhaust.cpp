// SPDX-License-Identifier: BSL-1.0
#include <heddle/sim/exhaust.hpp>

#include <algorithm>
#include <utility>

#include <heddle/sim/command_line.hpp>
#include <heddle/sim/report.hpp>

#include "coverage.hpp"
#include "examine.hpp"
#include "exhaustive_runs.hpp"
#include "numbered_runs.hpp"

namespace heddle::sim {

namespace {

class search {
public:
    search(const program& main, const exhaust_options& options)
        : main_(main),
          options_(options),
          as_explored_(detail::explore_options_of(options)),
          one_(options.limits),
          runs_(one_, main, options) {
        result_.name = options.name;
        result_.seed = options.seed;
        result_.allowed = options.allowed;
        result_.order_only = options.order_only;
        result_.asked = options.most_runs;
    }

    exhaustion all() {
        constexpr std::uint64_t runs_between_reports = 256;
        while (!over_ && result_.runs < options_.most_runs && runs_.next()) {
            count();
            if (result_.runs == 1) {
                first_ = runs_.latest();
            }
            if (runs_.latest().failed) {
                note_failure();
            }
            while (result_.within.size() < runs_.bounds_done() && !over_) {
                result_.within.push_back(result_.schedules);
            }
            if (result_.runs % runs_between_reports == 0) {
                if (options_.on_progress) {
                    options_.on_progress(result_.runs);
                }
                over_ = over_ || (options_.stop && options_.stop());
            }
        }
        result_.coverage = coverage_.counted({});
        result_.exhausted = !over_ && !reached_a_limit_ && runs_.complete() && same_again();
        return std::move(result_);
    }

private:
    void count() {
        const run_record& run = runs_.latest();
        ++result_.runs;
        result_.schedules += runs_.fresh() ? 1 : 0;
        result_.steps += run.steps;
        result_.digest += detail::digest_of_run(result_.runs - 1, run.digest);
        result_.longest = std::max<std::uint64_t>(result_.longest, run.choices.size());
        coverage_.add(run);
    }

    finding found_now(const failure& what) const {
        finding found;
        found.what = what;
        found.schedule = result_.runs - 1;
        found.strategy = as_explored_.strategy;
        found.digest = runs_.latest().digest;
        // All runs have the random values of run 0, and so has a replay.
        found.full = detail::tape_of(as_explored_, options_.allowed, 0, runs_.latest().choices);
        return found;
    }

    void note_failure() {
        const failure& what = runs_.verdict();
        const bool unstable = what.what == failure_class::nondeterminism;
        if (!runs_.fresh() && !unstable && options_.past_failures) {
            return;  // it was noted under a smaller bound
        }
        ++result_.failed;
        reached_a_limit_ = reached_a_limit_ || what.what == failure_class::limit;
        over_ = unstable || !options_.past_failures;
        if (!result_.found || unstable) {
            finding found = found_now(what);
            detail::runner_here here(one_, main_);
            result_.found =
                unstable ? std::move(found) : detail::examine(here, as_explored_, std::move(found));
            over_ = over_ || result_.found->what.what == failure_class::nondeterminism;
        }
    }

    /// The FIFO run once more. A program that has one schedule only would else never be compared
    /// with itself.
    bool same_again() {
        const tape fifo = detail::tape_of(as_explored_, options_.allowed, 0, first_.choices);
        std::string difference;
        try {
            exact_replay chooser(fifo);
            detail::seed_values(one_, options_.seed, 0);
            const run_record& run = one_.run(main_, chooser, options_.allowed);
            if (run.digest == first_.digest &&
                run.failed.has_value() == first_.failed.has_value()) {
                return true;
            }
            difference =
                "Plain FIFO, run again at the end, ran other events, or at other times, "
                "or ended in another way";
        } catch (const replay_error& error) {
            difference =
                std::string("Plain FIFO, run again at the end, is another run: ") + error.what();
        }
        finding found = found_now(
            {failure_class::nondeterminism, detail::text_of_nondeterminism(difference), {}, 0, {}});
        found.schedule = 0;
        found.full = fifo;
        found.digest = first_.digest;
        result_.found = std::move(found);
        return false;
    }

    const program& main_;
    const exhaust_options& options_;
    const explore_options as_explored_;
    simulation one_;
    detail::exhaustive_runs runs_;
    exhaustion result_;
    detail::coverage_counter coverage_;
    run_record first_;
    bool over_ = false;
    bool reached_a_limit_ = false;
};

}  // namespace

exhaustion exhaust(const program& main, const exhaust_options& options) {
    return search(main, options).all();
}

std::string text_of(const exhaustion& result) {
    std::string text = result.name + (result.exhausted ? ": exhausted: " : ": not exhausted: ");
    if (result.exhausted) {
        text += result.schedules == 1 ? "the only schedule"
                                      : "all " + std::to_string(result.schedules) + " schedules";
    } else {
        text += counted(result.schedules, "schedule", "schedules");
    }
    text += " of level " + std::string(name_of(result.allowed)) +
            (result.order_only ? " (order only)" : "") + " in " +
            counted(result.runs, "run", "runs");
    if (!result.exhausted && !result.within.empty()) {
        text += ", among them all with at most " +
                counted(result.within.size() - 1, "deviation", "deviations") + " from FIFO";
    }
    if (result.found && result.found->what.what == failure_class::nondeterminism) {
        return text + "; not deterministic";
    }
    return text + "; " + (result.failed == 0 ? "none" : std::to_string(result.failed)) + " failed";
}

std::string report(const exhaustion& result, std::string_view replay_command) {
    return report(detail::exploration_of(result), replay_command);
}

}  // namespace heddle::sim
