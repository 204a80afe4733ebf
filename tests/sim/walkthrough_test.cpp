// SPDX-License-Identifier: BSL-1.0
//
// The walkthrough's 27 steps in virtual time: on a plain loop and under a scheduler.
#include "walkthrough.hpp"

#include <heddle/sim.hpp>

BOOST_AUTO_TEST_SUITE(walkthrough)

BOOST_AUTO_TEST_CASE(on_a_plain_loop_in_virtual_time) {
    heddle::sim::virtual_clock clock;
    heddle::event_loop loop(clock);
    const auto listener = heddle_test::check_walkthrough(loop);
    // Virtual time moves exactly to the deadline, and takes no real time.
    BOOST_TEST((listener.of_step(18).when == heddle::time_point(std::chrono::seconds(1))));
    BOOST_TEST((listener.of_step(17).when == heddle::time_point{}));
}

BOOST_AUTO_TEST_CASE(under_a_scheduler_that_takes_option_0) {
    heddle::sim::simulation one;
    std::optional<heddle_test::walkthrough_listener> listener;
    listener.emplace(one.loop());
    one.loop().set_observer(&*listener);
    std::tuple<int, int> result;
    const heddle::sim::program main = [&]() -> heddle::coro<void> {
        result = co_await heddle_test::walkthrough_main();
    };
    heddle::sim::fifo_strategy fifo;
    const auto& record = one.run(main, fifo, heddle::sim::level::fifo);
    one.loop().set_observer(nullptr);
    BOOST_TEST(!record.failed.has_value());
    BOOST_TEST((result == std::tuple(1, 2)));
    listener->check();
}

BOOST_AUTO_TEST_CASE(under_a_scheduler_in_a_loop_run_by_hand) {
    heddle::sim::simulation one;
    heddle::sim::fifo_strategy fifo;
    int runs = 0;
    const auto drive = [&](heddle::event_loop& loop) {
        const auto sleeping = [](heddle::duration length) -> heddle::coro<int> {
            co_await heddle::sleep(length);
            co_return 7;
        };
        const auto waiting = [&loop]() -> heddle::coro<void> {
            co_await loop.create_future<void>();
        };
        runs += loop.run_until_complete(sleeping(std::chrono::seconds(1)));
        BOOST_CHECK_THROW(loop.run_until_complete(waiting()), heddle::deadlock_error);
        runs += loop.run_until_complete(sleeping(std::chrono::seconds(1)));
        BOOST_TEST((loop.time() == heddle::time_point(std::chrono::seconds(2))));
    };
    const auto& record = one.run_by_hand(drive, fifo, heddle::sim::level::any);
    BOOST_TEST(runs == 14);
    BOOST_TEST(!record.failed.has_value());
    BOOST_TEST((record.ended == heddle::time_point(std::chrono::seconds(2))));
    BOOST_TEST(one.loop().is_closed());
}

BOOST_AUTO_TEST_SUITE_END()
