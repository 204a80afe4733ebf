// SPDX-License-Identifier: BSL-1.0
#include "examine.hpp"

#include <memory>
#include <utility>

#include <heddle/detail/mix.hpp>
#include <heddle/sim/explorers.hpp>

#include "minimiser.hpp"
#include "numbered_runs.hpp"

namespace heddle::sim::detail {

namespace {

using heddle::detail::mix;

/// Takes the choices of a prefix, then option 0: for searching all schedules in order.
class prefix_strategy final : public strategy {
public:
    explicit prefix_strategy(std::vector<std::uint32_t> prefix) : prefix_(std::move(prefix)) {}
    std::size_t order(std::span<runnable* const>) override { return next(); }
    std::size_t stall(const runnable&, std::size_t) override { return next(); }
    std::size_t oversleep(std::uint64_t, std::size_t) override { return next(); }
    std::size_t finish(const finish_options&) override { return next(); }

private:
    std::size_t next() { return position_ < prefix_.size() ? prefix_[position_++] : 0; }
    std::vector<std::uint32_t> prefix_;
    std::size_t position_ = 0;
};

/// The choices of the next schedule in depth-first order; false when there is none.
bool next_prefix(const std::vector<choice>& made, std::vector<std::uint32_t>& prefix) {
    for (std::size_t i = made.size(); i > 0; --i) {
        if (made[i - 1].taken + 1 < made[i - 1].options) {
            prefix.clear();
            for (std::size_t j = 0; j + 1 < i; ++j) {
                prefix.push_back(made[j].taken);
            }
            prefix.push_back(made[i - 1].taken + 1);
            return true;
        }
    }
    return false;
}

struct timing_search {
    timing_answer answer = timing_answer::not_found;
    std::uint64_t runs = 0;
    std::optional<tape> failing;
};

/// Looks for the same failure where only timing is open: first through all timings in order, as
/// far as half of the runs go, then at random.
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
    std::vector<std::uint32_t> prefix;
    while (result.runs < options.timing_schedules / 2) {
        prefix_strategy chooser(prefix);
        const run_record& run = one.run(main, chooser, level::timing);
        if (failed_as_wanted(run, 0)) {
            return result;
        }
        if (!next_prefix(run.choices, prefix)) {
            result.answer = timing_answer::no;
            return result;
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

finding unstable(finding found) {
    found.what.what = failure_class::nondeterminism;
    found.what.message =
        "the same choices gave another run: the program depends on something that the simulation "
        "does not control (an address, a clock, a thread, memory never written). The first run "
        "said: " +
        found.what.message;
    return found;
}

}  // namespace

finding examine(simulation& one, const program& main, const explore_options& options,
                finding found) {
    auto minimal = minimise(one, main, found.full, found.what, options.minimise_replays);
    if (!minimal) {
        return unstable(std::move(found));
    }
    found.replays = minimal->replays;
    if (found.full.allowed == level::any && found.schedule != 0 && !minimal->deviations.empty()) {
        timing_search search = search_timings(one, main, options, found.what);
        found.timing = search.answer;
        found.timing_runs = search.runs;
        if (search.failing) {
            auto by_timing =
                minimise(one, main, *search.failing, found.what, options.minimise_replays);
            if (!by_timing) {
                return unstable(std::move(found));
            }
            found.replays += by_timing->replays;
            minimal = std::move(by_timing);
            minimal->exact.schedule = found.schedule;
        }
    } else {
        found.timing = timing_answer::yes;
    }
    found.minimal = std::move(minimal->deviations);
    found.minimal_tape = std::move(minimal->exact);
    found.minimal_failure = std::move(minimal->failed);
    return found;
}

}  // namespace heddle::sim::detail
