// SPDX-License-Identifier: BSL-1.0
//
// What is ready on a loop that has a scheduler, where that is very much: a scheduled_queue with
// thousands of entries keeps them here.
//
// Each entry has a slot, in the order of the plain loop, and so has each callback that hangs behind
// another: it becomes an entry in its own place. Over the slots stand trees, of how many entries
// there are and of the keys that a scheduler gives them, so that taking any one, finding the k-th
// and finding the greatest take steps that grow like the logarithm of their number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <heddle/runnable.hpp>

namespace heddle::detail {

/// What the keys of entries are put together to.
enum class key_use : std::uint8_t { greatest, sum };

class crowd_queue {
public:
    /// Takes over what is ready, in the plain loop's order, with what hangs behind it. Empty before.
    void take_over(std::span<runnable* const> entries);
    /// Gives back all entries, in that order: so many as size() says. Empty behind it.
    void give_back(runnable** place) noexcept;

    /// `item` is new and has the highest order_ of all: an entry, or hanging behind `predecessor`.
    void push(runnable& item);
    void push_behind(runnable& predecessor, runnable& item);

    [[nodiscard]] std::size_t size() const noexcept { return counts_[1]; }
    /// Not empty.
    [[nodiscard]] runnable& front() const noexcept { return *slots_[front_].item; }
    [[nodiscard]] runnable& at(std::size_t index) const noexcept {
        return *slots_[slot_of(index)].item;
    }
    runnable& take(std::size_t index) noexcept;
    /// As scheduled_queue::remove.
    bool remove(runnable& item, runnable*& predecessor) noexcept;

    // ---- keys: see crowd ----

    /// Begins to give keys to those that have none: all, after forget_keys() or with another use.
    void begin_keys(key_use use);
    /// The next that has none, oldest first, or null; set_next_key() gives it one.
    [[nodiscard]] runnable* next_without_key() noexcept;
    void set_next_key(std::uint64_t key) noexcept;
    void end_keys();
    void forget_keys() noexcept { keyed_ = false; }
    void set_key(std::size_t index, std::uint64_t key) noexcept;

    [[nodiscard]] std::uint64_t all_keys() const noexcept { return keys_[1].key; }
    [[nodiscard]] std::size_t greatest_count() const noexcept { return keys_[1].ties; }
    /// The index of number `place` of the entries with the greatest key.
    [[nodiscard]] std::size_t index_of_greatest(std::size_t place) const noexcept;
    /// The index of the entry at which the sum of keys, added up from the first, exceeds `sum`.
    [[nodiscard]] std::size_t index_of_sum(std::uint64_t sum) const noexcept;
    /// The index of the entry with that order_; size() if there is none.
    [[nodiscard]] std::size_t index_of_order(std::uint32_t order) const noexcept;
    [[nodiscard]] static std::uint32_t order_of(const runnable& item) noexcept {
        return item.order_;
    }

private:
    /// Of an entry (item), of a callback that hangs (before: behind what), or of none any more.
    struct slot {
        runnable* item = nullptr;
        runnable* before = nullptr;
        std::uint32_t order = 0;
    };
    struct key_node {
        std::uint64_t key = 0;   // the greatest below it, or the sum
        std::uint32_t ties = 0;  // how many have the greatest
        bool operator==(const key_node&) const = default;
    };

    void add_slot(const slot& one);
    void make_room();
    void reset(std::size_t kept);
    void build_counts() noexcept;
    void build_keys() noexcept;
    void become_entry(runnable& item) noexcept;
    void leave(std::size_t place) noexcept;
    void count(std::size_t place, std::uint32_t difference) noexcept;
    void put_key(std::size_t place, std::uint64_t key) noexcept;
    void note_without_key(std::uint32_t order) noexcept;
    [[nodiscard]] key_node combined(std::size_t node) const noexcept;
    [[nodiscard]] std::size_t find(std::uint32_t order) const noexcept;
    [[nodiscard]] std::size_t slot_of(std::size_t index) const noexcept;

    std::vector<slot>
        slots_;  // by order; as many as the trees have leaves, of which used_ are used
    std::size_t used_ = 0;
    std::size_t front_ = 0;  // the first entry's
    // Trees: node 1 is the root, the children of node i are 2i and 2i+1, slots' leaves come last.
    std::vector<std::uint32_t> counts_ = std::vector<std::uint32_t>(2);
    std::vector<key_node> keys_;
    key_use use_ = key_use::greatest;
    bool keyed_ = false;                      // all have keys, but those in without_key_
    std::vector<std::uint32_t> without_key_;  // by order_, which may have left
    std::size_t next_ = 0;                    // while keys are given: of these, or of the slots
    std::size_t keying_ = 0;                  // the slot of the one that is to have one
};

}  // namespace heddle::detail
