// SPDX-License-Identifier: BSL-1.0
//
// The guide's ways onto Boost.Asio: a loop of its own, and a guest in a service's io_context.
#include <chrono>
#include <iostream>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <heddle/asio_backend.hpp>
#include <heddle/heddle.hpp>

using namespace std::chrono_literals;

heddle::coro<int> program() {
    co_await heddle::sleep(100ms);
    co_return 42;
}

// Awaits something of Asio's: its handler completes a future.
heddle::coro<int> wait_for_timer(boost::asio::io_context& io) {
    const auto expired = heddle::get_running_loop().create_future<int>("the timer of Asio");
    boost::asio::steady_timer timer(io, 50ms);
    timer.async_wait([expired](const boost::system::error_code& error) {
        if (!expired.done()) {
            expired.set_result(error.value());
        }
    });
    co_return co_await expired;
}

int main() {
    std::cout << heddle::run(program) << '\n';

    boost::asio::io_context io;
    heddle::asio_backend::guest guest(io);
    auto error = guest.loop().create_task(wait_for_timer(io));
    auto answer = guest.loop().create_task(program());
    io.run();  // returns when both tasks are done
    std::cout << error.result() << ' ' << answer.result() << '\n';
}
