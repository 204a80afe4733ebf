// SPDX-License-Identifier: BSL-1.0
#include "fuzz_sightings.hpp"

#include <algorithm>
#include <numeric>

#include <heddle/task_base.hpp>

#include "chains.hpp"

namespace heddle::sim::detail {

void sightings::note(const runnable& event) {
    if (all_.size() == most) {
        return;
    }
    sighting seen;
    seen.event = event.event_id();
    seen.site = site_key(event);
    seen.kind = event.kind();
    if (seen.kind == event_kind::step || seen.kind == event_kind::wakeup) {
        seen.task = static_cast<const task_base&>(event).structural_id();
        auto place = std::lower_bound(
            tasks_.begin(), tasks_.end(), seen.task,
            [](const task_steps& each, std::uint64_t wanted) { return each.task < wanted; });
        if (place == tasks_.end() || place->task != seen.task) {
            place = tasks_.insert(place, {seen.task, 0});
        }
        seen.step = ++place->steps;
    } else if (seen.kind == event_kind::timer) {
        timers_.push_back(all_.size());
    } else if (seen.kind == event_kind::completion) {
        operations_.push_back(all_.size());
    }
    all_.push_back(seen);
}

void sightings::settle() {
    by_key_.resize(all_.size());
    std::iota(by_key_.begin(), by_key_.end(), std::size_t{0});
    std::sort(by_key_.begin(), by_key_.end(), [this](std::size_t a, std::size_t b) {
        const std::uint16_t first = fuzz_key(all_[a].event);
        const std::uint16_t second = fuzz_key(all_[b].event);
        return first != second ? first < second : a < b;
    });
    tasks_ = {};
}

const sighting* sightings::find(std::uint16_t key) const noexcept {
    const auto place = std::lower_bound(by_key_.begin(), by_key_.end(), key,
                                        [this](std::size_t each, std::uint16_t wanted) {
                                            return fuzz_key(all_[each].event) < wanted;
                                        });
    return place != by_key_.end() && fuzz_key(all_[*place].event) == key ? &all_[*place] : nullptr;
}

}  // namespace heddle::sim::detail
