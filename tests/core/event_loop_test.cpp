// SPDX-License-Identifier: BSL-1.0
#include <heddle/event_loop.hpp>

#include <stdexcept>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "support/virtual_loop.hpp"

using namespace heddle_test;

BOOST_AUTO_TEST_SUITE(event_loop)

BOOST_FIXTURE_TEST_CASE(callbacks_run_in_the_order_in_which_they_were_queued, virtual_loop) {
    for (const char* name : {"a", "b", "c"}) {
        loop.call_soon(noting(name));
    }
    loop.run_one_iteration();
    BOOST_TEST(log == (words{"a", "b", "c"}));
}

BOOST_FIXTURE_TEST_CASE(a_callback_never_runs_in_the_iteration_that_scheduled_it, virtual_loop) {
    loop.call_soon([this] {
        note("outer");
        loop.call_soon(noting("inner"));
    });
    loop.call_soon(noting("second"));
    BOOST_TEST((loop.run_one_iteration() == heddle::at_once));
    BOOST_TEST(log == (words{"outer", "second"}));
    BOOST_TEST((loop.run_one_iteration() == heddle::never));
    BOOST_TEST(log == (words{"outer", "second", "inner"}));
}

BOOST_FIXTURE_TEST_CASE(what_was_ready_runs_before_timers_that_are_due, virtual_loop) {
    loop.call_later(0ns, noting("timer"));
    loop.call_soon(noting("soon"));
    loop.call_at(heddle::time_point{} - 5s, noting("past"));
    loop.run_one_iteration();
    BOOST_TEST(log == (words{"soon", "past", "timer"}));
}

BOOST_FIXTURE_TEST_CASE(equal_deadlines_run_in_the_order_in_which_they_were_set, virtual_loop) {
    for (const char* name : {"a", "b", "c", "d", "e", "f", "g", "h"}) {
        loop.call_at(heddle::time_point(1s), noting(name));
    }
    loop.call_at(heddle::time_point(999ms), noting("first"));
    loop.call_at(heddle::time_point(2s), [this] { loop.stop(); });
    loop.run_forever();
    BOOST_TEST(log == (words{"first", "a", "b", "c", "d", "e", "f", "g", "h"}));
    BOOST_TEST((now() == 2s));
}

BOOST_FIXTURE_TEST_CASE(a_cancelled_timer_does_not_run_and_does_not_move_the_clock, virtual_loop) {
    auto cancelled = loop.call_later(1s, noting("cancelled"));
    loop.call_later(3s, [this] { loop.stop(); });
    auto late = loop.call_later(9s, noting("late"));
    BOOST_TEST((cancelled.when() == heddle::time_point(1s)));
    BOOST_TEST(!cancelled.cancelled());
    cancelled.cancel();
    cancelled.cancel();
    BOOST_TEST(cancelled.cancelled());
    late.cancel();
    BOOST_TEST(loop.timer_count() == 1U);
    loop.run_forever();
    BOOST_TEST(log == words{});
    BOOST_TEST((now() == 3s));
}

BOOST_FIXTURE_TEST_CASE(cancelling_a_handle_destroys_its_callback_now, virtual_loop) {
    auto kept = std::make_shared<int>(1);
    auto handle = loop.call_soon([kept] {});
    auto timer = loop.call_later(1s, [kept] {});
    BOOST_TEST(kept.use_count() == 3);
    handle.cancel();
    timer.cancel();
    BOOST_TEST(kept.use_count() == 1);
    loop.run_one_iteration();
}

BOOST_FIXTURE_TEST_CASE(a_callback_is_destroyed_when_it_has_run_though_its_handle_is_kept,
                        virtual_loop) {
    auto kept = std::make_shared<int>(1);
    auto handle = loop.call_soon([kept] {});
    loop.run_one_iteration();
    BOOST_TEST(kept.use_count() == 1);
    BOOST_TEST(!handle.cancelled());
    handle.cancel();
    BOOST_TEST(handle.cancelled());
}

BOOST_FIXTURE_TEST_CASE(stop_finishes_the_iteration_and_keeps_what_is_left, virtual_loop) {
    loop.call_soon([this] {
        loop.stop();
        loop.call_soon(noting("next run"));
    });
    loop.call_soon(noting("same iteration"));
    loop.run_forever();
    BOOST_TEST(log == (words{"same iteration"}));
    loop.call_soon([this] { loop.stop(); });
    loop.run_forever();
    BOOST_TEST(log == (words{"same iteration", "next run"}));
}

