// SPDX-License-Identifier: BSL-1.0
#include <heddle/lock.hpp>

#include <boost/test/unit_test.hpp>

#include "support/virtual_loop.hpp"

using namespace heddle_test;

namespace {

struct lock_fixture : virtual_loop {
    heddle::lock mutex;

    coro<void> user(std::string name, heddle::duration length) {
        const auto guard = co_await mutex.scoped();
        note(name + " in");
        co_await heddle::sleep(length);
        note(name + " out");
    }
    void run_for(heddle::duration length) {
        loop.call_later(length, [this] { loop.stop(); });
        loop.run_forever();
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(lock, lock_fixture)

BOOST_AUTO_TEST_CASE(first_come_first_served) {
    for (const char* name : {"a", "b", "c"}) {
        loop.create_task(user(name, 1s));
    }
    run_for(10s);
    BOOST_TEST(log == (words{"a in", "a out", "b in", "b out", "c in", "c out"}));
    BOOST_TEST(!mutex.locked());
}

BOOST_AUTO_TEST_CASE(a_free_lock_is_taken_without_a_hop) {
    auto task = loop.create_task(user("a", 1s));
    loop.run_one_iteration();
    BOOST_TEST(mutex.locked());
    BOOST_TEST(log == (words{"a in"}));
}

BOOST_AUTO_TEST_CASE(nobody_overtakes_a_waiter_that_was_woken) {
    auto holder = loop.create_task(user("a", 1s));
    auto waiter = loop.create_task(user("b", 1s));
    loop.run_one_iteration();
    const auto newcomer = [this]() -> coro<void> {
        co_await mutex.acquire();
        note("newcomer in");
        mutex.release();
    };
    // Comes in the iteration in which the lock is free and b's wake-up is queued.
    holder.add_done_callback([&](const auto&) { loop.create_task(newcomer()); });
    run_for(10s);
    BOOST_TEST(log == (words{"a in", "a out", "b in", "b out", "newcomer in"}));
}

BOOST_AUTO_TEST_CASE(a_waiter_cancelled_after_its_wakeup_passes_the_lock_on) {
    auto a = loop.create_task(user("a", 1s));
    auto b = loop.create_task(user("b", 1s));
    auto c = loop.create_task(user("c", 1s));
    loop.run_one_iteration();
    // In the iteration in which a releases, behind it: b's wake-up is queued by then.
    loop.call_later(1s, [this, b] { loop.call_soon([b] { b.cancel(); }); });
    run_for(10s);
    BOOST_TEST(b.cancelled());
    BOOST_TEST(log == (words{"a in", "a out", "c in", "c out"}));
    BOOST_TEST(!mutex.locked());
}

BOOST_AUTO_TEST_CASE(a_waiter_cancelled_while_waiting_leaves_the_others_in_order) {
    auto a = loop.create_task(user("a", 2s));
    auto b = loop.create_task(user("b", 1s));
    auto c = loop.create_task(user("c", 1s));
    loop.call_later(1s, [b] { b.cancel(); });
    run_for(10s);
    BOOST_TEST(log == (words{"a in", "a out", "c in", "c out"}));
}

BOOST_AUTO_TEST_CASE(a_waiter_that_is_destroyed_passes_the_lock_on) {
    const auto main = [this]() -> coro<void> {
        auto first = heddle::create_task(user("a", 1s));
        auto last = heddle::create_task(user("c", 1s));
        {
            heddle::task_group group;
            group.create_task(user("b", 1s));
            co_await heddle::sleep(0ns);
        }
        co_await first;
        co_await last;
    };
    loop.run_until_complete(main());
    BOOST_TEST(log == (words{"a in", "a out", "c in", "c out"}));
    BOOST_TEST(!mutex.locked());
}

BOOST_AUTO_TEST_CASE(releasing_what_is_not_held_is_an_error) {
    BOOST_CHECK_THROW(mutex.release(), heddle::usage_error);
}

BOOST_AUTO_TEST_SUITE_END()
