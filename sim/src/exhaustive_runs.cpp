// SPDX-License-Identifier: BSL-1.0
#include "exhaustive_runs.hpp"

#include <utility>

#include "numbered_runs.hpp"

namespace heddle::sim::detail {

namespace {

/// What explore_options and exhaust_options have in common. They have no base, which would cost
/// users their designated initialisers.
template <class From, class To>
void copy_common(const From& from, To& to) {
    to.name = from.name;
    to.seed = from.seed;
    to.allowed = from.allowed;
    to.cancellations = from.cancellations;
    to.limits = from.limits;
    to.timing_schedules = from.timing_schedules;
    to.minimise_replays = from.minimise_replays;
    to.on_progress = from.on_progress;
    to.stop = from.stop;
}

}  // namespace

exhaust_options exhaustive_options(const explore_options& options) {
    exhaust_options result;
    copy_common(options, result);
    result.most_runs = options.schedules;
    result.order_only = options.strategy == exhaustive_order;
    return result;
}

explore_options explore_options_of(const exhaust_options& options) {
    explore_options result;
    copy_common(options, result);
    result.schedules = options.most_runs;
    result.strategy = options.order_only ? exhaustive_order : exhaustive;
    return result;
}

exploration exploration_of(exhaustion result) {
    exploration one;
    one.name = std::move(result.name);
    one.seed = result.seed;
    one.asked = result.asked;
    one.schedules = result.runs;
    one.steps = result.steps;
    one.digest = result.digest;
    one.exhausted = result.exhausted;
    one.coverage = std::move(result.coverage);
    one.found = std::move(result.found);
    return one;
}

exhaustive_runs::exhaustive_runs(simulation& one, const program& main,
                                 const exhaust_options& options)
    : one_(one), main_(main), options_(options), chooser_(options.order_only) {
    one.open_cancellations(options.cancellations);
}

bool exhaustive_runs::begin_pass() {
    if (pass_ > std::uint64_t{options_.deviations} + (options_.unbounded ? 1 : 0)) {
        return false;
    }
    chooser_.restart(pass_ <= options_.deviations ? static_cast<std::uint32_t>(pass_)
                                                  : depth_first::no_bound);
    return true;
}

bool exhaustive_runs::next(bool traced) {
    if (over_) {
        return false;
    }
    if (!under_way_ && !begin_pass()) {
        over_ = true;
        return false;
    }
    seed_values(one_, options_.seed, 0);
    latest_ = &one_.run(main_, chooser_, options_.allowed, traced);
    fresh_ = chooser_.deviations() >= pass_;
    if (latest_->failed) {
        verdict_ = chooser_.verdict(*latest_);
    }
    under_way_ = chooser_.advance(*latest_);
    if (!under_way_) {
        end_pass();
    }
    return true;
}

void exhaustive_runs::end_pass() {
    if (chooser_.strayed()) {
        over_ = true;
        return;
    }
    complete_ = !chooser_.cut();
    over_ = complete_;
    if (pass_ <= options_.deviations) {
        ++bounds_done_;
    }
    ++pass_;
}

}  // namespace heddle::sim::detail
