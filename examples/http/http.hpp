// SPDX-License-Identifier: BSL-1.0
//
// An HTTP server and a client: Boost.Beast on real sockets, written with use_task. There is no
// callback in it, and no code for cancellation: who is cancelled or timed out leaves by an exception,
// and closes what he has opened on the way.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/system/system_error.hpp>
#include <cstddef>
#include <exception>
#include <functional>
#include <string>
#include <utility>

#include <heddle/asio_backend.hpp>
#include <heddle/heddle.hpp>

namespace http_example {

namespace http = boost::beast::http;
using boost::asio::ip::tcp;
using boost::system::system_error;
using heddle::coro;
using heddle::use_task;

/// Gives the body for a target.
using answering = std::function<coro<std::string>(std::string)>;

/// How many connections a server has accepted, and how many of them are closed.
struct connection_count {
    std::size_t opened = 0;
    std::size_t closed = 0;
};

class server {
public:
    server(boost::asio::io_context& io, answering answer)
        : listening_(io, {boost::asio::ip::address_v4::loopback(), 0}), answer_(std::move(answer)) {
        listening_.listen(boost::asio::socket_base::max_listen_connections);
    }

    [[nodiscard]] tcp::endpoint endpoint() const { return listening_.local_endpoint(); }
    [[nodiscard]] const connection_count& connections() const { return connections_; }

    /// Accepts and serves until it is cancelled; then its connections are too.
    coro<void> run() {
        heddle::task_group group;
        std::exception_ptr stopped;
        try {
            for (;;) {
                tcp::socket socket = co_await listening_.async_accept(use_task);
                group.create_task(serve(std::move(socket)));
            }
        } catch (...) {
            stopped = std::current_exception();
        }
        co_await group.join_after(stopped);
    }

private:
    /// A connection, from the first request to the client's leaving.
    coro<void> serve(tcp::socket socket) {
        struct counted {
            explicit counted(connection_count& count) : count_(count) { ++count_.opened; }
            ~counted() { ++count_.closed; }
            connection_count& count_;
        } const counts_it(connections_);
        boost::beast::flat_buffer buffer;
        try {
            for (bool more = true; more;) {
                http::request<http::empty_body> request;
                co_await http::async_read(socket, buffer, request, use_task);
                http::response<http::string_body> response(http::status::ok, request.version());
                response.keep_alive(request.keep_alive());
                response.body() = co_await answer_(std::string(request.target()));
                response.prepare_payload();
                co_await http::async_write(socket, response, use_task);
                more = response.keep_alive();
            }
        } catch (const system_error&) {
            // The client has gone, or does not speak HTTP.
        }
    }

    tcp::acceptor listening_;
    answering answer_;
    connection_count connections_;
};

/// The body of the answer to a GET, on a connection of its own.
inline coro<std::string> get(tcp::endpoint where, std::string target) {
    tcp::socket socket(heddle::asio_backend::running_io_context());
    co_await socket.async_connect(where, use_task);
    // Closing resets the connection: no port stays in TIME_WAIT, of which a stress would run out.
    socket.set_option(boost::asio::socket_base::linger(true, 0));

    http::request<http::empty_body> request(http::verb::get, target, 11);
    request.set(http::field::host, "localhost");
    co_await http::async_write(socket, request, use_task);

    boost::beast::flat_buffer buffer;
    http::response<http::string_body> response;
    co_await http::async_read(socket, buffer, response, use_task);
    co_return std::move(response.body());
}

}  // namespace http_example
