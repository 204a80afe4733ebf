// SPDX-License-Identifier: BSL-1.0
//
// The ready queue of a loop that has a scheduler: any of its entries may be taken, in the order
// of the plain loop by default.
//
// Plain callbacks of one source keep their order among themselves (DESIGN "What may be
// reordered"): the call_soons of one callback, the done callbacks of one future. Such a callback
// hangs behind the one before it and becomes an entry, in its own place, when that one leaves.
//
// Entries lie in a row in one block, with room at both ends: the first, which FIFO takes, leaves
// without anything being moved, and of many others the shorter side moves. Where there are very
// many, and the scheduler has said that it can do without the row (limit_row), they go into a
// crowd_queue, and come back when few are left.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include <heddle/crowd.hpp>
#include <heddle/detail/crowd_queue.hpp>
#include <heddle/detail/invariant.hpp>
#include <heddle/runnable.hpp>

namespace heddle::detail {

class scheduled_queue {
public:
    scheduled_queue() = default;
    scheduled_queue(const scheduled_queue&) = delete;
    scheduled_queue& operator=(const scheduled_queue&) = delete;

    /// From about so many entries on they are to be a crowd.
    void limit_row(std::size_t crowds_from) {
        if (crowds_from != crowds_from_) [[unlikely]] {
            set_limit(crowds_from);
        }
    }
    /// Whether they are, or are to be: make_crowd() before the next choice then.
    [[nodiscard]] bool crowd_is_due() const noexcept { return crowd_is_due_; }
    /// The entries as a crowd; null if there are too few, and they are a row. Of a crowd the row's
    /// functions, and take(), are not to be called.
    [[nodiscard]] crowd_queue* make_crowd();
    /// take(), of whichever it is.
    runnable& take_anyhow(std::size_t index);

    /// A free entry at the end: a task's step, a due timer, the first callback of a source.
    void push(runnable& item) {
        note(item);
        if (last_ != slots_end_) [[likely]] {
            *last_++ = &item;
        } else {
            push_into_full(item);
        }
    }
    /// Behind `predecessor`, which is in the queue (as an entry or hanging) and has none behind.
    void push_behind(runnable& predecessor, runnable& item);

    [[nodiscard]] bool empty() const noexcept { return first_ == last_; }
    [[nodiscard]] std::size_t size() const noexcept {
        return static_cast<std::size_t>(last_ - first_);
    }
    /// What may run now, in the plain loop's order. Of a row, as size() and with_extras().
    [[nodiscard]] std::span<runnable* const> entries() const noexcept { return {first_, last_}; }

    /// Takes out entry number `index`.
    runnable& take(std::size_t index) {
        runnable** const gap = first_ + index;
        runnable& item = **gap;
        if (index == 0) {
            ++first_;
        } else {
            close_gap(gap);
        }
        if (runnable* behind = item.next_; behind != nullptr) [[unlikely]] {
            item.next_ = nullptr;
            insert(*behind);
        }
        return item;
    }
    /// Takes out `item`, entry or hanging, wherever it is: false if it is not here. What it hung
    /// behind (null if it was an entry) is noted in `predecessor`.
    bool remove(runnable& item, runnable*& predecessor) noexcept;
    /// Takes out everything, in the plain loop's order.
    runnable* take_any() noexcept;

    /// The entries, with `others` and then `last` (which may be null) behind them: for a choice,
    /// until anything is pushed. The queue itself is as before.
    [[nodiscard]] std::span<runnable* const> with_extras(std::span<runnable* const> others,
                                                         runnable* last);

    /// Iterations: what is ready now belongs to the iteration that begins now.
    void begin_iteration() noexcept { boundary_ = next_order_; }
    [[nodiscard]] bool iteration_over() const noexcept {
        return first_ == last_ || (*first_)->order_ >= boundary_;
    }

    void restart() noexcept {
        next_order_ = 0;
        boundary_ = 0;
    }

private:
    /// A number and no notes for what becomes ready.
    void note(runnable& item) {
        HEDDLE_INVARIANT(next_order_ != ~std::uint32_t{0}, "a run has fewer than 2^32 events");
        item.order_ = next_order_++;
        item.mark_ = 0;
        item.next_ = nullptr;
    }
    /// From behind, if few are to be moved: here, from hand to hand (a plain loop would be made a
    /// call again by the compiler). Else from the shorter side.
    void close_gap(runnable** gap) noexcept {
        constexpr std::ptrdiff_t few = 16;
        if (last_ - gap > few) [[unlikely]] {
            close_wide_gap(gap);
            return;
        }
        runnable** place = --last_;
        runnable* carried = *place;
        while (place != gap) {
            carried = std::exchange(*--place, carried);
        }
    }
    void close_wide_gap(runnable** gap) noexcept;
    void push_into_full(runnable& item);
    void insert(runnable& item) noexcept;
    void make_room(std::size_t count);
    void set_slots_end() noexcept;
    void set_limit(std::size_t crowds_from);
    void follow_crowd();
    [[gnu::cold]] bool remove_of_crowd(runnable& item, runnable*& predecessor) noexcept;

    std::unique_ptr<runnable*[]> slots_;
    std::size_t slot_count_ = 0;
    // Those that are in use: fewer than there are where a crowd could become of the entries.
    runnable** slots_end_ = nullptr;
    runnable** first_ = nullptr;  // the entries, by order_: first_ .. last_
    runnable** last_ = nullptr;
    // Of a crowd first_ .. last_ is this, its first entry: a full row of one.
    runnable* crowd_front_ = nullptr;
    bool is_crowd_ = false;
    bool crowd_is_due_ = false;  // that too, and when it is to become one
    std::size_t crowds_from_ = crowd::never;
    std::unique_ptr<crowd_queue> crowd_;  // null until it is needed
    std::uint32_t next_order_ = 0;
    std::uint32_t boundary_ = 0;
};

}  // namespace heddle::detail