BOOST_FIXTURE_TEST_CASE(stop_before_a_run_gives_exactly_one_iteration_without_waiting,
                        virtual_loop) {
    loop.call_soon([this] {
        note("once");
        loop.call_soon(noting("not in this run"));
    });
    loop.call_later(1s, noting("timer"));
    loop.stop();
    loop.run_forever();
    BOOST_TEST(log == (words{"once"}));
    BOOST_TEST((now() == 0s));
}

BOOST_FIXTURE_TEST_CASE(run_one_iteration_tells_when_it_next_wants_to_run, virtual_loop) {
    BOOST_TEST((loop.run_one_iteration() == heddle::never));
    loop.call_later(5s, noting("timer"));
    BOOST_TEST((loop.run_one_iteration() == heddle::time_point(5s)));
    BOOST_TEST(log == words{});
    clock.advance_to(heddle::time_point(5s));
    BOOST_TEST((loop.run_one_iteration() == heddle::never));
    BOOST_TEST(log == (words{"timer"}));
}

BOOST_FIXTURE_TEST_CASE(what_a_callback_throws_goes_to_the_exception_handler, virtual_loop) {
    loop.call_soon([] { throw std::runtime_error("oops"); });
    loop.call_soon(noting("goes on"));
    loop.run_one_iteration();
    BOOST_TEST(log == (words{"goes on"}));
    BOOST_TEST(reports == (words{"exception in callback: std::runtime_error: oops"}));
}

BOOST_FIXTURE_TEST_CASE(what_throws_in_the_middle_of_an_iteration_changes_no_order, virtual_loop) {
    const auto throwing = [this](const char* what) {
        loop.call_soon(noting("next"));
        throw std::runtime_error(what);
    };
    loop.call_soon(noting("a"));
    loop.call_soon([&] { throwing("1"); });
    loop.call_soon([&] { throwing("2"); });
    loop.call_soon(noting("b"));
    loop.call_soon([&] { throwing("3"); });
    BOOST_TEST((loop.run_one_iteration() == heddle::at_once));
    BOOST_TEST(log == (words{"a", "b"}));
    BOOST_TEST(reports.size() == 3U);
    BOOST_TEST((loop.run_one_iteration() == heddle::never));
    BOOST_TEST(log == (words{"a", "b", "next", "next", "next"}));
}

BOOST_FIXTURE_TEST_CASE(a_callback_may_take_others_out_of_its_own_iteration, virtual_loop) {
    std::vector<heddle::handle> handles;
    heddle::timer_handle timer;
    heddle::task<void> last;
    const auto idle = [this]() -> coro<void> {
        note("task");
        co_return;
    };
    loop.call_soon([&] {
        note("first");
        handles[0].cancel();
        handles[1].cancel();
        timer.cancel();
        last.base().kill();  // out of the middle of the batch, and its last one
        loop.call_soon(noting("next"));
    });
    handles.push_back(loop.call_soon(noting("cancelled")));
    loop.call_soon(noting("second"));
    handles.push_back(loop.call_soon(noting("cancelled")));
    last = loop.create_task(idle());
    timer = loop.call_later(0ns, noting("timer"));
    BOOST_TEST((loop.run_one_iteration() == heddle::at_once));
    BOOST_TEST(log == (words{"first", "second"}));
    BOOST_TEST((loop.run_one_iteration() == heddle::never));
    BOOST_TEST(log == (words{"first", "second", "next"}));
}

BOOST_FIXTURE_TEST_CASE(a_handler_that_throws_does_not_end_the_run, virtual_loop) {
    loop.set_exception_handler([](heddle::event_loop&, const heddle::exception_context&) {
        throw std::runtime_error("the handler's own");
    });
    loop.call_soon([] { throw std::runtime_error("oops"); });
    loop.call_soon(noting("goes on"));
    loop.run_one_iteration();
    BOOST_TEST(log == (words{"goes on"}));
}

