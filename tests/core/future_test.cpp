// SPDX-License-Identifier: BSL-1.0
#include <heddle/future.hpp>

#include <memory>
#include <stdexcept>

#include <boost/test/unit_test.hpp>

#include "support/virtual_loop.hpp"

using namespace heddle_test;

namespace {

struct future_fixture : virtual_loop {
    heddle::future<int> future = loop.create_future<int>();
    auto noting_state(std::string name) {
        return [this, name = std::move(name)](const auto& done) {
            note(name + (done.cancelled() ? " cancelled" : " done"));
        };
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(future, future_fixture)

BOOST_AUTO_TEST_CASE(a_pending_future_has_no_result) {
    BOOST_TEST(!future.done());
    BOOST_CHECK_THROW(future.result(), heddle::invalid_state_error);
    BOOST_CHECK_THROW(static_cast<void>(future.exception()), heddle::invalid_state_error);
}

BOOST_AUTO_TEST_CASE(a_result_is_set_once) {
    future.set_result(5);
    BOOST_TEST(future.result() == 5);
    BOOST_TEST((future.exception() == nullptr));
    BOOST_CHECK_THROW(future.set_result(6), heddle::invalid_state_error);
    BOOST_CHECK_THROW(future.set_exception(std::runtime_error("late")),
                      heddle::invalid_state_error);
    BOOST_TEST(!future.cancel());
    BOOST_TEST(future.result() == 5);
}

BOOST_AUTO_TEST_CASE(an_error_comes_out_of_both_accessors) {
    future.set_exception(std::runtime_error("oops"));
    BOOST_TEST(heddle::describe(future.exception()) == "std::runtime_error: oops");
    BOOST_CHECK_THROW(future.result(), std::runtime_error);
    BOOST_CHECK_THROW(loop.create_future<int>().set_exception(std::exception_ptr()),
                      heddle::usage_error);
}

BOOST_AUTO_TEST_CASE(a_cancelled_future_throws_with_the_message) {
    BOOST_TEST(future.cancel("why"));
    BOOST_TEST(future.cancelled());
    BOOST_TEST(!future.cancel("again"));
    try {
        static_cast<void>(future.exception());
        BOOST_ERROR("no cancelled_error");
    } catch (const heddle::cancelled_error& error) {
        BOOST_TEST(error.message() == "why");
    }
    BOOST_CHECK_THROW(future.result(), heddle::cancelled_error);
}

BOOST_AUTO_TEST_CASE(done_callbacks_run_in_order_one_iteration_after_completion) {
    future.add_done_callback(noting_state("a"));
    future.add_done_callback(noting_state("b"));
    loop.call_soon([this] {
        future.set_result(1);
        loop.call_soon(noting("after"));
    });
    loop.run_one_iteration();
    BOOST_TEST(log == words{});
    loop.run_one_iteration();
    BOOST_TEST(log == (words{"a done", "b done", "after"}));
}

BOOST_AUTO_TEST_CASE(a_callback_added_to_a_done_future_is_scheduled) {
    future.cancel();
    future.add_done_callback(noting_state("late"));
    BOOST_TEST(log == words{});
    loop.run_one_iteration();
    BOOST_TEST(log == (words{"late cancelled"}));
}

BOOST_AUTO_TEST_CASE(a_callback_can_be_removed_until_it_is_scheduled) {
    const auto a = future.add_done_callback(noting_state("a"));
    const auto b = future.add_done_callback(noting_state("b"));
    const auto c = future.add_done_callback(noting_state("c"));
    BOOST_TEST(future.remove_done_callback(b) == 1U);
    BOOST_TEST(future.remove_done_callback(b) == 0U);
    future.set_result(1);
    BOOST_TEST(future.remove_done_callback(a) == 0U);
    loop.run_one_iteration();
    BOOST_TEST(log == (words{"a done", "c done"}));
}

BOOST_AUTO_TEST_CASE(an_error_that_nobody_looks_at_is_reported_when_the_last_handle_goes) {
    future.set_exception(std::runtime_error("lost"));
    auto copy = future;
    future = {};
    BOOST_TEST(reports == words{});
    copy = {};
    BOOST_TEST(reports == (words{"exception was never retrieved: std::runtime_error: lost"}));
}

BOOST_AUTO_TEST_CASE(looking_at_an_error_or_cancelling_marks_it_retrieved) {
    future.set_exception(std::runtime_error("seen"));
    static_cast<void>(future.exception());
    future = loop.create_future<int>();
    future.set_exception(std::runtime_error("cancelled"));
    BOOST_TEST(!future.cancel());
    future = {};
    BOOST_TEST(reports == words{});
}

BOOST_AUTO_TEST_CASE(awaiting_a_done_future_does_not_suspend) {
    future.set_result(4);
    const auto main = [this]() -> coro<void> {
        loop.call_soon(noting("hop"));
        note("got " + std::to_string(co_await future));
    };
    auto task = loop.create_task(main());
    loop.run_one_iteration();
    BOOST_TEST(log == (words{"got 4"}));
    BOOST_TEST(task.done());
}

BOOST_AUTO_TEST_CASE(awaiting_a_pending_future_takes_one_hop) {
    const auto main = [this]() -> coro<void> { note("got " + std::to_string(co_await future)); };
    auto task = loop.create_task(main());
    loop.run_one_iteration();
    loop.call_soon([this] {
        loop.call_soon(noting("before"));
        future.set_result(4);
        loop.call_soon(noting("behind"));
    });
    loop.run_one_iteration();
    loop.run_one_iteration();
    BOOST_TEST(log == (words{"before", "got 4", "behind"}));
}

BOOST_AUTO_TEST_CASE(several_tasks_can_await_one_future) {
    const auto waiter = [this](std::string name) -> coro<void> {
        const int& value = co_await future;
        note(name + " " + std::to_string(value));
    };
    auto first = loop.create_task(waiter("a"));
    auto second = loop.create_task(waiter("b"));
    loop.run_one_iteration();
    future.set_result(3);
    loop.run_one_iteration();
    BOOST_TEST(log == (words{"a 3", "b 3"}));
}

BOOST_AUTO_TEST_CASE(a_temporary_gives_the_result_itself_and_copies_only_if_shared) {
    const auto main = [this]() -> coro<void> {
        auto unique = loop.create_future<std::unique_ptr<int>>();
        unique.set_result(std::make_unique<int>(1));
        const std::unique_ptr<int> taken = co_await std::move(unique);
        BOOST_TEST(*taken == 1);

        auto shared = loop.create_future<std::string>();
        shared.set_result("a text that is too long for the small buffer of a string");
        auto other = shared;
        const std::string copy = co_await std::move(shared);
        BOOST_TEST(copy == other.result());
        const std::string moved = co_await std::move(other);
        BOOST_TEST(moved == copy);
        note("done");
    };
    loop.run_until_complete(main());
    BOOST_TEST(log == (words{"done"}));
}

BOOST_AUTO_TEST_CASE(references_and_void_are_results_too) {
    int referred = 1;
    auto reference = loop.create_future<int&>();
    reference.set_result(referred);
    reference.result() = 2;
    BOOST_TEST(referred == 2);
    auto nothing = loop.create_future<void>();
    nothing.set_result();
    nothing.result();
    BOOST_TEST(nothing.done());
}

BOOST_AUTO_TEST_CASE(a_handle_of_no_future_is_an_error_not_a_crash) {
    const heddle::future<int> empty;
    BOOST_TEST(!empty.valid());
    BOOST_CHECK_THROW(static_cast<void>(empty.done()), heddle::usage_error);
    BOOST_CHECK_THROW(empty.cancel(), heddle::usage_error);
}

BOOST_AUTO_TEST_CASE(a_future_outlives_its_loop) {
    heddle::future<int> kept;
    heddle::future<int> pending;
    {
        heddle::event_loop short_lived(clock);
        kept = short_lived.create_future<int>();
        pending = short_lived.create_future<int>();
        kept.set_result(3);
        pending.add_done_callback(noting_state("never"));
    }
    BOOST_TEST(kept.result() == 3);
    pending.set_result(1);
    BOOST_CHECK_THROW(static_cast<void>(kept.get_loop()), heddle::usage_error);
    BOOST_TEST(log == words{});
}

BOOST_AUTO_TEST_SUITE_END()
