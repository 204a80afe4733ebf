// SPDX-License-Identifier: BSL-1.0
//
// heddle::run: a program from its first to its last step.
#include <heddle/asio/run.hpp>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include <heddle/heddle.hpp>

#include "threads.hpp"
#include "walkthrough.hpp"

namespace {

using namespace std::chrono_literals;

heddle::coro<int> answer() {
    co_await heddle::sleep(1ms);
    co_return 42;
}

heddle::coro<void> fail(const char* text) {
    co_await heddle::sleep(1us);
    throw std::runtime_error(text);
}

/// Waits for ever; when it is cancelled it takes its time, and says so.
heddle::coro<void> tidy_up_when_cancelled(std::string& log, char name) {
    try {
        co_await heddle::sleep(24h);
    } catch (const heddle::cancelled_error&) {
        log += name;
    }
    co_await heddle::sleep(1ms);
    log += name;
}

heddle::coro<void> fail_when_cancelled() {
    try {
        co_await heddle::sleep(24h);
    } catch (const heddle::cancelled_error&) {
    }
    throw std::runtime_error("cannot even end");
}

struct reports {
    std::vector<std::string> messages;
    heddle::run_options options() {
        heddle::run_options result;
        result.on_error = [this](heddle::event_loop&, const heddle::exception_context& context) {
            messages.push_back(heddle::describe(context.error));
        };
        return result;
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(run_test)

BOOST_AUTO_TEST_CASE(it_gives_the_result_of_a_coroutine) {
    BOOST_TEST(heddle::run(answer()) == 42);
    static_assert(std::is_void_v<decltype(heddle::run(fail("")))>);
}

BOOST_AUTO_TEST_CASE(it_gives_the_result_of_a_program_that_is_called) {
    BOOST_TEST(heddle::run(answer) == 42);
    const std::function<heddle::coro<int>()> stored = answer;
    BOOST_TEST(heddle::run(stored) == 42);
    int calls = 0;
    heddle::run([&]() -> heddle::coro<void> {
        ++calls;
        co_await heddle::sleep(0ns);
    });
    BOOST_TEST(calls == 1);
}

BOOST_AUTO_TEST_CASE(a_program_is_called_where_a_loop_runs) {
    // No coroutine itself: what it does, it does in main's first step.
    const auto program = [] {
        heddle::task<int> started = heddle::create_task(answer());
        return [](heddle::task<int> child) -> heddle::coro<int> {
            co_return co_await child + 1;
        }(std::move(started));
    };
    BOOST_TEST(heddle::run(program) == 43);
}

BOOST_AUTO_TEST_CASE(it_gives_references_and_what_can_only_be_moved) {
    static int shared = 5;
    const auto refer = []() -> heddle::coro<int&> { co_return shared; };
    BOOST_TEST(&heddle::run(refer()) == &shared);
    BOOST_TEST(&heddle::run(refer) == &shared);
    const auto make = []() -> heddle::coro<std::unique_ptr<int>> {
        co_return std::make_unique<int>(6);
    };
    BOOST_TEST(*heddle::run(make()) == 6);
    BOOST_TEST(*heddle::run(make) == 6);
}

BOOST_AUTO_TEST_CASE(it_throws_what_main_throws) {
    BOOST_CHECK_EXCEPTION(heddle::run(fail("main")), std::runtime_error,
                          [](const auto& error) { return std::string(error.what()) == "main"; });
    const auto cancel_itself = []() -> heddle::coro<void> {
        heddle::current_task().request_cancel(heddle::cancel_message("enough"));
        co_await heddle::sleep(1ms);
    };
    BOOST_CHECK_THROW(heddle::run(cancel_itself()), heddle::cancelled_error);
}

BOOST_AUTO_TEST_CASE(tasks_that_are_left_are_cancelled_and_run_to_their_ends) {
    std::string log;
    const auto program = [&]() -> heddle::coro<int> {
        heddle::create_task(tidy_up_when_cancelled(log, 'a'));
        heddle::create_task(tidy_up_when_cancelled(log, 'b'));
        co_await heddle::sleep(1ms);
        co_return 1;
    };
    BOOST_TEST(heddle::run(program) == 1);
    BOOST_TEST(log == "abab");
}

BOOST_AUTO_TEST_CASE(a_task_made_in_the_last_step_of_main_begins_before_it_is_cancelled) {
    std::string log;
    const auto program = [&]() -> heddle::coro<void> {
        heddle::create_task(tidy_up_when_cancelled(log, 'a'));
        co_return;
    };
    heddle::run(program);
    BOOST_TEST(log == "aa");  // its first step comes in the iteration that ends with the stop
}

BOOST_AUTO_TEST_CASE(tasks_that_are_left_are_cancelled_when_main_fails_too) {
    std::string log;
    const auto program = [&]() -> heddle::coro<void> {
        heddle::create_task(tidy_up_when_cancelled(log, 'a'));
        co_await heddle::sleep(1ms);
        throw std::runtime_error("main");
    };
    BOOST_CHECK_THROW(heddle::run(program), std::runtime_error);
    BOOST_TEST(log == "aa");
}

BOOST_AUTO_TEST_CASE(errors_of_tasks_that_are_left_go_to_the_exception_handler) {
    reports seen;
    const auto program = []() -> heddle::coro<int> {
        heddle::create_task(fail_when_cancelled());
        co_await heddle::sleep(1ms);
        co_return 1;
    };
    BOOST_TEST(heddle::run(program, seen.options()) == 1);
    BOOST_REQUIRE(seen.messages.size() == 1U);
    BOOST_TEST(seen.messages[0] == "std::runtime_error: cannot even end");
}

BOOST_AUTO_TEST_CASE(the_error_of_main_wins_over_those_of_tasks_that_are_left) {
    reports seen;
    const auto program = []() -> heddle::coro<void> {
        heddle::create_task(fail_when_cancelled());
        co_await heddle::sleep(1ms);
        throw std::logic_error("main");
    };
    BOOST_CHECK_THROW(heddle::run(program, seen.options()), std::logic_error);
    BOOST_TEST(seen.messages.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_task_made_while_others_end_is_destroyed) {
    const auto token = std::make_shared<int>(0);
    const auto late = [](std::shared_ptr<int> held) -> heddle::coro<void> {
        co_await heddle::sleep(24h);
        static_cast<void>(held);
    };
    const auto leaver = [&]() -> heddle::coro<void> {
        try {
            co_await heddle::sleep(24h);
        } catch (const heddle::cancelled_error&) {
            heddle::create_task(late(token));
        }
    };
    const auto program = [&]() -> heddle::coro<void> {
        heddle::create_task(leaver());
        co_await heddle::sleep(1ms);
    };
    heddle::run(program);
    BOOST_TEST(token.use_count() == 1);
}

BOOST_AUTO_TEST_CASE(a_loop_that_is_stopped_before_main_is_done_is_an_error) {
    std::string log;
    const auto program = [&]() -> heddle::coro<void> {
        heddle::get_running_loop().stop();
        co_await tidy_up_when_cancelled(log, 'm');
    };
    BOOST_CHECK_THROW(heddle::run(program), heddle::usage_error);
    BOOST_TEST(log == "mm");  // main itself is one of the tasks that are left
}

BOOST_AUTO_TEST_CASE(a_run_within_a_run_is_refused) {
    const auto program = []() -> heddle::coro<void> {
        BOOST_CHECK_EXCEPTION(heddle::run(answer()), heddle::usage_error, [](const auto& error) {
            return std::string(error.what()).find("await the coroutine") != std::string::npos;
        });
        co_await heddle::sleep(0ns);
    };
    heddle::run(program);
    BOOST_TEST(heddle::run(answer()) == 42);
}

BOOST_AUTO_TEST_CASE(an_observer_is_told) {
    struct counter final : heddle::loop_observer {
        void on_event(const heddle::loop_event& event) noexcept override {
            created += event.kind == heddle::loop_event_kind::task_created ? 1 : 0;
        }
        int created = 0;
    } observer;
    heddle::run_options options;
    options.observer = &observer;
    heddle::run(heddle_test::walkthrough_req2(), options);
    BOOST_TEST(observer.created == 1);
}

BOOST_AUTO_TEST_CASE(no_thread_is_started) {
    const auto before = heddle_test::thread_count();
    heddle::run(answer());
    BOOST_TEST(heddle_test::thread_count() == before);
}

BOOST_AUTO_TEST_CASE(debug_mode_by_an_option_or_the_environment) {
    const auto is_on = []() -> heddle::coro<bool> {
        co_return heddle::get_running_loop().get_debug();
    };
    heddle::run_options options;
    BOOST_TEST(!heddle::run(is_on));
    options.loop.debug = true;
    BOOST_TEST(heddle::run(is_on, options));
    ::setenv("HEDDLE_DEBUG", "1", 1);
    BOOST_TEST(heddle::run(is_on));
    ::setenv("HEDDLE_DEBUG", "0", 1);
    BOOST_TEST(!heddle::run(is_on));
    ::unsetenv("HEDDLE_DEBUG");
}

BOOST_AUTO_TEST_SUITE_END()
