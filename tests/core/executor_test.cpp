// SPDX-License-Identifier: BSL-1.0
//
// Jobs in simulation, where they are steps of the loop, and in executors made for the test. Those
// on real threads are in tests/asio_backend/executor_test.cpp.
#include <heddle/executor.hpp>

#include <boost/test/unit_test.hpp>
#include <functional>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <heddle/sim.hpp>

#include "hand_stepped_clock.hpp"
#include "support/virtual_loop.hpp"

namespace {

using namespace heddle_test;
using heddle::future;
using heddle::run_in_executor;
using heddle::to_thread;

/// Keeps what it is given until somebody runs it, on this thread.
class shelf final : public heddle::executor {
public:
    void submit(heddle::queued_job job) override { jobs.push_back(std::move(job)); }
    void run_all() {
        for (heddle::queued_job& each : std::exchange(jobs, {})) {
            each();
        }
    }
    std::vector<heddle::queued_job> jobs;
};

struct refusing_executor final : heddle::executor {
    void submit(heddle::queued_job) override { throw std::runtime_error("full"); }
};

/// A loop that takes events from outside, has no executor of its own, and is stepped by hand.
struct stepped_loop {
    hand_stepped_clock clock;
    shelf jobs;
    heddle::event_loop loop{clock};
    words log;

