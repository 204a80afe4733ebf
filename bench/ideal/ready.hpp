// SPDX-License-Identifier: BSL-1.0
//
// The ideals: what is ready, in two forms. `fifo` is a list through the nodes. `pool` is what a search
// through schedules takes from at random: an array, from which the one taken is replaced by the last.
#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "memory.hpp"

namespace ideal {

/// One thing to do. Whoever made it owns it; it lies in one queue at most.
struct node {
    node* next = nullptr;
    void (*run)(node&) = nullptr;
};

/// A coroutine that is to go on.
struct resumption : node {
    std::coroutine_handle<> who;

    void set(std::coroutine_handle<> coroutine) noexcept {
        who = coroutine;
        run = [](node& self) { static_cast<resumption&>(self).who.resume(); };
    }
};

/// A callback, which gives its memory back when it has run.
template <class F>
struct callback : node {
    F call;

    explicit callback(F given) : call(std::move(given)) {
        run = [](node& self) {
            auto& here = static_cast<callback&>(self);
            F what = std::move(here.call);
            here.~callback();
            memory::deallocate(&here, sizeof(callback));
            what();
        };
    }
    [[nodiscard]] static callback& make(F given) {
        return *::new (memory::allocate(sizeof(callback))) callback(std::move(given));
    }
};

class fifo {
public:
    [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }
    void push(node& added) noexcept {
        added.next = nullptr;
        *end_ = &added;
        end_ = &added.next;
    }
    [[nodiscard]] node& pop() noexcept {
        node& first = *first_;
        first_ = first.next;
        if (first_ == nullptr) {
            end_ = &first_;
        }
        return first;
    }
    /// All that is there, linked; null behind the last.
    [[nodiscard]] node* take_all() noexcept {
        end_ = &first_;
        return std::exchange(first_, nullptr);
    }

private:
    node* first_ = nullptr;
    node** end_ = &first_;
};

class pool {
public:
    [[nodiscard]] bool empty() const noexcept { return ready_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return ready_.size(); }
    void push(node& added) { ready_.push_back(&added); }
    [[nodiscard]] node& take(std::size_t index) noexcept {
        node& taken = *ready_[index];
        ready_[index] = ready_.back();
        ready_.pop_back();
        return taken;
    }

private:
    std::vector<node*> ready_;
};

}  // namespace ideal
