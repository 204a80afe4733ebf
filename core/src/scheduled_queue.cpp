// SPDX-License-Identifier: BSL-1.0
#include <heddle/detail/scheduled_queue.hpp>

#include <algorithm>

#include <heddle/detail/invariant.hpp>

namespace heddle::detail {

std::uint32_t scheduled_queue::number() {
    HEDDLE_INVARIANT(next_order_ != ~std::uint32_t{0}, "a run has fewer than 2^32 events");
    return next_order_++;
}

void scheduled_queue::push(runnable& item) {
    item.order_ = number();
    item.mark_ = 0;
    item.next_ = nullptr;
    entries_.push_back(&item);
}

void scheduled_queue::push_behind(runnable& predecessor, runnable& item) {
    HEDDLE_INVARIANT(predecessor.next_ == nullptr, "callbacks of one source form one chain");
    item.order_ = number();
    item.mark_ = 0;
    item.next_ = nullptr;
    predecessor.next_ = &item;
}

void scheduled_queue::insert(runnable& item) {
    const auto place = std::lower_bound(
        entries_.begin(), entries_.end(), item.order_,
        [](const runnable* entry, std::uint32_t order) { return entry->order_ < order; });
    entries_.insert(place, &item);
}

runnable& scheduled_queue::take(std::size_t index) {
    runnable& item = *entries_[index];
    entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(index));
    if (runnable* behind = item.next_; behind != nullptr) {
        item.next_ = nullptr;
        insert(*behind);
    }
    return item;
}

bool scheduled_queue::remove(runnable& item, runnable*& predecessor) noexcept {
    predecessor = nullptr;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        if (entries_[i] == &item) {
            take(i);
            return true;
        }
        for (runnable* before = entries_[i]; before->next_ != nullptr; before = before->next_) {
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

runnable* scheduled_queue::take_any() noexcept { return entries_.empty() ? nullptr : &take(0); }

std::span<runnable* const> scheduled_queue::with_extras(std::span<runnable* const> others,
                                                        runnable* last) {
    entries_.insert(entries_.end(), others.begin(), others.end());
    if (last != nullptr) {
        entries_.push_back(last);
    }
    return entries_;
}

}  // namespace heddle::detail
