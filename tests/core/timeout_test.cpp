// SPDX-License-Identifier: BSL-1.0
#include <heddle/timeout.hpp>

#include <stdexcept>

#include <boost/test/unit_test.hpp>

#include "support/virtual_loop.hpp"

using namespace heddle_test;

namespace {

struct timeout_fixture : virtual_loop {
    coro<int> after(heddle::duration length, int value) {
        co_await heddle::sleep(length);
        co_return value;
    }
    template <class Body>
    void run(Body body) {
        loop.run_until_complete(body());
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(timeout, timeout_fixture)

BOOST_AUTO_TEST_CASE(a_block_in_time_gives_its_result) {
    run([this]() -> coro<void> {
        auto limit = heddle::timeout(2s);
        BOOST_TEST((limit.when() == heddle::time_point(2s)));
        BOOST_TEST(co_await limit.run(after(1s, 5)) == 5);
        BOOST_TEST(!limit.expired());
    });
    BOOST_TEST(loop.timer_count() == 0U);
    BOOST_TEST((now() == 1s));
}

BOOST_AUTO_TEST_CASE(a_block_that_takes_too_long_is_cancelled) {
    run([this]() -> coro<void> {
        auto limit = heddle::timeout(2s);
        BOOST_CHECK_THROW(co_await limit.run(after(3s, 5)), heddle::timeout_error);
        BOOST_TEST(limit.expired());
        BOOST_TEST(heddle::current_task().cancelling() == 0U);
        co_await heddle::sleep(1s);  // the task can wait again
    });
    BOOST_TEST((now() == 3s));
}

BOOST_AUTO_TEST_CASE(a_deadline_that_has_passed_lets_the_block_begin) {
    run([this]() -> coro<void> {
        co_await heddle::sleep(1s);
        auto limit = heddle::timeout_at(heddle::time_point{});
        const auto body = [this]() -> coro<int> {
            note("begun");
            co_await heddle::sleep(1s);
            co_return 1;
        };
        BOOST_CHECK_THROW(co_await limit.run(body()), heddle::timeout_error);
    });
    BOOST_TEST(log == words{"begun"});
    BOOST_TEST((now() == 1s));
}

BOOST_AUTO_TEST_CASE(no_deadline_never_expires) {
    run([this]() -> coro<void> {
        auto limit = heddle::timeout(std::nullopt);
        BOOST_TEST(co_await limit.run(after(1000s, 5)) == 5);
        BOOST_TEST(!limit.when().has_value());
    });
}

BOOST_AUTO_TEST_CASE(a_cancellation_by_others_stays_one) {
    auto limit = heddle::timeout_at(heddle::time_point(2s));
    auto task = loop.create_task(limit.run(after(3s, 5)));
    loop.call_later(1s, [&] { task.cancel("by others"); });
    BOOST_CHECK_THROW(loop.run_until_complete(task), heddle::cancelled_error);
    BOOST_TEST(!limit.expired());
}

BOOST_AUTO_TEST_CASE(both_at_once_is_the_cancellation_of_others) {
    auto limit = heddle::timeout_at(heddle::time_point(2s));
    auto task = loop.create_task(limit.run(after(3s, 5)));
    loop.call_later(2s, [&] { task.cancel(); });
    BOOST_CHECK_THROW(loop.run_until_complete(task), heddle::cancelled_error);
    BOOST_TEST(limit.expired());
    BOOST_TEST(task.cancelling() == 1U);
}

BOOST_AUTO_TEST_CASE(an_error_of_the_block_is_that_error_also_after_the_deadline) {
    run([this]() -> coro<void> {
        auto limit = heddle::timeout(2s);
        const auto body = [this]() -> coro<int> {
            try {
                co_return co_await after(3s, 5);
            } catch (const heddle::cancelled_error&) {
                throw std::runtime_error("oops");
            }
        };
        BOOST_CHECK_THROW(co_await limit.run(body()), std::runtime_error);
        BOOST_TEST(limit.expired());
        BOOST_TEST(heddle::current_task().cancelling() == 0U);
    });
}

BOOST_AUTO_TEST_CASE(rescheduling_moves_the_deadline_either_way) {
    run([this]() -> coro<void> {
        auto limit = heddle::timeout(1s);
        loop.call_soon([&] { limit.reschedule(heddle::time_point(5s)); });
        BOOST_CHECK_THROW(co_await limit.run(after(9s, 5)), heddle::timeout_error);
        BOOST_TEST((now() == 5s));
        auto second = heddle::timeout(100s);
        loop.call_soon([&] { second.reschedule(heddle::time_point{}); });  // long past
        BOOST_CHECK_THROW(co_await second.run(after(9s, 5)), heddle::timeout_error);
        BOOST_TEST((now() == 5s));
        auto third = heddle::timeout(1s);
        loop.call_soon([&] { third.reschedule(std::nullopt); });
        BOOST_TEST(co_await third.run(after(9s, 7)) == 7);
    });
}

BOOST_AUTO_TEST_CASE(rescheduling_is_for_blocks_that_run) {
    run([this]() -> coro<void> {
        auto limit = heddle::timeout(1s);
        BOOST_CHECK_THROW(limit.reschedule(heddle::time_point(5s)), heddle::usage_error);
        const auto body = [&]() -> coro<void> {
            try {
                co_await heddle::sleep(2s);
            } catch (const heddle::cancelled_error&) {
                BOOST_CHECK_THROW(limit.reschedule(heddle::time_point(5s)), heddle::usage_error);
                throw;
            }
        };
        BOOST_CHECK_THROW(co_await limit.run(body()), heddle::timeout_error);
        BOOST_CHECK_THROW(limit.reschedule(heddle::time_point(5s)), heddle::usage_error);
        BOOST_CHECK_THROW(co_await limit.run(after(1s, 1)), heddle::usage_error);
    });
}

BOOST_AUTO_TEST_CASE(nested_blocks_tell_their_own_deadline) {
    run([this]() -> coro<void> {
        auto outer = heddle::timeout(2s);
        auto inner = heddle::timeout(1s);
        const auto block = [&]() -> coro<void> {
            BOOST_CHECK_THROW(co_await inner.run(after(5s, 1)), heddle::timeout_error);
            co_await heddle::sleep(5s);
        };
        BOOST_CHECK_THROW(co_await outer.run(block()), heddle::timeout_error);
        BOOST_TEST((now() == 2s));
    });
}

BOOST_AUTO_TEST_CASE(a_block_of_references_and_of_futures) {
    run([this]() -> coro<void> {
        int value = 3;
        const auto body = [&]() -> coro<int&> {
            co_await heddle::sleep(1s);
            co_return value;
        };
        auto limit = heddle::timeout(2s);
        BOOST_TEST(&(co_await limit.run(body())) == &value);
        auto second = heddle::timeout(2s);
        const auto never_done = loop.create_future<int>();
        BOOST_CHECK_THROW(co_await second.run(never_done), heddle::timeout_error);
        BOOST_TEST(never_done.cancelled());
    });
}

BOOST_AUTO_TEST_CASE(outside_of_a_task_there_is_nothing_to_cancel) {
    heddle::timeout_scope limit{heddle::time_point(1s)};
    loop.call_soon([&] { BOOST_CHECK_THROW(limit.enter(), heddle::usage_error); });
    loop.call_soon([&] { loop.stop(); });
    loop.run_forever();
    BOOST_TEST(reports.empty());
}

BOOST_AUTO_TEST_CASE(a_loop_that_goes_takes_the_timer_along) {
    {
        heddle::event_loop other(clock);
        const auto body = []() -> coro<void> {
            auto limit = heddle::timeout(5s);
            co_await limit.run(
                heddle::wait_for(heddle::get_running_loop().create_future<void>(), 9s));
        };
        auto task = other.create_task(body());
        other.run_one_iteration();
        BOOST_TEST(other.timer_count() == 2U);
    }
}

BOOST_AUTO_TEST_SUITE_END()
