// SPDX-License-Identifier: BSL-1.0
#include "adaptive.hpp"

#include <algorithm>
#include <bit>

#include <heddle/detail/mix.hpp>

namespace heddle::sim::detail {

namespace {

using heddle::detail::mix;

constexpr std::uint64_t lesson = adaptive_weights::lesson;

/// 0 for the first `lesson` runs, 1 for as many more, 2 for twice as many, ...
std::size_t epoch_of(std::uint64_t schedule) noexcept {
    return static_cast<std::size_t>(std::bit_width(schedule / lesson));
}

/// The run that is learned from as number `index`, from 0.
std::uint64_t learned_run(std::uint64_t index) noexcept {
    const std::uint64_t epoch = index / lesson;
    return (epoch == 0 ? 0 : lesson << (epoch - 1)) + index % lesson;
}

/// A memory of what was seen has an end; behind it nothing is new.
constexpr std::size_t most_seen = std::size_t{1} << 18;
/// A run that shows more than so much shows that much: long runs are not better than others.
constexpr std::uint64_t most_news = 4;
/// Scores are halved again and again: so finely.
constexpr std::uint64_t unit = 1024;
/// Of a weight. It becomes four times as large at most, or a quarter.
constexpr std::uint64_t usual_factor = 16;
/// Of about a hundred: nobody gets less.
constexpr std::uint64_t least_weight = 2;

}  // namespace

std::optional<std::uint64_t> adaptive_weights::lacks(std::uint64_t schedule) const noexcept {
    if (observed_ >= epoch_of(schedule) * lesson) {
        return std::nullopt;
    }
    return learned_run(observed_);
}

const portfolio::weights& adaptive_weights::of(std::uint64_t schedule) const noexcept {
    return weights_[epoch_of(schedule)];
}

void adaptive_weights::observe(std::uint64_t schedule, std::string_view strategy,
                               const run_record& run) {
    if (schedule != learned_run(observed_) || observed_ >= (most_epochs - 1) * lesson) {
        return;
    }
    ++observed_;
    const std::uint64_t news = news_in(run);
    const std::size_t member = portfolio::place_of(strategy);
    if (member < portfolio::size) {  // else it was run 0
        scores_[member].runs += unit;
        scores_[member].news += unit * std::min(news, most_news);
    }
    if (observed_ % lesson == 0) {
        end_lesson();
    }
}

/// How many events were chosen right behind one that they had never been chosen behind before. By
/// structural ids: the same in every process.
std::uint64_t adaptive_weights::news_in(const run_record& run) {
    std::uint64_t news = 0;
    std::uint32_t before = 0;
    for (const choice& each : run.choices) {
        if (each.kind != choice_kind::order && each.taken == 0) {
            continue;  // nothing out of the ordinary
        }
        const std::uint64_t pair = mix(before, each.label + static_cast<std::uint64_t>(each.kind));
        if (seen_.size() < most_seen && seen_.insert(pair).second) {
            ++news;
        }
        before = each.label;
    }
    return news;
}

void adaptive_weights::end_lesson() {
    score all;
    for (const score& each : scores_) {
        all.runs += each.runs;
        all.news += each.news;
    }
    portfolio::weights& next = weights_[static_cast<std::size_t>(observed_ / lesson)];
    for (std::size_t i = 0; i < portfolio::size; ++i) {
        // Who tells as much news a run as all together keeps his weight.
        const score& own = scores_[i];
        std::uint64_t factor = usual_factor;
        if (own.runs > 0 && all.news > 0) {
            factor = std::clamp(usual_factor * (own.news * all.runs) / (own.runs * all.news),
                                usual_factor / 4, usual_factor * 4);
        }
        next[i] = std::max(portfolio::usual[i] * factor, usual_factor * least_weight);
    }
    // What was learned long ago counts for less and less.
    for (score& each : scores_) {
        each.runs /= 2;
        each.news /= 2;
    }
}

}  // namespace heddle::sim::detail
