// SPDX-License-Identifier: BSL-1.0
#include <heddle/hand_driven.hpp>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include <boost/test/unit_test.hpp>

#include "support/virtual_loop.hpp"

using namespace heddle_test;
using heddle::hand_driven;
using heddle::suspend_once;

namespace {

struct fixture : virtual_loop {
    struct mark {
        fixture& to;
        std::string name;
        mark(fixture& owner, std::string text) : to(owner), name(std::move(text)) {}
        mark(const mark&) = delete;
        mark& operator=(const mark&) = delete;
        ~mark() { to.note("~" + name); }
    };

    coro<int> inner(int suspensions) {
        const mark scope(*this, "inner");
        for (int i = 0; i < suspensions; ++i) {
            co_await suspend_once();
        }
        co_return suspensions;
    }
    coro<int> outer(int suspensions) {
        const mark scope(*this, "outer");
        co_return 100 + co_await inner(suspensions);
    }
    coro<int> ignoring(bool suspends_again) {
        try {
            co_await suspend_once();
        } catch (const heddle::generator_exit&) {
            note("caught");
        }
        if (suspends_again) {
            co_await suspend_once();
        }
        co_return 1;
    }
};

/// Is never completed.
struct reply_operation final : heddle::waitable {
    using heddle_awaiter = void;
    bool& waiting;
    explicit reply_operation(bool& flag) : waiting(flag) {}
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> awaiting) {
        waiting = true;
        awaiting.promise().current_task()->block_on_operation(*this);
    }
    void await_resume() const noexcept {}
    bool cancel(const heddle::cancel_message&) override { return false; }
    void remove_waiter(heddle::runnable&) noexcept override { waiting = false; }
    [[nodiscard]] std::string label() const override { return "the reply"; }
};

struct reply {
    bool& waiting;
    explicit reply(bool& flag) : waiting(flag) {}
    [[nodiscard]] reply_operation operator co_await() const { return reply_operation(waiting); }
};

