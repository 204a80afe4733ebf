// SPDX-License-Identifier: BSL-1.0
#include "portfolio.hpp"

#include <numeric>

#include "order_strategies.hpp"

namespace heddle::sim::detail {

portfolio::portfolio() {
    for (std::size_t i = 0; i < members.size(); ++i) {
        strategies_[i] = make_order_strategy(members[i].name);
    }
    drawn_ = strategies_.front().get();
    weigh(usual);
}

std::size_t portfolio::place_of(std::string_view name) noexcept {
    std::size_t place = 0;
    while (place < size && members[place].name != name) {
        ++place;
    }
    return place;
}

void portfolio::weigh(const weights& each) noexcept {
    weights_ = each;
    all_weights_ = std::accumulate(each.begin(), each.end(), std::uint64_t{0});
}

void portfolio::start(const run_profile& profile) {
    std::uint64_t ticket = stream().below(all_weights_);
    std::size_t place = 0;
    while (ticket >= weights_[place]) {
        ticket -= weights_[place];
        ++place;
    }
    drawn_ = strategies_[place].get();
    constexpr std::array<std::uint64_t, 6> timers{64, 64, 64, 8, 2, 0};
    constexpr std::array<std::uint64_t, 4> operations{64, 64, 8, 0};
    timers_in_64_ = timers[stream().below(timers.size())];
    operations_in_64_ = operations[stream().below(operations.size())];
    withholds_nothing_ = timers_in_64_ == 64 && operations_in_64_ == 64;
    drawn_->begin(stream().next(), level::any, profile);
}

// The one that was drawn counts what is passed over: it is asked by the simulation, too.

std::size_t portfolio::order(std::span<runnable* const> options) {
    return drawn_->unless_starved(choose(options), options.size());
}

std::size_t portfolio::order_crowd(crowd& options) {
    return drawn_->unless_starved(choose_crowd(options), options.size());
}

/// What is ready comes first, then operations, then the timer that is not due. What is offered is a
/// part from the front: with the operations, the timer is withheld too. Says how many; `at` tells
/// the options.
template <class At>
std::size_t portfolio::offered(std::size_t count, At at) {
    const auto not_due = [&](const runnable& each) {
        return each.kind() == event_kind::timer && static_cast<const timer_entry&>(each).in_heap();
    };
    if (timers_in_64_ < 64 && not_due(at(count - 1)) && !stream().chance(timers_in_64_, 64)) {
        --count;
    }
    if (operations_in_64_ < 64 && at(count - 1).kind() == event_kind::completion &&
        at(0).kind() != event_kind::completion && !stream().chance(operations_in_64_, 64)) {
        while (at(count - 1).kind() == event_kind::completion) {
            --count;
        }
    }
    return count;
}

std::size_t portfolio::choose(std::span<runnable* const> options) {
    if (withholds_nothing_) {
        return drawn_->choose(options);
    }
    const std::size_t count =
        offered(options.size(), [&](std::size_t i) -> const runnable& { return *options[i]; });
    return count > 1 ? drawn_->choose(options.first(count)) : 0;
}

std::size_t portfolio::choose_crowd(crowd& options) {
    if (withholds_nothing_ || options.others() == 0) {
        return drawn_->choose_crowd(options);
    }
    const std::size_t count =
        offered(options.size(), [&](std::size_t i) -> const runnable& { return options[i]; });
    crowd part = options.first(count);
    return count > 1 ? drawn_->choose_crowd(part) : 0;
}

}  // namespace heddle::sim::detail
