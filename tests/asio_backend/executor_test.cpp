// SPDX-License-Identifier: BSL-1.0
//
// Jobs on real threads. What must not happen shows as a test that never ends, as a crash, or under
// ThreadSanitizer.
#include <heddle/asio/executor.hpp>

#include <algorithm>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include <heddle/asio/guest.hpp>
#include <heddle/asio/own_context.hpp>
#include <heddle/asio/run.hpp>
#include <heddle/heddle.hpp>

#include "threads.hpp"

namespace {

using namespace std::chrono_literals;
using heddle::coro;
using heddle::run_in_executor;
using heddle::to_thread;
using heddle_test::thread_count;

/// A gate that jobs wait at, so that a test knows that they run.
class gate {
public:
    /// In a job: says that it has begun, and waits.
    void pass() {
        begun_.set_value();
        opened_.get_future().wait();
    }
    void wait_until_begun() { begun_.get_future().wait(); }
    void open() { opened_.set_value(); }

private:
    std::promise<void> begun_;
    std::promise<void> opened_;
};

struct fixture {
    heddle::asio_backend::own_context backend;
    heddle::event_loop loop{backend};
};

/// One thread that jobs go to.
struct pool_of_one : fixture {
    boost::asio::thread_pool pool{1};
    heddle::asio_executor where{pool};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(executor_test)

BOOST_FIXTURE_TEST_CASE(a_job_runs_on_another_thread_and_its_end_is_heard_on_this_one, fixture) {
    const auto program = []() -> coro<> {
        const std::thread::id here = std::this_thread::get_id();
        const std::thread::id there = co_await to_thread([] { return std::this_thread::get_id(); });
        BOOST_TEST((here != there));
        BOOST_TEST((std::this_thread::get_id() == here));
        auto held = std::make_unique<int>(5);
        const auto pass = [](std::unique_ptr<int> value) { return value; };
        auto moving = to_thread(pass, std::move(held));
        const std::unique_ptr<int> back = co_await std::move(moving);
        BOOST_TEST(*back == 5);
        BOOST_CHECK_THROW(co_await to_thread([] { throw std::out_of_range("far"); }),
                          std::out_of_range);
    };
    loop.run_until_complete(program());
}

BOOST_AUTO_TEST_CASE(there_are_threads_from_the_first_job_to_the_closing) {
    const auto before = thread_count();
    heddle::asio_backend::own_context backend;
    heddle::event_loop loop(backend);
    const auto idle = []() -> coro<> { co_await heddle::sleep(1ms); };
    const auto busy = []() -> coro<> { co_await to_thread([] {}); };
    loop.run_until_complete(idle());
    BOOST_TEST(thread_count() == before);
    loop.run_until_complete(busy());
    const auto added = static_cast<std::size_t>(thread_count() - before);
    BOOST_TEST(added == heddle::asio_backend::default_pool_size());
    BOOST_TEST(added <= 32U);
    loop.close();
    BOOST_TEST(thread_count() == before);
}

BOOST_AUTO_TEST_CASE(shutting_down_the_default_executor_ends_its_threads) {
    const auto before = thread_count();
    heddle::asio_backend::own_context backend;
    heddle::event_loop loop(backend);
    std::atomic<int> ran = 0;
    const auto program = [&]() -> coro<> {
        std::vector<heddle::future<void>> jobs;
        for (int i = 0; i < 100; ++i) {
            jobs.push_back(run_in_executor([&] { ++ran; }));
        }
        co_await loop.shutdown_default_executor();
        BOOST_TEST(ran == 100);
        BOOST_TEST(thread_count() == before);
        BOOST_CHECK_THROW(co_await to_thread([] {}), heddle::usage_error);
    };
    loop.run_until_complete(program());
}

BOOST_FIXTURE_TEST_CASE(many_jobs_and_their_results, fixture) {
    const auto program = []() -> coro<int> {
        std::vector<heddle::future<int>> jobs;
        for (int i = 0; i < 1000; ++i) {
            jobs.push_back(run_in_executor([i] { return i; }));
        }
        int sum = 0;
        for (const heddle::future<int>& each : jobs) {
            sum += co_await each;
        }
        co_return sum;
    };
    BOOST_TEST(loop.run_until_complete(program()) == 499'500);
}

BOOST_FIXTURE_TEST_CASE(a_job_that_waits_behind_another_is_dropped_by_a_cancel, pool_of_one) {
    gate first;
    std::atomic<bool> ran = false;
    const auto program = [&]() -> coro<> {
        auto running = run_in_executor(where, [&] { first.pass(); });
        auto waiting = run_in_executor(where, [&] { ran = true; });
        first.wait_until_begun();
        BOOST_TEST(waiting.cancel());
        first.open();
        co_await running;
        co_await run_in_executor(where, [] {});
    };
    loop.run_until_complete(program());
    BOOST_TEST(!ran);
}

BOOST_FIXTURE_TEST_CASE(a_job_that_runs_is_not_stopped_by_a_cancel, pool_of_one) {
    gate first;
    std::atomic<bool> ended = false;
    const auto program = [&]() -> coro<> {
        auto running = run_in_executor(where, [&] {
            first.pass();
            ended = true;
            return 1;
        });
        first.wait_until_begun();
        BOOST_TEST(running.cancel());
        BOOST_TEST(running.cancelled());
        BOOST_TEST(!ended);
        first.open();
        co_await run_in_executor(where, [] {});
        BOOST_TEST(ended);
        BOOST_TEST(running.cancelled());
    };
    loop.run_until_complete(program());
}

BOOST_FIXTURE_TEST_CASE(to_thread_that_is_cancelled_ends_with_its_job, fixture) {
    gate first;
    const auto borrower = [&]() -> coro<> {
        std::vector<int> local(1000, 1);
        co_await to_thread([&] {
            first.pass();
            std::fill(local.begin(), local.end(), 2);
        });
    };
    const auto program = [&]() -> coro<> {
        auto waiting = loop.create_task(borrower());
        co_await heddle::sleep(0ms);
        first.wait_until_begun();
        waiting.cancel();
        co_await heddle::sleep(1ms);
        BOOST_TEST(!waiting.done());
        first.open();
        BOOST_CHECK_THROW(co_await waiting, heddle::cancelled_error);
    };
    loop.run_until_complete(program());
}

BOOST_AUTO_TEST_CASE(closing_joins_the_jobs_that_run_and_drops_the_others) {
    std::atomic<int> begun = 0;
    std::atomic<int> ended = 0;
    const int pool_size = static_cast<int>(heddle::asio_backend::default_pool_size());
    {
        heddle::asio_backend::own_context backend;
        heddle::event_loop loop(backend);
        const auto waiter = [&]() -> coro<> {
            std::vector<int> local(1000, 1);
            co_await to_thread([&] {
                ++begun;
                std::this_thread::sleep_for(20ms);
                std::fill(local.begin(), local.end(), 2);
                ++ended;
            });
        };
        for (int i = 0; i < 3 * pool_size; ++i) {
            loop.create_task(waiter());
        }
        loop.run_one_iteration();
        while (begun < pool_size) {
            std::this_thread::yield();
        }
    }
    BOOST_TEST(begun == ended);
    BOOST_TEST(ended < 3 * pool_size);
}

BOOST_AUTO_TEST_CASE(closing_while_jobs_end) {
    for (int round = 0; round < 50; ++round) {
        heddle::asio_backend::own_context backend;
        heddle::event_loop loop(backend);
        std::vector<heddle::future<std::unique_ptr<int>>> jobs;
        for (int i = 0; i < 20; ++i) {
            jobs.push_back(loop.run_in_executor([&, i] {
                loop.call_soon_threadsafe([] {});
                return std::make_unique<int>(i);
            }));
        }
        if (round % 2 == 0) {
            loop.run_one_iteration();
        }
    }
}

BOOST_FIXTURE_TEST_CASE(a_pool_that_ends_cancels_what_it_has_not_begun, fixture) {
    gate first;
    auto pool = std::make_unique<boost::asio::thread_pool>(1);
    heddle::asio_executor where(*pool);
    auto running = loop.run_in_executor(where, [&] { first.pass(); });
    auto waiting = loop.run_in_executor(where, [] {});
    first.wait_until_begun();
    pool->stop();
    first.open();
    pool->join();
    where = heddle::asio_executor(backend.context().get_executor());
    pool.reset();
    const auto program = [&]() -> coro<> {
        co_await running;
        BOOST_CHECK_THROW(co_await waiting, heddle::cancelled_error);
    };
    loop.run_until_complete(program());
}

BOOST_FIXTURE_TEST_CASE(any_executor_of_asio_will_do, fixture) {
    // Even the loop's own io_context, whose handlers run on the loop's thread.
    heddle::asio_executor here(backend.context().get_executor());
    const auto program = [&]() -> coro<bool> {
        const auto id = [] { return std::this_thread::get_id(); };
        const std::thread::id there = co_await run_in_executor(here, id);
        co_return there == std::this_thread::get_id();
    };
    BOOST_TEST(loop.run_until_complete(program()));
}

BOOST_AUTO_TEST_CASE(a_guest_keeps_its_host_going_while_a_job_runs) {
    boost::asio::io_context io;
    heddle::asio_backend::guest guest(io);
    std::atomic<bool> ran = false;
    bool heard = false;
    auto job = guest.loop().run_in_executor([&] {
        std::this_thread::sleep_for(10ms);
        ran = true;
    });
    job.add_done_callback([&](const auto&) { heard = true; });
    io.run();
    BOOST_TEST(ran);
    BOOST_TEST(heard);
}

BOOST_AUTO_TEST_CASE(run_waits_for_jobs_that_nobody_awaits) {
    // As asyncio.run, which shuts the default executor down.
    std::atomic<int> ran = 0;
    const auto program = [&]() -> coro<> {
        for (int i = 0; i < 100; ++i) {
            static_cast<void>(run_in_executor([&] { ++ran; }));
        }
        co_return;
    };
    heddle::run(program);
    BOOST_TEST(ran == 100);
}

BOOST_AUTO_TEST_SUITE_END()
