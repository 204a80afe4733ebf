// SPDX-License-Identifier: BSL-1.0
//
// Coroutines that await coroutines in place: a child that has its result at once; a chain of
// 10,000, built up and run down.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <cstdint>
#include <utility>
#include <vector>

#include "row.hpp"
#include "worlds.hpp"

namespace bench {

namespace {

namespace asio = boost::asio;
using plain::depth;

// The same workloads: the kinds of coroutine differ in nothing but their type.

using asio_coro = asio_awaitable<std::uint64_t>;

asio_awaitable<void> store_result(asio_coro main, std::uint64_t& result) {
    result = co_await std::move(main);
}

std::uint64_t run(asio_world& world, asio_coro main) {
    std::uint64_t result = 0;
    asio::co_spawn(world.context, store_result(std::move(main), result), asio::detached);
    world.run();
    return result;
}

using ideal_coro = ideal::coro<std::uint64_t>;

ideal::coro<void> store_result(ideal_coro main, std::uint64_t& result) { result = co_await main; }

// There is nothing in these workloads that has a hop: both ideals do the same.
template <class Kit>
std::uint64_t run(ideal_world<Kit>& world, ideal_coro main) {
    std::uint64_t result = 0;
    world.loop.start(store_result(std::move(main), result));
    world.loop.run();
    return result;
}

template <class World, class Coro>
void ready_child(World& world, std::uint64_t n) {
    check(run(world, plain::await_ready_children<Coro>(n)) == n, "await_ready_child");
}

template <class World, class Coro>
void chain_down(World& world, std::uint64_t n) {
    check(run(world, plain::await_chains<Coro>(n)) == n / depth * depth, "await_chain");
}

void add_await_rows(std::vector<row>& rows) {
    constexpr std::uint64_t million = 1'000'000;
    rows.push_back(heddle_row<virtual_world>("await_ready_child", million));
    rows.push_back(
        make_row<asio_world>("await_ready_child", million, ready_child<asio_world, asio_coro>));
    rows.push_back(heddle_row<virtual_world>("await_chain", million));
    rows.push_back(make_row<asio_world>("await_chain", million, chain_down<asio_world, asio_coro>));
    rows.push_back(
        make_row<bare_world>("await_ready_child", million, ready_child<bare_world, ideal_coro>));
    rows.push_back(
        make_row<hops_world>("await_ready_child", million, ready_child<hops_world, ideal_coro>));
    rows.push_back(
        make_row<bare_world>("await_chain", million, chain_down<bare_world, ideal_coro>));
    rows.push_back(
        make_row<hops_world>("await_chain", million, chain_down<hops_world, ideal_coro>));
}

const rows_of_a_file file(add_await_rows);

}  // namespace

}  // namespace bench
