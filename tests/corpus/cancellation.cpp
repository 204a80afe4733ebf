// SPDX-License-Identifier: BSL-1.0
//
// Timeouts, races and cancellations that lose what had just arrived, or leave something half done.
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "helpers.hpp"
#include "program.hpp"

namespace corpus {

namespace {

coro<void> wait_for_loses_item(bool fixed) {
    constexpr int end = -1;
    handoff_queue<int> bad;
    heddle::queue<int> good;
    const auto put = [&](int item) { fixed ? good.put_nowait(item) : bad.put(item); };
    const auto produce = [&]() -> coro<void> {
        for (int i = 0; i < 3; ++i) {
            co_await heddle::sleep(3ms);
            put(i);
        }
        co_await heddle::sleep(30ms);
        put(end);
    };
    int timeouts = 0;
    const auto next = [&]() -> coro<int> {
        if (timeouts > 20) {
            // Patience, so that a run ends: also one that has lost the end, in a deadlock.
            if (fixed) {
                co_return co_await good.get();
            }
            co_return co_await bad.get();
        }
        if (fixed) {
            co_return co_await heddle::wait_for(good.get(), 4ms);
        }
        co_return co_await naive_wait_for(bad.get(), 4ms);
    };
    const auto consume = [&]() -> coro<void> {
        std::vector<int> got;
        for (int item = 0; item != end;) {
            try {
                item = co_await next();
                got.push_back(item);
            } catch (const heddle::timeout_error&) {
                ++timeouts;
            }
        }
        check(got == std::vector<int>{0, 1, 2, end}, "nothing is lost");
    };
    heddle::task_group tasks;
    tasks.create_task(produce());
    tasks.create_task(consume());
    co_await tasks.join();
}

coro<void> select_drops_value(bool fixed) {
    heddle::queue<int> left;
    heddle::queue<int> right;
    const auto produce = [](heddle::queue<int>& to, heddle::duration after,
                            int item) -> coro<void> {
        co_await heddle::sleep(after);
        to.put_nowait(item);
    };
    const auto consume = [&]() -> coro<void> {
        background gets;
        std::vector<int> got;
        while (got.size() < 2) {
            auto a = gets.spawn(left.get());
            auto b = gets.spawn(right.get());
            co_await either(a, b);
            const auto& first = a.done() ? a : b;
            const auto& other = a.done() ? b : a;
            got.push_back(first.result());
            if (fixed && other.done()) {
                got.push_back(other.result());
            }
            other.cancel();
            co_await turn();
        }
    };
    heddle::task_group tasks;
    tasks.create_task(produce(left, 3ms, 1));
    tasks.create_task(produce(right, 9ms, 2));
    tasks.create_task(consume());
    co_await tasks.join();
}

coro<void> pool_timeout_leak(bool fixed) {
    std::vector<char> free{'c'};
    const auto acquire = [&]() -> coro<char> {
        const char connection = free.back();
        free.pop_back();
        try {
            co_await io(0, "connecting");
        } catch (const heddle::cancelled_error&) {
            if (fixed) {
                free.push_back(connection);
            }
            throw;
        }
        co_return connection;
    };
    background connecting;
    const auto use = [&]() -> coro<void> {
        auto got = connecting.spawn(acquire());
        timer limit(5ms);
        co_await either(got, limit);
        if (!limit.done()) {
            limit.cancel();
            free.push_back(got.result());
        } else if (fixed) {
            got.cancel();
            try {
                free.push_back(co_await got);  // it was there just in time
            } catch (const heddle::cancelled_error&) {
            }
        } else if (!got.done()) {
            got.cancel();
            free.push_back('c');
        }
        // else: what has been got meanwhile is dropped
    };
    const auto client = heddle::create_task(use());
    co_await client;
    co_await heddle::sleep(50ms);
    check(free == std::vector<char>{'c'}, "the connection is back, once");
}

coro<void> cancel_between_writes(bool fixed) {
    int debit = 0;
    int credit = 0;
    const auto transfer = [&]() -> coro<void> {
        for (int i = 0; i < 10; ++i) {
            co_await io(0, "preparing");
        }
        ++debit;
        try {
            co_await io(0, "the second write");
        } catch (const heddle::cancelled_error&) {
            if (fixed) {
                --debit;
            }
            throw;
        }
        ++credit;
    };
    heddle::task_group tasks;
    const auto transferred = tasks.create_task(transfer());
    co_await heddle::sleep(50ms);
    transferred.cancel();
    co_await y(3);
    if (fixed) {
        co_await tasks.join();  // a cancellation is a request: wait until it is done
    }
    check(debit == credit, "debit == credit");
    if (!fixed) {
        co_await tasks.join();
    }
}

coro<void> frame_desync(bool fixed) {
    std::deque<std::string> received{"H1", "B1", "H2", "B2", "H3", "B3"};
    const auto take = [&] {
        std::string part = std::move(received.front());
        received.pop_front();
        return part;
    };
    const auto read_frame = [&]() -> coro<void> {
        co_await io(0, "the header");
        const std::string header = take();
        check(header[0] == 'H', "a frame begins with its header");
        co_await io(0, "the body");
        if (!received.empty()) {
            take();
        }
    };
    background reading;
    heddle::task<void> under_way;
    for (int i = 0; i < 3 && !received.empty(); ++i) {
        try {
            if (fixed) {
                // A frame that is begun is read to its end, whoever waits for it.
                if (!under_way.valid() || under_way.done()) {
                    under_way = reading.spawn(read_frame());
                }
                co_await heddle::wait_for(heddle::shield(under_way), 5ms);
            } else {
                co_await naive_wait_for(read_frame(), 5ms);
            }
        } catch (const heddle::timeout_error&) {
        }
        co_await y(2);
    }
}

}  // namespace

entries cancellation() {
    return {
        both("wait_for_loses_item", "a timeout loses an item just received (python/asyncio 343)",
             1'000, wait_for_loses_item),
        both("select_drops_value", "of two that are ready, one is dropped (boostorg/cobalt 206)",
             1'000, select_drops_value),
        both("pool_timeout_leak", "a timeout drops the connection just got (asyncpg 467)", 1'000,
             pool_timeout_leak),
        both("cancel_between_writes", "cancelled between two writes that belong together", 20'000,
             cancel_between_writes),
        both("frame_desync", "a timeout in the middle of a frame (tokio's select!, read_exact)",
             1'000, frame_desync),
    };
}

}  // namespace corpus
