// SPDX-License-Identifier: BSL-1.0
//
// sock_sendall and sock_recv_into: at once if they can, as an operation if they must.
#include <heddle/asio/sockets.hpp>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include <heddle/heddle.hpp>

#include "io_runners.hpp"
#include "sealed_clock.hpp"

namespace {

using namespace std::chrono_literals;
using boost::system::error_code;
using boost::system::system_error;
using heddle::coro;
using heddle::sock_recv_into;
using heddle::sock_sendall;
using heddle_test::both;
namespace asio = boost::asio;
using local_socket = asio::local::stream_protocol::socket;

/// Two ends of a connection, and a program on a loop.
template <class Runner>
struct connection {
    connection() { asio::local::connect_pair(here, there); }

    /// What the other end has been sent, without waiting.
    std::string sent() {
        std::string text(100, ' ');
        error_code error;
        there.non_blocking(true);
        text.resize(there.read_some(asio::buffer(text), error));
        return text;
    }
    void give(const std::string& text) { asio::write(there, asio::buffer(text)); }

    Runner runner;
    local_socket here{runner.io()};
    local_socket there{runner.io()};
};

/// More than a socket takes without a reader.
std::string much() {
    std::string text(4'000'000, ' ');
    for (std::size_t i = 0; i < text.size(); ++i) {
        text[i] = static_cast<char>('a' + i % 26);
    }
    return text;
}

/// Counts its turns until it is cancelled.
coro<void> count_turns(int& turns) {
    for (;;) {
        ++turns;
        co_await heddle::sleep(0ns);
    }
}

coro<std::string> all_of(local_socket& from) {
    std::string all;
    std::array<char, 10'000> bytes{};
    while (const std::size_t size = co_await sock_recv_into(from, asio::buffer(bytes))) {
        all.append(bytes.data(), size);
    }
    co_return all;
}

template <class Awaitable>
coro<error_code> error_of(Awaitable awaitable) {
    try {
        static_cast<void>(co_await std::move(awaitable));
    } catch (const system_error& error) {
        co_return error.code();
    }
    co_return error_code();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sockets_test)

BOOST_AUTO_TEST_CASE_TEMPLATE(what_can_be_done_at_once_is_done_in_the_same_step, Runner, both) {
    connection<Runner> pair;
    const auto main = [&]() -> coro<void> {
        int turns = 0;
        const auto other = heddle::create_task(count_turns(turns));
        pair.give("abc");
        std::array<char, 10> bytes{};
        const std::size_t size = co_await sock_recv_into(pair.here, asio::buffer(bytes));
        BOOST_TEST(std::string(bytes.data(), size) == "abc");
        co_await sock_sendall(pair.here, asio::buffer("de", 2));
        BOOST_TEST(pair.sent() == "de");
        BOOST_TEST(turns == 0);
        other.cancel();
    };
    pair.runner.run(main());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(others_go_on_while_it_waits, Runner, both) {
    connection<Runner> pair;
    const auto main = [&]() -> coro<void> {
        int turns = 0;
        const auto other = heddle::create_task(count_turns(turns));
        const auto give = [&]() -> coro<void> {
            co_await heddle::sleep(1ms);
            pair.give("late");
        };
        const auto later = heddle::create_task(give());
        std::array<char, 10> bytes{};
        const std::size_t size = co_await sock_recv_into(pair.here, asio::buffer(bytes));
        BOOST_TEST(std::string(bytes.data(), size) == "late");
        BOOST_TEST(turns > 0);
        other.cancel();
        co_await later;
    };
    pair.runner.run(main());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(all_is_sent_even_if_the_socket_takes_it_in_parts, Runner, both) {
    connection<Runner> pair;
    const std::string text = much();
    const auto main = [&]() -> coro<void> {
        const auto reader = heddle::create_task(all_of(pair.there));
        co_await sock_sendall(pair.here, asio::buffer(text));
        pair.here.close();
        BOOST_TEST((co_await reader == text));
    };
    pair.runner.run(main());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(both_try_first_however_they_are_used, Runner, both) {
    connection<Runner> pair;
    std::array<char, 10> bytes{};
    const auto receive = [&]() -> coro<std::size_t> {
        return sock_recv_into(pair.here, asio::buffer(bytes));
    };
    const auto main = [&]() -> coro<void> {
        int turns = 0;
        pair.give("abcd");
        const auto other = heddle::create_task(count_turns(turns));
        coro<void> sends = sock_sendall(pair.here, asio::buffer("e", 1));
        co_await std::move(sends);
        BOOST_TEST(pair.here.non_blocking());
        const auto [size] = co_await heddle::gather(receive());
        BOOST_TEST(size == 4U);
        const auto sent = heddle::create_task(sock_sendall(pair.here, asio::buffer("fg", 2)));
        co_await heddle::wait_for(sent, 1s);
        BOOST_TEST(pair.sent() == "efg");
        BOOST_TEST(turns <= 10);  // the tasks' own; whoever waits for the system lets in many more
        other.cancel();
    };
    pair.runner.run(main());
}

BOOST_AUTO_TEST_CASE(not_in_a_simulation) {
    asio::io_context io;
    const auto body = [&]() -> coro<void> {
        local_socket here(io);
        local_socket there(io);
        asio::local::connect_pair(here, there);
        std::array<char, 1> byte{};
        BOOST_CHECK_THROW(co_await sock_sendall(here, asio::buffer("a", 1)), heddle::usage_error);
        BOOST_CHECK_THROW(co_await sock_recv_into(there, asio::buffer(byte)), heddle::usage_error);
        there.non_blocking(true);
        error_code error;
        BOOST_TEST(there.read_some(asio::buffer(byte), error) == 0U);
        BOOST_TEST(error == asio::error::would_block);
    };
    heddle_test::sealed_clock clock;
    heddle::event_loop loop(clock);
    loop.run_until_complete(body());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(nothing_is_done_before_it_is_awaited, Runner, both) {
    connection<Runner> pair;
    const auto main = [&]() -> coro<void> {
        static_cast<void>(sock_sendall(pair.here, asio::buffer("abc", 3)));
        BOOST_TEST(pair.sent().empty());
        co_return;
    };
    pair.runner.run(main());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(the_end_of_the_stream_is_zero_bytes, Runner, both) {
    connection<Runner> pair;
    const auto main = [&]() -> coro<void> {
        std::array<char, 10> bytes{};
        BOOST_TEST(co_await sock_recv_into(pair.here, asio::mutable_buffer()) == 0U);
        const auto waits = heddle::create_task(sock_recv_into(pair.here, asio::buffer(bytes)));
        co_await heddle::sleep(1ms);
        BOOST_TEST(!waits.done());
        pair.there.close();
        BOOST_TEST(co_await waits == 0U);
        BOOST_TEST(co_await sock_recv_into(pair.here, asio::buffer(bytes)) == 0U);
    };
    pair.runner.run(main());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(errors_are_thrown, Runner, both) {
    connection<Runner> pair;
    const auto main = [&]() -> coro<void> {
        std::array<char, 10> bytes{};
        pair.there.close();
        const error_code broken =
            co_await error_of(sock_sendall(pair.here, asio::buffer("abc", 3)));
        BOOST_TEST(broken == asio::error::broken_pipe);
        pair.here.close();
        const error_code closed = co_await error_of(sock_recv_into(pair.here, asio::buffer(bytes)));
        BOOST_TEST(closed == asio::error::bad_descriptor);
    };
    pair.runner.run(main());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_error_while_it_waits_is_thrown, Runner, both) {
    connection<Runner> pair;
    const std::string text = much();
    const auto main = [&]() -> coro<void> {
        const auto close = [&]() -> coro<void> {
            co_await heddle::sleep(1ms);
            pair.there.close();
        };
        const auto closing = heddle::create_task(close());
        const error_code broken = co_await error_of(sock_sendall(pair.here, asio::buffer(text)));
        BOOST_TEST((broken == asio::error::broken_pipe || broken == asio::error::connection_reset));
        co_await closing;
    };
    pair.runner.run(main());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_task_that_waits_is_cancelled, Runner, both) {
    connection<Runner> pair;
    const std::string text = much();
    const auto main = [&]() -> coro<void> {
        std::array<char, 10> bytes{};
        const auto receives = heddle::create_task(sock_recv_into(pair.here, asio::buffer(bytes)));
        const auto sends = heddle::create_task(sock_sendall(pair.here, asio::buffer(text)));
        co_await heddle::sleep(1ms);
        receives.cancel();
        sends.cancel();
        co_await heddle::wait(heddle::return_when::all_completed, std::nullopt, receives, sends);
        BOOST_TEST(receives.cancelled());
        BOOST_TEST(sends.cancelled());
        pair.give("abc");
        BOOST_TEST(co_await sock_recv_into(pair.here, asio::buffer(bytes)) == 3U);
    };
    pair.runner.run(main());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(the_loop_may_go_while_it_waits, Runner, both) {
    connection<Runner> pair;
    const std::string text = much();
    std::array<char, 10> bytes{};
    const auto main = [&]() -> coro<void> {
        const auto receives = heddle::create_task(sock_recv_into(pair.here, asio::buffer(bytes)));
        co_await sock_sendall(pair.here, asio::buffer(text));
        BOOST_FAIL("nobody reads");
    };
    const auto task = pair.runner.loop().create_task(main());
    pair.runner.run_some();
    pair.runner.destroy_loop();
    pair.runner.run_host();
}

BOOST_AUTO_TEST_SUITE_END()
