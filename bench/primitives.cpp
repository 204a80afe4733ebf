// SPDX-License-Identifier: BSL-1.0
//
// One primitive at a time: what a program pays for each, on the plain loop. Plain Asio has nothing
// of the same shape but for the queue, which is its channel.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/system/error_code.hpp>
#include <cstdint>
#include <vector>

#include "row.hpp"
#include "worlds.hpp"

namespace bench {

namespace {

namespace asio = boost::asio;
using heddle::coro;

constexpr std::ptrdiff_t queue_size = 64;

// ---- futures, tasks, gathers ----------------------------------------------------------------

/// A future made, awaited, and completed by a callback.
coro<std::uint64_t> futures(std::uint64_t n) {
    heddle::event_loop& loop = heddle::get_running_loop();
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < n; ++i) {
        const heddle::future<std::uint64_t> one = loop.create_future<std::uint64_t>();
        loop.call_soon([&one] { one.set_result(1); });
        sum += co_await one;
    }
    co_return sum;
}

coro<std::uint64_t> one() { co_return 1; }

/// A task made, and awaited.
coro<std::uint64_t> tasks(std::uint64_t n) {
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < n; ++i) {
        const heddle::task<std::uint64_t> child = heddle::create_task(one());
        sum += co_await child;
    }
    co_return sum;
}

/// A gather of two coroutines.
coro<std::uint64_t> gathers(std::uint64_t n) {
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < n; ++i) {
        const auto [a, b] = co_await heddle::gather(one(), one());
        sum += (a + b) / 2;
    }
    co_return sum;
}

// ---- locks and queues -----------------------------------------------------------------------

/// Two tasks that hand a lock to each other: each finds it taken.
coro<void> take_turns(heddle::lock& mutex, std::uint64_t n, std::uint64_t& taken) {
    for (std::uint64_t i = 0; i < n; ++i) {
        const auto held = co_await mutex.scoped();
        ++taken;
        co_await heddle::sleep(heddle::duration::zero());
    }
}
coro<std::uint64_t> locks(std::uint64_t n) {
    heddle::lock mutex;
    std::uint64_t taken = 0;
    heddle::task_group group;
    group.create_task(take_turns(mutex, n - n / 2, taken));
    group.create_task(take_turns(mutex, n / 2, taken));
    co_await group.join();
    co_return taken;
}

/// An item through a queue of 64, from one task to another.
coro<void> produce(heddle::queue<std::uint64_t>& items, std::uint64_t n) {
    for (std::uint64_t i = 0; i < n; ++i) {
        co_await items.put(1);
    }
}
coro<std::uint64_t> queues(std::uint64_t n) {
    heddle::queue<std::uint64_t> items(queue_size);
    heddle::task_group group;
    group.create_task(produce(items, n));
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < n; ++i) {
        sum += co_await items.get();
    }
    co_await group.join();
    co_return sum;
}

using asio_channel =
    asio::experimental::basic_channel<asio_executor, asio::experimental::channel_traits<>,
                                      void(boost::system::error_code, std::uint64_t)>;

asio_awaitable<void> asio_produce(asio_channel& items, std::uint64_t n) {
    for (std::uint64_t i = 0; i < n; ++i) {
        co_await items.async_send({}, 1, use_asio_awaitable);
    }
}
asio_awaitable<void> asio_consume(asio_channel& items, std::uint64_t n, std::uint64_t& sum) {
    for (std::uint64_t i = 0; i < n; ++i) {
        sum += co_await items.async_receive(use_asio_awaitable);
    }
}
void asio_queue(asio_world& world, std::uint64_t n) {
    asio_channel items(world.context.get_executor(), queue_size);
    std::uint64_t sum = 0;
    asio::co_spawn(world.context, asio_produce(items, n), asio::detached);
    asio::co_spawn(world.context, asio_consume(items, n, sum), asio::detached);
    world.run();
    check(sum == n, "queue");
}

template <class Queue>
ideal::coro<void> ideal_produce(Queue& items, std::uint64_t n) {
    for (std::uint64_t i = 0; i < n; ++i) {
        co_await items.put(1);
    }
}
template <class Queue>
ideal::coro<void> ideal_consume(Queue& items, std::uint64_t n, std::uint64_t& sum) {
    for (std::uint64_t i = 0; i < n; ++i) {
        sum += co_await items.get();
    }
}
template <class Kit>
void ideal_queue(ideal_world<Kit>& world, std::uint64_t n) {
    typename Kit::template queue<std::uint64_t, queue_size> items;
    std::uint64_t sum = 0;
    world.loop.start(ideal_produce(items, n));
    world.loop.start(ideal_consume(items, n, sum));
    world.loop.run();
    check(sum == n, "queue");
}

// ---- timeouts -------------------------------------------------------------------------------

/// A block that ends in time: its timer is set and taken back.
coro<std::uint64_t> timeouts(std::uint64_t n) {
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < n; ++i) {
        auto limit = heddle::timeout(std::chrono::seconds(1));
        sum += co_await limit.run(one());
    }
    co_return sum;
}
coro<std::uint64_t> waits_for(std::uint64_t n) {
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < n; ++i) {
        sum += co_await heddle::wait_for(one(), std::chrono::seconds(1));
    }
    co_return sum;
}

using workload = coro<std::uint64_t>(std::uint64_t);

template <class World>
row heddle_row(const char* name, workload* work) {
    constexpr std::uint64_t million = 1'000'000;
    return make_row<World>(name, million, [name, work](World& world, std::uint64_t n) {
        check(world.loop.run_until_complete(work(n)) == n, name);
    });
}

void add_primitive_rows(std::vector<row>& rows) {
    struct named {
        const char* name;
        workload* work;
    };
    constexpr named all[] = {{"future", futures},    {"task", tasks},   {"gather", gathers},
                             {"lock", locks},        {"queue", queues}, {"timeout", timeouts},
                             {"wait_for", waits_for}};
    for (const named& each : all) {
        rows.push_back(heddle_row<virtual_world>(each.name, each.work));
        rows.push_back(heddle_row<backend_world>(each.name, each.work));
    }
    constexpr std::uint64_t items = 200'000;
    rows.push_back(make_row<asio_world>("queue", items, asio_queue));
    constexpr std::uint64_t million = 1'000'000;
    rows.push_back(make_row<bare_world>("queue", million, ideal_queue<bare_kit>));
    rows.push_back(make_row<hops_world>("queue", million, ideal_queue<hops_kit>));
}

const rows_of_a_file file(add_primitive_rows);

}  // namespace

}  // namespace bench
