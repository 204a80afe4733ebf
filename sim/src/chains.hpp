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

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <heddle/runnable.hpp>

namespace heddle::sim::detail {

template <class T>
[[gnu::cold, gnu::noinline]] void widen(std::vector<T>& table, std::size_t place, T fresh) {
    constexpr std::size_t least = 16;
    table.resize(std::max(least, 2 * place), fresh);
}

/// The entry for number `place` in a table that is emptied for each run: `fresh` where it was not
/// asked for in this run.
template <auto fresh>
[[nodiscard]] decltype(fresh)& entry_of_run(std::vector<decltype(fresh)>& table,
                                            std::size_t place) {
    if (table.size() <= place) [[unlikely]] {
        widen(table, place, fresh);
    }
    return table[place];
}

class chain_numbers {
public:
    void restart() noexcept {
        of_task_.clear();
        count_ = 0;
    }
    /// 0, 1, ... in the order in which chains are first seen in a run.
    [[nodiscard]] std::uint32_t of(runnable& event) {
        if (event.mark() == 0) {
            event.set_mark(number(event) + 1);
        }
        return event.mark() - 1;
    }

private:
    std::uint32_t number(runnable& event);
    std::vector<std::uint32_t> of_task_;  // by the task's number: 1 + the chain's
    std::uint32_t count_ = 0;
};

/// Tells sites apart within one process: equal for events of one site. It is made of addresses, so
/// nothing may depend on its value.
[[nodiscard]] std::uint64_t site_key(const runnable& event);

/// Numbers for sites: 0, 1, ... in the order in which they are first seen in a run.
class site_numbers {
public:
    void restart() noexcept;
    [[nodiscard]] std::uint32_t of(const runnable& event) { return of_key(site_key(event)); }
    /// The same by the site's key.
    [[nodiscard]] std::uint32_t of_key(std::uint64_t key) {
        // The key's upper bits are the good ones, for what multiplies carries upwards.
        std::size_t place = static_cast<std::size_t>(key >> 32) & (slots_.size() - 1);
        while (slots_[place].run == run_) {
            if (slots_[place].key == key) {
                return slots_[place].number;
            }
            place = (place + 1) & (slots_.size() - 1);
        }
        return add(key, place);
    }

private:
    /// In use if it is of this run.
    struct slot {
        std::uint64_t key = 0;
        std::uint32_t run = 0;
        std::uint32_t number = 0;
    };
    std::uint32_t add(std::uint64_t key, std::size_t place);
    void grow();

    static constexpr std::size_t first_slots = 64;
    // Looked up by key only, never walked through in an order that matters: as many as a power of
    // two, at most half of them in use.
    std::vector<slot> slots_ = std::vector<slot>(first_slots);
    std::uint32_t run_ = 1;
    std::uint32_t count_ = 0;
};

}  // namespace heddle::sim::detail
