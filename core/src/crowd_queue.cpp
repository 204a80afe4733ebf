// SPDX-License-Identifier: BSL-1.0
#include <heddle/detail/crowd_queue.hpp>

#include <algorithm>
#include <bit>
#include <utility>

#include <heddle/detail/invariant.hpp>

namespace heddle::detail {

// ---- slots ---------------------------------------------------------------------------------

void crowd_queue::take_over(std::span<runnable* const> entries) {
    std::vector<slot> kept;
    kept.reserve(entries.size());
    for (runnable* each : entries) {
        kept.push_back({each, nullptr, each->order_});
        for (runnable* before = each; before->next_ != nullptr; before = before->next_) {
            kept.push_back({nullptr, before, before->next_->order_});
        }
    }
    std::sort(kept.begin(), kept.end(),
              [](const slot& a, const slot& b) { return a.order < b.order; });
    reset(kept.size());
    std::copy(kept.begin(), kept.end(), slots_.begin());
    used_ = kept.size();
    keyed_ = false;
    without_key_.clear();
    build_counts();
}

void crowd_queue::give_back(runnable** place) noexcept {
    for (std::size_t i = front_; i < used_; ++i) {
        if (slots_[i].item != nullptr) {
            *place++ = slots_[i].item;
        }
    }
    std::fill(slots_.begin(), slots_.begin() + static_cast<std::ptrdiff_t>(used_), slot());
    used_ = 0;
    build_counts();
    keyed_ = false;
    without_key_.clear();
}

/// Room for twice as many slots as are kept, all of them empty.
void crowd_queue::reset(std::size_t kept) {
    constexpr std::size_t least = 64;
    const std::size_t leaves = std::max(std::bit_ceil(2 * kept + 1), least);
    slots_.assign(leaves, slot());
    counts_.assign(2 * leaves, 0);
    used_ = 0;
    front_ = 0;
}

/// Leaves out the slots of what has left. Half of all are free then, so that each is moved a
/// bounded number of times.
void crowd_queue::make_room() {
    std::vector<slot> before = std::move(slots_);
    std::vector<key_node> keys;
    if (keyed_) {
        keys.assign(keys_.end() - static_cast<std::ptrdiff_t>(before.size()), keys_.end());
    }
    const auto is_kept = [](const slot& one) {
        return one.item != nullptr || one.before != nullptr;
    };
    reset(static_cast<std::size_t>(std::count_if(before.begin(), before.end(), is_kept)));
    if (keyed_) {
        keys_.assign(2 * slots_.size(), key_node());
    }
    for (std::size_t i = 0; i < before.size(); ++i) {
        if (is_kept(before[i])) {
            if (keyed_) {
                keys_[slots_.size() + used_] = keys[i];
            }
            slots_[used_++] = before[i];
        }
    }
    build_counts();
    if (keyed_) {
        build_keys();
    }
}

void crowd_queue::build_counts() noexcept {
    const std::size_t leaves = slots_.size();
    front_ = used_;
    for (std::size_t i = leaves; i-- > 0;) {
        const bool is_entry = slots_[i].item != nullptr;
        counts_[leaves + i] = is_entry ? 1 : 0;
        front_ = is_entry ? i : front_;
    }
    for (std::size_t node = leaves; --node > 0;) {
        counts_[node] = counts_[2 * node] + counts_[2 * node + 1];
    }
}

void crowd_queue::add_slot(const slot& one) {
    if (used_ == slots_.size()) {
        make_room();
    }
    slots_[used_++] = one;
}

void crowd_queue::push(runnable& item) {
    if (keyed_ && without_key_.size() == without_key_.capacity() && without_key_.size() < size()) {
        without_key_.reserve(2 * without_key_.size());
    }
    note_without_key(item.order_);
    add_slot({&item, nullptr, item.order_});
    count(used_ - 1, 1);
}

void crowd_queue::push_behind(runnable& predecessor, runnable& item) {
    add_slot({nullptr, &predecessor, item.order_});
}

/// What it hung behind has left.
void crowd_queue::become_entry(runnable& item) noexcept {
    const std::size_t place = find(item.order_);
    HEDDLE_INVARIANT(place < used_ && slots_[place].before != nullptr,
                     "what hangs behind another has a place of its own");
    slots_[place].item = &item;
    slots_[place].before = nullptr;
    count(place, 1);
    note_without_key(item.order_);
}

void crowd_queue::count(std::size_t place, std::uint32_t difference) noexcept {
    for (std::size_t node = slots_.size() + place; node > 0; node /= 2) {
        counts_[node] += difference;  // -1 wraps around to less
    }
}

/// Where the slot with that order is; used_ if there is none.
std::size_t crowd_queue::find(std::uint32_t order) const noexcept {
    if (used_ == 0 || order < slots_.front().order) {
        return used_;
    }
    // Orders are given without gaps: it is there, or nearer to the front since others have left.
    const std::size_t furthest = std::min<std::size_t>(order - slots_.front().order, used_ - 1);
    if (slots_[furthest].order == order) {
        return furthest;
    }
    const auto end = slots_.begin() + static_cast<std::ptrdiff_t>(furthest);
    const auto place =
        std::lower_bound(slots_.begin(), end, order,
                         [](const slot& one, std::uint32_t wanted) { return one.order < wanted; });
    return place != end && place->order == order ? static_cast<std::size_t>(place - slots_.begin())
                                                 : used_;
}

std::size_t crowd_queue::slot_of(std::size_t index) const noexcept {
    std::size_t node = 1;
    while (node < slots_.size()) {
        node *= 2;
        if (index >= counts_[node]) {
            index -= counts_[node];
            ++node;
        }
    }
    return node - slots_.size();
}

/// The entry at `place` leaves, and what hangs behind it comes.
void crowd_queue::leave(std::size_t place) noexcept {
    runnable& item = *std::exchange(slots_[place].item, nullptr);
    count(place, ~std::uint32_t{0});
    if (keyed_) {
        put_key(place, 0);
    }
    if (runnable* const behind = std::exchange(item.next_, nullptr); behind != nullptr) {
        become_entry(*behind);
    }
    while (front_ < used_ && slots_[front_].item == nullptr) {
        ++front_;
    }
}

runnable& crowd_queue::take(std::size_t index) noexcept {
    const std::size_t place = index == 0 ? front_ : slot_of(index);
    runnable& item = *slots_[place].item;
    leave(place);
    return item;
}

bool crowd_queue::remove(runnable& item, runnable*& predecessor) noexcept {
    predecessor = nullptr;
    const std::size_t place = find(item.order_);
    if (place == used_) {
        return false;
    }
    if (slots_[place].item == &item) {
        leave(place);
        return true;
    }
    runnable* const before = slots_[place].before;
    if (before == nullptr || before->next_ != &item) {
        return false;  // that order is another one's now
    }
    predecessor = before;
    before->next_ = std::exchange(item.next_, nullptr);
    slots_[place].before = nullptr;
    if (before->next_ != nullptr) {
        slots_[find(before->next_->order_)].before = before;
    }
    return true;
}

// ---- keys ----------------------------------------------------------------------------------

void crowd_queue::note_without_key(std::uint32_t order) noexcept {
    // Where nobody has asked for long, all of them are asked for again.
    keyed_ = keyed_ && without_key_.size() < without_key_.capacity();
    if (keyed_) {
        without_key_.push_back(order);
    }
}

void crowd_queue::begin_keys(key_use use) {
    if (!keyed_ || use_ != use) {
        use_ = use;
        keyed_ = false;
        without_key_.clear();
        keys_.assign(2 * slots_.size(), key_node());
        next_ = front_;
        return;
    }
    next_ = 0;
    // What hung behind another comes with an order from before.
    if (!std::is_sorted(without_key_.begin(), without_key_.end())) {
        std::sort(without_key_.begin(), without_key_.end());
    }
}

runnable* crowd_queue::next_without_key() noexcept {
    if (!keyed_) {
        while (next_ < used_ && slots_[next_].item == nullptr) {
            ++next_;
        }
        keying_ = next_++;
        return keying_ < used_ ? slots_[keying_].item : nullptr;
    }
    while (next_ < without_key_.size()) {
        keying_ = find(without_key_[next_++]);
        if (keying_ < used_ && slots_[keying_].item != nullptr) {
            return slots_[keying_].item;
        }
    }
    return nullptr;
}

void crowd_queue::set_next_key(std::uint64_t key) noexcept {
    if (keyed_) {
        put_key(keying_, key);
    } else {
        keys_[slots_.size() + keying_] = {key, 1};
    }
}

void crowd_queue::end_keys() {
    constexpr std::size_t least = 64;
    without_key_.clear();
    without_key_.reserve(least);
    if (!std::exchange(keyed_, true)) {
        build_keys();
    }
}

void crowd_queue::set_key(std::size_t index, std::uint64_t key) noexcept {
    if (keyed_) {
        put_key(slot_of(index), key);
    }
}

crowd_queue::key_node crowd_queue::combined(std::size_t node) const noexcept {
    const key_node& left = keys_[2 * node];
    const key_node& right = keys_[2 * node + 1];
    if (use_ == key_use::sum) {
        return {left.key + right.key, 0};
    }
    return {std::max(left.key, right.key),
            (left.key >= right.key ? left.ties : 0) + (right.key >= left.key ? right.ties : 0)};
}

void crowd_queue::build_keys() noexcept {
    for (std::size_t node = slots_.size(); --node > 0;) {
        keys_[node] = combined(node);
    }
}

/// 0 for none.
void crowd_queue::put_key(std::size_t place, std::uint64_t key) noexcept {
    std::size_t node = slots_.size() + place;
    keys_[node] = {key, key != 0 ? 1U : 0U};
    while ((node /= 2) > 0) {
        const key_node now = combined(node);
        if (now == keys_[node]) {
            return;
        }
        keys_[node] = now;
    }
}

std::size_t crowd_queue::index_of_greatest(std::size_t place) const noexcept {
    HEDDLE_INVARIANT(place < greatest_count(), "there are so many of the greatest key");
    const std::uint64_t key = all_keys();
    std::size_t index = 0;
    std::size_t node = 1;
    while (node < slots_.size()) {
        node *= 2;
        const std::size_t here = keys_[node].key == key ? keys_[node].ties : 0;
        if (place >= here) {
            place -= here;
            index += counts_[node++];
        }
    }
    return index;
}

std::size_t crowd_queue::index_of_sum(std::uint64_t sum) const noexcept {
    HEDDLE_INVARIANT(sum < all_keys(), "it is less than the sum of all");
    std::size_t index = 0;
    std::size_t node = 1;
    while (node < slots_.size()) {
        node *= 2;
        if (sum >= keys_[node].key) {
            sum -= keys_[node].key;
            index += counts_[node++];
        }
    }
    return index;
}

std::size_t crowd_queue::index_of_order(std::uint32_t order) const noexcept {
    const std::size_t place = find(order);
    if (place == used_ || slots_[place].item == nullptr) {
        return size();
    }
    std::size_t index = 0;
    for (std::size_t node = slots_.size() + place; node > 1; node /= 2) {
        index += node % 2 != 0 ? counts_[node - 1] : 0;
    }
    return index;
}

}  // namespace heddle::detail
