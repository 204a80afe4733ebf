// SPDX-License-Identifier: BSL-1.0
#include <heddle/all_tasks.hpp>

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "support/virtual_loop.hpp"

namespace {

using namespace heddle_test;

words names_of(const std::vector<heddle::any_task>& tasks) {
    words names;
    for (const heddle::any_task& each : tasks) {
        names.push_back(each.name());
    }
    return names;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(all_tasks_test)

BOOST_FIXTURE_TEST_CASE(all_tasks_that_are_not_done_in_creation_order, virtual_loop) {
    const auto napping = [](heddle::duration length) -> coro<int> {
        co_await heddle::sleep(length);
        co_return 1;
    };
    const auto at_once = []() -> coro<> { co_return; };
    const auto program = [&]() -> coro<> {
        const auto longer = heddle::create_task(napping(2ms), "longer");
        const auto shorter = heddle::create_task(napping(1ms));
        const auto eager = heddle::create_task(napping(2ms), "eager", heddle::task_start::eager);
        const auto ended = heddle::create_task(at_once(), "ended", heddle::task_start::eager);
        const words before = names_of(heddle::all_tasks());
        const words expected{"Task-1", "longer", "Task-3", "eager"};
        BOOST_TEST(before == expected);
        co_await shorter;
        const words after = names_of(heddle::all_tasks(loop));
        const words left{"Task-1", "longer", "eager"};
        BOOST_TEST(after == left);
        BOOST_TEST((heddle::all_tasks()[1] == heddle::any_task(longer)));
        BOOST_TEST((heddle::all_tasks()[0] == heddle::any_task(heddle::current_task())));
    };
    loop.run_until_complete(program());
    BOOST_TEST(heddle::all_tasks(loop).size() == 2U);
    BOOST_CHECK_THROW(static_cast<void>(heddle::all_tasks()), heddle::usage_error);
}

BOOST_FIXTURE_TEST_CASE(a_handle_of_any_task_outlives_its_loop, virtual_loop) {
    const auto forever = []() -> coro<> { co_await heddle::sleep(1h); };
    loop.create_task(forever());
    const heddle::any_task held = heddle::all_tasks(loop).front();
    BOOST_TEST(!held.done());
    loop.close();
    BOOST_TEST(held.cancelled());
    BOOST_TEST(held.name() == "Task-1");
}

BOOST_FIXTURE_TEST_CASE(all_others_are_cancelled, virtual_loop) {
    const auto forever = []() -> coro<> { co_await heddle::sleep(1h); };
    const auto program = [&]() -> coro<> {
        const heddle::task<> first = heddle::create_task(forever());
        co_await heddle::sleep(1ms);
        for (const heddle::any_task& each : heddle::all_tasks()) {
            if (&each.base() != &heddle::current_task()) {
                BOOST_TEST(each.cancel("enough"));
                BOOST_TEST(each.cancelling() == 1U);
            }
        }
        BOOST_CHECK_THROW(co_await first, heddle::cancelled_error);
    };
    loop.run_until_complete(program());
}

BOOST_FIXTURE_TEST_CASE(names_are_set, virtual_loop) {
    const auto nothing = []() -> coro<> { co_return; };
    const auto task = loop.create_task(nothing());
    task.set_name("renamed");
    BOOST_TEST(task.name() == "renamed");
    heddle::any_task(task).set_name("again");
    BOOST_TEST(task.base().label() == "'again'");
    task.set_name({});
    BOOST_TEST(task.name() == "Task-1");
}

BOOST_AUTO_TEST_SUITE_END()