template <class F>
std::string thrown_by(F&& call) {
    try {
        call();
    } catch (...) {
        return heddle::describe(std::current_exception());
    }
    return "nothing";
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(hand_driven_tests, fixture)

BOOST_AUTO_TEST_CASE(one_send_runs_it_to_its_end) {
    hand_driven driven(outer(0));
    BOOST_TEST(log.empty());
    BOOST_TEST(!driven.done());
    BOOST_TEST(!driven.send());
    BOOST_TEST(driven.done());
    BOOST_TEST(driven.result() == 100);
}

BOOST_AUTO_TEST_CASE(bare_suspensions_give_up_control_to_the_driver) {
    hand_driven driven(outer(2));
    BOOST_TEST(driven.send());
    BOOST_CHECK_THROW(driven.result(), heddle::invalid_state_error);
    BOOST_TEST(driven.send());
    BOOST_TEST(!driven.send());
    BOOST_TEST(driven.result() == 102);
    BOOST_TEST(log == (words{"~inner", "~outer"}));
}

BOOST_AUTO_TEST_CASE(what_has_ended_is_not_driven_again) {
    hand_driven driven(outer(0));
    driven.send();
    BOOST_CHECK_THROW(driven.send(), heddle::usage_error);
    BOOST_CHECK_THROW(driven.throw_in(std::runtime_error("x")), heddle::usage_error);
    driven.close();
    BOOST_TEST(driven.result() == 100);
}

BOOST_AUTO_TEST_CASE(errors_come_out_of_send) {
    const auto body = []() -> coro<void> {
        co_await suspend_once();
        throw std::runtime_error("x");
    };
    hand_driven driven(body());
    BOOST_TEST(driven.send());
    BOOST_CHECK_THROW(driven.send(), std::runtime_error);
    BOOST_TEST(driven.done());
    BOOST_CHECK_THROW(driven.result(), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(errors_are_thrown_in) {
    hand_driven unbegun(outer(1));
    BOOST_CHECK_THROW(unbegun.throw_in(std::runtime_error("x")), std::runtime_error);
    BOOST_TEST(unbegun.done());
    BOOST_TEST(log.empty());

    const auto answering = [this]() -> coro<int> {
        try {
            co_await inner(1);
        } catch (const std::runtime_error& error) {
            note(error.what());
        }
        co_await suspend_once();
        co_return 5;
    };
    hand_driven driven(answering());
    driven.send();
    BOOST_TEST(driven.throw_in(std::runtime_error("y")));
    BOOST_TEST(log == (words{"~inner", "y"}));
    BOOST_TEST(!driven.send());
    BOOST_TEST(driven.result() == 5);
    BOOST_CHECK_THROW(driven.throw_in(std::exception_ptr()), heddle::usage_error);

    hand_driven cancelled(outer(1));
    cancelled.send();
    BOOST_CHECK_THROW(cancelled.throw_in(heddle::cancelled_error()), heddle::cancelled_error);
}

BOOST_AUTO_TEST_CASE(close_throws_generator_exit_at_the_suspension) {
    hand_driven driven(outer(1));
    driven.send();
    driven.close();
    BOOST_TEST(driven.done());
    BOOST_TEST(log == (words{"~inner", "~outer"}));
    driven.close();

    hand_driven returning(ignoring(false));
    returning.send();
    returning.close();
    BOOST_TEST(returning.result() == 1);

    hand_driven suspending(ignoring(true));
    suspending.send();
    BOOST_TEST(thrown_by([&] { suspending.close(); }) ==
               "heddle::usage_error: this coroutine ignored generator_exit");
    BOOST_TEST(!suspending.done());
    BOOST_TEST(!suspending.send());
}

BOOST_AUTO_TEST_CASE(close_of_one_that_has_not_begun_runs_nothing) {
    hand_driven driven(outer(1));
    driven.close();
    BOOST_TEST(driven.done());
    BOOST_TEST(log.empty());
    BOOST_CHECK_THROW(driven.send(), heddle::usage_error);
    BOOST_CHECK_THROW(driven.result(), heddle::cancelled_error);
}

BOOST_AUTO_TEST_CASE(destroyed_while_suspended_it_runs_destructors_only) {
    {
        hand_driven driven(outer(2));
        driven.send();
    }
    BOOST_TEST(log == (words{"~inner", "~outer"}));
    {
        const hand_driven driven(outer(2));
    }
    BOOST_TEST(log.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_bare_suspension_in_a_task_is_an_error) {
    auto task = loop.create_task(outer(1));
    loop.run_one_iteration();
    loop.run_one_iteration();
    BOOST_TEST(heddle::describe(task.exception()).starts_with("heddle::usage_error: suspend_once"));
}

BOOST_AUTO_TEST_CASE(tasks_may_drive_coroutines_by_hand) {
    const auto main = [this]() -> coro<int> {
        hand_driven driven(outer(1));
        BOOST_TEST(driven.send());
        co_await heddle::sleep(1s);
        BOOST_TEST(!driven.send());
        // The task itself is none that is driven by hand.
        std::string error;
        try {
            co_await suspend_once();
        } catch (const heddle::usage_error&) {
            error = "refused";
        }
        BOOST_TEST(error == "refused");
        co_return driven.result();
    };
    BOOST_TEST(loop.run_until_complete(main()) == 101);
}

BOOST_AUTO_TEST_CASE(one_that_is_driven_may_drive_another) {
    const auto driving = [this]() -> coro<int> {
        hand_driven driven(inner(2));
        BOOST_TEST(driven.send());
        co_await suspend_once();
        BOOST_TEST(driven.send());
        BOOST_TEST(!driven.send());
        co_return driven.result();
    };
    hand_driven driven(driving());
    BOOST_TEST(driven.send());
    BOOST_TEST(!driven.send());
    BOOST_TEST(driven.result() == 2);
}

BOOST_AUTO_TEST_CASE(a_task_of_a_loop_that_runs_in_a_driven_coroutine_is_not_driven_by_hand) {
    const auto body = [this]() -> coro<void> {
        BOOST_CHECK_THROW(loop.run_until_complete(outer(1)), heddle::usage_error);
        co_await suspend_once();
    };
    hand_driven driven(body());
    BOOST_TEST(driven.send());
    BOOST_TEST(!driven.send());
}

BOOST_AUTO_TEST_CASE(it_cannot_drive_itself) {
    std::optional<hand_driven<void>> driven;
    const auto body = [&]() -> coro<void> {
        BOOST_CHECK_THROW(driven->send(), heddle::usage_error);
        BOOST_CHECK_THROW(driven->close(), heddle::usage_error);
        co_await suspend_once();
    };
    driven.emplace(body());
    BOOST_TEST(driven->send());
    BOOST_TEST(!driven->send());
}

BOOST_AUTO_TEST_CASE(what_needs_a_loop_is_refused) {
    const auto sleeping = []() -> coro<void> { co_await heddle::sleep(1s); };
    hand_driven first(sleeping());
    BOOST_TEST(thrown_by([&] {
                   first.send();
               }).starts_with("heddle::usage_error: a coroutine that is driven by hand has no "));

    const auto waiting = [](heddle::future<void> awaited) -> coro<void> { co_await awaited; };
    hand_driven second(waiting(loop.create_future<void>()));
    second.send();
    BOOST_TEST(thrown_by([&] { second.send(); }) ==
               "heddle::usage_error: the awaited future belongs to another loop");
    const auto finished = loop.create_future<void>();
    finished.set_result();
    hand_driven third(waiting(finished));
    BOOST_TEST(!third.send());
}

BOOST_AUTO_TEST_CASE(what_waits_for_an_operation_can_only_be_destroyed) {
    bool waiting = false;
    const auto body = [&]() -> coro<void> { co_await reply(waiting); };
    {
        hand_driven driven(body());
        BOOST_TEST(driven.send());
        BOOST_TEST(thrown_by([&] { driven.send(); }) ==
                   "heddle::usage_error: send: this coroutine waits for the reply, which only a "
                   "loop can complete");
        BOOST_CHECK_THROW(driven.close(), heddle::usage_error);
        BOOST_TEST(waiting);
    }
    BOOST_TEST(!waiting);
}

BOOST_AUTO_TEST_CASE(a_zero_sleep_is_a_bare_suspension_too) {
    const auto body = []() -> coro<void> { co_await heddle::sleep(0ns); };
    hand_driven driven(body());
    BOOST_TEST(driven.send());
    BOOST_CHECK_THROW(driven.throw_in(std::runtime_error("x")), heddle::usage_error);
    BOOST_TEST(!driven.send());
}

BOOST_AUTO_TEST_CASE(a_coroutine_that_was_moved_from_cannot_be_driven) {
    auto body = outer(0);
    hand_driven driven(std::move(body));
    BOOST_CHECK_THROW(hand_driven{std::move(body)}, heddle::usage_error);
}

BOOST_AUTO_TEST_SUITE_END()
