// SPDX-License-Identifier: BSL-1.0
//
// asyncio's sock_sendall and sock_recv_into, for stream sockets of Asio:
//
//   co_await heddle::sock_sendall(socket, boost::asio::buffer("hello", 5));
//   std::size_t size = co_await heddle::sock_recv_into(socket, boost::asio::buffer(bytes));
//
// They try first, and only what the socket cannot do at once becomes an operation that the task
// waits for, as with use_task. So an await that need not wait is a system call and no more: the
// task goes on in the same step, as in asyncio (selector_events.py), whereas an operation with
// use_task always lets others take a turn. A task that sends nothing but what the socket takes at
// once keeps the loop to itself; a `co_await heddle::sleep(0ns)` now and then lets others in.
//
// * The socket becomes non-blocking (basic_socket::non_blocking), which asyncio asks callers to see
//   to, and stays so: its blocking functions give would_block from then on.
// * On the loop's thread. Nothing is done before it is awaited, or made a task and run; the socket
//   and the bytes must live until it is over.
// * Errors are thrown, as boost::system::system_error. The end of the stream is none for
//   sock_recv_into, which gives 0.
// * A task that waits in them is cancelled as one that waits with use_task. How much of the bytes
//   sock_sendall had sent by then cannot be known, as in asyncio.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <utility>

#include <heddle/asio/detail/completion.hpp>
#include <heddle/asio/use_task.hpp>
#include <heddle/coro.hpp>
#include <heddle/detail/deferred.hpp>

namespace heddle {
namespace asio_backend::detail {

/// What is tried before anything is waited for.
template <class Socket>
class socket_attempt {
public:
    explicit socket_attempt(Socket& socket) noexcept : socket_(&socket) {}

    /// Has `operation(error)`, which is done on the socket, give a number of bytes.
    template <class Operation>
    std::size_t make(Operation operation) noexcept {
        if (!socket_->non_blocking()) [[unlikely]] {
            socket_->non_blocking(true, error_);
            if (error_) {
                return 0;
            }
        }
        return operation(error_);
    }
    /// Whether the socket could not do it without waiting.
    [[nodiscard]] bool would_wait() const noexcept {
        return error_ && (error_ == boost::asio::error::would_block ||
                          error_ == boost::asio::error::try_again ||
                          error_ == boost::asio::error::interrupted);
    }
    [[nodiscard]] const boost::system::error_code& error() const noexcept { return error_; }
    [[nodiscard]] Socket& socket() const noexcept { return *socket_; }

private:
    Socket* socket_;
    boost::system::error_code error_;
};

template <class Socket>
class sendall_request final : public heddle::detail::deferred_coro<void, sendall_request<Socket>> {
public:
    sendall_request(Socket& socket, boost::asio::const_buffer rest) noexcept
        : attempt_(socket), rest_(rest) {}

private:
    friend class heddle::detail::deferred_coro<void, sendall_request>;

    [[nodiscard]] bool at_once() noexcept {
        rest_ += attempt_.make([this](boost::system::error_code& error) {
            return attempt_.socket().write_some(rest_, error);
        });
        return attempt_.error() ? !attempt_.would_wait() : rest_.size() == 0;
    }
    void finish() { throw_if_set(attempt_.error()); }
    [[nodiscard]] coro<void> in_full() { return send(attempt_.socket(), rest_); }

    static coro<void> send(Socket& socket, boost::asio::const_buffer rest) {
        co_await boost::asio::async_write(socket, rest, use_task);
    }

    socket_attempt<Socket> attempt_;
    boost::asio::const_buffer rest_;
};

template <class Socket>
class recv_into_request final
    : public heddle::detail::deferred_coro<std::size_t, recv_into_request<Socket>> {
public:
    recv_into_request(Socket& socket, boost::asio::mutable_buffer room) noexcept
        : attempt_(socket), room_(room) {}

private:
    friend class heddle::detail::deferred_coro<std::size_t, recv_into_request>;

    [[nodiscard]] bool at_once() noexcept {
        size_ = attempt_.make([this](boost::system::error_code& error) {
            return attempt_.socket().read_some(room_, error);
        });
        return !attempt_.would_wait();
    }
    [[nodiscard]] std::size_t finish() { return size_or_end(attempt_.error(), size_); }
    [[nodiscard]] coro<std::size_t> in_full() { return receive(attempt_.socket(), room_); }

    static coro<std::size_t> receive(Socket& socket, boost::asio::mutable_buffer room) {
        const auto [error, size] =
            co_await socket.async_read_some(room, boost::asio::as_tuple(use_task));
        co_return size_or_end(error, size);
    }
    static std::size_t size_or_end(const boost::system::error_code& error, std::size_t size) {
        if (error == boost::asio::error::eof) {
            return 0;
        }
        throw_if_set(error);
        return size;
    }

    socket_attempt<Socket> attempt_;
    boost::asio::mutable_buffer room_;
    std::size_t size_ = 0;
};

}  // namespace asio_backend::detail

/// Completes when `socket` has taken all of `data`. See the top of the file.
template <class Protocol, class Executor>
[[nodiscard("nothing is sent until it is awaited")]] auto sock_sendall(
    boost::asio::basic_stream_socket<Protocol, Executor>& socket,
    boost::asio::const_buffer data) noexcept {
    using socket_type = boost::asio::basic_stream_socket<Protocol, Executor>;
    return asio_backend::detail::sendall_request<socket_type>(socket, data);
}

/// Completes with how many bytes came into `room`, as soon as there are any; with 0 at the end of
/// the stream, or if there is no room. See the top of the file.
template <class Protocol, class Executor>
[[nodiscard("nothing is received until it is awaited")]] auto sock_recv_into(
    boost::asio::basic_stream_socket<Protocol, Executor>& socket,
    boost::asio::mutable_buffer room) noexcept {
    using socket_type = boost::asio::basic_stream_socket<Protocol, Executor>;
    return asio_backend::detail::recv_into_request<socket_type>(socket, room);
}

}  // namespace heddle
