// SPDX-License-Identifier: BSL-1.0
//
// Atomicity: a step of another task comes between two steps that belong together.
#include <vector>

#include "helpers.hpp"
#include "program.hpp"

namespace corpus {

namespace {

coro<void> account(bool fixed) {
    int balance = 100;
    heddle::lock mutex;
    const auto deposit = [&]() -> coro<void> {
        const auto held = co_await held_if(fixed, mutex);
        const int seen = balance;
        co_await turn();
        balance = seen + 50;
    };
    const auto withdraw = [&]() -> coro<void> {
        const auto held = co_await held_if(fixed, mutex);
        const int seen = balance;
        co_await turn();
        balance = seen - 30;
    };
    const auto first = heddle::create_task(deposit());
    co_await y(4);
    const auto second = heddle::create_task(withdraw());
    co_await first;
    co_await second;
    check(balance == 120, "balance == 120");
}

coro<void> twostage_n(bool fixed, int writers) {
    heddle::lock first;
    heddle::lock second;
    int a = 0;
    int b = 0;
    // The fixed variant keeps the first lock until both stages are done.
    const auto write = [&]() -> coro<void> {
        co_await first.acquire();
        a = 1;
        if (!fixed) {
            first.release();
        }
        co_await turn();
        co_await second.acquire();
        b = a + 1;
        second.release();
        if (fixed) {
            first.release();
        }
    };
    const auto read = [&]() -> coro<void> {
        co_await first.acquire();
        const int seen = a;
        first.release();
        if (seen == 0) {
            co_return;
        }
        co_await turn();
        co_await second.acquire();
        const int then = b;
        second.release();
        check(then == seen + 1, "the second stage follows the first");
    };
    heddle::task_group tasks;
    for (int i = 0; i < writers; ++i) {
        tasks.create_task(write());
        co_await turn();
    }
    co_await y(3);
    tasks.create_task(read());
    co_await tasks.join();
}
coro<void> twostage(bool fixed) { return twostage_n(fixed, 1); }
coro<void> twostage_20(bool fixed) { return twostage_n(fixed, 20); }

coro<void> wronglock(bool fixed) {
    heddle::lock good;
    heddle::lock bad;
    int value = 0;
    const auto careful = [&]() -> coro<void> {
        const auto held = co_await good.scoped();
        const int seen = value;
        co_await turn();
        value = value + 1;
        check(value == seen + 1, "nobody else counts");
    };
    const auto careless = [&]() -> coro<void> {
        const auto held = co_await (fixed ? good : bad).scoped();
        ++value;
    };
    heddle::task_group tasks;
    tasks.create_task(careful());
    co_await y(3);
    for (int i = 0; i < 7; ++i) {
        tasks.create_task(careless());
    }
    co_await tasks.join();
}

coro<void> bluetooth(bool fixed) {
    int users = 1;
    bool stopping = false;
    bool unused = false;
    bool stopped = false;
    heddle::lock mutex;
    const auto leave = [&]() -> coro<void> {
        const bool last = --users == 0;
        co_await turn();
        unused = unused || last;
    };
    const auto add = [&]() -> coro<void> {
        {
            // Fixed: nobody begins to stop between the question and the count.
            const auto held = co_await held_if(fixed, mutex);
            if (stopping) {
                co_return;
            }
            co_await turn();
            ++users;
        }
        co_await turn();
        check(!stopped, "the driver is not stopped while it is used");
        co_await leave();
    };
    const auto stop = [&]() -> coro<void> {
        {
            const auto held = co_await held_if(fixed, mutex);
            stopping = true;
        }
        co_await turn();
        co_await leave();
        co_await turn();
        stopped = stopped || unused;
    };
    heddle::task_group tasks;
    tasks.create_task(add());
    co_await y(6);
    tasks.create_task(stop());
    co_await tasks.join();
}

coro<void> broken_peterson(bool fixed) {
    bool wants[2] = {false, false};
    int inside = 0;
    heddle::lock mutex;
    const auto enter = [&](int me, int late) -> coro<void> {
        co_await y(late);
        const auto held = co_await held_if(fixed, mutex);
        int tries = 0;
        for (; tries < 20 && wants[1 - me]; ++tries) {
            co_await turn();
        }
        if (tries == 20) {
            co_return;
        }
        co_await turn();
        wants[me] = true;  // after the test: too late
        ++inside;
        check(inside == 1, "one at a time");
        co_await turn();
        --inside;
        wants[me] = false;
    };
    heddle::task_group tasks;
    tasks.create_task(enter(0, 0));
    tasks.create_task(enter(1, 6));
    co_await tasks.join();
}

coro<void> long_prefix_2000(bool fixed) {
    int value = 0;
    heddle::lock mutex;
    const auto work = [&](int late) -> coro<void> {
        co_await y(2000 + late);
        {
            const auto held = co_await held_if(fixed, mutex);
            const int seen = value;
            co_await turn();
            value = seen + 1;
        }
        co_await y(20);
    };
    const auto first = heddle::create_task(work(0));
    const auto second = heddle::create_task(work(6));
    co_await first;
    co_await second;
    check(value == 2, "value == 2");
}

coro<void> many_tasks_50(bool fixed) {
    int value = 0;
    heddle::lock mutex;
    const auto work = [&](int me) -> coro<void> {
        for (int step = 0; step < 20; ++step) {
            if ((me == 17 && step == 3) || (me == 41 && step == 12)) {
                const auto held = co_await held_if(fixed, mutex);
                const int seen = value;
                co_await turn();
                value = seen + 1;
            } else {
                co_await turn();
            }
        }
    };
    std::vector<heddle::task<void>> tasks;
    for (int i = 0; i < 50; ++i) {
        tasks.push_back(heddle::create_task(work(i)));
    }
    for (const auto& each : tasks) {
        co_await each;
    }
    check(value == 2, "value == 2");
}

}  // namespace

entries atomicity() {
    return {
        both("account", "lost update of a balance (SCTBench CS/account)", 2'000, account),
        both("twostage", "one invariant under two locks (SCTBench CS/twostage)", 4'000, twostage),
        both("twostage_20", "the same with 20 writers", 20'000, twostage_20),
        both("wronglock", "one of eight takes the right lock (SCTBench CS/wronglock)", 2'000,
             wronglock),
        both("bluetooth", "used after it was stopped (SCTBench CS/bluetooth_driver)", 20'000,
             bluetooth),
        both("broken_peterson", "mutual exclusion with the flag set after the test", 20'000,
             broken_peterson),
        both("long_prefix_2000", "lost update behind 4000 steps that do not matter", 5'000,
             long_prefix_2000),
        both("many_tasks_50", "two of fifty tasks conflict, in one step each", 5'000,
             many_tasks_50),
    };
}

}  // namespace corpus
