// SPDX-License-Identifier: BSL-1.0
#include <heddle/gather.hpp>

#include <memory>
#include <stdexcept>

#include <boost/test/unit_test.hpp>

#include "support/virtual_loop.hpp"

using namespace heddle_test;

namespace {

struct gather_fixture : virtual_loop {
    coro<int> after(heddle::duration length, int value) {
        try {
            co_await heddle::sleep(length);
        } catch (const heddle::cancelled_error&) {
            note(std::to_string(value) + " cancelled");
            throw;
        }
        note(std::to_string(value) + " done");
        co_return value;
    }
    coro<int> failing(heddle::duration length) {
        co_await heddle::sleep(length);
        throw std::runtime_error("oops");
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(gather, gather_fixture)

BOOST_AUTO_TEST_CASE(results_come_in_argument_order) {
    const auto main = [this]() -> coro<void> {
        auto [a, b] = co_await heddle::gather(after(2s, 1), after(1s, 2));
        BOOST_TEST(a == 1);
        BOOST_TEST(b == 2);
    };
    loop.run_until_complete(main());
    BOOST_TEST(log == (words{"2 done", "1 done"}));
    BOOST_TEST((now() == 2s));
}

BOOST_AUTO_TEST_CASE(ranges_of_coroutines_tasks_and_futures_give_vectors) {
    const auto main = [this]() -> coro<void> {
        std::vector<coro<int>> bodies;
        bodies.push_back(after(1ms, 1));
        bodies.push_back(after(2ms, 2));
        const std::vector<int> sums = co_await heddle::gather(std::move(bodies));
        BOOST_TEST(sums == (std::vector<int>{1, 2}));
        std::vector<heddle::task<int>> tasks;
        tasks.push_back(heddle::create_task(after(1ms, 3)));
        const auto results = co_await heddle::gather(tasks);
        BOOST_TEST(results == std::vector<int>{3});
        BOOST_TEST(tasks[0].result() == 3);
        loop.call_soon(noting("hop"));
        const auto none = co_await heddle::gather(std::vector<heddle::future<int>>());
        BOOST_TEST(none.empty());
        note("no hop for nothing");
    };
    loop.run_until_complete(main());
    BOOST_TEST(log == (words{"1 done", "2 done", "3 done", "no hop for nothing", "hop"}));
}

BOOST_AUTO_TEST_CASE(move_only_and_void_results) {
    const auto move_only = []() -> coro<std::unique_ptr<int>> {
        co_return std::make_unique<int>(1);
    };
    const auto nothing = []() -> coro<void> { co_return; };
    const auto main = [&]() -> coro<void> {
        auto [owned, none] = co_await heddle::gather(move_only(), nothing());
        static_assert(std::is_same_v<decltype(none), std::monostate>);
        BOOST_TEST(*owned == 1);
    };
    loop.run_until_complete(main());
}

BOOST_AUTO_TEST_CASE(the_first_error_ends_it_and_leaves_the_others_running) {
    const auto main = [this]() -> coro<void> {
        try {
            co_await heddle::gather(after(3s, 1), failing(1s), failing(2s));
        } catch (const std::runtime_error& error) {
            note(std::string("caught ") + error.what());
        }
        co_await heddle::sleep(5s);
    };
    loop.run_until_complete(main());
    BOOST_TEST(log == (words{"caught oops", "1 done"}));
    BOOST_TEST(reports == words{});
}

BOOST_AUTO_TEST_CASE(one_future_given_twice_counts_once) {
    const auto main = [this]() -> coro<void> {
        auto task = heddle::create_task(after(1s, 7));
        auto [a, b, c] = co_await heddle::gather(task, after(2s, 8), task);
        BOOST_TEST(a + c == 14);
        BOOST_TEST(b == 8);
    };
    loop.run_until_complete(main());
}

BOOST_AUTO_TEST_CASE(children_that_are_done_count_at_the_call) {
    const auto main = [this]() -> coro<void> {
        auto done = loop.create_future<int>();
        done.set_result(1);
        auto failed = loop.create_future<int>();
        failed.set_exception(std::runtime_error("early"));
        BOOST_TEST(heddle::gather(done).done());
        const auto gathered = heddle::gather(done, failed);
        BOOST_TEST(gathered.done());
        BOOST_CHECK_THROW(gathered.result(), std::runtime_error);
        co_return;
    };
    loop.run_until_complete(main());
    BOOST_TEST(reports == words{});
}

BOOST_AUTO_TEST_CASE(cancelling_it_cancels_each_child_and_waits_for_them) {
    const auto main = [this]() -> coro<void> {
        co_await heddle::gather(after(1s, 1), after(2s, 2));
    };
    auto task = loop.create_task(main());
    loop.run_one_iteration();
    loop.run_one_iteration();
    task.cancel();
    BOOST_TEST(!task.done());
    BOOST_CHECK_THROW(loop.run_until_complete(task), heddle::cancelled_error);
    BOOST_TEST(log == (words{"1 cancelled", "2 cancelled"}));
    BOOST_TEST(task.cancelled());
    BOOST_TEST((now() == 0s));
}

BOOST_AUTO_TEST_CASE(a_child_cancelled_by_others_is_an_error_not_a_cancellation_of_the_gather) {
    const auto main = [this]() -> coro<void> {
        auto child = heddle::create_task(after(1s, 1));
        const auto gathered = heddle::gather(child, after(2s, 2));
        co_await heddle::sleep(0ns);
        child.cancel();
        bool caught = false;
        try {
            co_await gathered;
        } catch (const heddle::cancelled_error&) {
            caught = true;
        }
        BOOST_TEST(caught);
        BOOST_TEST(!gathered.cancelled());
        BOOST_TEST(heddle::current_task().cancelling() == 0U);
    };
    loop.run_until_complete(main());
}

BOOST_AUTO_TEST_CASE(errors_can_be_results) {
    const auto main = [this]() -> coro<void> {
        auto victim = heddle::create_task(after(5s, 3));
        loop.call_later(1s, [victim] { victim.cancel("enough"); });
        const auto nothing = []() -> coro<void> { co_return; };
        const auto [good, bad, cancelled, none] = co_await heddle::gather(
            heddle::return_exceptions, after(2s, 1), failing(1s), victim, nothing());
        BOOST_TEST(good.value() == 1);
        BOOST_TEST(!bad.has_value());
        BOOST_CHECK_THROW(static_cast<void>(bad.value()), std::runtime_error);
        BOOST_CHECK_THROW(static_cast<void>(cancelled.value()), heddle::cancelled_error);
        BOOST_TEST(none.has_value());
        BOOST_TEST((none.error() == nullptr));
    };
    loop.run_until_complete(main());
    BOOST_TEST((now() == 2s));
    BOOST_TEST(reports.empty());
}

BOOST_AUTO_TEST_CASE(errors_as_results_of_a_range) {
    const auto main = [this]() -> coro<void> {
        std::vector<coro<int>> bodies;
        bodies.push_back(failing(1s));
        bodies.push_back(after(2s, 2));
        const std::vector<heddle::outcome<int>> results =
            co_await heddle::gather(heddle::return_exceptions, std::move(bodies));
        BOOST_TEST((results.at(0).error() != nullptr));
        BOOST_TEST(results.at(1).value() == 2);
    };
    loop.run_until_complete(main());
}

BOOST_AUTO_TEST_CASE(a_cancelled_gather_is_cancelled_also_where_errors_are_results) {
    const auto main = [this]() -> coro<void> {
        co_await heddle::gather(heddle::return_exceptions, after(2s, 1), failing(1s));
    };
    auto task = loop.create_task(main());
    loop.call_later(1ms, [&] { task.cancel(); });
    BOOST_CHECK_THROW(loop.run_until_complete(task), heddle::cancelled_error);
    BOOST_TEST(log == words{"1 cancelled"});
}

BOOST_AUTO_TEST_SUITE_END()
