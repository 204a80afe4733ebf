// SPDX-License-Identifier: BSL-1.0
//
// A loop can be destroyed after any number of steps: nothing leaks, nothing is used after its end.
// Each program here is run for 0, 1, 2, ... iterations, and then its loop is destroyed; the
// sanitizers watch, and what the frames own is counted.
#include <heddle/heddle.hpp>

#include <functional>
#include <stdexcept>

#include <boost/test/unit_test.hpp>

#include "support/virtual_loop.hpp"

using namespace heddle_test;

namespace {

int alive = 0;

struct counted {
    counted() { ++alive; }
    counted(const counted&) { ++alive; }
    counted& operator=(const counted&) = default;
    ~counted() { --alive; }
};

coro<int> worker(heddle::lock& mutex, int rounds) {
    const counted mark;
    for (int i = 0; i < rounds; ++i) {
        const auto guard = co_await mutex.scoped();
        co_await heddle::sleep(1ms);
        co_await heddle::sleep(0ns);
    }
    co_return rounds;
}

coro<void> groups_and_locks() {
    const counted mark;
    heddle::lock mutex;
    heddle::task_group group;
    for (int i = 1; i < 4; ++i) {
        group.create_task(worker(mutex, i));
    }
    co_await group.join();
}

coro<void> gathers_and_timeouts() {
    const counted mark;
    auto mutex = std::make_unique<heddle::lock>();
    auto [a, b] = co_await heddle::gather(worker(*mutex, 1), worker(*mutex, 2));
    try {
        co_await heddle::wait_for(worker(*mutex, 9), 3ms);
    } catch (const heddle::timeout_error&) {
        a = b;
    }
    try {
        co_await heddle::wait_for(heddle::create_task(worker(*mutex, 2)), 0ms);
    } catch (const heddle::timeout_error&) {
        b = a;
    }
}

coro<void> callbacks_that_act() {
    const counted mark;
    heddle::event_loop& loop = heddle::get_running_loop();
    const auto shared = std::make_shared<counted>();
    auto future = loop.create_future<counted>();
    future.add_done_callback([shared](const auto&) {});
    loop.call_later(2ms, [future, shared] { future.set_result(counted()); });
    auto timer = loop.call_later(1h, [shared] {});
    const auto child = [](heddle::future<counted> awaited) -> coro<void> { co_await awaited; };
    heddle::create_task(child(future));
    co_await future;
    timer.cancel();
    // Futures that nobody completes, in a gather that nobody awaits.
    const auto never = heddle::gather(loop.create_future<counted>(), loop.create_future<int>());
    co_await heddle::sleep(1ms);
}

coro<void> visitor(heddle::condition& changed, heddle::semaphore& pool, heddle::barrier& gate,
                   heddle::queue<counted>& items, int number) {
    const counted mark;
    for (int round = 0; round < 3; ++round) {
        const auto unit = co_await pool.scoped();
        if (number % 2 == 0) {
            co_await items.put(counted());
        } else {
            const counted item = co_await items.get();
            items.task_done();
        }
        const auto guard = co_await changed.scoped();
        co_await heddle::sleep(0ns);
        if (number == 3) {
            changed.notify_all();
        } else {
            co_await changed.wait();
        }
    }
    co_await gate.wait();
}

coro<void> conditions_barriers_and_queues() {
    const counted mark;
    heddle::event over;
    heddle::condition changed;
    heddle::semaphore pool(3);
    heddle::barrier gate(3);
    heddle::queue<counted> items(1);
    heddle::task_group group;
    for (int i = 0; i < 4; ++i) {
        group.create_task(visitor(changed, pool, gate, items, i));
    }
    group.create_task(over.wait());
    group.create_task(items.join());
    for (int i = 0; i < 60; ++i) {
        co_await heddle::sleep(0ns);
        const auto guard = co_await changed.scoped();
        changed.notify();
    }
    over.set();
    co_await heddle::sleep(0ns);
    // What still waits is destroyed here, some of it woken.
    pool.release();
    const auto guard = co_await changed.scoped();
    changed.notify_all();
}

/// Its destructors use the loop that is being destroyed.
coro<void> destructors_that_act() {
    struct acting {
        heddle::event_loop& loop;
        heddle::future<void> future;
        ~acting() {
            loop.call_soon([] {});
            if (!future.done()) {
                future.set_result();
            }
        }
    };
    const counted mark;
    heddle::event_loop& loop = heddle::get_running_loop();
    const auto waiter = [](heddle::future<void> awaited) -> coro<void> {
        const counted other_mark;
        co_await awaited;
    };
    const acting last{loop, loop.create_future<void>()};
    heddle::create_task(waiter(last.future));
    for (int i = 0; i < 3; ++i) {
        co_await heddle::sleep(1ms);
    }
}

/// Runs `program` for `iterations` at most: whether it had ended by then.
bool ended_after(const std::function<coro<void>()>& program, int iterations) {
    virtual_loop owner;
    auto task = owner.loop.create_task(program());
    for (int i = 0; i < iterations && !task.done(); ++i) {
        const heddle::time_point next = owner.loop.run_one_iteration();
        if (next != heddle::at_once && next != heddle::never) {
            owner.clock.advance_to(next);
        }
    }
    if (task.done()) {
        task.result();
    }
    return task.done();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(destruction)

BOOST_AUTO_TEST_CASE(a_loop_can_be_destroyed_after_any_number_of_iterations) {
    for (const auto& program : std::vector<std::function<coro<void>()>>{
             groups_and_locks, gathers_and_timeouts, callbacks_that_act, destructors_that_act,
             conditions_barriers_and_queues}) {
        int iterations = 0;
        while (!ended_after(program, iterations)) {
            BOOST_REQUIRE(alive == 0);
            BOOST_REQUIRE(++iterations < 1'000);
        }
        BOOST_TEST(alive == 0);
        BOOST_TEST(iterations > 5);
    }
}

BOOST_AUTO_TEST_CASE(newer_tasks_are_destroyed_before_older_ones) {
    std::vector<std::string> order;
    const auto body = [&](std::string name) -> coro<void> {
        struct ending {
            std::vector<std::string>& order;
            std::string name;
            ~ending() { order.push_back(name); }
        } const end{order, name};
        co_await heddle::get_running_loop().create_future<void>();
    };
    {
        virtual_loop owner;
        for (const char* name : {"a", "b", "c"}) {
            owner.loop.create_task(body(name));
        }
        owner.loop.run_one_iteration();
    }
    BOOST_TEST(order == (words{"c", "b", "a"}));
}

BOOST_AUTO_TEST_CASE(an_exception_that_leaves_the_run_leaves_a_loop_that_can_be_destroyed) {
    struct failing_clock final : heddle::backend {
        heddle::time_point now() override { return {}; }
        heddle::time_point wait_until(heddle::time_point) override {
            throw std::runtime_error("no more time");
        }
        void poll() override {}
        void wake_up() noexcept override {}
    } clock;
    heddle::event_loop loop(clock);
    loop.create_task(groups_and_locks());
    BOOST_CHECK_THROW(loop.run_forever(), std::runtime_error);
    BOOST_TEST(!loop.is_running());
    BOOST_CHECK_THROW(loop.run_forever(), std::runtime_error);
    loop.close();
    BOOST_TEST(alive == 0);
}

BOOST_AUTO_TEST_SUITE_END()
