// SPDX-License-Identifier: BSL-1.0
#include <heddle/wait_for.hpp>

#include <stdexcept>

#include <boost/test/unit_test.hpp>

#include "support/virtual_loop.hpp"

using namespace heddle_test;

namespace {

struct wait_for_fixture : virtual_loop {
    coro<int> after(heddle::duration length, int value) {
        try {
            co_await heddle::sleep(length);
        } catch (const heddle::cancelled_error&) {
            note("cancelled");
            throw;
        }
        co_return value;
    }
    template <class Awaited>
    std::string outcome(Awaited make, heddle::duration length) {
        const auto main = [&]() -> coro<std::string> {
            try {
                co_return std::to_string(co_await heddle::wait_for(make(), length));
            } catch (const heddle::timeout_error&) {
                co_return "timeout";
            } catch (const std::runtime_error& error) {
                co_return error.what();
            }
        };
        return loop.run_until_complete(main());
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(wait_for, wait_for_fixture)

BOOST_AUTO_TEST_CASE(a_result_in_time_comes_through) {
    BOOST_TEST(outcome([this] { return after(1s, 5); }, 2s) == "5");
    BOOST_TEST((now() == 1s));
    BOOST_TEST(loop.timer_count() == 0U);
}

BOOST_AUTO_TEST_CASE(too_late_is_cancelled_and_a_timeout) {
    BOOST_TEST(outcome([this] { return after(3s, 5); }, 2s) == "timeout");
    BOOST_TEST((now() == 2s));
    BOOST_TEST(log == (words{"cancelled"}));
}

BOOST_AUTO_TEST_CASE(the_same_instant_is_a_timeout) {
    // Both timers are due in one iteration: the deadline's callback cancels the task before its
    // wake-up runs.
    BOOST_TEST(outcome([this] { return after(2s, 5); }, 2s) == "timeout");
}

BOOST_AUTO_TEST_CASE(an_error_in_time_is_that_error) {
    const auto failing = []() -> coro<int> {
        co_await heddle::sleep(1s);
        throw std::runtime_error("oops");
    };
    BOOST_TEST(outcome(failing, 2s) == "oops");
}

BOOST_AUTO_TEST_CASE(no_time_at_all_gives_only_what_is_done) {
    BOOST_TEST(outcome([this] { return after(0s, 5); }, 0s) == "timeout");
    BOOST_TEST(log == words{});
    BOOST_TEST(outcome(
                   [this] {
                       auto done = loop.create_future<int>();
                       done.set_result(6);
                       return done;
                   },
                   -1s) == "6");
}

BOOST_AUTO_TEST_CASE(a_task_is_cancelled_by_the_timeout_too) {
    heddle::task<int> kept;
    BOOST_TEST(outcome(
                   [&] {
                       kept = heddle::create_task(after(3s, 5));
                       return kept;
                   },
                   1s) == "timeout");
    BOOST_TEST(kept.cancelled());
}

BOOST_AUTO_TEST_CASE(a_foreign_cancellation_stays_a_cancellation) {
    const auto main = [this]() -> coro<void> { co_await heddle::wait_for(after(5s, 1), 9s); };
    auto task = loop.create_task(main());
    loop.call_later(1s, [task] { task.cancel("foreign"); });
    try {
        loop.run_until_complete(task);
        BOOST_ERROR("not cancelled");
    } catch (const heddle::cancelled_error& error) {
        BOOST_TEST(error.message() == "foreign");
    }
    BOOST_TEST(loop.timer_count() == 0U);
}

BOOST_AUTO_TEST_CASE(nested_timeouts_know_their_own) {
    const auto inner = [this]() -> coro<int> {
        try {
            co_return co_await heddle::wait_for(after(9s, 1), 5s);
        } catch (const heddle::timeout_error&) {
            note("the inner one");
            co_return -1;
        }
    };
    BOOST_TEST(outcome(inner, 2s) == "timeout");
    BOOST_TEST(log == (words{"cancelled"}));
    BOOST_TEST(outcome(inner, 7s) == "-1");
    BOOST_TEST(log == (words{"cancelled", "cancelled", "the inner one"}));
}

BOOST_AUTO_TEST_SUITE_END()
