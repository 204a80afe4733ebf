// SPDX-License-Identifier: BSL-1.0
#include <heddle/sim/explore.hpp>

#include <memory>
#include <string_view>
#include <utility>

#include <heddle/detail/mix.hpp>
#include <heddle/sim/explorers.hpp>

#include "minimiser.hpp"

namespace heddle::sim {

namespace {

using heddle::detail::mix;

/// Runs are independent of each other: each has a seed of its own.
std::uint64_t seed_of_run(std::uint64_t master, std::uint64_t schedule) noexcept {
    return mix(mix(master, 0x7363686564756c65U), schedule);
}

tape tape_of(const explore_options& options, level allowed, std::uint64_t schedule,
             std::vector<choice> choices) {
    return {options.name,      options.seed, schedule, allowed, options.limits.longest_stall,
            std::move(choices)};
}

/// The runs of one campaign, by number. Run 0 is plain FIFO; what it tells of the program (its
/// profile) goes into all others.
class campaign {
public:
    campaign(simulation& one, const program& main, const explore_options& options)
        : one_(one), main_(main), options_(options) {
        if (options.strategy != "fifo") {
            explorer_ = make_explorer(options.strategy);
        }
    }

    const run_record& run(std::uint64_t schedule, bool traced) {
        seed_values(one_, options_.seed, schedule);
        if (schedule == 0 || options_.allowed == level::fifo || !explorer_) {
            drawn_ = "fifo";
            run_profile noted;
            profiler chooser(noted);
            const run_record& record = one_.run(main_, chooser, options_.allowed, traced);
            if (schedule == 0) {
                profile_ = std::move(noted);
            }
            return record;
        }
        if (!profile_) {
            static_cast<void>(run(0, false));
            seed_values(one_, options_.seed, schedule);
        }
        explorer_->begin(seed_of_run(options_.seed, schedule), options_.allowed, *profile_);
        drawn_ = explorer_->name();
        return one_.run(main_, *explorer_, options_.allowed, traced);
    }
    /// The strategy of the latest run.
    [[nodiscard]] std::string_view drawn() const noexcept { return drawn_; }

    static void seed_values(simulation& one, std::uint64_t master, std::uint64_t schedule) {
        one.seed_values(mix(mix(master, 0x76616c756573U), schedule));
    }

private:
    simulation& one_;
    const program& main_;
    const explore_options& options_;
    std::unique_ptr<explorer> explorer_;
    std::optional<run_profile> profile_;
    std::string_view drawn_ = "fifo";
};

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

finding examine(simulation& one, const program& main, const explore_options& options,
                finding found) {
    auto minimal = detail::minimise(one, main, found.full, found.what, options.minimise_replays);
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
                detail::minimise(one, main, *search.failing, found.what, options.minimise_replays);
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

}  // namespace

exploration explore(const program& main, const explore_options& options) {
    exploration result;
    result.name = options.name;
    result.seed = options.seed;
    result.asked = options.schedules;
    simulation one(options.limits);
    campaign runs(one, main, options);
    constexpr std::uint64_t runs_between_reports = 256;
    for (std::uint64_t i = 0; i < options.schedules; ++i) {
        const run_record& run = runs.run(i, false);
        result.schedules = i + 1;
        result.steps += run.steps;
        result.digest = mix(result.digest, run.digest);
        if (options.on_progress && (i + 1) % runs_between_reports == 0) {
            options.on_progress(i + 1);
        }
        if (run.failed) {
            finding found;
            found.what = *run.failed;
            found.schedule = i;
            found.strategy = runs.drawn();
            found.digest = run.digest;
            found.full = tape_of(options, options.allowed, i, run.choices);
            result.found = examine(one, main, options, std::move(found));
            break;
        }
    }
    return result;
}

run_record replay(const program& main, const tape& recorded, const explore_options& options) {
    if (recorded.program != options.name) {
        throw replay_error("this tape is of '" + recorded.program + "', not of '" + options.name +
                           "'");
    }
    run_limits limits = options.limits;
    limits.longest_stall = recorded.longest_stall;
    simulation one(limits);
    campaign::seed_values(one, recorded.seed, recorded.schedule);
    exact_replay chooser(recorded);
    return one.run(main, chooser, recorded.allowed, true);
}

run_record run_schedule(const program& main, std::uint64_t schedule,
                        const explore_options& options) {
    simulation one(options.limits);
    campaign runs(one, main, options);
    return runs.run(schedule, true);
}

}  // namespace heddle::sim
