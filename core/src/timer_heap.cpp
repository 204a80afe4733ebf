// SPDX-License-Identifier: BSL-1.0
#include <heddle/detail/timer_heap.hpp>

#include <algorithm>
#include <stdexcept>

#include <heddle/detail/invariant.hpp>

namespace heddle::detail {

void timer_heap::place(std::size_t index, const entry& e) noexcept {
    entries_[index] = e;
    e.timer->heap_index_ = static_cast<std::uint32_t>(index);
}

void timer_heap::sift_up(std::size_t index, const entry& e) noexcept {
    while (index > 0) {
        const std::size_t parent = (index - 1) / arity;
        if (!before(e, entries_[parent])) {
            break;
        }
        place(index, entries_[parent]);
        index = parent;
    }
    place(index, e);
}

void timer_heap::sift_down(std::size_t index, const entry& e) noexcept {
    const std::size_t size = entries_.size();
    for (;;) {
        const std::size_t first = index * arity + 1;
        if (first >= size) {
            break;
        }
        const std::size_t last = std::min(first + arity, size);
        std::size_t least = first;
        for (std::size_t child = first + 1; child < last; ++child) {
            if (before(entries_[child], entries_[least])) {
                least = child;
            }
        }
        if (!before(entries_[least], e)) {
            break;
        }
        place(index, entries_[least]);
        index = least;
    }
    place(index, e);
}

void timer_heap::push(timer_entry& timer) {
    HEDDLE_INVARIANT(!timer.in_heap(), "a timer is set once at a time");
    if (entries_.size() >= timer_entry::not_in_heap - 1) {
        throw std::length_error("heddle: too many timers on one loop");
    }
    const entry e{timer.when(), insertions_++, &timer};
    entries_.push_back(e);
    sift_up(entries_.size() - 1, e);
}

timer_entry* timer_heap::pop_front() noexcept {
    timer_entry* timer = entries_.front().timer;
    timer->heap_index_ = timer_entry::not_in_heap;
    const entry last = entries_.back();
    entries_.pop_back();
    if (!entries_.empty()) {
        sift_down(0, last);
    }
    return timer;
}

void timer_heap::remove(timer_entry& timer) noexcept {
    const std::size_t index = timer.heap_index_;
    HEDDLE_INVARIANT(index < entries_.size() && entries_[index].timer == &timer,
                     "a timer's position in the heap is known");
    timer.heap_index_ = timer_entry::not_in_heap;
    const entry last = entries_.back();
    entries_.pop_back();
    if (index == entries_.size()) {
        return;
    }
    if (index > 0 && before(last, entries_[(index - 1) / arity])) {
        sift_up(index, last);
    } else {
        sift_down(index, last);
    }
}

std::size_t timer_heap::deadlines_between(
    time_point after, time_point until,
    std::array<time_point, most_deadlines>& found) const noexcept {
    // A search from the root, earliest first, over a frontier of bounded size: a subtree whose
    // root lies after `until` holds nothing of interest.
    constexpr std::size_t most_visits = 32;
    std::array<std::size_t, most_visits*(arity - 1) + 1> frontier{};
    std::size_t open = 0;
    if (!entries_.empty() && entries_.front().when <= until) {
        frontier[open++] = 0;
    }
    std::size_t count = 0;
    for (std::size_t visits = 0; visits < most_visits && open > 0; ++visits) {
        std::size_t best = 0;
        for (std::size_t i = 1; i < open; ++i) {
            if (before(entries_[frontier[i]], entries_[frontier[best]])) {
                best = i;
            }
        }
        const std::size_t index = frontier[best];
        frontier[best] = frontier[--open];
        const time_point when = entries_[index].when;
        if (when > after && (count == 0 || found[count - 1] != when)) {
            found[count++] = when;
            if (count == most_deadlines) {
                break;
            }
        }
        const std::size_t first = index * arity + 1;
        const std::size_t last = std::min(first + arity, entries_.size());
        for (std::size_t child = first; child < last; ++child) {
            if (entries_[child].when <= until) {
                frontier[open++] = child;
            }
        }
    }
    return count;
}

void timer_heap::restart() noexcept {
    HEDDLE_INVARIANT(entries_.empty(), "a heap starts anew when it is empty");
    insertions_ = 0;
}

}  // namespace heddle::detail
