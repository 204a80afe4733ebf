// SPDX-License-Identifier: BSL-1.0
#include "constrained_fifo.hpp"

#include <algorithm>

#include "chains.hpp"

namespace heddle::sim::detail {

constrained_fifo::constrained_fifo(std::span<const deviation> deviations) {
    for (const deviation& each : deviations) {
        switch (each.what) {
            case deviation::sort::hold:
                holds_.push_back({each.event, each.until, false});
                break;
            case deviation::sort::hold_site:
                site_holds_.push_back({each.site, each.until, false});
                break;
            case deviation::sort::early:
                early_.push_back({each.event, each.until});
                break;
            case deviation::sort::stall:
                stalls_.push_back({each.event, each.option});
                break;
            case deviation::sort::oversleep:
                oversleeps_.push_back({each.event, each.option});
                break;
            case deviation::sort::cancel:
                cancels_.push_back({each.event, 1});
                break;
            case deviation::sort::pick:
                picks_.push_back({each.event, each.option});
                break;
        }
    }
    const auto by_key = [](const numbered& a, const numbered& b) { return a.key < b.key; };
    std::sort(stalls_.begin(), stalls_.end(), by_key);
    std::sort(oversleeps_.begin(), oversleeps_.end(), by_key);
    std::sort(cancels_.begin(), cancels_.end(), by_key);
    std::sort(picks_.begin(), picks_.end(), by_key);
    std::sort(holds_.begin(), holds_.end(),
              [](const hold& a, const hold& b) { return a.event < b.event; });
    for (std::size_t i = 0; i < holds_.size(); ++i) {
        holds_by_until_.push_back(i);
    }
    std::sort(holds_by_until_.begin(), holds_by_until_.end(), [this](std::size_t a, std::size_t b) {
        return holds_[a].until != holds_[b].until ? holds_[a].until < holds_[b].until : a < b;
    });
}

bool constrained_fifo::held(std::uint64_t event) const {
    auto place = std::lower_bound(
        holds_.begin(), holds_.end(), event,
        [](const hold& each, std::uint64_t wanted) { return each.event < wanted; });
    for (; place != holds_.end() && place->event == event; ++place) {
        if (!place->over) {
            return true;
        }
    }
    return false;
}

bool constrained_fifo::held(const runnable& event) const {
    if (held(event.event_id())) {
        return true;
    }
    return std::any_of(site_holds_.begin(), site_holds_.end(), [&](const site_hold& each) {
        return !each.over && each.site == site_key(event);
    });
}

std::size_t constrained_fifo::option_of(const std::vector<numbered>& list, std::uint64_t key,
                                        std::size_t options) {
    const auto place = std::lower_bound(
        list.begin(), list.end(), key,
        [](const numbered& each, std::uint64_t wanted) { return each.key < wanted; });
    if (place == list.end() || place->key != key) {
        return 0;
    }
    return std::min<std::size_t>(place->option, options - 1);
}

std::size_t constrained_fifo::picked(std::size_t options) {
    return option_of(picks_, position_++, options);
}

std::size_t constrained_fifo::order(std::span<runnable* const> options) {
    const std::size_t by_position = picked(options.size());
    if (holds_.empty() && site_holds_.empty()) {
        return by_position;
    }
    for (std::size_t i = 0; i < options.size(); ++i) {
        if (!held(*options[i])) {
            return i;
        }
    }
    return by_position;
}

std::size_t constrained_fifo::stall(const runnable& next, std::size_t options) {
    const std::size_t by_position = picked(options);
    const std::size_t by_event = option_of(stalls_, next.event_id(), options);
    return by_event != 0 ? by_event : by_position;
}

std::size_t constrained_fifo::oversleep(std::uint64_t wait, std::size_t options) {
    const std::size_t by_position = picked(options);
    const std::size_t by_wait = option_of(oversleeps_, wait, options);
    return by_wait != 0 ? by_wait : by_position;
}

std::size_t constrained_fifo::finish(const finish_options& options) {
    const std::size_t by_position = picked(options.count());
    if (by_position != 0) {
        return by_position;
    }
    for (std::size_t i = 0; i < options.pending.size(); ++i) {
        const std::uint64_t event = options.pending[i]->event_id();
        if (options.idle ? !held(*options.pending[i]) : finishes_early(event)) {
            return options.option_of(i);
        }
    }
    // All are held: none finishes, if time can pass instead.
    return options.idle && !options.must ? options.count() - 1 : 0;
}

std::size_t constrained_fifo::cancel(const runnable& next, std::size_t options) {
    const std::size_t by_position = picked(options);
    const std::size_t by_event = option_of(cancels_, next.event_id(), options);
    return by_event != 0 ? by_event : by_position;
}

bool constrained_fifo::finishes_early(std::uint64_t event) const {
    return std::any_of(early_.begin(), early_.end(), [&](const early_finish& each) {
        return each.event == event && each.after == ran_last_;
    });
}

void constrained_fifo::ran(const runnable& next) {
    if (holds_.empty() && early_.empty() && site_holds_.empty()) {
        return;
    }
    const std::uint64_t event = next.event_id();
    ran_last_ = event;
    for (site_hold& each : site_holds_) {
        each.over = each.over || each.until == event;
    }
    auto place = std::lower_bound(
        holds_by_until_.begin(), holds_by_until_.end(), event,
        [this](std::size_t i, std::uint64_t wanted) { return holds_[i].until < wanted; });
    for (; place != holds_by_until_.end() && holds_[*place].until == event; ++place) {
        holds_[*place].over = true;
    }
}

}  // namespace heddle::sim::detail
