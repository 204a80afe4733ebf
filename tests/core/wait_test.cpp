// SPDX-License-Identifier: BSL-1.0
#include <heddle/wait.hpp>

#include <stdexcept>

#include <boost/test/unit_test.hpp>

#include "support/virtual_loop.hpp"

using namespace heddle_test;
using heddle::return_when;

namespace {

struct wait_fixture : virtual_loop {
    coro<int> after(heddle::duration length, int value) {
        co_await heddle::sleep(length);
        co_return value;
    }
    coro<int> failing(heddle::duration length) {
        co_await heddle::sleep(length);
        throw std::runtime_error("oops");
    }
    std::vector<heddle::task<int>> three() {
        std::vector<heddle::task<int>> tasks;
        tasks.push_back(loop.create_task(after(3s, 3)));
        tasks.push_back(loop.create_task(after(1s, 1)));
        tasks.push_back(loop.create_task(failing(2s)));
        return tasks;
    }
    template <class Body>
    void run(Body body) {
        loop.run_until_complete(body());
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(wait, wait_fixture)

BOOST_AUTO_TEST_CASE(all_are_waited_for_by_default) {
    auto tasks = three();
    run([&]() -> coro<void> {
        const auto result = co_await heddle::wait(tasks);
        BOOST_TEST((result.done == tasks));
        BOOST_TEST(result.pending.empty());
        BOOST_TEST((tasks[2].exception() != nullptr));
    });
    BOOST_TEST((now() == 3s));
}

BOOST_AUTO_TEST_CASE(the_first_is_enough) {
    auto tasks = three();
    run([&]() -> coro<void> {
        const auto result = co_await heddle::wait(tasks, return_when::first_completed);
        BOOST_TEST((result.done == std::vector{tasks[1]}));
        BOOST_TEST((result.pending == std::vector{tasks[0], tasks[2]}));
        tasks[2].cancel();
    });
    BOOST_TEST((now() == 1s));
}

BOOST_AUTO_TEST_CASE(the_first_error_is_enough_and_a_cancellation_is_none) {
    auto tasks = three();
    loop.call_later(1ms, [&] { tasks[0].cancel(); });
    run([&]() -> coro<void> {
        const auto result = co_await heddle::wait(tasks, return_when::first_exception);
        BOOST_TEST((result.done == tasks));
    });
    BOOST_TEST((now() == 2s));
}

BOOST_AUTO_TEST_CASE(the_time_may_be_over_first) {
    auto tasks = three();
    run([&]() -> coro<void> {
        const auto result = co_await heddle::wait(tasks, return_when::all_completed, 1500ms);
        BOOST_TEST((result.done == std::vector{tasks[1]}));
        BOOST_TEST(result.pending.size() == 2U);
        const auto none = co_await heddle::wait(tasks, return_when::all_completed, -1s);
        BOOST_TEST(none.done.size() == 1U);
        tasks[2].cancel();
    });
    BOOST_TEST((now() == 1500ms));
    BOOST_TEST(loop.timer_count() == 1U);  // the sleep of the first task; the cancelled one's went
}

BOOST_AUTO_TEST_CASE(what_is_given_twice_counts_once) {
    auto task = loop.create_task(after(1s, 1));
    run([&]() -> coro<void> {
        const std::vector twice{task, task};
        const auto result = co_await heddle::wait(twice);
        BOOST_TEST(result.done.size() == 1U);
    });
}

BOOST_AUTO_TEST_CASE(different_types_are_told_by_their_place) {
    auto number = loop.create_task(after(2s, 1));
    auto nothing = loop.create_future<void>();
    loop.call_later(1s, [&] { nothing.set_result(); });
    run([&]() -> coro<void> {
        const auto result =
            co_await heddle::wait(return_when::first_completed, 5s, number, nothing, number);
        BOOST_TEST(result.done == std::vector<std::size_t>{1});
        BOOST_TEST(result.pending == std::vector<std::size_t>{0});
    });
}

BOOST_AUTO_TEST_CASE(it_suspends_even_when_all_are_done) {
    auto done = loop.create_future<int>();
    done.set_result(1);
    run([&]() -> coro<void> {
        const std::vector futures{done};  // not in the expression: g++ 12 stumbles over it
        loop.call_soon(noting("hop"));
        co_await heddle::wait(futures);
        note("waited");
    });
    BOOST_TEST(log == (words{"hop", "waited"}));
}

BOOST_AUTO_TEST_CASE(nothing_to_wait_for_and_foreign_futures_are_errors) {
    heddle::event_loop other(clock);
    const auto foreign = other.create_future<int>();
    run([&]() -> coro<void> {
        std::vector<heddle::future<int>> futures;
        BOOST_CHECK_THROW(co_await heddle::wait(futures), heddle::value_error);
        futures.push_back(foreign);
        BOOST_CHECK_THROW(co_await heddle::wait(futures), heddle::usage_error);
        futures[0] = {};
        BOOST_CHECK_THROW(co_await heddle::wait(futures), heddle::usage_error);
    });
}

BOOST_AUTO_TEST_CASE(a_cancelled_wait_leaves_them_alone_and_nothing_behind) {
    const auto future = loop.create_future<int>();
    const std::vector futures{future};
    const auto body = [&]() -> coro<void> {
        co_await heddle::wait(futures, return_when::all_completed, 9s);
    };
    auto waiter = loop.create_task(body());
    loop.call_later(1s, [&] { waiter.cancel(); });
    BOOST_CHECK_THROW(loop.run_until_complete(waiter), heddle::cancelled_error);
    BOOST_TEST(!future.done());
    BOOST_TEST(loop.timer_count() == 0U);
}

BOOST_AUTO_TEST_CASE(a_loop_may_end_at_any_point_of_a_wait) {
    for (int steps = 0; steps < 6; ++steps) {
        heddle::event_loop other(clock);
        const auto future = other.create_future<int>();
        const std::vector futures{future};
        const auto body = [&]() -> coro<void> {
            co_await heddle::wait(futures, return_when::all_completed, 9s);
        };
        other.create_task(body());
        for (int step = 0; step < steps; ++step) {
            if (step == 1) {
                future.set_result(1);
            }
            other.run_one_iteration();
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
