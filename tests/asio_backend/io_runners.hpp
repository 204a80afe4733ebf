// SPDX-License-Identifier: BSL-1.0
//
// A program that uses an io_context, on each kind of loop that has one; and what the tests of
// use_task share.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <optional>
#include <tuple>
#include <utility>

#include <heddle/asio/guest.hpp>
#include <heddle/asio/own_context.hpp>
#include <heddle/heddle.hpp>

namespace heddle_test {

/// A loop on an io_context of its own.
class on_own_context {
public:
    boost::asio::io_context& io() { return backend_.context(); }
    heddle::event_loop& loop() { return *loop_; }
    void run(heddle::coro<void> main) { loop_->run_until_complete(std::move(main)); }
    /// Runs what is ready and goes.
    void run_some() {
        for (int i = 0; i < 10; ++i) {
            run_one();
        }
    }
    void run_one() {
        loop_->stop();
        loop_->run_forever();
    }
    void destroy_loop() { loop_.reset(); }
    /// The io_context goes on without the loop.
    void run_host() {
        io().restart();
        io().poll();
    }

private:
    heddle::asio_backend::own_context backend_;
    std::optional<heddle::event_loop> loop_{backend_};
};

/// A loop that is a guest in the test's io_context.
class on_guest {
public:
    boost::asio::io_context& io() { return io_; }
    heddle::event_loop& loop() { return guest_->loop(); }
    void run(heddle::coro<void> main) {
        const auto task = loop().create_task(std::move(main));
        io_.restart();
        io_.run();
        task.result();
    }
    void run_some() {
        io_.restart();
        io_.poll();
    }
    void run_one() {
        io_.restart();
        io_.poll_one();
    }
    void destroy_loop() { guest_.reset(); }
    void run_host() {
        io_.restart();
        io_.poll();
    }

private:
    boost::asio::io_context io_{1};
    std::optional<heddle::asio_backend::guest> guest_{io_};
};

using both = std::tuple<on_own_context, on_guest>;

/// An operation on `io` that completes with `arguments`, in a handler of it, as a `Signature`.
template <class Signature, class Token, class... Args>
auto complete_later(boost::asio::io_context& io, Token&& token, Args... arguments) {
    return boost::asio::async_initiate<Token, Signature>(
        [&io](auto handler, auto... each) {
            boost::asio::post(io, [called = std::move(handler),
                                   kept = std::make_tuple(std::move(each)...)]() mutable {
                std::apply([&](auto&... value) { std::move(called)(std::move(value)...); }, kept);
            });
        },
        token, std::move(arguments)...);
}

}  // namespace heddle_test
