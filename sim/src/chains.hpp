// SPDX-License-Identifier: BSL-1.0
//
// What belongs together, for strategies that treat some events alike.
//
// A chain is what one task does; each callback, timer and operation is a chain of its own, which
// covers partial orders online in the cheap way (Ozkan et al., "Randomized testing of distributed
// systems with probabilistic guarantees", 2018). A site is a place in the program: coroutine
// functions and the awaits that they are suspended at, shared by all tasks that come there.
//
// Both note an event's number in its mark, so that an option that was seen before costs a load.
#pragma once

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
    [[nodiscard]] std::uint32_t of(runnable& event) {
        if (event.mark() == 0) {
            event.set_mark(number(event) + 1);
        }
        return event.mark() - 1;
    }

private:
    [[nodiscard]] std::uint32_t number(const runnable& event) {
        return numbers_.try_emplace(site_key(event), static_cast<std::uint32_t>(numbers_.size()))
            .first->second;
    }
    // Looked up only, never walked through.
    std::map<std::uint64_t, std::uint32_t> numbers_;
};

}  // namespace heddle::sim::detail
