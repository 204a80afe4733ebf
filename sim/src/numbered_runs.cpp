// SPDX-License-Identifier: BSL-1.0
#include "numbered_runs.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include <heddle/detail/mix.hpp>
#include <heddle/errors.hpp>
#include <heddle/sim/command_line.hpp>

#include "exhaustive_runs.hpp"

namespace heddle::sim::detail {

using heddle::detail::mix;

namespace {

std::uint64_t schedule_seeds(std::uint64_t master) noexcept {
    return mix(master, 0x7363686564756c65U);
}
std::uint64_t value_seeds(std::uint64_t master) noexcept { return mix(master, 0x76616c756573U); }

/// The profile is complete when the profiler is gone.
[[gnu::cold, gnu::noinline]] const run_record& run_plainly(simulation& one, const program& main,
                                                           level allowed, bool traced,
                                                           run_profile& noted) {
    profiler chooser(noted);
    return one.run(main, chooser, allowed, traced);
}

}  // namespace

std::uint64_t seed_of_run(std::uint64_t master, std::uint64_t schedule) noexcept {
    return mix(schedule_seeds(master), schedule);
}

void seed_values(simulation& one, std::uint64_t master, std::uint64_t schedule) noexcept {
    one.seed_values(mix(value_seeds(master), schedule));
}

std::uint64_t digest_of_run(std::uint64_t schedule, std::uint64_t digest) noexcept {
    return mix(schedule, digest);
}

tape tape_of(const explore_options& options, level allowed, std::uint64_t schedule,
             std::vector<choice> choices) {
    return {
        options.name,       options.seed,          schedule, allowed, options.limits.longest_stall,
        std::move(choices), options.cancellations, {}};
}

void check_strategy(std::string_view name) {
    if (is_exhaustive(name)) {
        throw usage_error("strategy '" + std::string(name) +
                          "' makes its runs one after the other: they cannot be shared out");
    }
    const auto all = strategy_names();
    if (std::find(all.begin(), all.end(), name) == all.end()) {
        throw usage_error("there is no strategy '" + std::string(name) + "', only: " + joined(all));
    }
}

numbered_runs::numbered_runs(simulation& one, const program& main, const explore_options& options)
    : one_(one),
      main_(main),
      options_(options),
      schedule_seeds_(schedule_seeds(options.seed)),
      value_seeds_(value_seeds(options.seed)) {
    check_strategy(options.strategy);
    one.open_cancellations(options.cancellations);
    if (options.strategy == adaptive) {
        auto made = std::make_unique<portfolio>();
        weighted_ = made.get();
        explorer_ = std::move(made);
        learned_.emplace();
    } else if (options.strategy != "fifo") {
        explorer_ = make_explorer(options.strategy);
    }
}

std::optional<std::uint64_t> numbered_runs::lacks(std::uint64_t schedule) const noexcept {
    if (!is_drawn(schedule)) {
        return std::nullopt;
    }
    if (!profile_) {
        return 0;
    }
    return learned_ ? learned_->lacks(schedule) : std::nullopt;
}

void numbered_runs::make_what_it_lacks(std::uint64_t schedule) {
    while (const auto before = lacks(schedule)) {
        static_cast<void>(make(*before, false));
    }
}

const run_record& numbered_runs::run(std::uint64_t schedule, bool traced) {
    prepare(schedule);
    return make(schedule, traced);
}

const run_record& numbered_runs::make(std::uint64_t schedule, bool traced) {
    draw(schedule);
    one_.seed_values(mix(value_seeds_, schedule));
    if (by_explorer_) {
        const run_record& record = one_.run(main_, *explorer_, options_.allowed, traced);
        learn(schedule, record);
        return record;
    }
    run_profile noted;
    const run_record& record = run_plainly(one_, main_, options_.allowed, traced, noted);
    if (schedule == 0) {
        profile_ = std::move(noted);
    }
    learn(schedule, record);
    return record;
}

void numbered_runs::learn(std::uint64_t schedule, const run_record& record) {
    if (learned_) {
        learned_->observe(schedule, drawn(), record);
    }
}

std::string_view numbered_runs::strategy_of(std::uint64_t schedule) {
    prepare(schedule);
    draw(schedule);
    return drawn();
}

void numbered_runs::draw(std::uint64_t schedule) {
    by_explorer_ = is_drawn(schedule);
    if (!by_explorer_) {
        return;
    }
    if (learned_) {
        weighted_->weigh(learned_->of(schedule));
    }
    explorer_->begin(mix(schedule_seeds_, schedule), options_.allowed, *profile_);
}

}  // namespace heddle::sim::detail
