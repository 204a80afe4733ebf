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
using plain::queue_size;

// ---- a queue --------------------------------------------------------------------------------

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

void add_primitive_rows(std::vector<row>& rows) {
    constexpr std::uint64_t million = 1'000'000;
    for (const char* each : {"future", "task", "gather", "lock", "queue", "timeout", "wait_for"}) {
        rows.push_back(heddle_row<virtual_world>(each, million));
        rows.push_back(heddle_row<backend_world>(each, million));
    }
    constexpr std::uint64_t items = 200'000;
    rows.push_back(make_row<asio_world>("queue", items, asio_queue));
    rows.push_back(make_row<bare_world>("queue", million, ideal_queue<bare_kit>));
    rows.push_back(make_row<hops_world>("queue", million, ideal_queue<hops_kit>));
}

const rows_of_a_file file(add_primitive_rows);

}  // namespace

}  // namespace bench
