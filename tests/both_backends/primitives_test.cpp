// SPDX-License-Identifier: BSL-1.0
//
// The library's own primitives on both backends: what tasks see of them, and in which order, is the
// same in the simulation and on Boost.Asio.
#include <heddle/conformance.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <heddle/heddle.hpp>

namespace {

using namespace std::chrono_literals;
using heddle::coro;
using heddle::observe;

coro<int> sleeper(const char* name, heddle::duration length, int result = 0) {
    observe(name, "begins");
    co_await heddle::sleep(length);
    observe(name, "woke");
    co_return result;
}

coro<int> failing(const char* name, heddle::duration length) {
    co_await heddle::sleep(length);
    observe(name, "fails");
    throw std::runtime_error(name);
}

/// Waits for long; takes a while to tidy up when it is cancelled.
coro<void> tidying(const char* name) {
    std::string message = "none";
    try {
        co_await heddle::sleep(1h);
    } catch (const heddle::cancelled_error& error) {
        message = error.message();
        observe(name, "cancelled", message);
    }
    co_await heddle::sleep(1ms);
    observe(name, "tidied");
    throw heddle::cancelled_error();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(both_backends, *heddle::schedules(200))

HEDDLE_CONFORMANCE_TEST_CASE(sleeps_end_in_the_order_of_their_lengths) {
    heddle::task_group group;
    group.create_task(sleeper("c", 30ms));
    group.create_task(sleeper("a", 10ms));
    group.create_task(sleeper("b", 20ms));
    co_await group.join();
    observe("joined");
}

HEDDLE_CONFORMANCE_TEST_CASE(equal_deadlines_end_in_the_order_in_which_they_were_set) {
    heddle::event_loop& loop = heddle::get_running_loop();
    auto last = loop.create_future<void>();
    const heddle::time_point when = loop.time() + 5ms;
    for (int i = 0; i < 4; ++i) {
        loop.call_at(when, [i] { observe("timer", i); });
    }
    loop.call_at(when, [&] { last.set_result(); });
    co_await last;
}

HEDDLE_CONFORMANCE_TEST_CASE(callbacks_and_steps_take_turns_hop_by_hop) {
    heddle::event_loop& loop = heddle::get_running_loop();
    loop.call_soon([&] {
        observe("first hop");
        loop.call_soon([] { observe("second hop"); });
    });
    auto two = heddle::create_task(sleeper("task", 0ns));
    for (int i = 0; i < 3; ++i) {
        observe("main", i);
        co_await heddle::sleep(0ns);
    }
    co_await two;
    two.add_done_callback([](const auto& done) { observe("done already:", done.done()); });
    co_await heddle::sleep(0ns);
    observe("end");
}

HEDDLE_CONFORMANCE_TEST_CASE(gather_gives_results_in_argument_order) {
    auto [a, b, c] = co_await heddle::gather(sleeper("slow", 20ms, 1), sleeper("quick", 0ns, 2),
                                             sleeper("middle", 10ms, 3));
    observe("results", a, b, c);
}

HEDDLE_CONFORMANCE_TEST_CASE(a_failed_gather_lets_the_others_go_on) {
    auto other = heddle::create_task(sleeper("other", 20ms, 1));
    try {
        co_await heddle::gather(other, failing("bad", 5ms));
    } catch (const std::runtime_error& error) {
        observe("gather threw", error.what(), other.done());
    }
    observe("other gave", co_await other);
}

HEDDLE_CONFORMANCE_TEST_CASE(a_timeout_cancels_its_block_and_waits_for_its_end) {
    auto limit = heddle::timeout(5ms);
    bool timed_out = false;
    try {
        co_await limit.run(tidying("block"));
    } catch (const heddle::timeout_error&) {
        timed_out = true;
    }
    observe("timed out:", timed_out, limit.expired());
}

HEDDLE_CONFORMANCE_TEST_CASE(a_timeout_that_is_not_reached_leaves_nothing_behind) {
    auto limit = heddle::timeout(10s);
    const int result = co_await limit.run(sleeper("block", 1ms, 5));
    observe("result", result, limit.expired());
    observe("timers left:", heddle::get_running_loop().timer_count());
}

HEDDLE_CONFORMANCE_TEST_CASE(a_bounded_queue_makes_its_producer_wait) {
    heddle::queue<int> jobs(2);
    const auto produce = [&]() -> coro<void> {
        for (int i = 0; i < 5; ++i) {
            co_await jobs.put(i);
            observe("put", i);
        }
    };
    const auto consume = [&](const char* name) -> coro<void> {
        for (int i = 0; i < 2; ++i) {
            const int job = co_await jobs.get();
            observe(name, "got", job);
            jobs.task_done();
        }
    };
    heddle::task_group group;
    group.create_task(produce());
    group.create_task(consume("one"));
    group.create_task(consume("two"));
    co_await group.join();
    observe("left", jobs.qsize());
}

HEDDLE_CONFORMANCE_TEST_CASE(a_lock_goes_to_its_waiters_in_order) {
    heddle::lock mutex;
    const auto user = [&](const char* name) -> coro<void> {
        auto guard = co_await mutex.scoped();
        observe(name, "has it");
        co_await heddle::sleep(0ns);
        observe(name, "leaves it");
    };
    heddle::task_group group;
    for (const char* name : {"a", "b", "c"}) {
        group.create_task(user(name));
    }
    co_await group.join();
}

HEDDLE_CONFORMANCE_TEST_CASE(a_cancelled_waiter_passes_its_permit_on) {
    heddle::semaphore permits(1);
    const auto user = [&](const char* name) -> coro<void> {
        auto unit = co_await permits.scoped();
        observe(name, "has it");
        co_await heddle::sleep(5ms);
    };
    auto first = heddle::create_task(user("first"));
    auto second = heddle::create_task(user("second"));
    auto third = heddle::create_task(user("third"));
    co_await heddle::sleep(0ns);
    co_await first;
    second.cancel();
    auto ended = co_await heddle::gather(heddle::return_exceptions, second, third);
    observe("second ended with a result:", std::get<0>(ended).has_value());
    observe("third ended with a result:", std::get<1>(ended).has_value());
}

HEDDLE_CONFORMANCE_TEST_CASE(an_event_wakes_all_who_wait) {
    heddle::event started;
    const auto runner = [&](int number) -> coro<void> {
        co_await started.wait();
        observe("runs", number);
    };
    heddle::task_group group;
    for (int i = 0; i < 3; ++i) {
        group.create_task(runner(i));
    }
    co_await heddle::sleep(1ms);
    observe("ready");
    started.set();
    co_await group.join();
}

HEDDLE_CONFORMANCE_TEST_CASE(a_cancellation_is_delivered_and_tidied_up_after) {
    auto task = heddle::create_task(tidying("task"));
    co_await heddle::sleep(1ms);
    observe("asked:", task.cancel("enough"), task.done());
    try {
        co_await task;
    } catch (const heddle::cancelled_error&) {
        observe("cancelled:", task.cancelled());
    }
}

HEDDLE_CONFORMANCE_TEST_CASE(the_first_error_of_a_group_cancels_the_others) {
    heddle::task_group group;
    group.create_task(tidying("a"));
    group.create_task(failing("b", 1ms));
    group.create_task(tidying("c"));
    try {
        co_await group.join();
    } catch (const heddle::exception_group& errors) {
        observe("errors:", errors.errors().size());
    }
}

HEDDLE_CONFORMANCE_TEST_CASE(a_shield_lets_its_task_go_on) {
    auto inner = heddle::create_task(sleeper("inner", 5ms, 7));
    const auto outer = [&]() -> coro<void> { co_await heddle::shield(inner); };
    auto waiting = heddle::create_task(outer());
    co_await heddle::sleep(1ms);
    waiting.cancel();
    try {
        co_await waiting;
    } catch (const heddle::cancelled_error&) {
        observe("outer cancelled", inner.done());
    }
    observe("inner gave", co_await inner);
}

HEDDLE_CONFORMANCE_TEST_CASE(a_job_elsewhere_gives_its_result_or_error) {
    observe("result", co_await heddle::to_thread([] { return 42; }));
    try {
        co_await heddle::to_thread([] { throw std::runtime_error("in a job"); });
    } catch (const std::runtime_error& error) {
        observe("error", error.what());
    }
}

BOOST_AUTO_TEST_SUITE_END()
