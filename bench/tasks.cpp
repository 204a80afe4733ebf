// SPDX-License-Identifier: BSL-1.0
//
// Tasks: made and gathered by the thousand; and a thousand of them taking turns.
#include <boost/asio/async_result.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "row.hpp"
#include "worlds.hpp"

namespace bench {

namespace {

namespace asio = boost::asio;

using plain::group;

// ---- spawn and join: tasks that return an int, gathered by 1,000 ----------------------------

ideal::coro<int> ideal_child(int value) { co_return value; }

template <class Kit>
ideal::coro<void> ideal_spawn_groups(std::uint64_t groups, std::uint64_t& sum) {
    for (std::uint64_t i = 0; i < groups; ++i) {
        std::vector<ideal::coro<int>> children;
        children.reserve(group);
        for (std::uint64_t j = 0; j < group; ++j) {
            children.push_back(ideal_child(1));
        }
        typename Kit::template gather<int> all(std::move(children));
        for (const int each : co_await all) {
            sum += static_cast<std::uint64_t>(each);
        }
    }
}

template <class Kit>
void ideal_spawn_join(ideal_world<Kit>& world, std::uint64_t n) {
    std::uint64_t sum = 0;
    world.loop.start(ideal_spawn_groups<Kit>(n / group, sum));
    world.loop.run();
    check(sum == n / group * group, "spawn_join");
}

asio_awaitable<int> asio_child(int value) { co_return value; }

/// What a program on Asio makes for itself to wait for a group: a counter, and the coroutine that
/// goes on at zero. (experimental::make_parallel_group takes more.)
struct asio_join {
    std::uint64_t left = 0;
    std::function<void()> go_on;

    void one_done() {
        if (--left == 0) {
            std::exchange(go_on, nullptr)();
        }
    }
    asio_awaitable<void> wait() {
        co_await asio::async_initiate<const asio::use_awaitable_t<asio_executor>, void()>(
            [this](auto handler) {
                auto kept = std::make_shared<decltype(handler)>(std::move(handler));
                go_on = [kept] { std::move (*kept)(); };
            },
            use_asio_awaitable);
    }
};

asio_awaitable<void> asio_spawn_groups(std::uint64_t groups, std::uint64_t& sum) {
    const auto executor = co_await asio::this_coro::executor;
    asio_join join;
    std::vector<int> results(group);
    for (std::uint64_t i = 0; i < groups; ++i) {
        join.left = group;
        for (std::size_t j = 0; j < group; ++j) {
            asio::co_spawn(executor, asio_child(1),
                           [&join, &results, j](const std::exception_ptr&, int value) {
                               results[j] = value;
                               join.one_done();
                           });
        }
        co_await join.wait();
        for (const int each : results) {
            sum += static_cast<std::uint64_t>(each);
        }
    }
}

void asio_spawn_join(asio_world& world, std::uint64_t n) {
    std::uint64_t sum = 0;
    asio::co_spawn(world.context, asio_spawn_groups(n / group, sum), asio::detached);
    world.run();
    check(sum == n / group * group, "spawn_join");
}

// ---- yield: 1,000 tasks taking turns --------------------------------------------------------

asio_awaitable<void> asio_turns(std::uint64_t turns, std::uint64_t& taken) {
    const auto executor = co_await asio::this_coro::executor;
    for (std::uint64_t i = 0; i < turns; ++i) {
        co_await asio::post(executor, use_asio_awaitable);
        ++taken;
    }
}

void asio_yield(asio_world& world, std::uint64_t n) {
    std::uint64_t taken = 0;
    for (std::uint64_t i = 0; i < group; ++i) {
        asio::co_spawn(world.context, asio_turns(n / group, taken), asio::detached);
    }
    world.run();
    check(taken == n / group * group, "yield");
}

template <class Kit>
ideal::coro<void> ideal_turns(std::uint64_t turns, std::uint64_t& taken) {
    for (std::uint64_t i = 0; i < turns; ++i) {
        co_await typename Kit::yield();
        ++taken;
    }
}

template <class Kit>
void ideal_yield(ideal_world<Kit>& world, std::uint64_t n) {
    std::uint64_t taken = 0;
    for (std::uint64_t i = 0; i < group; ++i) {
        world.loop.start(ideal_turns<Kit>(n / group, taken));
    }
    world.loop.run();
    check(taken == n / group * group, "yield");
}

void add_task_rows(std::vector<row>& rows) {
    constexpr std::uint64_t spawned = 100'000;
    rows.push_back(heddle_row<virtual_world>("spawn_join", spawned));
    rows.push_back(heddle_row<backend_world>("spawn_join", spawned));
    rows.push_back(make_row<asio_world>("spawn_join", spawned, asio_spawn_join));
    constexpr std::uint64_t turns = 1'000'000;
    rows.push_back(heddle_row<virtual_world>("yield", turns));
    rows.push_back(heddle_row<backend_world>("yield", turns));
    rows.push_back(make_row<asio_world>("yield", turns, asio_yield));
    rows.push_back(make_row<bare_world>("spawn_join", spawned, ideal_spawn_join<bare_kit>));
    rows.push_back(make_row<hops_world>("spawn_join", spawned, ideal_spawn_join<hops_kit>));
    rows.push_back(make_row<bare_world>("yield", turns, ideal_yield<bare_kit>));
    rows.push_back(make_row<hops_world>("yield", turns, ideal_yield<hops_kit>));
}

const rows_of_a_file file(add_task_rows);

}  // namespace

}  // namespace bench
