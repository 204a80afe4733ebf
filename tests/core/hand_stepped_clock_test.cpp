// SPDX-License-Identifier: BSL-1.0
//
// A backend of some 60 lines is enough for all that a loop does; docs/own_backend.md shows parts of
// this file.
#include "hand_stepped_clock.hpp"

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <heddle/heddle.hpp>

using namespace std::chrono_literals;

namespace {

heddle::coro<int> wait_and_give(heddle::duration length, int value) {
    co_await heddle::sleep(length);
    co_return value;
}

heddle::coro<void> tick(std::vector<heddle::duration>& ticks, int count) {
    for (int i = 0; i < count; ++i) {
        co_await heddle::sleep(10ms);
        ticks.push_back(heddle::get_running_loop().time() - heddle::time_point{});
    }
}

/// Counts the polls of a loop that nothing reaches from outside.
class counting_backend final : public heddle::backend {
public:
    explicit counting_backend(bool polls) noexcept : polls_(polls) {}

    heddle::time_point now() override { return {}; }
    heddle::time_point wait_until(heddle::time_point) override { return {}; }
    void poll() override { ++asked; }
    bool polls() const noexcept override { return polls_; }
    void wake_up() noexcept override {}
    bool accepts_outside_events() const noexcept override { return false; }

    int asked = 0;

private:
    bool polls_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(hand_stepped)

BOOST_AUTO_TEST_CASE(a_backend_that_does_not_poll_is_not_polled) {
    const auto three_turns = []() -> heddle::coro<void> {
        for (int i = 0; i < 3; ++i) {
            co_await heddle::sleep(0ns);
        }
    };
    for (const bool polls : {true, false}) {
        counting_backend backend(polls);
        heddle::event_loop loop(backend);
        loop.run_until_complete(three_turns());
        BOOST_TEST((backend.asked > 0) == polls);
    }
}

BOOST_AUTO_TEST_CASE(time_passes_only_when_it_is_stepped) {
    hand_stepped_clock clock;
    heddle::event_loop loop(clock);
    auto answer = loop.create_task(wait_and_give(1h, 42));
    clock.run_for(loop, 59min);
    BOOST_TEST(!answer.done());
    clock.run_for(loop, 1min);
    BOOST_TEST(answer.result() == 42);
}

BOOST_AUTO_TEST_CASE(each_timer_runs_at_its_own_time) {
    hand_stepped_clock clock;
    heddle::event_loop loop(clock);
    std::vector<heddle::duration> ticks;
    auto ticker = loop.create_task(tick(ticks, 3));
    clock.run_for(loop, 25ms);
    BOOST_TEST((ticks == std::vector<heddle::duration>{10ms, 20ms}));
    BOOST_TEST((loop.time() == heddle::time_point(25ms)));
    clock.run_for(loop, 5ms);
    BOOST_TEST(ticker.done());
}

BOOST_AUTO_TEST_CASE(the_loop_works_at_once_what_needs_no_time) {
    hand_stepped_clock clock;
    heddle::event_loop loop(clock);
    BOOST_TEST(loop.run_until_complete(wait_and_give(0ns, 7)) == 7);
    BOOST_TEST((loop.time() == heddle::time_point{}));
}

BOOST_AUTO_TEST_CASE(a_loop_that_waits_goes_on_when_another_thread_steps_the_clock) {
    hand_stepped_clock clock;
    std::atomic<bool> done = false;
    std::thread hand([&] {
        while (!done) {
            clock.step(1min);
        }
    });
    int answer = 0;
    heddle::duration took{};
    {
        heddle::event_loop loop(clock);
        const auto begun = loop.time();
        answer = loop.run_until_complete(wait_and_give(24h, 42));
        took = loop.time() - begun;
    }
    done = true;
    hand.join();
    BOOST_TEST(answer == 42);
    BOOST_TEST((took >= 24h));
}

BOOST_AUTO_TEST_CASE(a_call_from_another_thread_wakes_a_loop_that_waits) {
    hand_stepped_clock clock;
    heddle::event_loop loop(clock);
    const auto reply = loop.create_future<std::string>();
    std::thread other([&] { loop.call_soon_threadsafe([&] { reply.set_result("woken"); }); });
    const std::string answer = loop.run_until_complete(reply);
    other.join();
    BOOST_TEST(answer == "woken");
    BOOST_TEST((loop.time() == heddle::time_point{}));
}

BOOST_AUTO_TEST_SUITE_END()
