// SPDX-License-Identifier: BSL-1.0
//
// Nothing here needs Boost, nor a backend of a certain kind but where the clock is to be virtual.
#include "workloads.hpp"

#include <chrono>
#include <vector>

#include <heddle/heddle.hpp>

namespace bench {

namespace plain {

namespace {

using heddle::coro;

// ---- callbacks ------------------------------------------------------------------------------

std::uint64_t post_burst(heddle::event_loop& loop, std::uint64_t n) {
    std::uint64_t ran = 0;
    for (std::uint64_t i = 0; i < n; ++i) {
        loop.call_soon([&ran] { ++ran; });
    }
    loop.stop();  // after the iteration that runs them all
    loop.run_forever();
    return ran;
}

struct post_link {
    heddle::event_loop* loop;
    std::uint64_t* left;

    void operator()() const {
        if (--*left == 0) {
            loop->stop();
        } else {
            loop->call_soon(*this);
        }
    }
};

std::uint64_t post_chain(heddle::event_loop& loop, std::uint64_t n) {
    std::uint64_t left = n;
    loop.call_soon(post_link{&loop, &left});
    loop.run_forever();
    return n - left;
}

// ---- tasks ----------------------------------------------------------------------------------

coro<int> int_child(int value) { co_return value; }

coro<std::uint64_t> spawn_join(std::uint64_t n) {
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < n / group; ++i) {
        std::vector<coro<int>> children;
        children.reserve(group);
        for (std::uint64_t j = 0; j < group; ++j) {
            children.push_back(int_child(1));
        }
        const std::vector<int> results = co_await heddle::gather(std::move(children));
        for (const int each : results) {
            sum += static_cast<std::uint64_t>(each);
        }
    }
    co_return sum;
}

coro<void> turns(std::uint64_t count, std::uint64_t& taken) {
    for (std::uint64_t i = 0; i < count; ++i) {
        co_await heddle::sleep(heddle::duration::zero());
        ++taken;
    }
}
coro<std::uint64_t> yield(std::uint64_t n) {
    std::uint64_t taken = 0;
    std::vector<heddle::task<void>> tasks;
    tasks.reserve(group);
    for (std::uint64_t i = 0; i < group; ++i) {
        tasks.push_back(heddle::create_task(turns(n / group, taken)));
    }
    for (const heddle::task<void>& each : tasks) {
        co_await each;
    }
    co_return taken;
}

coro<std::uint64_t> one() { co_return 1; }

/// A task made, and awaited.
coro<std::uint64_t> task(std::uint64_t n) {
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < n; ++i) {
        const heddle::task<std::uint64_t> child = heddle::create_task(one());
        sum += co_await child;
    }
    co_return sum;
}

/// A future made, awaited, and completed by a callback.
coro<std::uint64_t> future(std::uint64_t n) {
    heddle::event_loop& loop = heddle::get_running_loop();
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < n; ++i) {
        const heddle::future<std::uint64_t> awaited = loop.create_future<std::uint64_t>();
        loop.call_soon([&awaited] { awaited.set_result(1); });
        sum += co_await awaited;
    }
    co_return sum;
}

/// A gather of two coroutines.
coro<std::uint64_t> gather(std::uint64_t n) {
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < n; ++i) {
        const auto [a, b] = co_await heddle::gather(one(), one());
        sum += (a + b) / 2;
    }
    co_return sum;
}

// ---- locks and queues -----------------------------------------------------------------------

/// Two tasks that hand a lock to each other: each finds it taken.
coro<void> hold_in_turn(heddle::lock& mutex, std::uint64_t n, std::uint64_t& taken) {
    for (std::uint64_t i = 0; i < n; ++i) {
        const auto held = co_await mutex.scoped();
        ++taken;
        co_await heddle::sleep(heddle::duration::zero());
    }
}
coro<std::uint64_t> lock(std::uint64_t n) {
    heddle::lock mutex;
    std::uint64_t taken = 0;
    heddle::task_group both;
    both.create_task(hold_in_turn(mutex, n - n / 2, taken));
    both.create_task(hold_in_turn(mutex, n / 2, taken));
    co_await both.join();
    co_return taken;
}

/// An item through a queue of 64, from one task to another.
coro<void> produce(heddle::queue<std::uint64_t>& items, std::uint64_t n) {
    for (std::uint64_t i = 0; i < n; ++i) {
        co_await items.put(1);
    }
}
coro<std::uint64_t> queue(std::uint64_t n) {
    heddle::queue<std::uint64_t> items(queue_size);
    heddle::task_group producer;
    producer.create_task(produce(items, n));
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < n; ++i) {
        sum += co_await items.get();
    }
    co_await producer.join();
    co_return sum;
}

// ---- time -----------------------------------------------------------------------------------

/// A block that ends in time: its timer is set and taken back.
coro<std::uint64_t> timeout(std::uint64_t n) {
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < n; ++i) {
        auto limit = heddle::timeout(std::chrono::seconds(1));
        sum += co_await limit.run(one());
    }
    co_return sum;
}
coro<std::uint64_t> wait_for(std::uint64_t n) {
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < n; ++i) {
        sum += co_await heddle::wait_for(one(), std::chrono::seconds(1));
    }
    co_return sum;
}

coro<void> tick(std::uint64_t seconds, std::uint64_t& ticks) {
    for (std::uint64_t i = 0; i < seconds; ++i) {
        co_await heddle::sleep(std::chrono::seconds(1));
        ++ticks;
    }
}
/// On a virtual clock, which must have moved by just as much as they slept.
coro<std::uint64_t> tick_all(std::uint64_t n) {
    const std::uint64_t seconds = n / tickers;
    const heddle::time_point start = heddle::get_running_loop().time();
    std::uint64_t ticks = 0;
    std::vector<heddle::task<void>> tasks;
    tasks.reserve(tickers);
    for (std::uint64_t i = 0; i < tickers; ++i) {
        tasks.push_back(heddle::create_task(tick(seconds, ticks)));
    }
    for (const heddle::task<void>& each : tasks) {
        co_await each;
    }
    const bool on_time = heddle::get_running_loop().time() - start == std::chrono::seconds(seconds);
    co_return on_time ? ticks : 0;
}

/// As a task of the loop.
template <coro<std::uint64_t> (*Main)(std::uint64_t)>
std::uint64_t run(heddle::event_loop& loop, std::uint64_t n) {
    return loop.run_until_complete(Main(n));
}

constexpr workload all[] = {
    {"post_burst", post_burst},
    {"post_chain", post_chain},
    {"await_ready_child", run<await_ready_children<coro<std::uint64_t>>>},
    {"await_chain", run<await_chains<coro<std::uint64_t>>>, depth},
    {"spawn_join", run<spawn_join>, group},
    {"yield", run<yield>, group},
    {"future", run<future>},
    {"task", run<task>},
    {"gather", run<gather>},
    {"lock", run<lock>},
    {"queue", run<queue>},
    {"timeout", run<timeout>},
    {"wait_for", run<wait_for>},
    {"tickers", run<tick_all>, tickers},
};

}  // namespace
}  // namespace plain

std::span<const workload> all_workloads() noexcept { return plain::all; }

const workload* find_workload(std::string_view name) noexcept {
    for (const workload& each : plain::all) {
        if (each.name == name) {
            return &each;
        }
    }
    return nullptr;
}

}  // namespace bench
