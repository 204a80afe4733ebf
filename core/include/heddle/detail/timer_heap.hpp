// SPDX-License-Identifier: BSL-1.0
//
// The timers of a loop: a four-way heap ordered by (deadline, insertion), with the entries'
// positions noted in them, so that a cancelled timer leaves at once.
//
// Deadlines lie beside the pointers: moving entries about does not touch the timers' own memory
// but to note the position.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <heddle/runnable.hpp>
#include <heddle/time.hpp>

namespace heddle::detail {

class timer_heap {
public:
    timer_heap() = default;
    timer_heap(const timer_heap&) = delete;
    timer_heap& operator=(const timer_heap&) = delete;

    [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
    /// The earliest deadline; `never` when there is none.
    [[nodiscard]] time_point earliest() const noexcept {
        return entries_.empty() ? never : entries_.front().when;
    }
    [[nodiscard]] timer_entry* front() const noexcept { return entries_.front().timer; }

    /// Throws std::length_error beyond 2^32 - 2 timers.
    void push(timer_entry& timer);
    timer_entry* pop_front() noexcept;
    void remove(timer_entry& timer) noexcept;

    /// The earliest distinct deadlines after `after` and not after `until`, in order: how many
    /// were found. Looks at a bounded number of entries, so that it may miss some among many
    /// equal ones; what it finds depends on the heap's history alone.
    static constexpr std::size_t most_deadlines = 3;
    std::size_t deadlines_between(time_point after, time_point until,
                                  std::array<time_point, most_deadlines>& found) const noexcept;

    /// Forgets insertion numbers, for a loop that starts anew. Empty heaps only.
    void restart() noexcept;

private:
    struct entry {
        time_point when;
        std::uint64_t insertion;
        timer_entry* timer;
    };
    static constexpr std::size_t arity = 4;

    static bool before(const entry& a, const entry& b) noexcept {
        return a.when != b.when ? a.when < b.when : a.insertion < b.insertion;
    }
    void place(std::size_t index, const entry& e) noexcept;
    void sift_up(std::size_t index, const entry& e) noexcept;
    void sift_down(std::size_t index, const entry& e) noexcept;

    std::vector<entry> entries_;
    std::uint64_t insertions_ = 0;
};

}  // namespace heddle::detail
