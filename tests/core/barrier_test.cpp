// SPDX-License-Identifier: BSL-1.0
#include <heddle/barrier.hpp>

#include <boost/test/unit_test.hpp>

#include "support/ticking_loop.hpp"

using namespace heddle_test;

namespace {

struct barrier_fixture : ticking_loop {
    heddle::barrier gate{3};

    heddle::task<void> visitor(std::string name) {
        return heddle::create_task(told(std::move(name), gate.wait()));
    }
    void state() {
        note(std::to_string(gate.n_waiting()) + (gate.broken() ? " broken" : " whole"));
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(barrier, barrier_fixture)

BOOST_AUTO_TEST_CASE(all_go_on_when_the_last_has_come_and_it_can_be_used_again) {
    const auto main = [&]() -> coro<void> {
        for (const char* name : {"a", "b", "c", "d"}) {
            visitor(name);
        }
        co_await ticks(4);
        state();
        visitor("e");
        visitor("f");
        co_await ticks(4);
        state();
    };
    // The last to come is the first to go on; d came while they left, and is the first of the
    // second round.
    BOOST_TEST(play(main) == "c=2 | a=0 b=1 | | 1 whole | f=2 | d=0 e=1 | | 0 whole");
}

BOOST_AUTO_TEST_CASE(reset_breaks_those_that_wait_and_no_others) {
    const auto main = [&]() -> coro<void> {
        visitor("a");
        visitor("b");
        heddle::create_task(told("reset", gate.reset()));
        visitor("c");
        co_await ticks(10);
        state();
    };
    BOOST_TEST(play(main) == "reset | a!broken b!broken | | | | | | | | 1 whole");
}

BOOST_AUTO_TEST_CASE(abort_breaks_all_until_a_reset) {
    const auto main = [&]() -> coro<void> {
        visitor("a");
        visitor("b");
        heddle::create_task(told("abort", gate.abort()));
        visitor("c");
        co_await ticks(4);
        state();
        heddle::create_task(told("reset", gate.reset()));
        visitor("d");
        co_await ticks(4);
        state();
    };
    BOOST_TEST(play(main) ==
               "abort c!broken | a!broken b!broken | | 0 broken | reset | | | 1 whole");
}

BOOST_AUTO_TEST_CASE(a_cancelled_waiter_is_not_counted_any_more) {
    const auto main = [&]() -> coro<void> {
        auto a = visitor("a");
        co_await ticks(2);
        state();
        a.cancel("bye");
        co_await ticks(2);
        state();
        for (const char* name : {"b", "c", "d"}) {
            visitor(name);
        }
        co_await ticks(3);
    };
    BOOST_TEST(play(main) == "| 1 whole | a!bye | 0 whole | d=2 | b=0 c=1 |");
}

BOOST_AUTO_TEST_CASE(a_waiter_cancelled_after_the_last_has_come_does_not_break_the_others) {
    const auto main = [&]() -> coro<void> {
        auto a = visitor("a");
        visitor("b");
        co_await ticks(2);
        const auto last = [&]() -> coro<void> {
            co_await told("c", gate.wait());
            a.cancel("late");
        };
        auto c = heddle::create_task(last());
        visitor("d");
        co_await ticks(5);
        state();
    };
    BOOST_TEST(play(main) == "| | c=2 | a!late b=1 | | | 1 whole");
}

BOOST_AUTO_TEST_CASE(a_destroyed_waiter_is_not_counted_any_more) {
    const auto main = [&]() -> coro<void> {
        {
            heddle::task_group group;
            group.create_task(told("pending", gate.wait()));
            co_await ticks(1);
            state();
        }
        state();
        co_await ticks(1);
        for (const char* name : {"b", "c", "d"}) {
            visitor(name);
        }
        co_await ticks(3);
    };
    BOOST_TEST(play(main) == "1 whole 0 whole | | d=2 | b=0 c=1 |");
}

BOOST_AUTO_TEST_CASE(the_last_that_leaves_opens_it_again_even_if_it_is_destroyed) {
    const auto main = [&]() -> coro<void> {
        {
            heddle::task_group group;
            group.create_task(told("a", gate.wait()));
            group.create_task(told("b", gate.wait()));
            co_await ticks(1);
            visitor("c");
            co_await ticks(1);
            visitor("d");  // waits until a and b have left
            co_await ticks(0);
        }
        co_await ticks(3);
        visitor("e");
        visitor("f");
        co_await ticks(4);
    };
    // a and b were let go by c, and are destroyed before their steps.
    const std::string line = play(main);
    BOOST_TEST(line == "| c=2 | | | | f=2 | d=0 e=1 | |");
}

BOOST_AUTO_TEST_CASE(one_party_never_waits) {
    heddle::barrier alone(1);
    BOOST_TEST(alone.parties() == 1U);
    BOOST_TEST(loop.run_until_complete(alone.wait()) == 0U);
    BOOST_TEST(loop.run_until_complete(alone.wait()) == 0U);
}

BOOST_AUTO_TEST_CASE(it_needs_a_party) {
    BOOST_CHECK_THROW(heddle::barrier(0), heddle::value_error);
    BOOST_CHECK_THROW(heddle::barrier(-1), heddle::value_error);
}

BOOST_AUTO_TEST_SUITE_END()
