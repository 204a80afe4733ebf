// SPDX-License-Identifier: BSL-1.0
#include <heddle/task_group.hpp>

#include <stdexcept>

#include <boost/test/unit_test.hpp>

#include "support/virtual_loop.hpp"

using namespace heddle_test;

namespace {

struct group_fixture : virtual_loop {
    /// Borrows `word`, which must outlive it.
    coro<void> child(heddle::duration length, const std::string& word) {
        struct ending {
            group_fixture& fixture;
            const std::string& word;
            ~ending() { fixture.note("end of " + word); }
        } const end{*this, word};
        co_await heddle::sleep(length);
        note(word + " slept");
    }
    coro<void> failing(heddle::duration length, std::string what) {
        co_await heddle::sleep(length);
        throw std::runtime_error(what);
    }
    void note_group(const heddle::exception_group& group) {
        for (const auto& each : group.errors()) {
            note("error " + heddle::describe(each));
        }
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(task_group, group_fixture)

BOOST_AUTO_TEST_CASE(join_waits_for_all_also_for_those_added_meanwhile) {
    const auto main = [this]() -> coro<void> {
        const std::string a = "a";
        const std::string b = "b";
        heddle::task_group group;
        const auto adder = [&]() -> coro<void> {
            co_await heddle::sleep(1s);
            group.create_task(child(5s, b));
        };
        group.create_task(child(2s, a));
        group.create_task(adder());
        co_await group.join();
        note("joined");
        BOOST_CHECK_THROW(group.create_task(child(1s, a)), heddle::usage_error);
    };
    loop.run_until_complete(main());
    BOOST_TEST(log == (words{"a slept", "end of a", "b slept", "end of b", "joined"}));
    BOOST_TEST((now() == 6s));
}

BOOST_AUTO_TEST_CASE(an_error_cancels_the_others_and_comes_in_a_group) {
    const auto main = [this]() -> coro<void> {
        const std::string a = "a";
        heddle::task_group group;
        group.create_task(child(9s, a));
        group.create_task(failing(1s, "first"));
        try {
            co_await group.join();
        } catch (const heddle::exception_group& errors) {
            note_group(errors);
        }
        BOOST_TEST(heddle::current_task().cancelling() == 0U);
        co_await heddle::sleep(1s);
    };
    loop.run_until_complete(main());
    BOOST_TEST(log == (words{"end of a", "error std::runtime_error: first"}));
    BOOST_TEST((now() == 2s));
}

BOOST_AUTO_TEST_CASE(an_error_interrupts_the_parent_between_creation_and_join) {
    const auto main = [this]() -> coro<void> {
        heddle::task_group group;
        group.create_task(failing(1s, "child"));
        std::exception_ptr error;
        try {
            co_await heddle::sleep(9s);
        } catch (...) {
            error = std::current_exception();
        }
        BOOST_TEST(heddle::detail::is_cancellation(error));
        try {
            co_await group.join_after(error);
        } catch (const heddle::exception_group& errors) {
            note_group(errors);
        }
    };
    loop.run_until_complete(main());
    BOOST_TEST(log == (words{"error std::runtime_error: child"}));
    BOOST_TEST((now() == 1s));
}

BOOST_AUTO_TEST_CASE(a_failing_body_cancels_the_children_and_joins_their_group) {
    const auto main = [this]() -> coro<void> {
        const std::string a = "a";
        heddle::task_group group;
        group.create_task(child(9s, a));
        co_await heddle::sleep(1s);
        try {
            co_await group.join_after(std::make_exception_ptr(std::runtime_error("body")));
        } catch (const heddle::exception_group& errors) {
            note_group(errors);
        }
    };
    loop.run_until_complete(main());
    BOOST_TEST(log == (words{"end of a", "error std::runtime_error: body"}));
}

BOOST_AUTO_TEST_CASE(cancelling_the_parent_cancels_the_children_first) {
    const auto main = [this]() -> coro<void> {
        const std::string a = "a";
        heddle::task_group group;
        group.create_task(child(9s, a));
        try {
            co_await group.join();
        } catch (const heddle::cancelled_error&) {
            note("parent cancelled");
            throw;
        }
    };
    auto task = loop.create_task(main());
    loop.call_later(1s, [task] { task.cancel(); });
    BOOST_CHECK_THROW(loop.run_until_complete(task), heddle::cancelled_error);
    BOOST_TEST(log == (words{"end of a", "parent cancelled"}));
}

BOOST_AUTO_TEST_CASE(an_error_and_a_foreign_cancellation_give_the_group_then_the_cancellation) {
    const auto main = [this]() -> coro<void> {
        heddle::task_group group;
        group.create_task(failing(1s, "child"));
        try {
            co_await group.join();
        } catch (const heddle::exception_group& errors) {
            note_group(errors);
        }
        try {
            co_await heddle::sleep(0ns);
        } catch (const heddle::cancelled_error&) {
            note("cancelled at the next wait");
        }
    };
    auto task = loop.create_task(main());
    // Due in the very iteration in which the group hears of the error.
    loop.call_later(1s, [this, task] {
        loop.call_soon([this, task] { loop.call_soon([task] { task.cancel(); }); });
    });
    loop.run_until_complete(task);
    BOOST_TEST(log == (words{"error std::runtime_error: child", "cancelled at the next wait"}));
}

BOOST_AUTO_TEST_CASE(a_group_left_without_join_destroys_its_children_before_what_they_borrow) {
    const auto main = [this]() -> coro<void> {
        const std::string borrowed = "a word that is too long for the small buffer of a string";
        heddle::task_group group;
        group.create_task(child(9s, borrowed));
        co_await heddle::sleep(1s);
        throw std::runtime_error("no join");
    };
    BOOST_CHECK_THROW(loop.run_until_complete(main()), std::runtime_error);
    BOOST_TEST(log == (words{"end of a word that is too long for the small buffer of a string"}));
    BOOST_TEST(loop.timer_count() == 0U);
}

BOOST_AUTO_TEST_CASE(a_group_needs_a_task) {
    BOOST_CHECK_THROW(heddle::task_group(), heddle::usage_error);
}

BOOST_AUTO_TEST_SUITE_END()
