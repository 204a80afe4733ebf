// SPDX-License-Identifier: BSL-1.0
//
// Deadlocks: cycles of locks, and wake-ups that go to nobody, to the wrong one, or never come.
#include <array>
#include <deque>
#include <set>
#include <utility>
#include <vector>

#include "helpers.hpp"
#include "program.hpp"

namespace corpus {

namespace {

coro<void> deadlock_ab(bool fixed) {
    heddle::lock a;
    heddle::lock b;
    const auto take = [](heddle::lock& first, heddle::lock& second) -> coro<void> {
        const auto outer = co_await first.scoped();
        co_await turn();
        const auto inner = co_await second.scoped();
    };
    heddle::task_group tasks;
    tasks.create_task(take(a, b));
    co_await y(4);
    tasks.create_task(fixed ? take(a, b) : take(b, a));
    co_await tasks.join();
}

coro<void> dining_6(bool fixed) {
    constexpr std::size_t guests = 6;
    std::array<heddle::lock, guests> forks;
    const auto dine = [&](std::size_t me) -> coro<void> {
        co_await y(4 * static_cast<int>(me));
        heddle::lock* first = &forks[me];
        heddle::lock* second = &forks[(me + 1) % guests];
        if (fixed && me + 1 == guests) {
            std::swap(first, second);  // forks are taken in the order of their numbers
        }
        co_await first->acquire();
        co_await turn();
        co_await second->acquire();
        co_await turn();
        first->release();
        second->release();
    };
    heddle::task_group tasks;
    for (std::size_t i = 0; i < guests; ++i) {
        tasks.create_task(dine(i));
    }
    co_await tasks.join();
}

coro<void> bounded_buffer_1cv(bool fixed) {
    heddle::lock mutex;
    heddle::condition changed(mutex);
    std::vector<int> items;
    const auto tell = [&] { fixed ? changed.notify_all() : changed.notify(); };
    const auto put = [&]() -> coro<void> {
        for (int i = 0; i < 2; ++i) {
            co_await mutex.acquire();
            while (!items.empty()) {
                co_await changed.wait();
            }
            items.push_back(i);
            tell();
            mutex.release();
            co_await turn();
        }
    };
    const auto get = [&]() -> coro<void> {
        for (int i = 0; i < 2; ++i) {
            co_await mutex.acquire();
            while (items.empty()) {
                co_await changed.wait();
            }
            items.pop_back();
            tell();
            mutex.release();
            co_await turn();
        }
    };
    heddle::task_group tasks;
    tasks.create_task(put());
    tasks.create_task(get());
    tasks.create_task(put());
    tasks.create_task(get());
    co_await tasks.join();
}

coro<void> rw_upgrade(bool fixed) {
    std::set<int> readers;
    std::vector<heddle::future<void>> waiting;
    heddle::lock upgrading;
    const auto upgrade = [&](int me, int late) -> coro<void> {
        co_await y(late);
        // Fixed: only one reader at a time may mean to become the writer.
        const auto held = co_await held_if(fixed, upgrading);
        readers.insert(me);
        co_await turn();
        while (readers.size() > readers.count(me)) {
            const auto alone = heddle::get_running_loop().create_future<void>("the other readers");
            waiting.push_back(alone);
            co_await alone;
        }
        readers.erase(me);
        for (const auto& each : waiting) {
            set_if_pending(each);
        }
    };
    heddle::task_group tasks;
    tasks.create_task(upgrade(1, 0));
    tasks.create_task(upgrade(2, 5));
    co_await tasks.join();
}

coro<void> channel_close_sender(bool fixed) {
    bool closed = false;
    std::deque<int> items;
    std::deque<heddle::future<void>> senders;
    const auto wake_sender = [&] {
        if (!senders.empty()) {
            senders.front().set_result();
            senders.pop_front();
        }
    };
    const auto send = [&](int item) -> coro<void> {
        while (!items.empty() && !closed) {
            const auto room = heddle::get_running_loop().create_future<void>("room in a channel");
            senders.push_back(room);
            co_await room;
        }
        if (!closed) {
            items.push_back(item);
        }
    };
    const auto produce = [&]() -> coro<void> {
        for (int i = 0; i < 3; ++i) {
            co_await send(i);
            co_await turn();
        }
    };
    const auto consume = [&]() -> coro<void> {
        for (int i = 0; i < 6; ++i) {
            if (!items.empty()) {
                items.pop_front();
                wake_sender();
            }
            co_await turn();
        }
        closed = true;
        while (fixed && !senders.empty()) {
            wake_sender();
        }
    };
    heddle::task_group tasks;
    tasks.create_task(produce());
    tasks.create_task(consume());
    co_await tasks.join();
}

coro<void> event_pulse_lost(bool fixed) {
    heddle::event ready;
    const auto wait = [&]() -> coro<void> {
        co_await turn();
        co_await ready.wait();
    };
    const auto pulse = [&]() -> coro<void> {
        co_await io();
        ready.set();
        co_await turn();
        if (!fixed) {
            ready.clear();
        }
    };
    heddle::task_group tasks;
    tasks.create_task(wait());
    tasks.create_task(wait());
    tasks.create_task(pulse());
    co_await tasks.join();
}

coro<void> once_cancelled(bool fixed) {
    enum class progress { none, under_way, done } state = progress::none;
    heddle::event changed;
    const auto once = [&]() -> coro<void> {
        while (state != progress::done) {
            if (state == progress::none) {
                state = progress::under_way;
                changed.clear();
                try {
                    co_await io(0, "the initialisation");
                } catch (const heddle::cancelled_error&) {
                    if (fixed) {
                        state = progress::none;  // somebody else may try
                        changed.set();
                    }
                    throw;
                }
                state = progress::done;
                changed.set();
            } else {
                co_await changed.wait();
            }
        }
    };
    heddle::task_group tasks;
    const auto first = tasks.create_task(once());
    co_await heddle::sleep(5ms);
    first.cancel();
    tasks.create_task(once());
    co_await tasks.join();
}

coro<void> cancel_before_wait(bool fixed) {
    heddle::future<void> waits_for;
    heddle::event told;
    const auto wait = [&]() -> coro<void> {
        co_await turn();
        co_await turn();
        if (fixed) {
            co_await told.wait();
            co_return;
        }
        waits_for = heddle::get_running_loop().create_future<void>("to be told");
        co_await waits_for;
    };
    const auto tell = [&]() -> coro<void> {
        co_await heddle::sleep(5ms);
        told.set();
        if (waits_for.valid()) {
            set_if_pending(waits_for);
        }
    };
    heddle::task_group tasks;
    tasks.create_task(wait());
    tasks.create_task(tell());
    co_await tasks.join();
}

}  // namespace

entries deadlock() {
    return {
        both("deadlock_ab", "two locks in two orders (SCTBench CS/deadlock01)", 2'000, deadlock_ab),
        both("dining_6", "six forks, all taken (SCTBench CS/din_phil6)", 20'000, dining_6),
        both("bounded_buffer_1cv",
             "one condition for two kinds of waiters (SCTBench Inspect/boundedBuffer)", 1'000,
             bounded_buffer_1cv),
        both("rw_upgrade", "two readers become writers in place", 4'000, rw_upgrade),
        both("channel_close_sender", "closing a channel wakes no sender that waits for room", 5'000,
             channel_close_sender),
        both("event_pulse_lost", "an event is cleared before everybody waits for it", 1'000,
             event_pulse_lost),
        both("once_cancelled", "the first initialiser is cancelled, the others wait for ever",
             1'000, once_cancelled),
        both("cancel_before_wait", "told before it waits (cppalliance/corosio 226)", 1'000,
             cancel_before_wait),
    };
}

}  // namespace corpus
