// SPDX-License-Identifier: BSL-1.0
#include <heddle/detail/scheduled_queue.hpp>

#include <algorithm>
#include <utility>

namespace heddle::detail {

void scheduled_queue::push_behind(runnable& predecessor, runnable& item) {
    HEDDLE_INVARIANT(predecessor.next_ == nullptr, "callbacks of one source form one chain");
    note(item);
    predecessor.next_ = &item;
}

void scheduled_queue::push_into_full(runnable& item) {
    make_room(1);
    *last_++ = &item;
}

void scheduled_queue::close_wide_gap(runnable** gap) noexcept {
    if (gap - first_ < last_ - gap) {
        std::copy_backward(first_, gap, gap + 1);
        ++first_;
    } else {
        std::copy(gap + 1, last_, gap);
        --last_;
    }
}

/// In the place of one that was taken out, which has left room at one of the ends.
void scheduled_queue::insert(runnable& item) noexcept {
    runnable** const place = std::lower_bound(
        first_, last_, item.order_,
        [](const runnable* entry, std::uint32_t order) { return entry->order_ < order; });
    if (first_ != slots_.get()) {
        std::copy(first_, place, first_ - 1);
        --first_;
        place[-1] = &item;
    } else {
        HEDDLE_INVARIANT(last_ != slots_end_, "an entry comes back where one has left");
        std::copy_backward(place, last_, last_ + 1);
        ++last_;
        *place = &item;
    }
}

/// Behind the last entry. Moves the entries to the front of their block if half of it or more lies
/// empty there, so that each is moved a bounded number of times; else the block doubles.
void scheduled_queue::make_room(std::size_t count) {
    const std::size_t held = size();
    const auto capacity = static_cast<std::size_t>(slots_end_ - slots_.get());
    if (held + count > capacity / 2) {
        constexpr std::size_t least = 32;
        const std::size_t wanted = std::max(2 * (held + count), least);
        auto wider = std::make_unique<runnable*[]>(wanted);
        std::copy(first_, last_, wider.get());
        slots_ = std::move(wider);
        slots_end_ = slots_.get() + wanted;
    } else {
        std::copy(first_, last_, slots_.get());
    }
    first_ = slots_.get();
    last_ = first_ + held;
}

bool scheduled_queue::remove(runnable& item, runnable*& predecessor) noexcept {
    predecessor = nullptr;
    for (std::size_t i = 0; i < size(); ++i) {
        if (first_[i] == &item) {
            take(i);
            return true;
        }
        for (runnable* before = first_[i]; before->next_ != nullptr; before = before->next_) {
            if (before->next_ == &item) {
                before->next_ = item.next_;
                item.next_ = nullptr;
                predecessor = before;
                return true;
            }
        }
    }
    return false;
}

runnable* scheduled_queue::take_any() noexcept { return empty() ? nullptr : &take(0); }

std::span<runnable* const> scheduled_queue::with_extras(std::span<runnable* const> others,
                                                        runnable* last) {
    const std::size_t extras = others.size() + (last != nullptr ? 1 : 0);
    if (static_cast<std::size_t>(slots_end_ - last_) < extras) {
        make_room(extras);
    }
    runnable** end = std::copy(others.begin(), others.end(), last_);
    if (last != nullptr) {
        *end++ = last;
    }
    return {first_, end};
}

}  // namespace heddle::detail
