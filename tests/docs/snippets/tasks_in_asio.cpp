// SPDX-License-Identifier: BSL-1.0
//
// heddle's tasks as operations of Asio, and signals.
#include <chrono>
#include <csignal>
#include <exception>
#include <future>
#include <iostream>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <heddle/asio_backend.hpp>
#include <heddle/heddle.hpp>

using namespace std::chrono_literals;
namespace asio = boost::asio;

heddle::coro<int> fetch(int key) {
    co_await heddle::sleep(1ms);
    co_return key * 10;
}

heddle::coro<int> fetch_slowly() {
    bool cancelled = false;
    try {
        co_await heddle::sleep(1h);
    } catch (const heddle::cancelled_error&) {
        cancelled = true;
    }
    std::cout << "cancelled: " << cancelled << '\n';
    throw heddle::cancelled_error();
}

asio::awaitable<void> handle(heddle::event_loop& loop) {
    using namespace asio::experimental::awaitable_operators;
    std::cout << co_await heddle::async_await(loop, fetch(2)) << '\n';

    asio::steady_timer limit(co_await asio::this_coro::executor, 5ms);
    auto first = co_await (limit.async_wait(asio::use_awaitable) ||
                           heddle::async_await(loop, fetch_slowly()));
    std::cout << (first.index() == 0 ? "too slow" : "in time") << '\n';
}

heddle::coro<void> serve() {
    heddle::event_loop& loop = heddle::get_running_loop();
    loop.add_signal_handler(SIGUSR1, [] { std::cout << "SIGUSR1\n"; });
    loop.call_later(5ms, [] { std::raise(SIGUSR1); });
    loop.call_later(10ms, [] { std::raise(SIGINT); });  // Ctrl-C
    try {
        co_await heddle::sleep(1h);
    } catch (const heddle::cancelled_error&) {
        std::cout << "closing files\n";
        throw;
    }
}

int in_asio() {
    asio::io_context io;
    heddle::asio_backend::guest guest(io);
    heddle::event_loop& loop = guest.loop();
    heddle::async_await(loop, fetch(1), [](std::exception_ptr error, int value) {
        std::cout << (error ? 0 : value) << '\n';
    });
    io.run();

    asio::co_spawn(io, handle(loop), [](std::exception_ptr) {});
    io.restart();
    io.run();

    // From another thread, which waits.
    std::future<int> later;
    std::thread other([&] { later = heddle::async_await(loop, fetch(3), asio::use_future); });
    other.join();
    io.restart();
    io.run();
    std::cout << later.get() << '\n';
    return 0;
}

int main() {
    std::signal(SIGINT, SIG_DFL);  // a test may be started with Ctrl-C ignored
    in_asio();
    try {
        heddle::run(serve());
    } catch (const heddle::interrupted&) {
        return heddle::interrupted::exit_status;  // 130
    }
}
