// SPDX-License-Identifier: BSL-1.0
#include <heddle/event.hpp>

#include <boost/test/unit_test.hpp>

#include "support/ticking_loop.hpp"

using namespace heddle_test;

BOOST_FIXTURE_TEST_SUITE(event, ticking_loop)

BOOST_AUTO_TEST_CASE(set_wakes_all_in_order_and_a_clear_behind_it_takes_nothing_back) {
    heddle::event bell;
    const auto setter = [&]() -> coro<void> {
        bell.set();
        bell.clear();
        note("set");
        heddle::create_task(told("c", bell.wait()));
        co_return;
    };
    const auto main = [&]() -> coro<void> {
        heddle::create_task(told("a", bell.wait()));
        heddle::create_task(told("b", bell.wait()));
        heddle::create_task(setter());
        co_await ticks(4);
        bell.set();
        co_await ticks(3);
    };
    BOOST_TEST(play(main) == "set | a b | | | c | |");
}

BOOST_AUTO_TEST_CASE(a_set_event_does_not_suspend) {
    heddle::event bell;
    BOOST_TEST(!bell.is_set());
    bell.set();
    BOOST_TEST(bell.is_set());
    auto task = loop.create_task(bell.wait());
    loop.run_one_iteration();
    BOOST_TEST(task.done());
    bell.clear();
    BOOST_TEST(!bell.is_set());
}

BOOST_AUTO_TEST_CASE(a_cancelled_waiter_leaves_the_others) {
    heddle::event bell;
    const auto main = [&]() -> coro<void> {
        heddle::create_task(told("a", bell.wait()));
        auto b = heddle::create_task(told("b", bell.wait()));
        heddle::create_task(told("c", bell.wait()));
        co_await ticks(2);
        b.cancel("before");
        co_await ticks(2);
        bell.set();
        co_await ticks(2);
    };
    BOOST_TEST(play(main) == "| | b!before | | a c |");
}

BOOST_AUTO_TEST_CASE(a_waiter_cancelled_after_its_wakeup_is_cancelled) {
    heddle::event bell;
    const auto main = [&]() -> coro<void> {
        auto a = heddle::create_task(told("a", bell.wait()));
        co_await ticks(2);
        bell.set();
        a.cancel("late");
        co_await ticks(2);
        note(yes_no(a.cancelled()));
    };
    BOOST_TEST(play(main) == "| | a!late | yes");
}

BOOST_AUTO_TEST_CASE(waiters_can_be_destroyed_pending_woken_and_cancelled) {
    heddle::event bell;
    const auto main = [&]() -> coro<void> {
        heddle::create_task(told("a", bell.wait()));
        {
            heddle::task_group group;
            group.create_task(told("pending", bell.wait()));
            co_await ticks(1);
        }
        {
            heddle::task_group group;
            auto cancelled = group.create_task(told("cancelled", bell.wait()));
            group.create_task(told("woken", bell.wait()));
            co_await ticks(1);
            cancelled.cancel();
            bell.set();
        }
        co_await ticks(2);
    };
    BOOST_TEST(play(main) == "| | a |");
}

BOOST_AUTO_TEST_CASE(a_blocked_task_says_what_it_waits_for) {
    heddle::event bell;
    auto task = loop.create_task(bell.wait(), "guest");
    loop.run_one_iteration();
    BOOST_TEST(heddle::describe_blocked(task.base()).starts_with("'guest' waits for an event"));
    loop.close();
}

BOOST_AUTO_TEST_CASE(an_observer_hears_of_a_wait_what_it_hears_of_a_future) {
    struct listener final : heddle::loop_observer {
        words heard;
        void on_event(const heddle::loop_event& event) noexcept override {
            if (event.future != nullptr && event.future->label() == "an event") {
                heard.push_back(describe(event));
            }
        }
    } ear;
    heddle::event bell;
    loop.set_observer(&ear);
    auto task = loop.create_task(bell.wait(), "guest");
    loop.run_one_iteration();
    bell.set();
    loop.run_one_iteration();
    BOOST_TEST(task.done());
    loop.set_observer(nullptr);
    const words of_a_wait = std::exchange(ear.heard, {});
    auto future = loop.create_future<void>("an event");
    loop.close();
    loop.reopen();
    loop.set_observer(&ear);
    future = loop.create_future<void>("an event");
    const auto waits = [&]() -> coro<void> { co_await future; };
    task = loop.create_task(waits(), "guest");
    loop.run_one_iteration();
    future.set_result();
    loop.run_one_iteration();
    loop.set_observer(nullptr);
    BOOST_TEST(of_a_wait == ear.heard);
    BOOST_TEST(!of_a_wait.empty());
}

BOOST_AUTO_TEST_SUITE_END()
