// SPDX-License-Identifier: BSL-1.0
#include <heddle/task.hpp>

#include <memory>
#include <stdexcept>

#include <boost/test/unit_test.hpp>

#include "support/virtual_loop.hpp"

using namespace heddle_test;

namespace {

struct task_fixture : virtual_loop {
    /// Sleeps a second, noting its start and how it goes on.
    coro<void> sleeper(std::string name) {
        note(name + " starts");
        try {
            co_await heddle::sleep(1s);
        } catch (const heddle::cancelled_error& error) {
            note(name + " cancelled " + std::string(error.message()));
            throw;
        }
        note(name + " woke");
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(task, task_fixture)

BOOST_AUTO_TEST_CASE(the_first_step_runs_in_the_next_iteration) {
    auto task = loop.create_task(sleeper("a"));
    BOOST_TEST(log == words{});
    loop.run_one_iteration();
    BOOST_TEST(log == (words{"a starts"}));
    BOOST_TEST(!task.done());
}

BOOST_AUTO_TEST_CASE(a_sleep_wakes_at_its_deadline_two_hops_later) {
    loop.run_until_complete(sleeper("a"));
    BOOST_TEST(log == (words{"a starts", "a woke"}));
    BOOST_TEST((now() == 1s));
}

BOOST_AUTO_TEST_CASE(names_count_from_one_and_can_be_given) {
    auto first = loop.create_task(sleeper("a"));
    auto second = loop.create_task(sleeper("b"), "worker");
    auto third = loop.create_task(sleeper("c"));
    BOOST_TEST(first.name() == "Task-1");
    BOOST_TEST(second.name() == "worker");
    BOOST_TEST(third.name() == "Task-3");
}

BOOST_AUTO_TEST_CASE(a_task_cancelled_before_its_first_step_never_runs_its_body) {
    auto task = loop.create_task(sleeper("a"));
    BOOST_TEST(task.cancel("early"));
    loop.run_one_iteration();
    BOOST_TEST(task.cancelled());
    BOOST_TEST(log == words{});
    try {
        task.result();
        BOOST_ERROR("no cancelled_error");
    } catch (const heddle::cancelled_error& error) {
        BOOST_TEST(error.message() == "early");
    }
}

BOOST_AUTO_TEST_CASE(the_first_to_look_takes_the_error_with_its_message) {
    auto task = loop.create_task(sleeper("a"));
    loop.run_one_iteration();
    task.cancel("once");
    loop.run_one_iteration();
    std::vector<std::string> messages;
    for (int i = 0; i < 2; ++i) {
        try {
            task.result();
        } catch (const heddle::cancelled_error& error) {
            messages.emplace_back(error.message());
        }
    }
    BOOST_TEST(messages == (words{"once", ""}));
}

BOOST_AUTO_TEST_CASE(a_cancelled_sleep_ends_at_once_and_takes_its_timer_along) {
    auto task = loop.create_task(sleeper("a"));
    loop.run_one_iteration();
    BOOST_TEST(loop.timer_count() == 1U);
    BOOST_TEST(task.cancel("why"));
    BOOST_TEST(task.cancelling() == 1U);
    loop.run_one_iteration();
    BOOST_TEST(log == (words{"a starts", "a cancelled why"}));
    BOOST_TEST(task.cancelled());
    BOOST_TEST(loop.timer_count() == 0U);
    BOOST_TEST((now() == 0s));
    BOOST_TEST(!task.cancel());
}

BOOST_AUTO_TEST_CASE(a_cancellation_can_be_survived) {
    const auto stubborn = [this]() -> coro<int> {
        try {
            co_await heddle::sleep(1s);
        } catch (const heddle::cancelled_error&) {
            note("caught");
        }
        co_await heddle::sleep(1s);
        co_return 5;
    };
    auto task = loop.create_task(stubborn());
    loop.run_one_iteration();
    task.cancel();
    BOOST_TEST(loop.run_until_complete(task) == 5);
    BOOST_TEST(log == (words{"caught"}));
    BOOST_TEST((now() == 1s));
}

BOOST_AUTO_TEST_CASE(a_cancellation_after_the_awaited_future_is_done_comes_at_the_wakeup) {
    auto future = loop.create_future<int>();
    const auto waiter = [this, future]() -> coro<void> {
        try {
            note("got " + std::to_string(co_await future));
        } catch (const heddle::cancelled_error& error) {
            note("cancelled " + std::string(error.message()));
        }
    };
    auto task = loop.create_task(waiter());
    loop.run_one_iteration();
    future.set_result(1);
    task.cancel("late");
    loop.run_one_iteration();
    BOOST_TEST(log == (words{"cancelled late"}));
    BOOST_TEST(task.done());
}

BOOST_AUTO_TEST_CASE(a_task_that_cancels_itself_is_cancelled_at_its_next_suspension) {
    const auto main = [this]() -> coro<void> {
        heddle::current_task().request_cancel(heddle::cancel_message("self"));
        auto done = loop.create_future<int>();
        done.set_result(1);
        note("no suspension " + std::to_string(co_await done));
        try {
            co_await heddle::sleep(0ns);
        } catch (const heddle::cancelled_error& error) {
            note("cancelled " + std::string(error.message()));
        }
    };
    loop.run_until_complete(main());
    BOOST_TEST(log == (words{"no suspension 1", "cancelled self"}));
}

BOOST_AUTO_TEST_CASE(a_task_that_returns_with_a_cancellation_due_ends_cancelled) {
    const auto main = []() -> coro<int> {
        heddle::current_task().request_cancel(heddle::cancel_message("self"));
        co_return 1;
    };
    auto task = loop.create_task(main());
    loop.run_one_iteration();
    BOOST_TEST(task.cancelled());
}

BOOST_AUTO_TEST_CASE(uncancel_to_zero_drops_a_cancellation_that_is_due) {
    const auto main = []() -> coro<int> {
        heddle::task_base& self = heddle::current_task();
        self.request_cancel({});
        self.request_cancel({});
        BOOST_TEST(self.uncancel() == 1U);
        BOOST_TEST(self.uncancel() == 0U);
        BOOST_TEST(self.uncancel() == 0U);
        co_await heddle::sleep(0ns);
        co_return 1;
    };
    BOOST_TEST(loop.run_until_complete(main()) == 1);
}

BOOST_AUTO_TEST_CASE(cancelling_a_task_passes_through_what_it_awaits) {
    const auto outer = [this]() -> coro<void> {
        auto inner = heddle::create_task(sleeper("inner"));
        co_await inner;
    };
    auto task = loop.create_task(outer());
    loop.run_one_iteration();
    loop.run_one_iteration();
    task.cancel("down");
    loop.run_one_iteration();
    BOOST_TEST(log == (words{"inner starts", "inner cancelled down"}));
    BOOST_TEST(!task.done());
    loop.run_one_iteration();
    BOOST_TEST(task.cancelled());
}

BOOST_AUTO_TEST_CASE(a_standard_handler_does_not_swallow_a_cancellation) {
    const auto main = [this]() -> coro<void> {
        try {
            co_await heddle::sleep(1s);
        } catch (const std::exception&) {
            note("swallowed");
        }
    };
    auto task = loop.create_task(main());
    loop.run_one_iteration();
    task.cancel();
    loop.run_one_iteration();
    BOOST_TEST(task.cancelled());
    BOOST_TEST(log == words{});
}

BOOST_AUTO_TEST_CASE(a_task_cannot_await_itself_or_a_future_of_another_loop) {
    heddle::event_loop other(clock);
    auto foreign = other.create_future<int>();
    heddle::task<void> self;
    const auto main = [&]() -> coro<void> {
        for (int i = 0; i < 2; ++i) {
            try {
                if (i == 0) {
                    co_await self;
                } else {
                    co_await foreign;
                }
            } catch (const heddle::usage_error& error) {
                note(error.what());
            }
        }
    };
    self = loop.create_task(main());
    loop.run_until_complete(self);
    BOOST_TEST(log ==
               (words{"a task cannot await itself", "the awaited future belongs to another loop"}));
}

BOOST_AUTO_TEST_CASE(an_error_is_reported_if_nobody_looks_and_not_otherwise) {
    const auto failing = []() -> coro<void> {
        throw std::runtime_error("oops");
        co_return;
    };
    loop.create_task(failing());
    loop.run_one_iteration();
    BOOST_TEST(reports == (words{"exception was never retrieved: std::runtime_error: oops"}));
    BOOST_CHECK_THROW(loop.run_until_complete(failing()), std::runtime_error);
    BOOST_TEST(reports.size() == 1U);
}

BOOST_AUTO_TEST_CASE(the_loop_keeps_a_task_alive_that_nobody_holds) {
    loop.create_task(sleeper("a"));
    loop.call_later(2s, [this] { loop.stop(); });
    loop.run_forever();
    BOOST_TEST(log == (words{"a starts", "a woke"}));
}

BOOST_AUTO_TEST_CASE(a_task_and_its_result_outlive_the_loop) {
    heddle::task<std::string> kept;
    heddle::task<void> unfinished;
    {
        heddle::event_loop short_lived(clock);
        const auto body = []() -> coro<std::string> { co_return "result"; };
        kept = short_lived.create_task(body());
        unfinished = short_lived.create_task(sleeper("a"));
        short_lived.run_one_iteration();
    }
    BOOST_TEST(kept.result() == "result");
    BOOST_TEST(unfinished.cancelled());
    BOOST_TEST(log == (words{"a starts"}));
}

BOOST_AUTO_TEST_CASE(parameters_are_destroyed_when_the_task_ends_not_with_its_handle) {
    auto kept = std::make_shared<int>(1);
    const auto body = [](std::shared_ptr<int> parameter) -> coro<int> { co_return *parameter; };
    auto task = loop.create_task(body(kept));
    loop.run_one_iteration();
    BOOST_TEST(kept.use_count() == 1);
    BOOST_TEST(task.result() == 1);
}

BOOST_AUTO_TEST_CASE(a_coroutine_is_used_once) {
    auto body = sleeper("a");
    auto task = loop.create_task(std::move(body));
    BOOST_CHECK_THROW(loop.create_task(std::move(body)), heddle::usage_error);
    const auto main = [&]() -> coro<void> { co_await std::move(body); };
    BOOST_CHECK_THROW(loop.run_until_complete(main()), heddle::usage_error);
}

BOOST_AUTO_TEST_CASE(coroutines_give_values_references_and_errors_in_place) {
    int referred = 1;
    const auto by_reference = [&]() -> coro<int&> { co_return referred; };
    const auto move_only = []() -> coro<std::unique_ptr<int>> {
        co_return std::make_unique<int>(3);
    };
    const auto failing = []() -> coro<int> {
        throw std::runtime_error("oops");
        co_return 1;
    };
    const auto main = [&]() -> coro<void> {
        loop.call_soon(noting("hop"));
        int& reference = co_await by_reference();
        reference = 2;
        const auto owned = co_await move_only();
        BOOST_TEST(*owned == 3);
        try {
            co_await failing();
        } catch (const std::runtime_error&) {
            note("caught");
        }
    };
    auto task = loop.create_task(main());
    loop.run_one_iteration();
    BOOST_TEST(task.done());
    BOOST_TEST(referred == 2);
    BOOST_TEST(log == (words{"caught"}));
}

BOOST_AUTO_TEST_CASE(for_each_task_goes_in_creation_order_and_leaves_out_what_is_done) {
    auto a = loop.create_task(sleeper("a"), "a");
    const auto nothing = []() -> coro<void> { co_return; };
    auto b = loop.create_task(nothing(), "b");
    auto c = loop.create_task(sleeper("c"), "c");
    loop.run_one_iteration();
    words names;
    loop.for_each_task([&](const heddle::task_base& each) { names.push_back(each.name()); });
    BOOST_TEST(names == (words{"a", "c"}));
}

BOOST_AUTO_TEST_CASE(tasks_that_await_each_other_in_a_circle_can_be_cancelled) {
    heddle::task<void> first;
    heddle::task<void> second;
    const auto wait_for_second = [&]() -> coro<void> { co_await second; };
    const auto wait_for_first = [&]() -> coro<void> { co_await first; };
    first = loop.create_task(wait_for_second());
    second = loop.create_task(wait_for_first());
    loop.call_later(1s, [&] { first.cancel("enough"); });
    BOOST_CHECK_THROW(loop.run_until_complete(second), heddle::cancelled_error);
    BOOST_CHECK_THROW(loop.run_until_complete(first), heddle::cancelled_error);
}

BOOST_AUTO_TEST_CASE(a_long_chain_of_tasks_that_await_tasks_is_cancelled_in_a_loop) {
    constexpr int length = 100'000;
    std::vector<heddle::task<void>> tasks;
    const auto wait_for = [&](int below) -> coro<void> {
        if (below < 0) {
            co_await heddle::sleep(1h);
        } else {
            co_await tasks[static_cast<std::size_t>(below)];
        }
    };
    for (int i = 0; i < length; ++i) {
        tasks.push_back(loop.create_task(wait_for(i - 1)));
    }
    loop.call_later(1s, [&] { tasks.back().cancel(); });
    BOOST_CHECK_THROW(loop.run_until_complete(tasks.back()), heddle::cancelled_error);
    BOOST_TEST(tasks.front().cancelled());
    BOOST_TEST(tasks.front().cancelling() == 1U);
    BOOST_TEST((now() == 1s));
}

BOOST_AUTO_TEST_SUITE_END()
