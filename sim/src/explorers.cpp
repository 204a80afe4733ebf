// SPDX-License-Identifier: BSL-1.0
#include <heddle/sim/explorers.hpp>

#include <algorithm>
#include <array>
#include <string>

#include <heddle/detail/mix.hpp>
#include <heddle/errors.hpp>
#include <heddle/task_base.hpp>

#include "chains.hpp"
#include "exhaustive_runs.hpp"
#include "order_strategies.hpp"
#include "portfolio.hpp"

namespace heddle::sim {

// ---- what they share -----------------------------------------------------------------------

void explorer::begin(std::uint64_t seed, level allowed, const run_profile& profile) {
    stream_ = random_stream(seed);
    passed_over_ = 0;
    profile_ = &profile;
    seed_ = seed;
    cancellation_drawn_ = false;
    // Where timing is all that is open, a run without delays would be plain FIFO once more.
    constexpr std::array<std::uint64_t, 4> rates{0, 2, 8, 24};
    delays_in_64_ = allowed == level::timing ? rates[1 + stream_.below(rates.size() - 1)]
                                             : rates[stream_.below(rates.size())];
    finishes_in_64_ = rates[1 + stream_.below(rates.size() - 1)];
    start(profile);
}

std::size_t explorer::delay(std::size_t options) {
    if (delays_in_64_ == 0 || !stream_.chance(delays_in_64_, 64)) {
        return 0;
    }
    return 1 + static_cast<std::size_t>(stream_.below(options - 1));
}

std::size_t explorer::finish(const finish_options& options) {
    // Among operations that may finish while nothing is ready, any is as likely; while something
    // is, one comes early now and then.
    if (!options.idle && !stream_.chance(finishes_in_64_, 64)) {
        return 0;
    }
    return static_cast<std::size_t>(stream_.below(options.count()));
}

void explorer::draw_cancellation() {
    cancellation_drawn_ = true;
    random_stream drawn(heddle::detail::mix(seed_, 0x63616e63656cU));
    if (profile_->tasks.empty()) {
        constexpr std::uint64_t about_as_many_steps = 32;
        cancelled_task_ = 0;
        let_go_ = drawn.below(about_as_many_steps);
        return;
    }
    // Main is among them, and nobody asks about it: those runs cancel nothing.
    const run_profile::task_steps& task =
        profile_->tasks[static_cast<std::size_t>(drawn.below(profile_->tasks.size()))];
    cancelled_task_ = task.task;
    // Its last step ended it, in run 0.
    let_go_ = drawn.below(std::max<std::uint64_t>(task.steps, 2) - 1);
}

std::size_t explorer::cancel(const runnable& next, std::size_t) {
    if (!cancellation_drawn_) {
        draw_cancellation();
    }
    const std::uint64_t task = static_cast<const task_base&>(next).structural_id();
    if (cancelled_task_ != 0 && cancelled_task_ != task) {
        return 0;
    }
    return let_go_-- == 0 ? 1 : 0;
}

// ---- run 0 ---------------------------------------------------------------------------------

std::uint32_t run_profile::steps_of(std::uint64_t task) const noexcept {
    const auto place = std::lower_bound(
        tasks.begin(), tasks.end(), task,
        [](const task_steps& each, std::uint64_t wanted) { return each.task < wanted; });
    return place != tasks.end() && place->task == task ? place->steps : 0;
}

std::size_t profiler::order(std::span<runnable* const>) {
    ++noted_.choices;
    return 0;
}

void profiler::ran(const runnable& next) {
    const event_kind kind = next.kind();
    if (kind != event_kind::step && kind != event_kind::wakeup) {
        return;
    }
    const auto& task = static_cast<const task_base&>(next);
    if (tasks_.size() <= task.number()) [[unlikely]] {
        detail::widen(tasks_, task.number(), {});
    }
    run_profile::task_steps& noted = tasks_[task.number()];
    noted.task = task.structural_id();
    ++noted.steps;
}

void profiler::end_run() {
    for (const run_profile::task_steps& each : tasks_) {
        if (each.steps > 0) {
            noted_.tasks.push_back(each);
        }
    }
    tasks_.clear();
    std::sort(noted_.tasks.begin(), noted_.tasks.end(),
              [](const run_profile::task_steps& one, const run_profile::task_steps& other) {
                  return one.task < other.task;
              });
}

// ---- by name -------------------------------------------------------------------------------

namespace {

constexpr std::size_t explorers = 12;
constexpr std::array<std::string_view, explorers + 3> names{"portfolio",
                                                            "walk",
                                                            "site",
                                                            "site_points",
                                                            "site_noise",
                                                            "pct",
                                                            "pos",
                                                            "uniform",
                                                            "sticky",
                                                            "delay",
                                                            "lifo",
                                                            detail::adaptive,
                                                            "fifo",
                                                            detail::exhaustive,
                                                            detail::exhaustive_order};

}  // namespace

std::span<const std::string_view> explorer_names() noexcept {
    return std::span(names).first(explorers);
}

std::span<const std::string_view> strategy_names() noexcept { return names; }

bool is_exhaustive(std::string_view strategy) noexcept {
    return strategy == detail::exhaustive || strategy == detail::exhaustive_order;
}

std::unique_ptr<explorer> make_explorer(std::string_view name) {
    if (name == "portfolio" || name == detail::adaptive) {
        return std::make_unique<detail::portfolio>();
    }
    if (auto one = detail::make_order_strategy(name)) {
        return one;
    }
    std::string text = "there is no strategy '" + std::string(name) + "'; there are";
    for (const std::string_view each : explorer_names()) {
        text.append(each == explorer_names().front() ? " " : ", ").append(each);
    }
    throw usage_error(text);
}

}  // namespace heddle::sim
