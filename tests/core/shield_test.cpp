// SPDX-License-Identifier: BSL-1.0
#include <heddle/shield.hpp>

#include <memory>
#include <stdexcept>

#include <boost/test/unit_test.hpp>

#include "support/virtual_loop.hpp"

using namespace heddle_test;

namespace {

struct shield_fixture : virtual_loop {
    coro<int> after(heddle::duration length, int value) {
        co_await heddle::sleep(length);
        note("done");
        co_return value;
    }
    coro<int> shielding(heddle::task<int> inner) { co_return co_await heddle::shield(inner); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(shield, shield_fixture)

BOOST_AUTO_TEST_CASE(a_result_comes_through) {
    const auto main = [this]() -> coro<int> { co_return co_await heddle::shield(after(1s, 5)); };
    BOOST_TEST(loop.run_until_complete(main()) == 5);
}

BOOST_AUTO_TEST_CASE(a_cancellation_of_the_waiter_leaves_the_inner_task_alone) {
    auto inner = loop.create_task(after(2s, 5));
    auto outer = loop.create_task(shielding(inner));
    loop.call_later(1s, [&] { outer.cancel("now"); });
    BOOST_CHECK_THROW(loop.run_until_complete(outer), heddle::cancelled_error);
    BOOST_TEST((now() == 1s));
    BOOST_TEST(loop.run_until_complete(inner) == 5);
    BOOST_TEST(log == words{"done"});
}

BOOST_AUTO_TEST_CASE(a_cancellation_of_the_inner_task_reaches_the_waiter) {
    auto inner = loop.create_task(after(2s, 5));
    auto outer = loop.create_task(shielding(inner));
    loop.call_later(1s, [&] { inner.cancel("inner"); });
    try {
        loop.run_until_complete(outer);
        BOOST_ERROR("expected a cancellation");
    } catch (const heddle::cancelled_error& error) {
        BOOST_TEST(error.message().empty());  // as CPython: passed on without its message
    }
}

BOOST_AUTO_TEST_CASE(an_error_comes_through_and_counts_as_looked_at) {
    const auto failing = []() -> coro<int> {
        co_await heddle::sleep(1s);
        throw std::runtime_error("oops");
    };
    {
        auto inner = loop.create_task(failing());
        BOOST_CHECK_THROW(loop.run_until_complete(shielding(inner)), std::runtime_error);
    }
    BOOST_TEST(reports.empty());
}

BOOST_AUTO_TEST_CASE(an_error_after_the_waiter_was_cancelled_is_reported) {
    // As CPython 3.13: the shield takes its callback away when it is cancelled, so nobody has
    // looked at the error of what went on.
    const auto failing = []() -> coro<int> {
        co_await heddle::sleep(2s);
        throw std::runtime_error("oops");
    };
    {
        auto inner = loop.create_task(failing());
        auto outer = loop.create_task(shielding(inner));
        loop.call_later(1s, [&] { outer.cancel(); });
        loop.call_later(3s, [&] { loop.stop(); });
        loop.run_forever();
    }
    BOOST_TEST(reports == words{"exception was never retrieved: std::runtime_error: oops"});
}

BOOST_AUTO_TEST_CASE(what_is_done_already_is_its_own_shield) {
    auto done = loop.create_future<int>();
    done.set_result(7);
    const auto main = [&]() -> coro<void> {
        loop.call_soon(noting("hop"));
        const auto same = heddle::shield(done);
        BOOST_TEST((same.shared_state() == done.shared_state()));
        BOOST_TEST(co_await same == 7);
        BOOST_TEST(log.empty());
    };
    loop.run_until_complete(main());
}

BOOST_AUTO_TEST_CASE(void_references_and_move_only_results) {
    const auto main = []() -> coro<void> {
        int value = 1;
        const auto nothing = []() -> coro<void> { co_await heddle::sleep(1s); };
        const auto reference = [&]() -> coro<int&> {
            co_await heddle::sleep(1s);
            co_return value;
        };
        const auto pointer = []() -> coro<std::unique_ptr<int>> {
            co_await heddle::sleep(1s);
            co_return std::make_unique<int>(3);
        };
        co_await heddle::shield(nothing());
        BOOST_TEST(&(co_await heddle::shield(reference())) == &value);
        const std::unique_ptr<int> taken = co_await heddle::shield(pointer());
        BOOST_TEST(*taken == 3);
    };
    loop.run_until_complete(main());
}

BOOST_AUTO_TEST_CASE(a_shield_nobody_completes_goes_with_its_loop) {
    heddle::future<int> inner;
    {
        heddle::event_loop other(clock);
        inner = other.create_future<int>();
        const auto main = [&]() -> coro<void> { co_await heddle::shield(inner); };
        other.create_task(main());
        other.run_one_iteration();
        other.run_one_iteration();
    }
    BOOST_TEST(!inner.done());
}

BOOST_AUTO_TEST_CASE(a_shield_that_was_thrown_away_forgets_itself) {
    auto inner = loop.create_future<int>();
    const auto main = [&]() -> coro<void> {
        {
            const auto dropped = heddle::shield(inner);
        }
        inner.set_result(1);
        co_await heddle::sleep(0s);
        co_await heddle::sleep(0s);
    };
    loop.run_until_complete(main());
}

BOOST_AUTO_TEST_SUITE_END()
