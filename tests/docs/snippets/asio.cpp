// SPDX-License-Identifier: BSL-1.0
//
// docs/asio.md: Asio operations in heddle tasks.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <iostream>
#include <string>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <heddle/asio_backend.hpp>
#include <heddle/heddle.hpp>

using namespace std::chrono_literals;
namespace asio = boost::asio;
using asio::ip::tcp;

heddle::coro<void> echo(tcp::socket socket) {
    std::array<char, 1024> bytes{};
    for (;;) {
        auto [error, size] =
            co_await socket.async_read_some(asio::buffer(bytes), asio::as_tuple(heddle::use_task));
        if (error) {
            co_return;  // asio::error::eof, as a rule
        }
        co_await asio::async_write(socket, asio::buffer(bytes, size), heddle::use_task);
    }
}

heddle::coro<void> serve(tcp::acceptor& listening) {
    heddle::task_group group;
    for (int i = 0; i < 2; ++i) {
        tcp::socket socket = co_await listening.async_accept(heddle::use_task);
        group.create_task(echo(std::move(socket)));
    }
    co_await group.join();
}

heddle::coro<void> ask(tcp::endpoint where) {
    auto socket =
        heddle::use_task_t::as_default_on(tcp::socket(heddle::asio_backend::running_io_context()));
    co_await socket.async_connect(where);
    co_await asio::async_write(socket, asio::buffer("hello", 5));
    std::string answer(5, ' ');
    co_await asio::async_read(socket, asio::buffer(answer));
    std::cout << answer << '\n';
}

heddle::coro<void> read_in_vain(tcp::endpoint where) {
    tcp::socket socket(heddle::asio_backend::running_io_context());
    co_await socket.async_connect(where, heddle::use_task);
    char byte = 0;
    co_await asio::async_read(socket, asio::buffer(&byte, 1), heddle::use_task);
}

char to_upper(char letter) {
    return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
}

heddle::coro<void> shout(tcp::socket& socket) {
    std::array<char, 1024> bytes{};
    while (const std::size_t size = co_await heddle::sock_recv_into(socket, asio::buffer(bytes))) {
        std::transform(bytes.begin(), bytes.begin() + size, bytes.begin(), to_upper);
        co_await heddle::sock_sendall(socket, asio::buffer(bytes, size));
    }
}

heddle::coro<void> be_shouted_at() {
    asio::io_context& io = heddle::asio_backend::running_io_context();
    tcp::acceptor listening(io, {asio::ip::address_v4::loopback(), 0});
    tcp::socket client(io);
    co_await client.async_connect(listening.local_endpoint(), heddle::use_task);
    tcp::socket server = co_await listening.async_accept(heddle::use_task);
    const auto shouting = heddle::create_task(shout(server));
    co_await heddle::sock_sendall(client, asio::buffer("quiet", 5));
    client.shutdown(tcp::socket::shutdown_send);
    std::string answer(5, ' ');
    co_await asio::async_read(client, asio::buffer(answer), heddle::use_task);
    std::cout << answer << '\n';
    co_await shouting;
}

heddle::coro<void> program() {
    tcp::acceptor listening(heddle::asio_backend::running_io_context(),
                            {asio::ip::address_v4::loopback(), 0});
    heddle::task_group group;
    group.create_task(serve(listening));
    co_await ask(listening.local_endpoint());
    try {
        co_await heddle::wait_for(read_in_vain(listening.local_endpoint()), 20ms);
    } catch (const heddle::timeout_error&) {
        std::cout << "no answer\n";
    }
    co_await group.join();
    co_await be_shouted_at();

    heddle::asio_backend::loop_executor executor(heddle::get_running_loop());
    asio::post(executor, [] { std::cout << "in the loop\n"; });
    co_await heddle::sleep(0ns);
}

int main() { heddle::run(program); }
