// SPDX-License-Identifier: BSL-1.0
//
// Loops that are guests in an io_context which the test runs. What is lost, or left behind, would
// show as a test that never ends.
#include <heddle/asio/guest.hpp>

#include <algorithm>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

#include <heddle/asio/own_context.hpp>
#include <heddle/heddle.hpp>

#include "threads.hpp"

namespace {

using namespace std::chrono_literals;
using heddle::asio_backend::guest;
namespace asio = boost::asio;

struct fixture {
    asio::io_context io{1};

    void post(std::function<void()> handler) { asio::post(io, std::move(handler)); }
};

heddle::coro<int> nap(heddle::duration length, int result) {
    heddle::event_loop& loop = heddle::get_running_loop();
    const heddle::time_point start = loop.time();
    co_await heddle::sleep(length);
    BOOST_TEST((loop.time() >= start + length));
    co_return result;
}

heddle::coro<void> take_turns(std::string& log, char name, int turns) {
    for (int i = 0; i < turns; ++i) {
        log += name;
        co_await heddle::sleep(0ns);
    }
}

/// As take_turns; each takes longer than a guest's turn may last.
heddle::coro<void> take_long_turns(std::string& log, char name, int turns) {
    heddle::event_loop& loop = heddle::get_running_loop();
    for (int i = 0; i < turns; ++i) {
        log += name;
        for (const heddle::time_point end = loop.time() + 50us; loop.time() < end;) {
        }
        co_await heddle::sleep(0ns);
    }
}

heddle::coro<int> wait_for(heddle::future<int> answer) { co_return co_await answer; }

}  // namespace

BOOST_FIXTURE_TEST_SUITE(guest_test, fixture)

BOOST_AUTO_TEST_CASE(a_task_runs_to_its_end_and_the_host_returns) {
    guest visitor(io);
    const auto main = []() -> heddle::coro<int> {
        const auto [a, b] = co_await heddle::gather(nap(2ms, 1), nap(1ms, 2));
        co_return 10 * a + b;
    };
    auto done = visitor.loop().create_task(main());
    io.run();
    BOOST_TEST(done.result() == 12);
}

BOOST_AUTO_TEST_CASE(a_turn_ends_with_a_long_iteration_and_others_have_their_turns_between) {
    guest visitor(io);
    std::string log;
    visitor.loop().create_task(take_long_turns(log, 'g', 5));
    int left = 5;
    std::function<void()> foreign = [&] {
        log += 'f';
        if (--left > 0) {
            post(foreign);
        }
    };
    post(foreign);
    io.run();
    BOOST_TEST(log == "gfgfgfgfgf");
}

