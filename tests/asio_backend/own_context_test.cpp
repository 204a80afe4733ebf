// SPDX-License-Identifier: BSL-1.0
//
// The loop on an io_context of its own. No test here says how late something may be, only that it
// is never early; what is lost would show as a test that never ends.
#include <heddle/asio/own_context.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/buffer.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <compare>
#include <cstddef>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <heddle/heddle.hpp>

#include "threads.hpp"
#include "walkthrough.hpp"

namespace {

using namespace std::chrono_literals;
using heddle::asio_backend::own_context;
namespace asio = boost::asio;

struct fixture {
    own_context backend;
    heddle::event_loop loop{backend};

    void post(std::function<void()> handler) { asio::post(backend.context(), std::move(handler)); }

    /// Keeps the loop busy for longer than it leaves the system unasked.
    void spin(heddle::duration length = 1ms) {
        const heddle::time_point end = loop.time() + length;
        while (loop.time() < end) {
        }
    }
    /// Keeps the loop busy, callback after callback, until `done`.
    void stay_busy_until(const bool& done) {
        if (done) {
            loop.stop();
        } else {
            loop.call_soon([this, &done] { stay_busy_until(done); });
        }
    }
};

struct foreign_error : std::runtime_error {
    foreign_error() : std::runtime_error("thrown by a foreign handler") {}
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(own_context_test, fixture)

// ---- time ------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(the_walkthrough_comes_in_27_steps_and_takes_a_real_second) {
    const auto listener = heddle_test::check_walkthrough(loop);
    BOOST_TEST((listener.of_step(18).real - listener.of_step(10).real >= 1s));
}

BOOST_AUTO_TEST_CASE(time_begins_with_the_backend_and_does_not_go_back) {
    heddle::time_point last{};
    for (int i = 0; i < 1'000; ++i) {
        const heddle::time_point now = loop.time();
        BOOST_REQUIRE((now >= last));
        last = now;
    }
    BOOST_TEST((last < heddle::time_point(1h)));
}

namespace {

/// Notes each sleep's deadline as it is set, and who fires when.
struct sleep_listener final : heddle::loop_observer {
    struct entry {
        heddle::time_point when;
        std::size_t number;
        std::string who;
        auto operator<=>(const entry&) const = default;
    };
    void on_event(const heddle::loop_event& event) noexcept override {
        if (event.kind == heddle::loop_event_kind::timer_set) {
            set.push_back({event.deadline, set.size(), event.callback->label()});
        } else if (event.kind == heddle::loop_event_kind::timer_fired) {
            fired.push_back({loop.time(), fired.size(), event.callback->label()});
        }
    }
    explicit sleep_listener(heddle::event_loop& observed) : loop(observed) {}
    heddle::event_loop& loop;
    std::vector<entry> set;
    std::vector<entry> fired;
};

heddle::coro<void> sleeper(heddle::duration length, int number, std::vector<int>& woken) {
    heddle::event_loop& loop = heddle::get_running_loop();
    const heddle::time_point start = loop.time();
    co_await heddle::sleep(length);
    BOOST_TEST((loop.time() >= start + length));
    woken.push_back(number);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_hundred_sleepers_wake_in_the_order_of_their_deadlines_and_never_early) {
    sleep_listener listener(loop);
    loop.set_observer(&listener);
    std::vector<int> woken;
    const auto all = [&]() -> heddle::coro<void> {
        std::vector<heddle::coro<void>> sleepers;
        for (int i = 0; i < 100; ++i) {
            // Each length comes twice: equal and nearly equal deadlines are among them.
            sleepers.push_back(sleeper(std::chrono::microseconds(i * 37 % 50 * 700), i, woken));
        }
        co_await heddle::gather(std::move(sleepers));
    };
    loop.run_until_complete(all());
    loop.set_observer(nullptr);

    BOOST_TEST(woken.size() == 100U);
    BOOST_TEST(listener.set.size() == 98U);  // two do not sleep at all
    std::sort(listener.set.begin(), listener.set.end());
    BOOST_REQUIRE(listener.fired.size() == listener.set.size());
    for (std::size_t i = 0; i < listener.set.size(); ++i) {
        BOOST_TEST(listener.fired[i].who == listener.set[i].who);
        BOOST_TEST((listener.fired[i].when >= listener.set[i].when));
    }
}

BOOST_AUTO_TEST_CASE(a_callback_at_a_deadline_is_never_early) {
    int left = 200;
    for (int i = 0; i < 200; ++i) {
        const heddle::time_point deadline = loop.time() + std::chrono::nanoseconds(i * 100'003);
        loop.call_at(deadline, [&, deadline] {
            BOOST_TEST((loop.time() >= deadline));
            if (--left == 0) {
                loop.stop();
            }
        });
    }
    loop.run_forever();
    BOOST_TEST(left == 0);
}

BOOST_AUTO_TEST_CASE(an_earlier_deadline_ends_a_wait_for_a_later_one) {
    loop.call_later(24h, [] { BOOST_ERROR("a day has not passed"); });
    std::thread other;
    loop.call_later(2ms, [&] {
        other = std::thread([&] {
            std::this_thread::sleep_for(2ms);
            loop.call_soon_threadsafe([&] { loop.call_later(1ms, [&] { loop.stop(); }); });
        });
    });
    loop.run_forever();
    other.join();
    BOOST_TEST(loop.timer_count() == 1U);
}

BOOST_AUTO_TEST_CASE(deadlines_beyond_what_the_system_can_count_are_waited_for) {
    loop.call_at(heddle::never - 1ns, [] { BOOST_ERROR("292 years have not passed"); });
    loop.call_later(heddle::duration::max(), [] { BOOST_ERROR("nor have they here"); });
    loop.call_at(heddle::at_once + 1ns, [] {});
    std::thread other;
    loop.call_later(1ms, [&] {
        other = std::thread([&] {
            std::this_thread::sleep_for(2ms);
            loop.call_soon_threadsafe([&] { loop.stop(); });
        });
    });
    loop.run_forever();
    other.join();
    BOOST_TEST(loop.timer_count() == 2U);
}

namespace {

/// Counts how often the loop asks for a wait.
class counting_backend final : public heddle::backend {
public:
    explicit counting_backend(own_context& counted) : backend_(counted) {}
    heddle::time_point now() override { return backend_.now(); }
    heddle::time_point wait_until(heddle::time_point deadline) override {
        ++waits;
        return backend_.wait_until(deadline);
    }
    void poll() override { backend_.poll(); }
    void wake_up() noexcept override { backend_.wake_up(); }
    int waits = 0;

private:
    own_context& backend_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_loop_that_has_nothing_to_do_waits_and_does_not_spin) {
    counting_backend counting(backend);
    heddle::event_loop counted(counting);
    counted.call_at(heddle::never - 1ns, [] { BOOST_ERROR("292 years have not passed"); });
    std::thread other([&] {
        std::this_thread::sleep_for(10ms);
        counted.call_soon_threadsafe([&] { counted.call_later(10ms, [&] { counted.stop(); }); });
    });
    counted.run_forever();
    other.join();
    BOOST_TEST(counting.waits <= 10);
}

// ---- other threads -----------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(call_soon_threadsafe_from_other_threads_wakes_a_waiting_loop) {
    constexpr int threads = 4;
    constexpr int calls = 500;
    int received = 0;  // on the loop's thread only
    std::vector<std::thread> others;
    loop.call_soon([&] {
        for (int t = 0; t < threads; ++t) {
            others.emplace_back([&] {
                for (int i = 0; i < calls; ++i) {
                    loop.call_soon_threadsafe([&] {
                        if (++received == threads * calls) {
                            loop.stop();
                        }
                    });
                }
            });
        }
    });
    loop.run_forever();
    for (auto& each : others) {
        each.join();
    }
    BOOST_TEST(received == threads * calls);
}

BOOST_AUTO_TEST_CASE(a_wake_up_before_a_wait_ends_that_wait_and_only_that) {
    backend.wake_up();
    backend.wake_up();
    backend.wait_until(heddle::never);  // returns
    const heddle::time_point deadline = backend.now() + 1ms;
    while (backend.wait_until(deadline) < deadline) {
    }
    backend.wake_up();
    backend.wait_until(heddle::at_once);  // a busy iteration in between
    backend.wake_up();
    backend.wait_until(heddle::never);
    BOOST_TEST((backend.now() >= deadline));
}

BOOST_AUTO_TEST_CASE(no_wake_up_is_lost_between_the_last_look_and_the_wait) {
    // One call at a time, each when the one before has been received: each finds the loop at
    // another point on its way into the wait. A lost one would leave both sides waiting.
    constexpr int rounds = 3'000;
    std::atomic<int> received{0};
    std::thread other([&] {
        for (int i = 1; i <= rounds; ++i) {
            loop.call_soon_threadsafe([&, i] {
                received.store(i);
                if (i == rounds) {
                    loop.stop();
                }
            });
            while (received.load() != i) {
                std::this_thread::yield();
            }
        }
    });
    loop.run_forever();
    other.join();
    BOOST_TEST(received.load() == rounds);
}

BOOST_AUTO_TEST_CASE(call_soon_threadsafe_reaches_a_busy_loop_and_one_with_a_far_timer) {
    loop.call_later(24h, [] {});
    bool arrived = false;
    std::thread other([&] { loop.call_soon_threadsafe([&] { arrived = true; }); });
    stay_busy_until(arrived);
    loop.run_forever();
    other.join();
    BOOST_TEST(arrived);
}

BOOST_AUTO_TEST_CASE(what_comes_from_one_thread_keeps_its_order) {
    std::vector<int> seen;
    std::thread other([&] {
        for (int i = 0; i < 1'000; ++i) {
            loop.call_soon_threadsafe([&, i] {
                seen.push_back(i);
                if (i == 999) {
                    loop.stop();
                }
            });
        }
    });
    loop.run_forever();
    other.join();
    BOOST_TEST(seen.size() == 1'000U);
    BOOST_TEST(std::is_sorted(seen.begin(), seen.end()));
}

BOOST_AUTO_TEST_CASE(a_task_waits_for_another_thread) {
    const auto ask = [&]() -> heddle::coro<int> {
        heddle::future<int> answer = heddle::get_running_loop().create_future<int>();
        // (The future itself belongs to the loop's thread: the other one carries a reference.)
        std::thread other(
            [this, &answer] { loop.call_soon_threadsafe([&answer] { answer.set_result(42); }); });
        const int result = co_await answer;
        other.join();
        co_return result;
    };
    BOOST_TEST(loop.run_until_complete(ask()) == 42);
}

BOOST_AUTO_TEST_CASE(a_closed_loop_refuses_other_threads) {
    loop.close();
    bool refused = false;
    std::thread other([&] {
        try {
            loop.call_soon_threadsafe([] {});
        } catch (const heddle::usage_error&) {
            refused = true;
        }
    });
    other.join();
    BOOST_TEST(refused);
}

// ---- foreign handlers --------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(foreign_handlers_run_while_the_loop_waits) {
    std::string log;
    const auto main = [&]() -> heddle::coro<void> {
        heddle::future<void> done = loop.create_future<void>();
        asio::steady_timer timer(backend.context(), 2ms);
        timer.async_wait([&](const boost::system::error_code& error) {
            BOOST_TEST(!error);
            log += "timer ";
            post([&] {
                log += "post ";
                done.set_result();
            });
        });
        co_await done;
        log += "task";
    };
    loop.run_until_complete(main());
    BOOST_TEST(log == "timer post task");
}

BOOST_AUTO_TEST_CASE(foreign_handlers_run_while_the_loop_is_busy) {
    bool ran = false;
    post([&] { ran = true; });
    stay_busy_until(ran);
    loop.run_forever();
    BOOST_TEST(ran);
}

BOOST_AUTO_TEST_CASE(foreign_handlers_run_while_the_loop_is_busy_and_has_a_far_timer) {
    loop.call_later(24h, [] {});
    bool ran = false;
    post([&] { ran = true; });
    stay_busy_until(ran);
    loop.run_forever();
    BOOST_TEST(ran);
}

BOOST_AUTO_TEST_CASE(foreign_handlers_run_while_callbacks_take_long) {
    // The distance between two looks was stretched by short callbacks; it shrinks again.
    int shorts = 5'000;
    std::function<void()> brief = [&] {
        if (--shorts > 0) {
            loop.call_soon(brief);
        } else {
            loop.stop();
        }
    };
    loop.call_soon(brief);
    loop.run_forever();
    // Each of these takes longer than the system may be left unasked.
    int longs = 0;
    int ran = 0;
    std::vector<int> longs_before_handler;
    std::function<void()> lengthy = [&] {
        spin();
        ++longs;
        if (ran == 3) {
            loop.stop();
        } else {
            loop.call_soon(lengthy);
        }
    };
    std::function<void()> handler = [&] {
        longs_before_handler.push_back(longs);
        longs = 0;
        if (++ran < 3) {
            loop.call_soon([&] { post(handler); });
        }
    };
    post(handler);
    loop.call_soon(lengthy);
    loop.run_forever();
    BOOST_REQUIRE(longs_before_handler.size() == 3U);
    BOOST_TEST(longs_before_handler[0] <= 32);
    BOOST_TEST(longs_before_handler[1] <= 2);
    BOOST_TEST(longs_before_handler[2] <= 2);
}

BOOST_AUTO_TEST_CASE(an_iteration_takes_old_work_then_events_then_due_timers) {
    std::string log;
    loop.call_soon([&] {
        loop.call_at(loop.time(), [&] {
            log += "timer ";
            loop.stop();
        });
        post([&] { loop.call_soon([&] { log += "event "; }); });
        loop.call_soon([&] { log += "old "; });
        spin();  // the next iteration looks for events
    });
    loop.run_forever();
    BOOST_TEST(log == "old event timer ");
}

BOOST_AUTO_TEST_CASE(events_that_came_together_land_in_one_iteration) {
    std::string log;
    post([&] {
        loop.call_soon([&] {
            log += "first ";
            loop.call_soon([&] {
                log += "of the first ";
                loop.stop();
            });
        });
    });
    post([&] { loop.call_soon([&] { log += "second "; }); });
    loop.run_forever();
    BOOST_TEST(log == "first second of the first ");
}

BOOST_AUTO_TEST_CASE(
    what_comes_together_unexpectedly_is_let_in_by_the_next_iteration_at_the_latest) {
    int together = 0;
    for (int alike = 0; alike < 256; ++alike) {
        own_context own;
        heddle::event_loop its_loop(own);
        std::string log;
        auto over = its_loop.create_future<void>();
        const auto say = [&](const char* what) {
            log += what;
            if (log.size() == std::string("first second of the first ").size()) {
                over.set_result();
            }
        };
        const auto main = [&]() -> heddle::coro<void> {
            for (int i = 0; i < alike; ++i) {  // each makes the loop wait for one handler
                auto answer = its_loop.create_future<void>();
                asio::post(own.context(), [answer]() mutable { answer.set_result(); });
                co_await answer;
            }
            asio::post(own.context(), [&] {
                its_loop.call_soon([&] {
                    say("first ");
                    its_loop.call_soon([&] { say("of the first "); });
                });
            });
            asio::post(own.context(), [&] { its_loop.call_soon([&] { say("second "); }); });
            co_await over;
        };
        its_loop.run_until_complete(main());
        const bool in_one = log == "first second of the first ";
        BOOST_TEST((in_one || log == "first of the first second "), log);
        BOOST_TEST((in_one || alike >= 16));
        together += in_one ? 1 : 0;
    }
    // At first it is not known what to expect; later it is asked now and then.
    BOOST_TEST(together >= 16 + 2);
    BOOST_TEST(together < 64);
}

BOOST_AUTO_TEST_CASE(handlers_that_post_themselves_do_not_starve_the_loop) {
    bool go_on = true;
    std::function<void()> chain = [&] {
        if (go_on) {
            post(chain);
        }
    };
    post(chain);
    const auto main = [&]() -> heddle::coro<void> {
        co_await heddle::sleep(1ms);
        for (int i = 0; i < 10; ++i) {
            co_await heddle::sleep(0ns);
        }
        go_on = false;
    };
    loop.run_until_complete(main());
    BOOST_TEST(!go_on);
}

BOOST_AUTO_TEST_CASE(more_handlers_than_run_at_one_go_all_run) {
    int ran = 0;
    for (int i = 0; i < 2'000; ++i) {
        post([&] {
            if (++ran == 2'000) {
                loop.stop();
            }
        });
    }
    loop.run_forever();
    BOOST_TEST(ran == 2'000);
}

BOOST_AUTO_TEST_CASE(a_task_reads_from_a_socket) {
    using socket = asio::local::stream_protocol::socket;
    socket here(backend.context());
    socket there(backend.context());
    asio::local::connect_pair(here, there);
    const auto main = [&]() -> heddle::coro<std::string> {
        std::array<char, 5> buffer{};
        heddle::future<std::size_t> read = loop.create_future<std::size_t>();
        asio::async_read(here, asio::buffer(buffer),
                         [&](const boost::system::error_code& error, std::size_t count) {
                             BOOST_TEST(!error);
                             read.set_result(count);
                         });
        co_await heddle::sleep(1ms);
        asio::write(there, asio::buffer("hello", 5));
        const std::size_t count = co_await read;
        co_return std::string(buffer.data(), count);
    };
    BOOST_TEST(loop.run_until_complete(main()) == "hello");
}

BOOST_AUTO_TEST_CASE(stopping_the_context_ends_no_run_and_loses_nothing) {
    bool ran = false;
    loop.call_later(2ms, [&] { loop.stop(); });
    post([&] {
        backend.context().stop();
        post([&] { ran = true; });
    });
    loop.run_forever();
    BOOST_TEST(ran);
}

BOOST_AUTO_TEST_CASE(stopping_the_context_of_a_busy_loop_loses_nothing_either) {
    bool ran = false;
    backend.context().stop();
    post([&] { ran = true; });
    loop.call_later(24h, [] {});
    stay_busy_until(ran);
    loop.run_forever();
    BOOST_TEST(ran);
}

// ---- errors, stop, close -----------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(what_a_foreign_handler_throws_leaves_the_run_and_the_loop_goes_on_after) {
    bool timer_fired = false;
    post([] { throw foreign_error(); });
    loop.call_later(1us, [&] { timer_fired = true; });
    const auto main = []() -> heddle::coro<void> {
        co_await heddle::sleep(1ms);
        heddle::get_running_loop().stop();
    };
    auto sleeping = loop.create_task(main());
    BOOST_CHECK_THROW(loop.run_forever(), foreign_error);
    BOOST_TEST(!loop.is_running());
    loop.run_forever();
    BOOST_TEST(sleeping.done());
    BOOST_TEST(timer_fired);
}

BOOST_AUTO_TEST_CASE(what_a_foreign_handler_throws_at_a_waiting_loop_leaves_the_run) {
    asio::steady_timer timer(backend.context(), 1ms);
    timer.async_wait([](const boost::system::error_code&) { throw foreign_error(); });
    loop.call_later(24h, [] { BOOST_ERROR("a day has not passed"); });
    BOOST_CHECK_THROW(loop.run_forever(), foreign_error);
    loop.call_later(1ms, [&] { loop.stop(); });
    loop.run_forever();
    BOOST_TEST(loop.timer_count() == 1U);
}

BOOST_AUTO_TEST_CASE(what_a_foreign_handler_throws_at_a_busy_loop_leaves_the_run_too) {
    bool never_set = false;
    post([] { throw foreign_error(); });
    post([&] { loop.stop(); });
    loop.call_soon([&] { stay_busy_until(never_set); });
    BOOST_CHECK_THROW(loop.run_forever(), foreign_error);
    loop.run_forever();
    BOOST_TEST(!loop.is_running());
}

BOOST_AUTO_TEST_CASE(what_a_callback_throws_goes_to_the_exception_handler) {
    int handled = 0;
    loop.set_exception_handler(
        [&](heddle::event_loop&, const heddle::exception_context&) { ++handled; });
    loop.call_soon([] { throw foreign_error(); });
    loop.call_soon([&] { loop.stop(); });
    loop.run_forever();
    BOOST_TEST(handled == 1);
}

BOOST_AUTO_TEST_CASE(stop_ends_the_run_after_its_iteration) {
    std::string log;
    loop.call_soon([&] {
        log += "first ";
        loop.stop();
        loop.call_soon([&] { log += "third "; });
    });
    loop.call_soon([&] { log += "second "; });
    loop.run_forever();
    BOOST_TEST(log == "first second ");
    loop.stop();  // before a run: one iteration, and no wait
    loop.run_forever();
    BOOST_TEST(log == "first second third ");
}

BOOST_AUTO_TEST_CASE(a_foreign_handler_can_stop_the_loop) {
    asio::steady_timer timer(backend.context(), 1ms);
    timer.async_wait([&](const boost::system::error_code&) { loop.stop(); });
    loop.run_forever();
    BOOST_TEST(!loop.is_running());
}

namespace {

struct counted {
    explicit counted(int& count) : count_(count) { ++count_; }
    counted(const counted&) = delete;
    counted& operator=(const counted&) = delete;
    ~counted() { --count_; }
    int& count_;
};

heddle::coro<void> hold_and_wait(int& alive, heddle::duration length) {
    const counted here(alive);
    co_await heddle::sleep(length);
}

}  // namespace

BOOST_AUTO_TEST_CASE(closing_destroys_tasks_that_wait) {
    int alive = 0;
    for (int i = 0; i < 10; ++i) {
        loop.create_task(hold_and_wait(alive, 1h));
    }
    loop.call_later(1ms, [&] { loop.stop(); });
    loop.run_forever();
    BOOST_TEST(alive == 10);
    loop.close();
    BOOST_TEST(alive == 0);
    BOOST_CHECK_THROW(loop.run_forever(), heddle::usage_error);
}

BOOST_AUTO_TEST_CASE(a_backend_goes_with_handlers_that_have_not_run) {
    int alive = 0;
    {
        own_context other;
        heddle::event_loop second(other);
        second.create_task(hold_and_wait(alive, 1h));
        second.call_later(1ms, [&] { second.stop(); });
        second.run_forever();
        asio::post(other.context(),
                   [held = std::make_shared<counted>(alive)] { BOOST_ERROR("nobody runs this"); });
        BOOST_TEST(alive == 2);
    }
    BOOST_TEST(alive == 0);
}

BOOST_AUTO_TEST_CASE(loops_on_one_backend_run_one_after_the_other) {
    heddle::event_loop second(backend);
    for (heddle::event_loop* each : {&loop, &second, &loop}) {
        const auto main = []() -> heddle::coro<int> {
            co_await heddle::sleep(100us);
            co_return 7;
        };
        BOOST_TEST(each->run_until_complete(main()) == 7);
    }
}

BOOST_AUTO_TEST_CASE(no_thread_is_started) {
    const auto before = heddle_test::thread_count();
    own_context other;
    heddle::event_loop second(other);
    const auto main = [&]() -> heddle::coro<void> {
        asio::steady_timer timer(other.context(), 1ms);
        heddle::future<void> fired = second.create_future<void>();
        timer.async_wait([&](const boost::system::error_code&) { fired.set_result(); });
        co_await heddle::sleep(1ms);
        co_await fired;
        BOOST_TEST(heddle_test::thread_count() == before);
    };
    second.run_until_complete(main());
    BOOST_TEST(heddle_test::thread_count() == before);
}

BOOST_AUTO_TEST_SUITE_END()
