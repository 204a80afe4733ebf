// SPDX-License-Identifier: BSL-1.0
//
// What a scheduler is handed where very much is ready: the same options as elsewhere, in the same
// order, but not side by side. Looking at all of them for each step is what it is there to avoid.
//
// A scheduler may give what is ready a key each, once, when it has come, and then ask for the
// greatest key, or for the place where the sum of keys reaches a number. Keys stay until their
// event runs. What each call costs grows like the logarithm of how many are ready; forget_keys(),
// and the first key_new() of a run or behind it, touch all of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include <heddle/detail/crowd_queue.hpp>
#include <heddle/detail/invariant.hpp>
#include <heddle/runnable.hpp>

namespace heddle {

/// Valid while the scheduler is asked for one choice.
class crowd {
public:
    /// As scheduler::crowds_from and its like say it: at no size.
    static constexpr std::size_t never = std::numeric_limits<std::size_t>::max();

    /// For the loop: `operations`, then `timer` (which may be null) come behind what is ready.
    crowd(detail::crowd_queue& ready, std::span<runnable* const> operations,
          runnable* timer) noexcept
        : ready_(&ready), operations_(operations), timer_(timer) {}

    /// How many options there are.
    [[nodiscard]] std::size_t size() const noexcept { return ready() + others(); }
    /// How many of these are ready: the first.
    [[nodiscard]] std::size_t ready() const noexcept { return ready_->size(); }
    /// How many come behind these: operations, and a timer that is not due.
    [[nodiscard]] std::size_t others() const noexcept {
        return operations_.size() + (timer_ != nullptr ? 1 : 0);
    }
    [[nodiscard]] runnable& operator[](std::size_t option) const noexcept {
        return option < ready() ? ready_->at(option) : other(option - ready());
    }
    /// Option number ready() + `place`.
    [[nodiscard]] runnable& other(std::size_t place) const noexcept {
        return place < operations_.size() ? *operations_[place] : *timer_;
    }
    /// The first `count` of the options, which has all that are ready.
    [[nodiscard]] crowd first(std::size_t count) const noexcept {
        HEDDLE_INVARIANT(count >= ready() && count <= size(), "what is ready is never left out");
        const std::size_t kept = count - ready();
        return {*ready_, operations_.first(kept < operations_.size() ? kept : operations_.size()),
                kept > operations_.size() ? timer_ : nullptr};
    }

    /// Gives a key to each that is ready and has none, in the order of the plain loop:
    /// key_of(event, number), which must not be 0. No number is given twice in a run: see option_of.
    template <class F>
    void key_new(detail::key_use use, F key_of) {
        ready_->begin_keys(use);
        while (runnable* const event = ready_->next_without_key()) {
            ready_->set_next_key(key_of(*event, detail::crowd_queue::order_of(*event)));
        }
        ready_->end_keys();
    }
    /// key_new() is to ask for all of them again.
    void forget_keys() noexcept { ready_->forget_keys(); }
    /// Another key for one that is ready.
    void set_key(std::size_t option, std::uint64_t key) noexcept { ready_->set_key(option, key); }

    /// With key_use::greatest: the greatest key, how many have it, and the option that is number
    /// `place` of these.
    [[nodiscard]] std::uint64_t greatest() const noexcept { return ready_->all_keys(); }
    [[nodiscard]] std::size_t greatest_count() const noexcept { return ready_->greatest_count(); }
    [[nodiscard]] std::size_t option_of_greatest(std::size_t place) const noexcept {
        return ready_->index_of_greatest(place);
    }
    /// With key_use::sum: the sum of all keys, and the first option with which the sum of keys up
    /// to it exceeds `sum`.
    [[nodiscard]] std::uint64_t sum() const noexcept { return ready_->all_keys(); }
    [[nodiscard]] std::size_t option_of_sum(std::uint64_t sum) const noexcept {
        return ready_->index_of_sum(sum);
    }
    /// The option that key_new() gave this number; ready() if it is not ready any more.
    [[nodiscard]] std::size_t option_of(std::uint32_t number) const noexcept {
        return ready_->index_of_order(number);
    }

private:
    detail::crowd_queue* ready_;
    std::span<runnable* const> operations_;
    runnable* timer_;
};

}  // namespace heddle
