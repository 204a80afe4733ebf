// SPDX-License-Identifier: BSL-1.0
#include <heddle/detail/scheduled_queue.hpp>

#include <algorithm>
#include <utility>

namespace heddle::detail {

void scheduled_queue::push_behind(runnable& predecessor, runnable& item) {
    HEDDLE_INVARIANT(predecessor.next_ == nullptr, "callbacks of one source form one chain");
    note(item);
    if (is_crowd_) {
        crowd_->push_behind(predecessor, item);
    }
    predecessor.next_ = &item;
}

void scheduled_queue::push_into_full(runnable& item) {
    if (is_crowd_) {
        crowd_->push(item);
        return;
    }
    crowd_is_due_ = size() >= crowds_from_;
    make_room(1);
    *last_++ = &item;
}

// ---- crowds --------------------------------------------------------------------------------

void scheduled_queue::set_limit(std::size_t crowds_from) {
    crowds_from_ = std::max<std::size_t>(crowds_from, 1);
    if (is_crowd_) {
        follow_crowd();
    } else {
        crowd_is_due_ = false;
        set_slots_end();
    }
}

/// A row that is as long as it may be is full, whatever there is room for, so that a push asks for
/// no more than whether it is.
void scheduled_queue::set_slots_end() noexcept {
    const bool limited = crowds_from_ < slot_count_ / 2 && !crowd_is_due_;
    slots_end_ = std::max(slots_.get() + (limited ? 2 * crowds_from_ : slot_count_), last_);
}

crowd_queue* scheduled_queue::make_crowd() {
    if (!is_crowd_) {
        if (size() <= crowds_from_ / 2) {  // many have run before the next choice came
            crowd_is_due_ = false;
            set_slots_end();
            return nullptr;
        }
        if (crowd_ == nullptr) {
            crowd_ = std::make_unique<crowd_queue>();
        }
        crowd_->take_over(entries());
        is_crowd_ = true;
        follow_crowd();
    }
    return crowd_.get();
}

/// The crowd's first entry may be another one now, or there may be so few that they are a row.
void scheduled_queue::follow_crowd() {
    const std::size_t held = crowd_->size();
    if (held > crowds_from_ / 2) {
        crowd_front_ = &crowd_->front();
        first_ = &crowd_front_;
        last_ = first_ + 1;
        slots_end_ = last_;
        return;
    }
    if (held >= slot_count_) {  // never when one has left: there was room when it became a crowd
        slots_ = std::make_unique<runnable*[]>(2 * held);
        slot_count_ = 2 * held;
    }
    crowd_->give_back(slots_.get());
    is_crowd_ = false;
    crowd_is_due_ = false;
    first_ = slots_.get();
    last_ = first_ + held;
    set_slots_end();
}

runnable& scheduled_queue::take_anyhow(std::size_t index) {
    if (!is_crowd_) {
        return take(index);
    }
    runnable& item = crowd_->take(index);
    follow_crowd();
    return item;
}

bool scheduled_queue::remove_of_crowd(runnable& item, runnable*& predecessor) noexcept {
    const bool found = crowd_->remove(item, predecessor);
    follow_crowd();
    return found;
}

// ---- rows ----------------------------------------------------------------------------------

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
    if (held + count > slot_count_ / 2) {
        constexpr std::size_t least = 32;
        const std::size_t wanted = std::max(2 * (held + count), least);
        auto wider = std::make_unique<runnable*[]>(wanted);
        std::copy(first_, last_, wider.get());
        slots_ = std::move(wider);
        slot_count_ = wanted;
    } else {
        std::copy(first_, last_, slots_.get());
    }
    first_ = slots_.get();
    last_ = first_ + held;
    set_slots_end();
}

bool scheduled_queue::remove(runnable& item, runnable*& predecessor) noexcept {
    if (is_crowd_) [[unlikely]] {
        return remove_of_crowd(item, predecessor);
    }
    predecessor = nullptr;
    if (empty()) {  // at the end of each run
        return false;
    }
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

runnable* scheduled_queue::take_any() noexcept { return empty() ? nullptr : &take_anyhow(0); }

std::span<runnable* const> scheduled_queue::with_extras(std::span<runnable* const> others,
                                                        runnable* last) {
    const std::size_t extras = others.size() + (last != nullptr ? 1 : 0);
    if (static_cast<std::size_t>(slots_.get() + slot_count_ - last_) < extras) {
        make_room(extras);
    }
    runnable** end = std::copy(others.begin(), others.end(), last_);
    if (last != nullptr) {
        *end++ = last;
    }
    return {first_, end};
}

}  // namespace heddle::detail
