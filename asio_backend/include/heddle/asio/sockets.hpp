// SPDX-License-Identifier: BSL-1.0
//
// asyncio's sock_sendall and sock_recv_into, for stream sockets of Asio:
//
//   co_await heddle::sock_sendall(socket, boost::asio::buffer("hello", 5));
//   std::size_t size = co_await heddle::sock_recv_into(socket, boost::asio::buffer(bytes));
//
// They try first, and wait only for what the socket cannot do at once. So an await that need not
// wait is a system call and no more: the task goes on in the same step, as in asyncio
// (selector_events.py), whereas an operation with use_task always lets others take a turn. A task
// that sends nothing but what the socket takes at once keeps the loop to itself; a
// `co_await heddle::sleep(0ns)` now and then lets others in.
//
// * The first of them on a socket makes it non-blocking (basic_socket::non_blocking), which asyncio
//   asks callers to see to: its blocking functions give would_block from then on.
// * On the loop's thread, and on a real one: in a simulation they throw usage_error. Nothing is done
//   before it is awaited, or made a task and run; the socket and the bytes must live until it is
//   over.
// * Errors are thrown, as boost::system::system_error. The end of the stream is none for
//   sock_recv_into, which gives 0.
// * A task that waits in them is cancelled as one that waits with use_task. How much of the bytes
//   sock_sendall had sent by then cannot be known, as in asyncio; sock_recv_into has taken none.
#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <utility>

#include <heddle/asio/detail/completion.hpp>
#include <heddle/asio/use_task.hpp>
#include <heddle/coro.hpp>
#include <heddle/detail/deferred.hpp>
#include <heddle/errors.hpp>
#include <heddle/event_loop.hpp>

namespace heddle {
namespace asio_backend::detail {

/// What both try, again and again.
template <class Socket>
class socket_attempt {
public:
    explicit socket_attempt(Socket& socket) noexcept : socket_(&socket) {}

protected:
    /// Has `operation(socket, error)` give a number of bytes.
    template <class Operation>
    std::size_t make(Operation operation) noexcept {
        allowed_ =
            heddle::detail::this_thread.running->clock_and_executor().accepts_outside_events();
        if (!allowed_) [[unlikely]] {
            return 0;
        }
        if (!socket_->non_blocking()) [[unlikely]] {
            socket_->non_blocking(true, error_);
            if (error_) {
                return 0;
            }
        }
        return operation(*socket_, error_);
    }
    /// Whether the latest said no more than that it would have to wait.
    [[nodiscard]] bool would_wait() const noexcept {
        return error_ && (error_ == boost::asio::error::would_block ||
                          error_ == boost::asio::error::try_again ||
                          error_ == boost::asio::error::interrupted);
    }
    [[nodiscard]] bool failed() const noexcept { return !allowed_ || (error_ && !would_wait()); }
    [[nodiscard]] bool at_end() const noexcept { return error_ == boost::asio::error::eof; }
    void throw_if_failed() const {
        if (!allowed_) {
            throw usage_error(
                "sock_sendall, sock_recv_into: a simulation has no real sockets; run this on "
                "Boost.Asio");
        }
        throw_if_set(error_);
    }
    [[nodiscard]] Socket& socket() const noexcept { return *socket_; }

private:
    Socket* socket_;
    boost::system::error_code error_;
    bool allowed_ = true;
};

template <class Socket>
class send_attempt : private socket_attempt<Socket> {
public:
    send_attempt(Socket& socket, boost::asio::const_buffer rest) noexcept
        : socket_attempt<Socket>(socket), rest_(rest) {}

    /// Whether there is nothing left to do.
    [[nodiscard]] bool succeeds_or_fails() noexcept {
        rest_ += this->make([this](Socket& socket, boost::system::error_code& error) {
            return socket.write_some(rest_, error);
        });
        return this->failed() || rest_.size() == 0;
    }
    /// To be awaited before the next attempt.
    [[nodiscard]] auto ready() const {
        return this->socket().async_wait(Socket::wait_write, use_task);
    }
    void result() const {
        if (this->failed()) {
            this->throw_if_failed();
        }
    }

private:
    boost::asio::const_buffer rest_;
};

template <class Socket>
class receive_attempt : private socket_attempt<Socket> {
public:
    receive_attempt(Socket& socket, boost::asio::mutable_buffer room) noexcept
        : socket_attempt<Socket>(socket), room_(room) {}

    [[nodiscard]] bool succeeds_or_fails() noexcept {
        size_ = this->make([this](Socket& socket, boost::system::error_code& error) {
            return socket.read_some(room_, error);
        });
        return !this->would_wait();
    }
    [[nodiscard]] auto ready() const {
        return this->socket().async_wait(Socket::wait_read, use_task);
    }
    [[nodiscard]] std::size_t result() const {
        if (!this->at_end()) {
            this->throw_if_failed();
        }
        return size_;
    }

private:
    boost::asio::mutable_buffer room_;
    std::size_t size_ = 0;
};

template <class T, class Attempt>
class socket_request final : public heddle::detail::deferred_coro<T, socket_request<T, Attempt>> {
public:
    explicit socket_request(const Attempt& attempt) noexcept : attempt_(attempt) {}

private:
    friend class heddle::detail::deferred_coro<T, socket_request>;

    [[nodiscard]] bool at_once() noexcept {
        tried_ = true;
        return attempt_.succeeds_or_fails();
    }
    [[nodiscard]] T finish() { return attempt_.result(); }
    [[nodiscard]] coro<T> in_full() { return go_on(attempt_, tried_); }

    static coro<T> go_on(Attempt attempt, bool tried) {
        while (tried || !attempt.succeeds_or_fails()) {
            tried = false;
            co_await attempt.ready();
        }
        co_return attempt.result();
    }

    Attempt attempt_;
    bool tried_ = false;
};

}  // namespace asio_backend::detail

/// Completes when `socket` has taken all of `data`. See the top of the file.
template <class Protocol, class Executor>
[[nodiscard("nothing is sent until it is awaited")]] auto sock_sendall(
    boost::asio::basic_stream_socket<Protocol, Executor>& socket,
    boost::asio::const_buffer data) noexcept {
    using attempt =
        asio_backend::detail::send_attempt<boost::asio::basic_stream_socket<Protocol, Executor>>;
    return asio_backend::detail::socket_request<void, attempt>(attempt(socket, data));
}

/// Completes with how many bytes came into `room`, as soon as there are any; with 0 at the end of
/// the stream, or if there is no room. See the top of the file.
template <class Protocol, class Executor>
[[nodiscard("nothing is received until it is awaited")]] auto sock_recv_into(
    boost::asio::basic_stream_socket<Protocol, Executor>& socket,
    boost::asio::mutable_buffer room) noexcept {
    using attempt =
        asio_backend::detail::receive_attempt<boost::asio::basic_stream_socket<Protocol, Executor>>;
    return asio_backend::detail::socket_request<std::size_t, attempt>(attempt(socket, room));
}

}  // namespace heddle
