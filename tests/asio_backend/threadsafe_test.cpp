// SPDX-License-Identifier: BSL-1.0
//
// Coroutines that other threads give to a loop.
#include <heddle/threadsafe.hpp>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <heddle/asio/own_context.hpp>
#include <heddle/heddle.hpp>

#include "loop_elsewhere.hpp"

namespace {

using namespace std::chrono_literals;
using heddle::coro;
using heddle::run_coroutine_threadsafe;
using heddle_test::loop_elsewhere;

}  // namespace

BOOST_AUTO_TEST_SUITE(threadsafe_test)

BOOST_FIXTURE_TEST_CASE(a_coroutine_runs_on_the_loop_and_its_result_comes_back, loop_elsewhere) {
    auto answer = run_coroutine_threadsafe(
        [&, held = std::make_unique<int>(40)]() -> coro<std::unique_ptr<int>> {
            BOOST_TEST((&heddle::get_running_loop() == &loop));
            co_await heddle::sleep(1ms);
            co_return std::make_unique<int>(*held + 2);
        },
        loop);
    BOOST_TEST(*answer.get() == 42);
    BOOST_TEST(!answer.valid());
    BOOST_CHECK_THROW(answer.get(), heddle::usage_error);
}

BOOST_FIXTURE_TEST_CASE(void_references_and_errors, loop_elsewhere) {
    int target = 0;
    run_coroutine_threadsafe(
        [&]() -> coro<> {
            target = 1;
            co_return;
        },
        loop)
        .get();
    int& same = run_coroutine_threadsafe([&]() -> coro<int&> { co_return target; }, loop).get();
    BOOST_TEST((&same == &target));
    BOOST_TEST(target == 1);
    auto failing = run_coroutine_threadsafe(
        []() -> coro<> {
            throw std::out_of_range("far");
            co_return;
        },
        loop);
    BOOST_CHECK_THROW(failing.get(), std::out_of_range);
    auto unmade =
        run_coroutine_threadsafe([]() -> coro<> { throw std::out_of_range("far"); }, loop);
    BOOST_CHECK_THROW(unmade.get(), std::out_of_range);
}

BOOST_FIXTURE_TEST_CASE(a_wait_may_give_up, loop_elsewhere) {
    auto never = run_coroutine_threadsafe(
        [&]() -> coro<> {
            auto forever = loop.create_future<void>();
            co_await forever;
        },
        loop);
    BOOST_TEST(!never.wait_for(1ms));
    BOOST_TEST(!never.done());
    BOOST_TEST(never.cancel());
    BOOST_TEST(never.wait_for(0ms));
}

BOOST_FIXTURE_TEST_CASE(a_cancel_reaches_the_task, loop_elsewhere) {
    std::promise<void> waiting;
    std::promise<bool> cancelled;
    auto task = run_coroutine_threadsafe(
        [&]() -> coro<> {
            waiting.set_value();
            try {
                co_await heddle::sleep(1h);
            } catch (const heddle::cancelled_error&) {
                cancelled.set_value(true);
                throw;
            }
        },
        loop);
    waiting.get_future().wait();
    BOOST_TEST(task.cancel());
    BOOST_TEST(task.cancelled());
    BOOST_TEST(!task.cancel());
    BOOST_CHECK_THROW(task.get(), heddle::cancelled_error);
    BOOST_TEST(cancelled.get_future().get());
}

BOOST_FIXTURE_TEST_CASE(a_task_that_is_cancelled_on_its_loop_is_cancelled_here, loop_elsewhere) {
    auto task = run_coroutine_threadsafe(
        []() -> coro<> {
            heddle::current_task().request_cancel(heddle::cancel_message("enough"));
            co_await heddle::sleep(0ms);
        },
        loop);
    BOOST_CHECK_EXCEPTION(task.get(), heddle::cancelled_error,
                          [](const auto& error) { return error.message() == "enough"; });
}

BOOST_AUTO_TEST_CASE(what_is_cancelled_before_the_loop_hears_of_it_is_never_made) {
    heddle::asio_backend::own_context backend;
    heddle::event_loop loop(backend);
    bool made = false;
    std::thread other([&] {
        auto task = run_coroutine_threadsafe(
            [&]() -> coro<> {
                made = true;
                co_return;
            },
            loop);
        BOOST_TEST(task.cancel());
    });
    other.join();
    for (int i = 0; i < 5; ++i) {
        loop.run_one_iteration();
    }
    BOOST_TEST(!made);
}

