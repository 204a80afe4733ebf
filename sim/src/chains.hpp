// SPDX-License-Identifier: BSL-1.0
//
// What belongs together, for strategies that treat some events alike.
//
// A chain is what one task does; each callback, timer and operation is a chain of its own, which
// covers partial orders online in the cheap way (Ozkan et al., "Randomized testing of distributed
// systems with probabilistic guarantees", 2018). A site is a place in the program: coroutine
// functions and the awaits that they are suspended at, shared by all tasks that come there.
//
// A chain's number is noted in the event's mark, so that an option that was seen before costs a load.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include <heddle/runnable.hpp>

namespace heddle::sim::detail {

class chain_numbers {
public:
    void restart() noexcept {
        of_task_.clear();
        count_ = 0;
    }
    /// 0, 1, ... in the order in which chains are first seen in a run.
    [[nodiscard]] std::uint32_t of(runnable& event);
    [[nodiscard]] std::uint32_t count() const noexcept { return count_; }

private:
    std::uint32_t number(runnable& event);
    std::vector<std::uint32_t> of_task_;  // by the task's number: 1 + the chain's
    std::uint32_t count_ = 0;
};

/// Tells sites apart within one process: equal for events of one site. It is made of addresses, so
/// nothing may depend on its value.
[[nodiscard]] std::uint64_t site_key(const runnable& event);

class site_numbers {
public:
    /// A number for the event's site: the same in all runs. In which order numbers are given away
    /// depends on earlier runs, so that nothing may depend on their values.
    [[nodiscard]] std::uint32_t of(const runnable& event) {
        const std::uint64_t key = site_key(event);
        seen_before& place = latest_[key % latest_.size()];
        if (place.key != key || place.number == 0) {
            place = {key, number(key) + 1};
        }
        return place.number - 1;
    }

private:
    struct seen_before {
        std::uint64_t key = 0;
        std::uint32_t number = 0;  // 1 + the site's; 0: none
    };
    [[nodiscard]] std::uint32_t number(std::uint64_t key) {
        return numbers_.try_emplace(key, static_cast<std::uint32_t>(numbers_.size())).first->second;
    }
    // Both are looked up only, never walked through: first what was seen here last.
    std::array<seen_before, 64> latest_{};
    std::map<std::uint64_t, std::uint32_t> numbers_;
};

}  // namespace heddle::sim::detail
