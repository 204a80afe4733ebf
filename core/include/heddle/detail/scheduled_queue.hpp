// SPDX-License-Identifier: BSL-1.0
//
// The ready queue of a loop that has a scheduler: any of its entries may be taken, in the order
// of the plain loop by default.
//
// Plain callbacks of one source keep their order among themselves (DESIGN "What may be
// reordered"): the call_soons of one callback, the done callbacks of one future. Such a callback
// hangs behind the one before it and becomes an entry, in its own place, when that one leaves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <heddle/runnable.hpp>

namespace heddle::detail {

class scheduled_queue {
public:
    /// A free entry at the end: a task's step, a due timer, the first callback of a source.
    void push(runnable& item);
    /// Behind `predecessor`, which is in the queue (as an entry or hanging) and has none behind.
    void push_behind(runnable& predecessor, runnable& item);

    [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
    /// What may run now, in the plain loop's order.
    [[nodiscard]] std::span<runnable* const> entries() const noexcept { return entries_; }

    /// Takes out entry number `index`.
    runnable& take(std::size_t index);
    /// Takes out `item`, entry or hanging, wherever it is: false if it is not here. What it hung
    /// behind (null if it was an entry) is noted in `predecessor`.
    bool remove(runnable& item, runnable*& predecessor) noexcept;
    /// Takes out everything, in the plain loop's order.
    runnable* take_any() noexcept;

    /// The entries, with `others` and then `last` (which may be null) behind them, for the time of
    /// a choice.
    std::span<runnable* const> with_extras(std::span<runnable* const> others, runnable* last);
    void without_extras(std::size_t count) noexcept { entries_.resize(entries_.size() - count); }

    /// Iterations: what is ready now belongs to the iteration that begins now.
    void begin_iteration() noexcept { boundary_ = next_order_; }
    [[nodiscard]] bool iteration_over() const noexcept {
        return entries_.empty() || entries_.front()->order_ >= boundary_;
    }

    void restart() noexcept {
        next_order_ = 0;
        boundary_ = 0;
    }

private:
    std::uint32_t number();
    void insert(runnable& item);

    std::vector<runnable*> entries_;  // by order_
    std::uint32_t next_order_ = 0;
    std::uint32_t boundary_ = 0;
};

}  // namespace heddle::detail
