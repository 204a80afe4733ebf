// SPDX-License-Identifier: BSL-1.0
//
// The program of docs/asio_in_simulation.md: native Asio code with a mistake of order, and how it is found.
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <iostream>
#include <set>

#include <heddle/asio_sim.hpp>
#include <heddle/sim.hpp>

using namespace std::chrono_literals;
namespace asio = boost::asio;
namespace sim = heddle::sim;
using heddle::asio_sim::sim_context;
using heddle::asio_sim::sim_timer;

// ---- the program, which knows nothing of heddle --------------------------------------------

using orders = asio::experimental::channel<void(boost::system::error_code, int)>;

struct books {
    explicit books(asio::any_io_executor executor) : strand(std::move(executor)) {}
    asio::strand<asio::any_io_executor> strand;
    std::set<int> entries;
    int refused = 0;
};

asio::awaitable<void> take_order(books& all, orders& to_serve) {
    asio::post(all.strand, [&all] { all.entries.insert(1); });
    co_await to_serve.async_send({}, 1, asio::use_awaitable);
}

asio::awaitable<void> serve(books& all, orders& to_serve) {
    const int order = co_await to_serve.async_receive(asio::use_awaitable);
    if (!all.entries.contains(order)) {  // not through the strand
        ++all.refused;
    }
}

template <class Timer = asio::steady_timer>
asio::awaitable<void> blink(int times) {
    Timer timer(co_await asio::this_coro::executor);
    for (int i = 0; i < times; ++i) {
        timer.expires_at(Timer::clock_type::now() + 500ms);
        co_await timer.async_wait(asio::use_awaitable);
    }
}

// ---- its test ------------------------------------------------------------------------------

heddle::coro<void> one_order() {
    sim_context io;
    books all(io.get_executor("books"));
    orders to_serve(io.get_executor("orders"));
    asio::co_spawn(io.get_executor("taker"), take_order(all, to_serve), asio::detached);
    asio::co_spawn(io.get_executor("server"), serve(all, to_serve), asio::detached);
    co_await io.run();
    sim::check(all.refused == 0, "no order is refused");
}

heddle::coro<void> blinking() {
    sim_context io;
    asio::co_spawn(io.get_executor("lamp"), blink<sim_timer>(7'200), asio::detached);
    co_await io.run();
    const auto now = heddle::get_running_loop().time() - heddle::time_point{};
    std::cout << "an hour of blinking took " << now / 1s << " s of virtual time\n";
}

heddle::coro<void> nobody_orders() {
    sim_context io;
    books all(io.get_executor("books"));
    orders to_serve(io.get_executor("orders"));
    asio::co_spawn(io.get_executor("server"), serve(all, to_serve), asio::detached);
    co_await io.run();
}

heddle::coro<void> with_a_real_timer() {
    sim_context io;
    asio::co_spawn(io.get_executor("lamp"), blink(1), asio::detached);
    co_await io.run();
}

int main() {
    sim::run(blinking);
    sim::explore_options options;
    for (const auto program : {one_order, nobody_orders, with_a_real_timer}) {
        std::cout << sim::report(sim::explore(program, options), "") << '\n';
    }
}