BOOST_AUTO_TEST_CASE(many_threads_ask_one_loop) {
    loop_elsewhere server;
    std::atomic<int> sum = 0;
    std::vector<std::thread> clients;
    for (int i = 0; i < 4; ++i) {
        clients.emplace_back([&] {
            for (int j = 0; j < 100; ++j) {
                sum += run_coroutine_threadsafe(
                           [j]() -> coro<int> {
                               co_await heddle::sleep(0ms);
                               co_return j;
                           },
                           server.loop)
                           .get();
            }
        });
    }
    for (std::thread& each : clients) {
        each.join();
    }
    BOOST_TEST(sum == 4 * 4950);
}

BOOST_AUTO_TEST_CASE(a_loop_that_closes_cancels_what_is_waited_for) {
    std::optional<heddle::threadsafe_result<>> begun;
    std::promise<void> running;
    {
        loop_elsewhere server;
        begun = run_coroutine_threadsafe(
            [&]() -> coro<> {
                running.set_value();
                co_await heddle::sleep(1h);
            },
            server.loop);
        running.get_future().wait();
    }
    BOOST_CHECK_THROW(begun->get(), heddle::cancelled_error);

    heddle::asio_backend::own_context backend;
    std::optional<heddle::event_loop> loop(backend);
    std::optional<heddle::threadsafe_result<>> queued;
    std::thread other(
        [&] { queued = run_coroutine_threadsafe([]() -> coro<> { co_return; }, *loop); });
    other.join();
    loop.reset();
    BOOST_CHECK_THROW(queued->get(), heddle::cancelled_error);
}

BOOST_AUTO_TEST_CASE(a_job_that_waits_for_the_loop_does_not_stop_it_from_closing) {
    heddle::asio_backend::own_context backend;
    bool woken = false;
    {
        heddle::event_loop loop(backend);
        std::promise<void> begun;
        auto job = loop.run_in_executor([&] {
            auto never =
                run_coroutine_threadsafe([]() -> coro<> { co_await heddle::sleep(1h); }, loop);
            begun.set_value();
            BOOST_CHECK_THROW(never.get(), heddle::cancelled_error);
            woken = true;
        });
        begun.get_future().wait();
        for (int i = 0; i < 3; ++i) {
            loop.run_one_iteration();
        }
    }
    BOOST_TEST(woken);
}

BOOST_AUTO_TEST_CASE(cancelling_while_the_loop_closes) {
    for (int round = 0; round < 100; ++round) {
        heddle::asio_backend::own_context backend;
        std::optional<heddle::event_loop> loop(backend);
        std::promise<void> asked;
        std::thread other([&] {
            auto task =
                run_coroutine_threadsafe([]() -> coro<> { co_await heddle::sleep(1h); }, *loop);
            asked.set_value();
            task.cancel();
            BOOST_CHECK_THROW(task.get(), heddle::cancelled_error);
        });
        asked.get_future().wait();
        if (round % 2 == 0) {
            loop->run_one_iteration();
        }
        loop.reset();
        other.join();
    }
}

BOOST_AUTO_TEST_CASE(the_loop_does_not_wait_for_itself) {
    heddle::asio_backend::own_context backend;
    heddle::event_loop loop(backend);
    const auto program = [&]() -> coro<> {
        auto own = run_coroutine_threadsafe([]() -> coro<int> { co_return 3; }, loop);
        BOOST_CHECK_THROW(own.wait(), heddle::usage_error);
        while (!own.done()) {
            co_await heddle::sleep(0ms);
        }
        BOOST_TEST(own.get() == 3);
    };
    loop.run_until_complete(program());
}

BOOST_AUTO_TEST_CASE(a_closed_loop_takes_nothing) {
    heddle::asio_backend::own_context backend;
    heddle::event_loop loop(backend);
    loop.close();
    const auto body = []() -> coro<> { co_return; };
    std::thread other([&] {
        BOOST_CHECK_THROW(static_cast<void>(run_coroutine_threadsafe(body, loop)),
                          heddle::usage_error);
    });
    other.join();
}

// A coroutine that was made on the wrong thread does not compile.
template <class C>
concept taken_as_it_is =
    requires(C made, heddle::event_loop& loop) { run_coroutine_threadsafe(std::move(made), loop); };
static_assert(!taken_as_it_is<coro<int>>);

BOOST_AUTO_TEST_SUITE_END()
