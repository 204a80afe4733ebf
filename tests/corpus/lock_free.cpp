// SPDX-License-Identifier: BSL-1.0
//
// Lock-free structures whose compare-and-swap is one step and whose reads are others: a value that
// came back (ABA), and something freed between the test and the use.
#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "helpers.hpp"
#include "program.hpp"

namespace corpus {

namespace {

/// Vyukov's stack of array slots. Nobody but the explorer should be asked to read it.
class safe_stack {
public:
    explicit safe_stack(bool fixed) : fixed_(fixed) {}

    /// -1: there is none, or so many tries were in vain that a run must come to its end.
    coro<int> pop() {
        for (int tries = 0; count_ > 1 && tries < 50; ++tries) {
            // Fixed: one pop or push at a time.
            const auto held = co_await held_if(fixed_, mutex_);
            co_await turn();
            const int top = head_;
            co_await turn();
            const int below = std::exchange(next(top), -1);
            if (below >= 0) {
                co_await turn();
                if (head_ == top) {
                    head_ = below;
                    co_await turn();
                    --count_;
                    co_return top;
                }
                co_await turn();
                next(top) = below;
            }
        }
        co_return -1;
    }
    coro<void> push(int slot) {
        const auto held = co_await held_if(fixed_, mutex_);
        int top = head_;
        co_await turn();
        for (;;) {
            next(slot) = top;
            co_await turn();
            if (head_ == top) {
                head_ = slot;
                break;
            }
            top = head_;
            co_await turn();
        }
        co_await turn();
        ++count_;
    }

private:
    /// Slot -1 is one too: what Python's negative index reads.
    int& next(int slot) { return next_[static_cast<std::size_t>(slot < 0 ? slot + 3 : slot)]; }

    bool fixed_;
    heddle::lock mutex_;
    int count_ = 3;
    int head_ = 0;
    std::array<int, 3> next_{1, 2, -1};
};

coro<void> safestack(bool fixed) {
    safe_stack stack(fixed);
    std::array<int, 3> owner{-1, -1, -1};
    const auto work = [&](int me) -> coro<void> {
        for (int round = 0; round < 2; ++round) {
            int slot = -1;
            for (int tries = 0; tries < 20 && slot < 0; ++tries) {
                slot = co_await stack.pop();
                if (slot < 0) {
                    co_await turn();
                }
            }
            if (slot < 0) {
                co_return;
            }
            int& mine = owner[static_cast<std::size_t>(slot)];
            mine = me;
            co_await turn();
            check(mine == me, "a slot has one owner");
            co_await stack.push(slot);
        }
    };
    heddle::task_group tasks;
    for (int i = 0; i < 3; ++i) {
        tasks.create_task(work(i));
    }
    co_await tasks.join();
}

coro<void> treiber_aba(bool fixed) {
    constexpr char none = 0;
    char head = 'A';
    std::array<char, 3> next{'B', 'C', none};  // of A, B, C
    std::string out;
    heddle::lock mutex;
    const auto next_of = [&](char node) -> char& {
        return next[static_cast<std::size_t>(node - 'A')];
    };
    const auto pop = [&]() -> coro<char> {
        const auto held = co_await held_if(fixed, mutex);
        while (head != none) {
            const char top = head;
            const char below = next_of(top);
            co_await turn();
            if (head == top) {
                head = below;
                out += top;
                co_return top;
            }
        }
        co_return none;
    };
    const auto push = [&](char node) -> coro<void> {
        const auto held = co_await held_if(fixed, mutex);
        next_of(node) = head;
        head = node;
        if (const auto place = out.find(node); place != std::string::npos) {
            out.erase(place, 1);
        }
        co_await turn();
    };
    const auto one = [&]() -> coro<void> { co_await pop(); };
    const auto two = [&]() -> coro<void> {
        const char node = co_await pop();
        co_await turn();
        co_await pop();
        co_await turn();
        co_await push(node);
    };
    const auto first = heddle::create_task(one());
    co_await y(4);
    const auto second = heddle::create_task(two());
    co_await first;
    co_await second;
    std::string once = out;
    std::sort(once.begin(), once.end());
    check(std::adjacent_find(once.begin(), once.end()) == once.end() &&
              (head == none || once.find(head) == std::string::npos),
          "a node is in the stack, or out, once");
}

coro<void> late_free(bool fixed) {
    bool alive = true;
    bool armed = false;
    heddle::lock mutex;
    const auto use = [&]() -> coro<void> {
        for (int i = 0; i < 40; ++i) {
            const auto held = co_await held_if(fixed, mutex);
            if (alive) {
                co_await turn();
                check(alive || i != 17, "alive in round 17");
            }
        }
    };
    const auto arm = [&]() -> coro<void> {
        co_await y(25);
        armed = true;
    };
    const auto free = [&]() -> coro<void> {
        for (int i = 0; i < 40; ++i) {
            if (armed) {
                const auto held = co_await held_if(fixed, mutex);
                alive = false;
                co_return;
            }
            co_await turn();
        }
    };
    heddle::task_group tasks;
    tasks.create_task(use());
    tasks.create_task(arm());
    tasks.create_task(free());
    co_await tasks.join();
}

}  // namespace

entries lock_free() {
    return {
        both("safestack", "a slot has two owners after an ABA (SCTBench SafeStack)", 0, safestack),
        both("treiber_aba", "a popped node comes back between read and swap", 5'000, treiber_aba),
        both("late_free", "freed in one round of forty of test and use", 20'000, late_free),
    };
}

}  // namespace corpus
