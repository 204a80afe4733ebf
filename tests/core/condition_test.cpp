// SPDX-License-Identifier: BSL-1.0
#include <heddle/condition.hpp>

#include <boost/test/unit_test.hpp>

#include "support/ticking_loop.hpp"

using namespace heddle_test;

namespace {

struct condition_fixture : ticking_loop {
    heddle::condition changed;

    coro<void> waiter(std::string name) {
        const auto guard = co_await changed.scoped();
        try {
            co_await changed.wait();
            note(name + " on");
        } catch (const heddle::cancelled_error& error) {
            note(name + "!" + std::string(error.message()) + " " + yes_no(changed.locked()));
            throw;
        }
    }
    coro<void> notifier(std::size_t count) {
        const auto guard = co_await changed.scoped();
        changed.notify(count);
        note("notified");
    }
    coro<void> holder(int iterations) {
        const auto guard = co_await changed.scoped();
        note("held");
        for (int i = 0; i < iterations; ++i) {
            co_await heddle::sleep(0ns);
        }
        note("let go");
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(condition, condition_fixture)

BOOST_AUTO_TEST_CASE(the_longest_waiting_go_on_one_by_one_once_they_get_the_lock) {
    const auto slow_notifier = [&]() -> coro<void> {
        const auto guard = co_await changed.scoped();
        changed.notify(2);
        note("notified");
        co_await heddle::sleep(0ns);
        co_await heddle::sleep(0ns);
        note("released");
    };
    const auto main = [&]() -> coro<void> {
        for (const char* name : {"a", "b", "c"}) {
            heddle::create_task(waiter(name));
        }
        heddle::create_task(slow_notifier());
        co_await ticks(9);
    };
    BOOST_TEST(play(main) == "notified | | released | a on | b on | | | |");
}

BOOST_AUTO_TEST_CASE(notify_all_wakes_all) {
    const auto main = [&]() -> coro<void> {
        heddle::create_task(waiter("a"));
        heddle::create_task(waiter("b"));
        co_await ticks(2);
        co_await changed.acquire();
        BOOST_TEST(changed.locked());
        changed.notify_all();
        changed.release();
        co_await ticks(3);
    };
    BOOST_TEST(play(main) == "| | a on b on | |");
    BOOST_TEST(!changed.locked());
}

BOOST_AUTO_TEST_CASE(wait_for_asks_first_and_after_each_notification) {
    int value = 0;
    const auto taker = [&](int wanted) -> coro<void> {
        const auto guard = co_await changed.scoped();
        co_await changed.wait_for([&] {
            note("asked");
            return value >= wanted;
        });
        note("value " + std::to_string(value));
    };
    const auto main = [&]() -> coro<void> {
        heddle::create_task(taker(0));
        heddle::create_task(taker(2));
        co_await ticks(2);
        for (int i = 0; i < 2; ++i) {
            ++value;
            co_await notifier(1);
            co_await ticks(2);
        }
    };
    BOOST_TEST(play(main) == "asked value 0 asked | notified | asked | notified | asked value 2 |");
}

BOOST_AUTO_TEST_CASE(cancellations_wait_for_the_lock_and_the_last_is_thrown) {
    heddle::task<void> a;
    const auto canceller = [&]() -> coro<void> {
        const auto guard = co_await changed.scoped();
        note("held");
        for (const char* message : {"one", "two", "three"}) {
            a.cancel(message);
            co_await heddle::sleep(0ns);
            co_await heddle::sleep(0ns);
        }
        note("released");
    };
    const auto main = [&]() -> coro<void> {
        a = heddle::create_task(waiter("a"));
        heddle::create_task(canceller());
        co_await ticks(9);
        note(std::to_string(a.cancelling()));
    };
    BOOST_TEST(play(main) == "held | | | | | | released | a!three yes | 3");
    BOOST_TEST(!changed.locked());
}

BOOST_AUTO_TEST_CASE(a_waiter_cancelled_after_its_notification_passes_it_on) {
    const auto main = [&]() -> coro<void> {
        auto a = heddle::create_task(waiter("a"));
        heddle::create_task(waiter("b"));
        co_await ticks(2);
        co_await notifier(1);
        a.cancel("late");
        co_await ticks(4);
    };
    BOOST_TEST(play(main) == "| notified | a!late yes | b on | |");
}

BOOST_AUTO_TEST_CASE(a_notified_waiter_that_is_destroyed_passes_it_on) {
    const auto main = [&]() -> coro<void> {
        {
            heddle::task_group group;
            group.create_task(waiter("a"));
            co_await ticks(1);
            heddle::create_task(waiter("b"));
            co_await ticks(1);
            co_await notifier(1);
        }
        co_await ticks(3);
    };
    BOOST_TEST(play(main) == "| notified | b on | |");
    BOOST_TEST(!changed.locked());
}

BOOST_AUTO_TEST_CASE(a_waiter_destroyed_while_it_waits_for_the_lock_passes_on_both) {
    const auto main = [&]() -> coro<void> {
        {
            heddle::task_group group;
            group.create_task(waiter("a"));
            co_await ticks(1);
            heddle::create_task(waiter("b"));
            co_await ticks(1);
            co_await notifier(1);
            heddle::create_task(holder(3));
            // `a` got its notification and finds the lock held by the time it wants it back.
            co_await changed.acquire();
            co_await ticks(1);
            changed.release();
            note("destroyed");
        }
        co_await ticks(8);
    };
    const std::string line = play(main);
    BOOST_TEST(line == "| notified | destroyed | held | | | let go | b on | | |");
    BOOST_TEST(!changed.locked());
}

BOOST_AUTO_TEST_CASE(a_waiter_destroyed_pending_takes_nothing) {
    const auto main = [&]() -> coro<void> {
        heddle::create_task(waiter("a"));
        {
            heddle::task_group group;
            group.create_task(waiter("b"));
            co_await ticks(1);
        }
        co_await ticks(2);
        co_await notifier(2);
        co_await ticks(2);
    };
    BOOST_TEST(play(main) == "| | notified | a on |");
}

BOOST_AUTO_TEST_CASE(the_guard_of_a_destroyed_waiter_leaves_the_lock_of_another_alone) {
    const auto main = [&]() -> coro<void> {
        {
            heddle::task_group group;
            group.create_task(waiter("a"));
            co_await ticks(1);
            co_await changed.acquire();
        }
        BOOST_TEST(changed.locked());
        changed.release();
    };
    play(main);
}

BOOST_AUTO_TEST_CASE(a_guard_made_by_another_task_knows_its_lock_after_a_wait) {
    const auto main = [&]() -> coro<void> {
        auto taking = heddle::create_task(changed.scoped());
        {
            const auto guard = co_await std::move(taking);
            auto task = heddle::create_task(notifier(1));
            co_await changed.wait();
            BOOST_TEST(changed.locked());
        }
        BOOST_TEST(!changed.locked());
    };
    play(main);
}

BOOST_AUTO_TEST_CASE(conditions_can_share_a_lock) {
    heddle::lock mutex;
    heddle::condition full(mutex);
    heddle::condition empty(mutex);
    const auto waits = [&](heddle::condition& which) -> coro<void> {
        const auto guard = co_await mutex.scoped();
        co_await which.wait();
    };
    const auto main = [&]() -> coro<void> {
        heddle::create_task(told("full", waits(full)));
        heddle::create_task(told("empty", waits(empty)));
        co_await ticks(2);
        co_await full.acquire();
        BOOST_TEST(empty.locked());
        empty.notify_all();
        mutex.release();
        co_await ticks(4);
    };
    BOOST_TEST(play(main) == "| | empty | | |");
}

BOOST_AUTO_TEST_CASE(without_the_lock_there_is_no_wait_and_no_notification) {
    BOOST_CHECK_THROW(changed.notify(), heddle::usage_error);
    BOOST_CHECK_THROW(changed.notify_all(), heddle::usage_error);
    BOOST_CHECK_THROW(changed.release(), heddle::usage_error);
    BOOST_CHECK_THROW(loop.run_until_complete(changed.wait()), heddle::usage_error);
}

BOOST_AUTO_TEST_SUITE_END()
