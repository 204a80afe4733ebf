// SPDX-License-Identifier: BSL-1.0
//
// A native Asio program, as somebody has written it for an io_context: a producer and a consumer of
// orders over a channel, and books that a strand guards. It knows nothing of the simulation.
//
// There is a mistake in it unless it is `careful`: the consumer looks into the books without going
// through the strand. With one thread that takes functions first come first served the entry is
// always there; on anything else it may come later.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>
#include <set>
#include <utility>

namespace shop {

class counter {
public:
    counter(const boost::asio::any_io_executor& executor, bool careful)
        : books_strand_(executor), orders_(executor, 2), careful_(careful) {}

    boost::asio::awaitable<void> produce(int count) {
        for (int order = 1; order <= count; ++order) {
            boost::asio::post(books_strand_, [this, order] { books_.insert(order); });
            co_await orders_.async_send(boost::system::error_code(), order,
                                        boost::asio::use_awaitable);
        }
        // Not close(): up to Boost 1.81 that loses what is in the channel.
        co_await orders_.async_send(boost::system::error_code(), no_more,
                                    boost::asio::use_awaitable);
    }

    boost::asio::awaitable<void> consume() {
        for (;;) {
            const int order = co_await orders_.async_receive(boost::asio::use_awaitable);
            if (order == no_more) {
                break;
            }
            bool known = books_.contains(order);
            if (careful_) {
                known = co_await boost::asio::co_spawn(books_strand_, look_up(order),
                                                       boost::asio::use_awaitable);
            }
            ++(known ? served_ : refused_);
        }
    }

    [[nodiscard]] int served() const { return served_; }
    [[nodiscard]] int refused() const { return refused_; }

private:
    static constexpr int no_more = 0;

    boost::asio::awaitable<bool> look_up(int order) { co_return books_.contains(order); }

    boost::asio::strand<boost::asio::any_io_executor> books_strand_;
    boost::asio::experimental::channel<void(boost::system::error_code, int)> orders_;
    bool careful_;
    std::set<int> books_;
    int served_ = 0;
    int refused_ = 0;
};

}  // namespace shop
