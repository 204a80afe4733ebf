// SPDX-License-Identifier: BSL-1.0
//
// Order: something comes before what it relies on, or in the one order that nobody thought of.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "helpers.hpp"
#include "program.hpp"

namespace corpus {

namespace {

coro<void> reorder_n(bool fixed, int tasks_in_all) {
    int a = 0;
    int b = 0;
    heddle::lock mutex;
    const auto set = [&]() -> coro<void> {
        const auto held = co_await held_if(fixed, mutex);
        a = 1;
        co_await turn();
        b = -1;
    };
    const auto look = [&]() -> coro<void> {
        const auto held = co_await held_if(fixed, mutex);
        check((a == 0 && b == 0) || (a == 1 && b == -1), "both are set, or none");
        co_await turn();
    };
    heddle::task_group tasks;
    for (int i = 0; i + 1 < tasks_in_all; ++i) {
        tasks.create_task(set());
        co_await turn();
    }
    tasks.create_task(look());
    co_await tasks.join();
}
coro<void> reorder_5(bool fixed) { return reorder_n(fixed, 5); }
coro<void> reorder_20(bool fixed) { return reorder_n(fixed, 20); }
coro<void> reorder_100(bool fixed) { return reorder_n(fixed, 100); }

coro<void> lazy01(bool fixed) {
    heddle::lock mutex;
    heddle::event looked;
    int value = 0;
    const auto add = [&](int amount) -> coro<void> {
        if (fixed) {
            co_await looked.wait();
        }
        const auto held = co_await mutex.scoped();
        co_await turn();
        value += amount;
    };
    const auto look = [&]() -> coro<void> {
        const auto held = co_await mutex.scoped();
        check(value < 3, "value < 3");
        looked.set();
    };
    heddle::task_group tasks;
    tasks.create_task(look());
    tasks.create_task(add(1));
    tasks.create_task(add(2));
    co_await tasks.join();
}

coro<void> token_ring(bool fixed) {
    std::array<int, 3> x{1, 2, 1};
    std::array<heddle::event, 3> passed;
    const auto pass = [&](std::size_t to, std::size_t from, int more) -> coro<void> {
        if (fixed && to > 0) {
            co_await passed[from].wait();
        }
        x[to] = (x[from] + more) % 4;
        passed[to].set();
        co_await turn();
    };
    // Places of their own, as if they were different functions.
    const auto first = [&]() -> coro<void> { co_await pass(0, 2, 1); };
    const auto second = [&]() -> coro<void> { co_await pass(1, 0, 0); };
    const auto third = [&]() -> coro<void> { co_await pass(2, 1, 0); };
    const auto look = [&]() -> coro<void> {
        const bool round = std::all_of(passed.begin(), passed.end(),
                                       [](const auto& each) { return each.is_set(); });
        check(!round || (x[0] == x[1] && x[1] == x[2]), "the token went round");
        co_await turn();
    };
    heddle::task_group tasks;
    tasks.create_task(first());
    tasks.create_task(second());
    tasks.create_task(third());
    tasks.create_task(look());
    co_await tasks.join();
}

coro<void> reverse_order_6(bool fixed) {
    std::vector<int> order;
    std::array<heddle::event, 6> written;
    const auto write = [&](int me) -> coro<void> {
        co_await turn();
        if (fixed && me > 0) {
            co_await written[static_cast<std::size_t>(me - 1)].wait();
        }
        order.push_back(me);
        written[static_cast<std::size_t>(me)].set();
    };
    std::vector<heddle::task<void>> tasks;
    for (int i = 0; i < 6; ++i) {
        tasks.push_back(heddle::create_task(write(i)));
    }
    for (const auto& each : tasks) {
        co_await each;
    }
    check(order != std::vector<int>{5, 4, 3, 2, 1, 0}, "not in exact reverse");
}

coro<void> pattern_12(bool fixed) {
    std::string order;
    heddle::lock mutex;
    const auto write = [&](char name) -> coro<void> {
        const auto held = co_await held_if(fixed, mutex);
        for (int i = 0; i < 6; ++i) {
            order += name;
            co_await turn();
        }
    };
    const auto a = heddle::create_task(write('A'));
    const auto b = heddle::create_task(write('B'));
    co_await a;
    co_await b;
    check(order != "AABBABBBAABA", "not in this one order");
}

coro<void> starved_heartbeat(bool fixed) {
    int missed = 0;
    // Fixed: beats and looks alternate.
    heddle::semaphore may_beat(1);
    heddle::semaphore may_look(0);
    const auto heart = [&]() -> coro<void> {
        for (int i = 0; i < 60; ++i) {
            if (fixed) {
                co_await may_beat.acquire();
            }
            missed = 0;
            may_look.release();
            co_await turn();
        }
    };
    const auto watchdog = [&]() -> coro<void> {
        for (int i = 0; i < 60; ++i) {
            if (fixed) {
                co_await may_look.acquire();
            }
            check(++missed < 40, "the heart beats");
            may_beat.release();
            co_await turn();
        }
    };
    heddle::task_group tasks;
    tasks.create_task(heart());
    tasks.create_task(watchdog());
    co_await tasks.join();
}

}  // namespace

entries order() {
    return {
        both("reorder_5", "one reader sees a write of four halfway (SCTBench CS/reorder_5)", 5'000,
             reorder_5),
        both("reorder_20", "the same among 20 tasks", 20'000, reorder_20),
        both("reorder_100", "the same among 100 tasks", 5'000, reorder_100),
        both("lazy01", "both additions come before the look (SCTBench CS/lazy01)", 1'000, lazy01),
        both("token_ring", "a token that is passed on before it has come (SCTBench CS/token_ring)",
             1'000, token_ring),
        both("reverse_order_6", "six tasks end in exact reverse", 50'000, reverse_order_6),
        both("pattern_12", "one exact interleaving of two times six steps", 0, pattern_12),
        both("starved_heartbeat", "a watchdog looks forty times while the heart waits", 5'000,
             starved_heartbeat),
    };
}

}  // namespace corpus
