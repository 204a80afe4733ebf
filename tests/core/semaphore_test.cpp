// SPDX-License-Identifier: BSL-1.0
#include <heddle/semaphore.hpp>

#include <optional>

#include <boost/test/unit_test.hpp>

#include "support/ticking_loop.hpp"

using namespace heddle_test;

BOOST_FIXTURE_TEST_SUITE(semaphore, ticking_loop)

BOOST_AUTO_TEST_CASE(free_units_are_taken_without_a_hop_and_waiters_come_in_order) {
    heddle::semaphore pool(2);
    const auto user = [&](std::string name) -> coro<void> {
        const auto unit = co_await pool.scoped();
        note(name + "+");
        co_await heddle::sleep(0ns);
        note(name + "-");
    };
    const auto main = [&]() -> coro<void> {
        for (const char* name : {"a", "b", "c", "d"}) {
            heddle::create_task(user(name));
        }
        co_await ticks(6);
    };
    BOOST_TEST(play(main) == "a+ b+ | a- b- | c+ d+ | c- d- | |");
    BOOST_TEST(!pool.locked());
}

BOOST_AUTO_TEST_CASE(newcomers_queue_behind_a_woken_waiter_and_get_what_is_left) {
    heddle::semaphore pool(0);
    const auto user = [&](const char* name) { return told(name, pool.acquire()); };
    const auto releaser = [&]() -> coro<void> {
        pool.release();
        pool.release();
        pool.release();
        note(std::string("locked ") + yes_no(pool.locked()));
        heddle::create_task(user("c"));
        co_return;
    };
    const auto main = [&]() -> coro<void> {
        heddle::create_task(user("a"));
        heddle::create_task(user("b"));
        heddle::create_task(releaser());
        heddle::create_task(user("d"));
        co_await ticks(5);
    };
    // One unit is left over, but d must wait until a, which was woken, has run.
    BOOST_TEST(play(main) == "locked yes | a b | d | |");
    BOOST_TEST(pool.locked());
}

BOOST_AUTO_TEST_CASE(a_waiter_cancelled_after_its_wakeup_gives_the_unit_to_the_next) {
    heddle::semaphore pool(0);
    const auto main = [&]() -> coro<void> {
        auto a = heddle::create_task(told("a", pool.acquire()));
        heddle::create_task(told("b", pool.acquire()));
        co_await ticks(2);
        pool.release();
        a.cancel("late");
        co_await ticks(4);
    };
    BOOST_TEST(play(main) == "| | a!late | b | |");
}

BOOST_AUTO_TEST_CASE(a_waiter_cancelled_before_its_wakeup_takes_nothing) {
    heddle::semaphore pool(0);
    const auto main = [&]() -> coro<void> {
        auto a = heddle::create_task(told("a", pool.acquire()));
        heddle::create_task(told("b", pool.acquire()));
        co_await ticks(2);
        a.cancel("early");
        pool.release();
        co_await ticks(3);
        pool.release();
        note(std::string("locked ") + yes_no(pool.locked()));
    };
    BOOST_TEST(play(main) == "| | a!early b | | locked no");
}

BOOST_AUTO_TEST_CASE(a_destroyed_waiter_gives_its_unit_to_the_next) {
    heddle::semaphore pool(0);
    const auto main = [&]() -> coro<void> {
        {
            heddle::task_group group;
            group.create_task(told("woken", pool.acquire()));
            co_await ticks(1);
            heddle::create_task(told("b", pool.acquire()));
            co_await ticks(1);
            pool.release();
        }
        co_await ticks(2);
        {
            heddle::task_group group;
            group.create_task(told("pending", pool.acquire()));
            co_await ticks(1);
        }
        pool.release();
        note(std::string("locked ") + yes_no(pool.locked()));
    };
    BOOST_TEST(play(main) == "| | b | | locked no");
}

BOOST_AUTO_TEST_CASE(a_woken_waiter_that_is_destroyed_wakes_those_behind_it) {
    heddle::semaphore pool(0);
    const auto main = [&]() -> coro<void> {
        std::optional<heddle::task_group> group;
        group.emplace();
        group->create_task(told("woken", pool.acquire()));
        co_await ticks(1);
        // b and c queue behind `woken` though there is a unit; only `woken` would wake them.
        heddle::create_task(told("b", pool.acquire()));
        heddle::create_task(told("c", pool.acquire()));
        loop.call_soon([&] { group.reset(); });
        pool.release();
        pool.release();
        co_await ticks(3);
    };
    BOOST_TEST(play(main) == "| | b c |");
}

BOOST_AUTO_TEST_CASE(a_bounded_one_refuses_what_was_not_taken) {
    heddle::bounded_semaphore pool(1);
    BOOST_CHECK_THROW(pool.release(), heddle::value_error);
    const auto main = [&]() -> coro<void> {
        const auto unit = co_await pool.scoped();
        BOOST_TEST(pool.locked());
        pool.release();
        BOOST_CHECK_THROW(pool.release(), heddle::value_error);
        // The guard has nothing to give back by now, and does not throw.
    };
    play(main);
    BOOST_TEST(!pool.locked());
    BOOST_CHECK_THROW(pool.release(), heddle::value_error);
}

BOOST_AUTO_TEST_CASE(a_plain_one_can_grow) {
    heddle::semaphore pool(0);
    BOOST_TEST(pool.locked());
    pool.release();
    BOOST_TEST(!pool.locked());
}

BOOST_AUTO_TEST_CASE(a_negative_value_is_refused) {
    BOOST_CHECK_THROW(heddle::semaphore(-1), heddle::value_error);
    BOOST_CHECK_THROW(heddle::bounded_semaphore(-1), heddle::value_error);
}

BOOST_AUTO_TEST_SUITE_END()