BOOST_FIXTURE_TEST_CASE(a_closed_loop_refuses_work, virtual_loop) {
    loop.call_soon(noting("dropped"));
    loop.close();
    loop.close();
    BOOST_TEST(loop.is_closed());
    BOOST_CHECK_THROW(loop.call_soon([] {}), heddle::usage_error);
    BOOST_CHECK_THROW(loop.call_later(1s, [] {}), heddle::usage_error);
    BOOST_CHECK_THROW(loop.run_forever(), heddle::usage_error);
    BOOST_CHECK_THROW(loop.run_one_iteration(), heddle::usage_error);
    const auto nothing = []() -> coro<void> { co_return; };
    BOOST_CHECK_THROW(loop.create_task(nothing()), heddle::usage_error);
    const auto kept = std::make_shared<int>(1);
    loop.set_observer(nullptr);  // changes nothing
    BOOST_CHECK_THROW(loop.call_soon([kept] {}), heddle::usage_error);
    BOOST_TEST(kept.use_count() == 1);
    loop.reopen();
    loop.call_soon(noting("again"));
    loop.run_one_iteration();
    BOOST_TEST(log == (words{"again"}));
}

BOOST_FIXTURE_TEST_CASE(a_running_loop_cannot_be_run_or_closed, virtual_loop) {
    heddle::event_loop other(clock);
    loop.call_soon([&] {
        BOOST_TEST(loop.is_running());
        BOOST_TEST(&heddle::get_running_loop() == &loop);
        BOOST_CHECK_THROW(loop.run_forever(), heddle::usage_error);
        BOOST_CHECK_THROW(loop.close(), heddle::usage_error);
        BOOST_CHECK_THROW(other.run_one_iteration(), heddle::usage_error);
        note("ran");
    });
    loop.run_one_iteration();
    BOOST_TEST(log == (words{"ran"}));
    BOOST_TEST(!loop.is_running());
    BOOST_CHECK_THROW(static_cast<void>(heddle::get_running_loop()), heddle::usage_error);
}

BOOST_FIXTURE_TEST_CASE(a_deadlock_says_who_waits_for_what, virtual_loop) {
    const auto stuck = []() -> coro<void> {
        co_await heddle::get_running_loop().create_future<void>("the reply");
    };
    try {
        loop.run_until_complete(stuck());
        BOOST_ERROR("no deadlock was reported");
    } catch (const heddle::deadlock_error& error) {
        const std::string text = error.what();
        BOOST_TEST(text.find("'Task-1' waits for the reply at event_loop_test.cpp:") !=
                   std::string::npos);
    }
}

BOOST_FIXTURE_TEST_CASE(a_simulated_loop_refuses_calls_from_other_threads, virtual_loop) {
    bool refused = false;
    std::thread([&] {
        try {
            loop.call_soon_threadsafe([] {});
        } catch (const heddle::usage_error&) {
            refused = true;
        }
    }).join();
    BOOST_TEST(refused);
    loop.call_soon_threadsafe(noting("own thread"));
    loop.run_one_iteration();
    BOOST_TEST(log == (words{"own thread"}));
}

BOOST_FIXTURE_TEST_CASE(run_until_complete_without_completion_is_an_error, virtual_loop) {
    loop.call_soon([this] { loop.stop(); });
    BOOST_CHECK_THROW(loop.run_until_complete(loop.create_future<int>()), heddle::usage_error);
    heddle::event_loop other(clock);
    BOOST_CHECK_THROW(other.run_until_complete(loop.create_future<int>()), heddle::usage_error);
}

BOOST_FIXTURE_TEST_CASE(run_until_complete_finishes_the_iteration_in_which_main_ends,
                        virtual_loop) {
    const auto main = [this]() -> coro<int> {
        loop.call_soon([this] {
            note("queued in main's step");
            loop.call_soon(noting("one iteration too late"));
        });
        co_return 7;
    };
    BOOST_TEST(loop.run_until_complete(main()) == 7);
    BOOST_TEST(log == (words{"queued in main's step"}));
}

BOOST_FIXTURE_TEST_CASE(far_deadlines_do_not_overflow, virtual_loop) {
    clock.advance_to(heddle::time_point(1h));
    auto far = loop.call_later(heddle::duration::max(), noting("far"));
    BOOST_TEST((far.when() > heddle::time_point(1h)));
    BOOST_TEST((far.when() < heddle::never));
    auto past = loop.call_later(heddle::duration::min(), noting("past"));
    loop.run_one_iteration();
    BOOST_TEST(log == (words{"past"}));
}

BOOST_AUTO_TEST_SUITE_END()
