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

/// How many children the gathers that have ended had, each counted once.
struct counts_children final : heddle::loop_observer {
    void on_event(const heddle::loop_event& event) noexcept override {
        if (event.kind == heddle::loop_event_kind::children_done && event.count == event.total) {
            totals.push_back(event.total);
        }
    }
    std::vector<std::size_t> totals;
};

BOOST_AUTO_TEST_CASE(a_child_is_recognised_after_it_was_a_child_of_other_gathers) {
    counts_children observer;
    loop.set_observer(&observer);
    const auto main = [this]() -> coro<void> {
        const auto a = loop.create_future<int>();
        const auto b = loop.create_future<int>();
        const auto c = loop.create_future<int>();
        // Each leaves the futures with other ideas of where they stand.
        const auto first = heddle::gather(a, b, c);
        const auto second = heddle::gather(c, b, a, c, b, a);
        const auto third = heddle::gather(b, b, c, c, a, a, b, c);
        loop.call_soon([&] { a.set_result(1); });
        loop.call_soon([&] { b.set_result(2); });
        loop.call_soon([&] { c.set_result(3); });
        const auto results = co_await third;
        BOOST_TEST((results == std::tuple(2, 2, 3, 3, 1, 1, 2, 3)));
        BOOST_TEST((co_await second == std::tuple(3, 2, 1, 3, 2, 1)));
        BOOST_TEST((co_await first == std::tuple(1, 2, 3)));
        // The same when they are done.
        const auto fourth = heddle::gather(c, a, c);
        BOOST_TEST(fourth.done());
        BOOST_TEST((fourth.result() == std::tuple(3, 1, 3)));
    };
    loop.run_until_complete(main());
    loop.set_observer(nullptr);
    BOOST_TEST(observer.totals == (std::vector<std::size_t>{3, 3, 3, 2}));
}

BOOST_AUTO_TEST_CASE(twenty_thousand_children_with_duplicates) {
    constexpr int count = 20'000;
    const auto main = [this]() -> coro<void> {
        std::vector<heddle::future<int>> children;
        for (int i = 0; i < count; ++i) {
            children.push_back(i % 5 == 4 ? children[static_cast<std::size_t>(i / 2)]
                                          : loop.create_future<int>());
            if (i % 7 == 0 && !children.back().done()) {
                children.back().set_result(i);
            }
        }
        const auto gathered = heddle::gather(children);
        co_await heddle::sleep(1s);
        for (int i = 0; i < count; ++i) {
            BOOST_TEST_REQUIRE(!gathered.done());
            if (const auto& child = children[static_cast<std::size_t>(i)]; !child.done()) {
                child.set_result(i);
            }
        }
        const auto& results = co_await gathered;
        BOOST_TEST_REQUIRE(results.size() == children.size());
        for (std::size_t i = 0; i < results.size(); ++i) {
            BOOST_TEST_REQUIRE(results[i] == children[i].result());
        }
        BOOST_TEST((now() == 1s));
    };
    loop.run_until_complete(main());
}

BOOST_AUTO_TEST_CASE(a_gather_that_fails_halfway_leaves_its_children_as_they_were) {
    const auto main = [this]() -> coro<void> {
        const auto a = loop.create_future<int>();
        const auto b = loop.create_future<int>();
        heddle::event_loop other(clock);
        const auto foreign = other.create_future<int>();
        const heddle::future<int> none;
        BOOST_CHECK_THROW(static_cast<void>(heddle::gather(b, a, b, foreign, a)),
                          heddle::usage_error);
        BOOST_CHECK_THROW(static_cast<void>(heddle::gather(b, a, none)), heddle::usage_error);
        const std::vector range{b, b, a, none, a};
        BOOST_CHECK_THROW(static_cast<void>(heddle::gather(range)), heddle::usage_error);
        const auto gathered = heddle::gather(a, b, a);
        a.set_result(1);
        co_await heddle::sleep(1s);
        BOOST_TEST(!gathered.done());
        b.set_result(2);
        BOOST_TEST((co_await gathered == std::tuple(1, 2, 1)));
    };
    loop.run_until_complete(main());
    BOOST_TEST(reports == words{});
}

BOOST_AUTO_TEST_SUITE_END()
