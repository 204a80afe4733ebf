// SPDX-License-Identifier: BSL-1.0
#include <heddle/as_completed.hpp>

#include <memory>
#include <stdexcept>

#include <boost/test/unit_test.hpp>

#include "support/virtual_loop.hpp"

using namespace heddle_test;

namespace {

struct as_completed_fixture : virtual_loop {
    coro<int> after(heddle::duration length, int value) {
        co_await heddle::sleep(length);
        co_return value;
    }
    coro<int> failing(heddle::duration length) {
        co_await heddle::sleep(length);
        throw std::runtime_error("oops");
    }
    std::vector<coro<int>> three() {
        std::vector<coro<int>> bodies;
        bodies.push_back(after(3s, 3));
        bodies.push_back(after(1s, 1));
        bodies.push_back(failing(2s));
        return bodies;
    }
    template <class Body>
    void run(Body body) {
        loop.run_until_complete(body());
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(as_completed, as_completed_fixture)

BOOST_AUTO_TEST_CASE(results_come_as_they_are_done) {
    run([this]() -> coro<void> {
        for (coro<int> next : heddle::as_completed(three())) {
            try {
                note(std::to_string(co_await std::move(next)));
            } catch (const std::runtime_error& error) {
                note(error.what());
            }
        }
    });
    BOOST_TEST(log == (words{"1", "oops", "3"}));
}

BOOST_AUTO_TEST_CASE(the_tasks_themselves_can_be_asked_for) {
    std::vector<heddle::task<int>> tasks;
    tasks.push_back(loop.create_task(after(2s, 2)));
    tasks.push_back(loop.create_task(after(1s, 1)));
    run([&]() -> coro<void> {
        auto all = heddle::as_completed(tasks);
        BOOST_TEST((co_await all.next_task() == tasks[1]));
        BOOST_TEST((co_await all.next_task() == tasks[0]));
        BOOST_TEST(!all.more());
        BOOST_CHECK_THROW(static_cast<void>(all.next()), heddle::usage_error);
    });
}

BOOST_AUTO_TEST_CASE(when_the_time_is_over_each_that_is_left_says_so) {
    run([this]() -> coro<void> {
        for (coro<int> next : heddle::as_completed(three(), 1500ms)) {
            try {
                note(std::to_string(co_await std::move(next)));
            } catch (const heddle::timeout_error&) {
                note("timeout");
            }
        }
    });
    BOOST_TEST(log == (words{"1", "timeout", "timeout"}));
    BOOST_TEST((now() == 1500ms));
}

BOOST_AUTO_TEST_CASE(what_is_given_twice_counts_once_and_nothing_has_no_steps) {
    auto task = loop.create_task(after(1s, 1));
    run([&]() -> coro<void> {
        const std::vector twice{task, task};
        int steps = 0;
        for (coro<int> next : heddle::as_completed(twice)) {
            BOOST_TEST(co_await std::move(next) == 1);
            ++steps;
        }
        BOOST_TEST(steps == 1);
        BOOST_TEST(!heddle::as_completed(std::vector<coro<int>>(), 1s).more());
    });
    BOOST_TEST(loop.timer_count() == 0U);
}

BOOST_AUTO_TEST_CASE(leaving_early_leaves_the_others_running) {
    run([this]() -> coro<void> {
        for (coro<int> next : heddle::as_completed(three(), 60s)) {
            BOOST_TEST(co_await std::move(next) == 1);
            break;
        }
        co_await heddle::sleep(3s);
        // The one that failed was looked at by nobody; the timer stays.
        BOOST_TEST(reports.size() == 1U);
        BOOST_TEST(loop.timer_count() == 0U);
    });
}

BOOST_AUTO_TEST_CASE(void_references_and_move_only_results) {
    run([this]() -> coro<void> {
        int value = 1;
        const auto nothing = []() -> coro<void> { co_await heddle::sleep(1s); };
        const auto reference = [&]() -> coro<int&> {
            co_await heddle::sleep(1s);
            co_return value;
        };
        const auto pointer = []() -> coro<std::unique_ptr<int>> {
            co_return std::make_unique<int>(3);
        };
        std::vector<coro<void>> nothings;
        nothings.push_back(nothing());
        for (coro<void> next : heddle::as_completed(std::move(nothings))) {
            co_await std::move(next);
        }
        std::vector<coro<int&>> references;
        references.push_back(reference());
        for (coro<int&> next : heddle::as_completed(std::move(references))) {
            BOOST_TEST(&(co_await std::move(next)) == &value);
        }
        std::vector<coro<std::unique_ptr<int>>> pointers;
        pointers.push_back(pointer());
        for (coro<std::unique_ptr<int>> next : heddle::as_completed(std::move(pointers))) {
            const std::unique_ptr<int> taken = co_await std::move(next);
            BOOST_TEST(*taken == 3);
        }
    });
}

BOOST_AUTO_TEST_CASE(a_loop_may_end_at_any_point) {
    for (int steps = 0; steps < 8; ++steps) {
        heddle::event_loop other(clock);
        const auto future = other.create_future<int>();
        const auto body = [&]() -> coro<void> {
            std::vector<heddle::future<int>> futures;
            futures.push_back(future);
            for (coro<int> next : heddle::as_completed(futures, 9s)) {
                co_await std::move(next);
            }
        };
        other.create_task(body());
        for (int step = 0; step < steps; ++step) {
            if (step == 3) {
                future.set_result(1);
            }
            other.run_one_iteration();
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
