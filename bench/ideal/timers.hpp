// SPDX-License-Identifier: BSL-1.0
//
// The ideals: timers, by (deadline, insertion), in a heap of four children each. A timer knows where it
// lies in the heap, so that one that is cancelled leaves at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "ready.hpp"

namespace ideal {

struct timer : node {
    std::int64_t when = 0;
    std::size_t index = 0;
};

class timers {
public:
    [[nodiscard]] bool empty() const noexcept { return heap_.empty(); }
    [[nodiscard]] std::int64_t earliest() const noexcept { return heap_.front().when; }

    void push(timer& added) {
        heap_.push_back({added.when, ++insertions_, &added});
        up(heap_.size() - 1, heap_.back());
    }
    [[nodiscard]] timer& pop() noexcept {
        timer& first = *heap_.front().what;
        const entry last = heap_.back();
        heap_.pop_back();
        if (!heap_.empty()) {
            down(0, last);
        }
        return first;
    }
    void remove(timer& left) noexcept {
        const entry last = heap_.back();
        heap_.pop_back();
        if (left.index == heap_.size()) {
            return;
        }
        if (left.index > 0 && last < heap_[(left.index - 1) / arity]) {
            up(left.index, last);
        } else {
            down(left.index, last);
        }
    }

private:
    static constexpr std::size_t arity = 4;
    struct entry {
        std::int64_t when;
        std::uint64_t insertion;
        timer* what;
        bool operator<(const entry& other) const noexcept {
            return when < other.when || (when == other.when && insertion < other.insertion);
        }
    };

    void put(std::size_t index, const entry& e) noexcept {
        heap_[index] = e;
        e.what->index = index;
    }
    void up(std::size_t index, const entry e) noexcept {
        while (index > 0) {
            const std::size_t parent = (index - 1) / arity;
            if (!(e < heap_[parent])) {
                break;
            }
            put(std::exchange(index, parent), heap_[parent]);
        }
        put(index, e);
    }
    void down(std::size_t index, const entry e) noexcept {
        for (;;) {
            const std::size_t first = index * arity + 1;
            if (first >= heap_.size()) {
                break;
            }
            const std::size_t last = first + arity < heap_.size() ? first + arity : heap_.size();
            std::size_t least = first;
            for (std::size_t child = first + 1; child < last; ++child) {
                if (heap_[child] < heap_[least]) {
                    least = child;
                }
            }
            if (!(heap_[least] < e)) {
                break;
            }
            put(std::exchange(index, least), heap_[least]);
        }
        put(index, e);
    }

    std::vector<entry> heap_;
    std::uint64_t insertions_ = 0;
};

/// A timer's callback, which gives its memory back when it has run or is cancelled.
template <class F>
struct timer_callback : timer {
    F call;

    timer_callback(std::int64_t deadline, F given) : call(std::move(given)) {
        when = deadline;
        run = [](node& self) {
            auto& here = static_cast<timer_callback&>(self);
            F what = std::move(here.call);
            here.give_back();
            what();
        };
    }
    [[nodiscard]] static timer_callback& make(std::int64_t deadline, F given) {
        void* where = memory::allocate(sizeof(timer_callback));
        return *::new (where) timer_callback(deadline, std::move(given));
    }
    void give_back() noexcept {
        this->~timer_callback();
        memory::deallocate(this, sizeof(timer_callback));
    }
};

}  // namespace ideal
