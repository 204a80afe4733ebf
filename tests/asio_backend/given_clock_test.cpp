// SPDX-License-Identifier: BSL-1.0
//
// The loop on an io_context of its own, over a clock that is given: one that jumps to each deadline
// when Asio would wait for it.
#include <heddle/asio/detail/own_context_impl.hpp>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <string>
#include <thread>

#include <heddle/heddle.hpp>

#include "conformance/asio_clocks.hpp"

namespace {

using namespace std::chrono_literals;

struct fixture {
    heddle::asio_backend::basic_own_context<conformance::injected_clock> backend;
    heddle::event_loop loop{backend};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(given_clock, fixture)

BOOST_AUTO_TEST_CASE(time_jumps_exactly_to_each_deadline) {
    const auto began = std::chrono::steady_clock::now();
    std::string log;
    const auto at = [&](const char* what, heddle::duration delay) {
        loop.call_later(delay, [&, what] {
            log += what + std::to_string((loop.time() - heddle::time_point{}) / 1h) + " ";
        });
    };
    at("b", 2h);
    at("a", 1h);
    at("c", 2h);
    loop.call_later(3h, [&] { loop.stop(); });
    loop.run_forever();
    BOOST_TEST(log == "a1 b2 c2 ");
    BOOST_TEST((loop.time() == heddle::time_point(3h)));
    BOOST_TEST((std::chrono::steady_clock::now() - began < 1h));
}

BOOST_AUTO_TEST_CASE(a_cancelled_timer_never_moves_the_clock) {
    heddle::timer_handle early;
    loop.call_later(1h, [&] { early = loop.call_later(1h, [] { BOOST_ERROR("was cancelled"); }); });
    loop.call_later(1h, [&] { early.cancel(); });
    loop.call_later(5h, [&] { loop.stop(); });
    loop.run_forever();
    BOOST_TEST((loop.time() == heddle::time_point(5h)));
}

BOOST_AUTO_TEST_CASE(a_loop_that_nothing_can_wake_reports_a_deadlock) {
    const auto main = [&]() -> heddle::coro<void> {
        co_await heddle::sleep(1s);
        co_await loop.create_future<void>();
    };
    BOOST_CHECK_THROW(loop.run_until_complete(main()), heddle::deadlock_error);
    BOOST_TEST((loop.time() == heddle::time_point(1s)));
}

BOOST_AUTO_TEST_CASE(nothing_comes_in_from_other_threads) {
    bool refused = false;
    std::thread other([&] {
        try {
            loop.call_soon_threadsafe([] {});
        } catch (const heddle::usage_error&) {
            refused = true;
        }
    });
    other.join();
    BOOST_TEST(refused);
}

BOOST_AUTO_TEST_CASE(each_backend_begins_at_zero) {
    loop.call_later(1h, [&] { loop.stop(); });
    loop.run_forever();
    const heddle::asio_backend::basic_own_context<conformance::injected_clock> second;
    BOOST_TEST((second.clock().now() == heddle::time_point{}));
}

BOOST_AUTO_TEST_SUITE_END()