BOOST_AUTO_TEST_CASE(a_turn_ends_after_16_iterations) {
    guest visitor(io);
    std::string log;
    auto busy = visitor.loop().create_task(take_turns(log, 'g', 1'000));
    std::function<void()> foreign = [&] {
        log += 'f';
        if (!busy.done()) {
            post(foreign);
        }
    };
    post(foreign);
    io.run();
    BOOST_TEST(std::count(log.begin(), log.end(), 'g') == 1'000);
    BOOST_TEST(log.find(std::string(17, 'g')) == std::string::npos);
    BOOST_TEST(std::count(log.begin(), log.end(), 'f') >= 1'000 / 16);
}

BOOST_AUTO_TEST_CASE(a_stopped_guest_takes_no_further_iteration_in_its_turn) {
    guest visitor(io);
    heddle::event_loop& loop = visitor.loop();
    std::string log;
    loop.call_soon([&] {
        log += "a";
        loop.call_soon([&] { log += "b"; });
        loop.stop();
    });
    io.run();
    BOOST_TEST(log == "a");
    BOOST_TEST(visitor.resting());
    visitor.resume();
    io.restart();
    io.run();
    BOOST_TEST(log == "ab");
}

BOOST_AUTO_TEST_CASE(several_guests_take_turns) {
    guest first(io);
    guest second(io);
    guest third(io);
    std::string log;
    first.loop().create_task(take_long_turns(log, 'a', 3));
    second.loop().create_task(take_long_turns(log, 'b', 3));
    third.loop().create_task(take_long_turns(log, 'c', 3));
    io.run();
    BOOST_TEST(log == "abcabcabc");
}

BOOST_AUTO_TEST_CASE(one_guest_gives_work_to_another) {
    guest first(io);
    guest second(io);
    auto answer = second.loop().create_future<int>();
    auto waiting = second.loop().create_task(wait_for(answer));
    first.loop().call_later(1ms, [&] { answer.set_result(3); });
    io.run();
    BOOST_TEST(waiting.result() == 3);
}

BOOST_AUTO_TEST_CASE(foreign_timers_and_a_guests_timers_run_beside_each_other) {
    // Each sets the next one off: the loop's, the foreign one, the loop's, ...
    guest visitor(io);
    std::string log;
    asio::steady_timer timer(io);
    std::function<void()> foreign = [&] {
        timer.expires_after(500us);
        timer.async_wait([&](const boost::system::error_code& error) {
            BOOST_TEST(!error);
            log += "foreign ";
            visitor.loop().call_later(500us, [&] {
                log += "callback ";
                if (log.size() < 40) {
                    foreign();
                }
            });
        });
    };
    auto sleeping =
        visitor.loop().create_task([](std::string& text, auto& next) -> heddle::coro<void> {
            co_await nap(1ms, 0);
            text += "task ";
            next();
        }(log, foreign));
    io.run();
    BOOST_TEST(sleeping.done());
    BOOST_TEST(log == "task foreign callback foreign callback foreign callback ");
}

// ---- what makes an idle guest go on --------------------------------------------------------------

BOOST_AUTO_TEST_CASE(call_soon_of_a_foreign_handler_wakes_an_idle_guest) {
    guest visitor(io);
    int ran = 0;
    io.run();  // the guest has nothing to do
    io.restart();
    post([&] { visitor.loop().call_soon([&] { ++ran; }); });
    io.run();
    BOOST_TEST(ran == 1);
}

BOOST_AUTO_TEST_CASE(a_foreign_handler_completes_a_future_that_a_task_waits_for) {
    guest visitor(io);
    auto answer = visitor.loop().create_future<int>();
    auto waiting = visitor.loop().create_task(wait_for(answer));
    asio::steady_timer timer(io, 2ms);
    timer.async_wait([&](const boost::system::error_code&) { answer.set_result(5); });
    io.run();
    BOOST_TEST(waiting.result() == 5);
}

BOOST_AUTO_TEST_CASE(a_foreign_handler_makes_a_task) {
    guest visitor(io);
    heddle::task<int> made;
    asio::steady_timer timer(io, 1ms);
    timer.async_wait(
        [&](const boost::system::error_code&) { made = visitor.loop().create_task(nap(1ms, 6)); });
    io.run();
    BOOST_TEST(made.result() == 6);
}

BOOST_AUTO_TEST_CASE(a_foreign_handler_cancels_a_sleeping_task) {
    guest visitor(io);
    auto sleeping = visitor.loop().create_task(nap(24h, 0));
    asio::steady_timer timer(io, 1ms);
    timer.async_wait([&](const boost::system::error_code&) { sleeping.cancel(); });
    io.run();
    BOOST_TEST(sleeping.cancelled());
}

BOOST_AUTO_TEST_CASE(a_foreign_handler_cancels_a_task_that_waits_for_a_future) {
    guest visitor(io);
    auto answer = visitor.loop().create_future<int>();
    auto waiting = visitor.loop().create_task(wait_for(answer));
    asio::steady_timer timer(io, 1ms);
    timer.async_wait([&](const boost::system::error_code&) { waiting.cancel(); });
    io.run();
    BOOST_TEST(waiting.cancelled());
}

BOOST_AUTO_TEST_CASE(a_foreign_handler_sets_an_earlier_timer) {
    guest visitor(io);
    std::string log;
    auto far = visitor.loop().call_later(24h, [&] { log += "far "; });
    post([&] {
        visitor.loop().call_later(1ms, [&] {
            log += "near";
            far.cancel();
        });
    });
    io.run();
    BOOST_TEST(log == "near");
}

BOOST_AUTO_TEST_CASE(another_thread_wakes_an_idle_guest) {
    guest visitor(io);
    auto answer = visitor.loop().create_future<int>();
    auto waiting = visitor.loop().create_task(wait_for(answer));
    std::thread other([&] {
        std::this_thread::sleep_for(1ms);
        for (int i = 1; i <= 1'000; ++i) {
            visitor.loop().call_soon_threadsafe([&, i] {
                if (i == 1'000) {
                    answer.set_result(i);
                }
            });
        }
    });
    io.run();
    other.join();
    BOOST_TEST(waiting.result() == 1'000);
}

BOOST_AUTO_TEST_CASE(no_wake_up_of_another_thread_is_lost) {
    guest visitor(io);
    auto end = visitor.loop().create_future<int>();
    auto waiting = visitor.loop().create_task(wait_for(end));
    constexpr int rounds = 2'000;
    std::atomic<int> received{0};
    std::thread other([&] {
        for (int i = 1; i <= rounds; ++i) {
            visitor.loop().call_soon_threadsafe([&, i] {
                received.store(i);
                if (i == rounds) {
                    end.set_result(i);
                }
            });
            while (received.load() != i) {
                std::this_thread::yield();
            }
        }
    });
    io.run();
    other.join();
    BOOST_TEST(waiting.result() == rounds);
}

BOOST_AUTO_TEST_CASE(another_thread_that_is_about_to_wake_a_guest_does_not_let_its_host_go) {
    // The two sides begin at nearly the same time, again and again: whoever comes second relies on
    // the turn that the first is about to queue.
    for (int i = 0; i < 300; ++i) {
        guest visitor(io);
        auto answer = visitor.loop().create_future<int>();
        std::atomic<bool> go{false};
        std::thread other([&] {
            go.store(true);
            visitor.loop().call_soon_threadsafe([&] { answer.set_result(i); });
        });
        while (!go.load()) {
            std::this_thread::yield();
        }
        for (int spins = 0; spins < 20 * i && go.load(); ++spins) {
        }
        auto waiting = visitor.loop().create_task(wait_for(answer));
        io.restart();
        io.run();
        other.join();
        BOOST_REQUIRE(waiting.done());
    }
}

// ---- order and time ------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(an_iteration_takes_old_work_then_events_then_due_timers) {
    guest visitor(io);
    heddle::event_loop& loop = visitor.loop();
    std::string log;
    loop.call_at(loop.time() + 1ms, [&] { log += "timer"; });
    post([&] {
        // In the host's queue it is before the turn that call_soon makes the guest take.
        post([&] { loop.call_soon([&] { log += "event "; }); });
        loop.call_soon([&] { log += "old "; });
        std::this_thread::sleep_for(2ms);
    });
    io.run();
    BOOST_TEST(log == "old event timer");
}

BOOST_AUTO_TEST_CASE(timers_of_a_guest_are_never_early) {
    guest visitor(io);
    heddle::event_loop& loop = visitor.loop();
    int left = 100;
    for (int i = 0; i < 100; ++i) {
        const heddle::time_point deadline = loop.time() + std::chrono::nanoseconds(i * 100'003);
        loop.call_at(deadline, [&, deadline] {
            BOOST_TEST((loop.time() >= deadline));
            --left;
        });
    }
    loop.call_at(heddle::at_once + 1ns, [] {});
    io.run();
    BOOST_TEST(left == 0);
}

// ---- what keeps the host going, and what does not ------------------------------------------------

BOOST_AUTO_TEST_CASE(a_guest_that_waits_takes_no_turns) {
    guest visitor(io);
    auto far = visitor.loop().call_later(24h, [] {});
    asio::steady_timer timer(io, 1ms);
    timer.async_wait([&](const boost::system::error_code&) {
        // An earlier deadline takes the place of the one that is waited for.
        visitor.loop().call_later(10ms, [&] { far.cancel(); });
    });
    BOOST_TEST(io.run() <= 12U);  // handlers
}

BOOST_AUTO_TEST_CASE(an_idle_guest_does_not_keep_the_host_going) {
    guest visitor(io);
    io.run();
    auto first = visitor.loop().create_task(nap(1ms, 1));
    io.restart();
    io.run();
    BOOST_TEST(first.result() == 1);
    auto second = visitor.loop().create_task(nap(1ms, 2));
    io.restart();
    io.run();
    BOOST_TEST(second.result() == 2);
}

BOOST_AUTO_TEST_CASE(a_task_that_waits_keeps_the_host_going) {
    guest visitor(io);
    auto answer = visitor.loop().create_future<int>();
    auto waiting = visitor.loop().create_task(wait_for(answer));
    while (io.poll() > 0) {
    }
    BOOST_TEST(!io.stopped());  // it would be, had it run out of work
    answer.set_result(1);
    io.run();
    BOOST_TEST(io.stopped());
    BOOST_TEST(waiting.done());
}

BOOST_AUTO_TEST_CASE(a_timer_that_was_cancelled_does_not_keep_the_host_going) {
    guest visitor(io);
    auto far = visitor.loop().call_later(24h, [] {});
    while (io.poll() > 0) {
    }
    BOOST_TEST(!io.stopped());
    far.cancel();  // from outside of the loop
    io.run();
    auto farther = visitor.loop().call_later(24h, [] {});
    visitor.loop().call_later(1ms, [&] { farther.cancel(); });  // and from inside
    io.restart();
    io.run();
    BOOST_TEST(io.stopped());
}

BOOST_AUTO_TEST_CASE(closing_the_loop_lets_the_host_go) {
    guest visitor(io);
    auto answer = visitor.loop().create_future<int>();
    auto waiting = visitor.loop().create_task(wait_for(answer));
    visitor.loop().call_later(24h, [] {});
    asio::steady_timer timer(io, 1ms);
    timer.async_wait([&](const boost::system::error_code&) { visitor.close(); });
    io.run();
    BOOST_TEST(waiting.cancelled());
    BOOST_TEST(visitor.loop().is_closed());
}

BOOST_AUTO_TEST_CASE(a_guest_that_goes_leaves_nothing_that_keeps_the_host_going) {
    std::optional<guest> visitor(std::in_place, io);
    const auto token = std::make_shared<int>(0);
    const auto hold = [](std::shared_ptr<int> held) -> heddle::coro<void> {
        co_await heddle::sleep(24h);
        static_cast<void>(held);
    };
    visitor->loop().create_task(hold(token));
    visitor->loop().call_later(24h, [] {});
    asio::steady_timer timer(io, 1ms);
    timer.async_wait([&](const boost::system::error_code&) {
        BOOST_TEST(token.use_count() == 2);
        visitor->loop().call_soon([] { BOOST_ERROR("the loop is gone"); });
        visitor.reset();
        BOOST_TEST(token.use_count() == 1);
    });
    io.run();
    BOOST_TEST(io.stopped());
}

BOOST_AUTO_TEST_CASE(a_guest_goes_before_its_host_has_run_at_all) {
    {
        guest visitor(io);
        visitor.loop().create_task(nap(1ms, 1));
    }
    io.run();
    BOOST_TEST(io.stopped());
}

BOOST_AUTO_TEST_CASE(a_host_goes_with_a_queued_turn_after_the_guest) {
    std::optional<asio::io_context> host(std::in_place);
    {
        guest visitor(*host);
        visitor.loop().create_task(nap(1ms, 1));
    }
    host.reset();
    BOOST_TEST(!host.has_value());
}

// ---- errors, stop ----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(what_a_callback_throws_does_not_reach_the_host) {
    guest visitor(io);
    int handled = 0;
    visitor.loop().set_exception_handler(
        [&](heddle::event_loop&, const heddle::exception_context&) { ++handled; });
    visitor.loop().call_soon([] { throw std::runtime_error("in a callback"); });
    auto after = visitor.loop().create_task(nap(1ms, 4));
    io.run();
    BOOST_TEST(handled == 1);
    BOOST_TEST(after.result() == 4);
}

BOOST_AUTO_TEST_CASE(what_a_foreign_handler_throws_leaves_the_host_and_the_guest_goes_on) {
    guest visitor(io);
    auto done = visitor.loop().create_task(nap(1ms, 4));
    post([] { throw std::runtime_error("in a foreign handler"); });
    BOOST_CHECK_THROW(io.run(), std::runtime_error);
    io.run();
    BOOST_TEST(done.result() == 4);
}

BOOST_AUTO_TEST_CASE(stop_makes_the_loop_rest_until_it_is_resumed) {
    guest visitor(io);
    std::string log;
    visitor.loop().call_soon([&] {
        log += "one ";
        visitor.loop().stop();
        visitor.loop().call_soon([&] { log += "two "; });
    });
    auto sleeping = visitor.loop().create_task(nap(1ms, 1));
    io.run();  // returns although a task is not done: the loop rests
    BOOST_TEST(visitor.resting());
    BOOST_TEST(log == "one ");
    BOOST_TEST(!sleeping.done());
    visitor.loop().call_soon([&] { log += "three"; });
    io.restart();
    io.run();
    BOOST_TEST(log == "one ");
    visitor.resume();
    io.restart();
    io.run();
    BOOST_TEST(!visitor.resting());
    BOOST_TEST(log == "one two three");
    BOOST_TEST(sleeping.result() == 1);
}

BOOST_AUTO_TEST_CASE(a_foreign_handler_stops_an_idle_loop) {
    guest visitor(io);
    auto answer = visitor.loop().create_future<int>();
    auto waiting = visitor.loop().create_task(wait_for(answer));
    asio::steady_timer timer(io, 1ms);
    timer.async_wait([&](const boost::system::error_code&) { visitor.loop().stop(); });
    io.run();
    BOOST_TEST(visitor.resting());
    BOOST_TEST(!waiting.done());
}

BOOST_AUTO_TEST_CASE(a_guest_is_not_run_by_its_loop) {
    guest visitor(io);
    BOOST_CHECK_THROW(visitor.loop().run_forever(), heddle::usage_error);
    visitor.loop().call_later(1ms, [] {});
    BOOST_CHECK_THROW(visitor.loop().run_until_complete(nap(1ms, 1)), heddle::usage_error);
    io.run();  // (the task that the last line has made ends here)
}

BOOST_AUTO_TEST_CASE(a_guest_of_another_loops_own_context_is_refused) {
    heddle::asio_backend::own_context backend;
    heddle::event_loop loop(backend);
    guest visitor(backend.context());
    auto waiting = visitor.loop().create_task(nap(1ms, 1));
    const auto main = []() -> heddle::coro<void> { co_await heddle::sleep(1h); };
    // Two loops cannot be running on one thread; who runs the context is told, each time.
    BOOST_CHECK_THROW(loop.run_until_complete(main()), heddle::usage_error);
    BOOST_CHECK_THROW(loop.run_until_complete(main()), heddle::usage_error);
    BOOST_TEST(!waiting.done());
}

BOOST_AUTO_TEST_CASE(no_thread_is_started) {
    const auto before = heddle_test::thread_count();
    guest visitor(io);
    visitor.loop().call_later(1ms, [&] { BOOST_TEST(heddle_test::thread_count() == before); });
    io.run();
    BOOST_TEST(heddle_test::thread_count() == before);
}

BOOST_AUTO_TEST_SUITE_END()
