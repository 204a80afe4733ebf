// SPDX-License-Identifier: BSL-1.0
//
// Debug mode, and what the exception handler is told.
#include <heddle/event_loop.hpp>

#include <boost/test/unit_test.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "hand_stepped_clock.hpp"
#include "support/virtual_loop.hpp"

namespace {

using namespace heddle_test;

struct debugged_loop {
    hand_stepped_clock clock;
    heddle::event_loop loop{clock, {.memory = {}, .debug = true}};
    std::vector<heddle::slow_callback> slow;
    words reports;

    debugged_loop() {
        loop.set_slow_callback_handler(
            [this](heddle::event_loop&, const heddle::slow_callback& each) {
                slow.push_back(each);
            });
        loop.set_exception_handler(
            [this](heddle::event_loop&, const heddle::exception_context& context) {
                reports.push_back(std::string(context.message) + " (" + context.source + ")");
            });
    }
    /// One iteration, in which all that is ready runs.
    void run_once() { loop.run_one_iteration(); }
};

/// The latest context that a loop's exception handler was given; pointers are looked at there.
struct told {
    std::string message;
    std::string source;
    bool had_error = false;
    const heddle::future_base* future = nullptr;
    const heddle::task_base* task = nullptr;
    bool callback = false;
    std::source_location place;
};

struct reporting_loop : virtual_loop {
    std::optional<told> last;
    reporting_loop() {
        loop.set_exception_handler(
            [this](heddle::event_loop&, const heddle::exception_context& context) {
                last = told{std::string(context.message),
                            context.source,
                            context.error != nullptr,
                            context.future,
                            context.task,
                            context.callback != nullptr,
                            context.place};
            });
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(debug_test)

BOOST_FIXTURE_TEST_CASE(slow_callbacks_are_told_with_their_place, debugged_loop) {
    BOOST_TEST(loop.get_debug());
    BOOST_TEST((loop.slow_callback_duration() == 100ms));
    const auto line = std::source_location::current().line() + 1;
    loop.call_soon([&] { clock.step(100ms); });
    loop.call_soon([&] { clock.step(99ms); });
    run_once();
    BOOST_TEST_REQUIRE(slow.size() == 1U);
    BOOST_TEST(slow[0].what.find("callback set by") == 0U);
    BOOST_TEST(slow[0].place.line() == line);
    BOOST_TEST((slow[0].took == 100ms));
    loop.set_slow_callback_duration(5ms);
    loop.call_later(0ms, [&] { clock.step(5ms); });
    run_once();
    BOOST_TEST_REQUIRE(slow.size() == 2U);
    BOOST_TEST(slow[1].what.find("timer set by") == 0U);
    loop.set_debug(false);
    loop.call_soon([&] { clock.step(5s); });
    run_once();
    BOOST_TEST(slow.size() == 2U);
}

BOOST_FIXTURE_TEST_CASE(slow_steps_are_told_with_the_await_they_went_on_from, debugged_loop) {
    unsigned line = 0;
    const auto body = [&]() -> coro<> {
        line = std::source_location::current().line() + 1;
        co_await heddle::sleep(0ms);
        clock.step(1s);
    };
    loop.create_task(body(), "slowcoach");
    run_once();
    BOOST_TEST(slow.empty());
    run_once();
    BOOST_TEST_REQUIRE(slow.size() == 1U);
    BOOST_TEST(slow[0].what == "'slowcoach'");
    BOOST_TEST(slow[0].place.line() == line);
}

BOOST_FIXTURE_TEST_CASE(what_the_slow_callback_handler_throws_is_reported, debugged_loop) {
    loop.set_slow_callback_handler([](heddle::event_loop&, const heddle::slow_callback&) {
        throw std::runtime_error("oops");
    });
    loop.call_soon([&] { clock.step(1s); });
    run_once();
    BOOST_TEST_REQUIRE(reports.size() == 1U);
    BOOST_TEST(reports[0].find("exception in the slow callback handler (callback set by") == 0U);
}

BOOST_FIXTURE_TEST_CASE(from_another_thread_only_call_soon_threadsafe, debugged_loop) {
    int refused = 0;
    const auto nothing = []() -> coro<> { co_return; };
    loop.call_soon([&] {
        std::thread other([&] {
            const auto refuses = [&](auto&& call) {
                try {
                    call();
                } catch (const heddle::usage_error&) {
                    ++refused;
                }
            };
            refuses([&] { loop.call_soon([] {}); });
            refuses([&] { loop.call_later(1ms, [] {}); });
            refuses([&] { loop.call_at({}, [] {}); });
            refuses([&] { loop.create_task(nothing()); });
            refuses([&] { static_cast<void>(loop.run_in_executor([] {})); });
            loop.call_soon_threadsafe([] {});
        });
        other.join();
    });
    run_once();
    BOOST_TEST(refused == 5);
    BOOST_TEST(!loop.has_tasks());
    // A loop that does not run may move to another thread.
    std::thread other([&] { loop.call_soon([] {}); });
    other.join();
}

BOOST_FIXTURE_TEST_CASE(a_coroutine_that_was_never_awaited_is_told, debugged_loop) {
    const auto nothing = []() -> coro<> { co_return; };
    const auto body = [&]() -> coro<> {
        static_cast<void>(nothing());
        co_await nothing();
    };
    loop.create_task(body(), "forgetful");
    run_once();
    BOOST_TEST(reports == words{"a coroutine was never awaited (destroyed in 'forgetful')"});
    loop.set_debug(false);
    loop.create_task(body());
    run_once();
    BOOST_TEST(reports.size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(the_handler_is_told_the_callback, reporting_loop) {
    const auto line = std::source_location::current().line() + 1;
    loop.call_soon([] { throw std::runtime_error("oops"); });
    loop.run_one_iteration();
    BOOST_TEST_REQUIRE(last.has_value());
    BOOST_TEST(last->message == "exception in callback");
    BOOST_TEST(last->source.find("callback set by") == 0U);
    BOOST_TEST(last->had_error);
    BOOST_TEST(last->callback);
    BOOST_TEST(last->place.line() == line);
    BOOST_TEST(last->future == nullptr);
}

BOOST_FIXTURE_TEST_CASE(the_handler_is_told_the_future_and_the_task, reporting_loop) {
    loop.create_future<int>("an answer").set_exception(std::runtime_error("oops"));
    BOOST_TEST_REQUIRE(last.has_value());
    BOOST_TEST(last->future != nullptr);
    BOOST_TEST(last->task == nullptr);
    BOOST_TEST(last->source == "an answer");
    const auto failing = []() -> coro<> {
        throw std::runtime_error("oops");
        co_return;
    };
    loop.create_task(failing(), "failing");
    loop.run_one_iteration();
    BOOST_TEST(last->message == "exception was never retrieved");
    BOOST_TEST(last->source == "'failing'");
    BOOST_TEST(last->future != nullptr);
    BOOST_TEST(last->task != nullptr);
}

BOOST_FIXTURE_TEST_CASE(a_handler_that_throws_stops_nothing, virtual_loop) {
    int told = 0;
    loop.set_exception_handler([&](heddle::event_loop&, const heddle::exception_context&) {
        ++told;
        throw std::runtime_error("the handler's own");
    });
    loop.call_soon([] { throw std::runtime_error("oops"); });
    loop.call_soon(noting("next"));
    loop.run_one_iteration();
    BOOST_TEST(told == 1);
    BOOST_TEST(log == words{"next"});
}

BOOST_AUTO_TEST_SUITE_END()