    void run_a_little() { clock.run_for(loop, 1ms); }
};

/// Tells when it is destroyed.
struct witness {
    explicit witness(bool& flag) : gone(&flag) {}
    witness(witness&& other) noexcept : gone(std::exchange(other.gone, nullptr)) {}
    ~witness() {
        if (gone != nullptr) {
            *gone = true;
        }
    }
    bool* gone;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(executor_test)

BOOST_FIXTURE_TEST_CASE(a_job_gives_its_result, virtual_loop) {
    const auto program = []() -> coro<int> {
        const int first = co_await run_in_executor([] { return 20; });
        const int second = co_await to_thread([](int a, int b) { return a + b; }, 20, 2);
        co_return first + second;
    };
    BOOST_TEST(loop.run_until_complete(program()) == 42);
}

BOOST_FIXTURE_TEST_CASE(void_references_and_what_can_only_be_moved, virtual_loop) {
    int target = 0;
    const auto program = [&]() -> coro<> {
        co_await to_thread([&] { target = 1; });
        int& same = co_await to_thread([&]() -> int& { return target; });
        same = 2;
        auto body = [held = std::make_unique<int>(3)]() mutable { return std::move(held); };
        const std::unique_ptr<int> got = co_await to_thread(std::move(body));
        BOOST_TEST(*got == 3);
        auto argument = std::make_unique<int>(4);
        const auto pass = [](std::unique_ptr<int> given) { return given; };
        auto passing = run_in_executor(
            [&, moved = std::move(argument)]() mutable { return pass(std::move(moved)); });
        const std::unique_ptr<int> passed = co_await std::move(passing);
        BOOST_TEST(*passed == 4);
    };
    loop.run_until_complete(program());
    BOOST_TEST(target == 2);
}

BOOST_FIXTURE_TEST_CASE(what_a_job_throws_comes_out_of_the_await, virtual_loop) {
    const auto program = []() -> coro<> {
        BOOST_CHECK_THROW(co_await to_thread([] { throw std::out_of_range("far"); }),
                          std::out_of_range);
        auto failing = run_in_executor([]() -> int { throw std::out_of_range("far"); });
        BOOST_CHECK_THROW(co_await failing, std::out_of_range);
        // A cancelled_error that a job throws is an error of the job, and cancels nothing.
        auto odd = run_in_executor([] { throw heddle::cancelled_error(); });
        BOOST_CHECK_THROW(co_await odd, heddle::cancelled_error);
        BOOST_TEST(!odd.cancelled());
    };
    loop.run_until_complete(program());
    BOOST_TEST(reports.empty());
}

BOOST_FIXTURE_TEST_CASE(an_error_that_nobody_takes_is_reported, virtual_loop) {
    const auto program = []() -> coro<> {
        static_cast<void>(run_in_executor([] { throw std::out_of_range("far"); }));
        co_await heddle::sleep(1ms);
    };
    loop.run_until_complete(program());
    BOOST_TEST_REQUIRE(reports.size() == 1U);
    BOOST_TEST(reports[0] == "exception was never retrieved: std::out_of_range: far");
}

BOOST_FIXTURE_TEST_CASE(a_job_runs_in_the_next_iteration_and_its_end_takes_two_more, virtual_loop) {
    // Job, completion, wake-up: as with a thread that is quick, and CPython's chain of futures.
    const auto program = [&]() -> coro<> {
        loop.call_soon(noting("before"));
        auto job = run_in_executor([&] { note("job"); });
        loop.call_soon([&] {
            note("after");
            loop.call_soon([&] {
                note("1");
                loop.call_soon(noting("2"));
            });
        });
        co_await job;
        note("awaited");
    };
    loop.run_until_complete(program());
    const words expected{"before", "job", "after", "1", "awaited", "2"};
    BOOST_TEST(log == expected);
}

BOOST_FIXTURE_TEST_CASE(a_job_sees_no_running_loop, virtual_loop) {
    const auto program = [&]() -> coro<> {
        co_await to_thread([&] {
            BOOST_CHECK_THROW(static_cast<void>(heddle::get_running_loop()), heddle::usage_error);
            heddle::sim::virtual_clock clock_of_its_own;
            heddle::event_loop inner(clock_of_its_own);
            const auto nested = []() -> coro<int> { co_return 5; };
            BOOST_TEST(inner.run_until_complete(nested()) == 5);
            loop.call_soon_threadsafe(noting("from the job"));
        });
        BOOST_TEST(&heddle::get_running_loop() == &loop);
    };
    loop.run_until_complete(program());
    BOOST_TEST(log == words{"from the job"});
}

BOOST_FIXTURE_TEST_CASE(a_job_that_has_not_begun_is_dropped_by_a_cancel, virtual_loop) {
    bool ran = false;
    bool gone = false;
    const auto program = [&]() -> coro<> {
        auto job = run_in_executor([&, w = witness(gone)] { ran = true; });
        BOOST_TEST(job.cancel("no"));
        BOOST_TEST(gone);
        BOOST_TEST(job.cancelled());
        BOOST_TEST(!job.cancel());
        BOOST_CHECK_THROW(co_await job, heddle::cancelled_error);
    };
    loop.run_until_complete(program());
    BOOST_TEST(!ran);
    BOOST_TEST(!loop.has_jobs());
}

BOOST_FIXTURE_TEST_CASE(to_thread_that_is_cancelled_before_the_job_begins_ends_at_once,
                        virtual_loop) {
    bool ran = false;
    const auto program = [&]() -> coro<> {
        auto waiting = loop.create_task(to_thread([&] { ran = true; }));
        loop.call_soon([&] { waiting.cancel("no"); });  // behind its first step, before the job
        BOOST_CHECK_EXCEPTION(co_await waiting, heddle::cancelled_error,
                              [](const auto& error) { return error.message() == "no"; });
    };
    loop.run_until_complete(program());
    BOOST_TEST(!ran);
}

BOOST_FIXTURE_TEST_CASE(a_future_that_is_cancelled_while_its_job_runs_hears_nothing, stepped_loop) {
    int runs = 0;
    bool gone = false;
    auto job = loop.run_in_executor(jobs, [&, w = witness(gone)] {
        // Another thread would do this; while a job runs the loop is free.
        ++runs;
        loop.call_soon_threadsafe([] {});
    });
    auto first = std::move(jobs.jobs.front());
    jobs.jobs.clear();
    first();
    BOOST_TEST(gone);  // destroyed where it ran, before anybody hears of it
    BOOST_TEST(!job.done());
    BOOST_TEST(job.cancel());
    run_a_little();
    BOOST_TEST(runs == 1);
    BOOST_TEST(job.cancelled());
    BOOST_TEST(!loop.has_jobs());
}

BOOST_FIXTURE_TEST_CASE(to_thread_waits_for_a_job_that_runs_and_is_cancelled_then, stepped_loop) {
    loop.set_default_executor(jobs);
    const auto waiter = [&]() -> coro<> {
        int local = 1;
        co_await to_thread([&] { ++local; });
        log.push_back("not reached");
    };
    auto waiting = loop.create_task(waiter());
    run_a_little();
    jobs.run_all();  // it has run, and the loop has not heard of it
    BOOST_TEST(waiting.cancel("first"));
    BOOST_TEST(waiting.cancel("second"));
    BOOST_TEST(!waiting.done());
    run_a_little();
    BOOST_TEST(waiting.cancelled());
    BOOST_TEST(log.empty());
}

BOOST_FIXTURE_TEST_CASE(a_job_that_is_thrown_away_cancels_its_future, stepped_loop) {
    bool gone = false;
    auto job = loop.run_in_executor(jobs, [w = witness(gone)] {});
    jobs.jobs.clear();
    BOOST_TEST(gone);
    run_a_little();
    BOOST_TEST(job.cancelled());
}

BOOST_FIXTURE_TEST_CASE(a_job_that_was_cancelled_may_be_run_or_thrown_away, stepped_loop) {
    bool ran = false;
    loop.run_in_executor(jobs, [&] { ran = true; }).cancel();
    loop.run_in_executor(jobs, [&] { ran = true; }).cancel();
    jobs.jobs.pop_back();
    jobs.run_all();
    BOOST_TEST(!ran);
    run_a_little();
}

BOOST_FIXTURE_TEST_CASE(what_an_executor_throws_goes_to_whoever_asked, stepped_loop) {
    refusing_executor full;
    bool gone = false;
    BOOST_CHECK_THROW(static_cast<void>(loop.run_in_executor(full, [w = witness(gone)] {})),
                      std::runtime_error);
    BOOST_TEST(gone);
    BOOST_TEST(!loop.has_jobs());
    run_a_little();
    loop.set_default_executor(full);
    const auto program = []() -> coro<> { co_await to_thread([] {}); };
    auto failed = loop.create_task(program());
    run_a_little();
    BOOST_CHECK_THROW(failed.result(), std::runtime_error);
}

BOOST_FIXTURE_TEST_CASE(without_an_executor_a_job_is_a_usage_error, stepped_loop) {
    BOOST_CHECK_THROW(static_cast<void>(loop.run_in_executor([] {})), heddle::usage_error);
    BOOST_CHECK_THROW(static_cast<void>(heddle::run_in_executor([] {})), heddle::usage_error);
    loop.close();
    BOOST_CHECK_THROW(static_cast<void>(loop.run_in_executor(jobs, [] {})), heddle::usage_error);
}

BOOST_FIXTURE_TEST_CASE(closing_drops_what_has_not_begun_and_what_nobody_has_heard_of,
                        stepped_loop) {
    bool first_gone = false;
    bool second_gone = false;
    bool value_gone = false;
    auto queued = loop.run_in_executor(jobs, [w = witness(first_gone)] {});
    shelf others;
    auto ended = loop.run_in_executor(
        others, [&, w = witness(second_gone)] { return std::make_unique<witness>(value_gone); });
    others.run_all();
    loop.close();
    BOOST_TEST(first_gone);
    BOOST_TEST(second_gone);
    BOOST_TEST(value_gone);
    BOOST_TEST(queued.cancelled());
    BOOST_TEST(ended.cancelled());
    jobs.run_all();
}

BOOST_FIXTURE_TEST_CASE(a_loop_is_destroyed_around_tasks_that_wait_for_jobs, virtual_loop) {
    heddle::sim::virtual_clock other_clock;
    int ran = 0;
    {
        heddle::event_loop doomed(other_clock);
        const auto waiter = [&]() -> coro<> {
            int local = 0;
            co_await to_thread([&] { local = ++ran; });
            co_await run_in_executor([&] { ++ran; });
        };
        auto first = doomed.create_task(waiter());
        doomed.run_one_iteration();
        auto second = doomed.create_task(waiter());
        doomed.run_one_iteration();  // the first job has run, the second is queued
        BOOST_TEST(ran == 1);
    }
    BOOST_TEST(ran == 1);
}

BOOST_FIXTURE_TEST_CASE(shutting_down_the_default_executor_waits_for_its_jobs, stepped_loop) {
    loop.set_default_executor(jobs);
    shelf others;
    auto job = loop.run_in_executor([] { return 1; });
    auto other = loop.run_in_executor(others, [] { return 2; });
    auto over = loop.shutdown_default_executor();
    BOOST_CHECK_THROW(static_cast<void>(loop.run_in_executor([] {})), heddle::usage_error);
    run_a_little();
    BOOST_TEST(!over.done());
    jobs.run_all();
    run_a_little();
    BOOST_TEST(over.done());
    BOOST_TEST(job.result() == 1);
    BOOST_TEST(!other.done());
    BOOST_TEST(loop.shutdown_default_executor().done());
}

BOOST_FIXTURE_TEST_CASE(a_shutdown_that_is_cancelled_may_be_awaited_again, stepped_loop) {
    loop.set_default_executor(jobs);
    auto job = loop.run_in_executor([] { return 1; });
    loop.shutdown_default_executor().cancel();
    auto again = loop.shutdown_default_executor();
    BOOST_TEST(!again.done());
    jobs.run_all();
    run_a_little();
    BOOST_TEST(again.done());
    BOOST_TEST(job.done());
}

// ---- exploring -----------------------------------------------------------------------------

namespace {

/// What can come of a program, in 500 schedules of each level: the texts that it makes.
std::set<std::string> outcomes(heddle::sim::level allowed,
                               const std::function<coro<>(std::string&)>& program) {
    std::set<std::string> all;
    heddle::sim::simulation one{{}};
    const auto walk = heddle::sim::make_explorer("walk");
    const heddle::sim::run_profile none;
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
        std::string text;
        const heddle::sim::program body = [&]() -> coro<> { return program(text); };
        walk->begin(seed, allowed, none);
        BOOST_REQUIRE(!one.run(body, *walk, allowed).failed);
        all.insert(text);
    }
    return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(jobs_of_one_task_run_in_any_order_but_only_where_that_is_open) {
    const auto program = [](std::string& text) -> coro<> {
        auto a = run_in_executor([&] { text += 'a'; });
        auto b = run_in_executor([&] { text += 'b'; });
        heddle::get_running_loop().call_soon([&] { text += 'c'; });
        co_await heddle::gather(a, b);
        co_await heddle::sleep(1ms);
    };
    const std::set<std::string> fifo{"abc"};
    const std::set<std::string> any{"abc", "acb", "bac", "bca", "cab", "cba"};
    BOOST_TEST((outcomes(heddle::sim::level::fifo, program) == fifo));
    BOOST_TEST((outcomes(heddle::sim::level::timing, program) == fifo));
    BOOST_TEST((outcomes(heddle::sim::level::any, program) == any));
}

BOOST_AUTO_TEST_CASE(a_job_may_take_long_while_the_loop_goes_on) {
    // By timing alone, the job's end comes before the timer or behind it. The timer itself is on
    // time: a callback that took as long would have made it late.
    const auto program = [](std::string& text) -> coro<> {
        heddle::event_loop& loop = heddle::get_running_loop();
        const heddle::time_point start = loop.time();
        loop.call_later(3ms, [&, start] { text += loop.time() == start + 3ms ? "t" : "T"; });
        loop.call_later(6ms, [&] { text += 'u'; });
        const auto job = [&]() -> coro<> {
            co_await to_thread([] {});
            text += 'j';
        };
        co_await job();
        co_await heddle::sleep(10ms);
    };
    const auto seen = outcomes(heddle::sim::level::timing, program);
    BOOST_TEST(seen.contains("jtu"));
    BOOST_TEST(seen.contains("tju"));
    BOOST_TEST(seen.contains("tuj"));
    BOOST_TEST((outcomes(heddle::sim::level::fifo, program) == std::set<std::string>{"jtu"}));
}

BOOST_AUTO_TEST_CASE(in_a_simulation_an_executor_that_is_named_is_not_used) {
    shelf jobs;
    const auto program = [&]() -> coro<int> {
        co_return co_await run_in_executor(jobs, [] { return 7; });
    };
    BOOST_TEST(heddle::sim::run(program) == 7);
    BOOST_TEST(jobs.jobs.empty());
}

BOOST_FIXTURE_TEST_CASE(a_simulation_takes_no_coroutine_from_outside, virtual_loop) {
    const auto body = []() -> coro<> { co_return; };
    BOOST_CHECK_THROW(static_cast<void>(heddle::run_coroutine_threadsafe(body, loop)),
                      heddle::usage_error);
}

BOOST_AUTO_TEST_SUITE_END()
