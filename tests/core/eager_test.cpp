// SPDX-License-Identifier: BSL-1.0
//
// Tasks that start eagerly.
#include <heddle/task.hpp>

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <functional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <heddle/sim.hpp>

#include "support/virtual_loop.hpp"

namespace {

using namespace heddle_test;
using heddle::create_task;
using heddle::current_task;
using heddle::task_start;

struct eager_loop : virtual_loop {
    /// Two notes, with a bare yield in between if `yields`.
    coro<int> child(bool yields) {
        note("begins in " + current_task().name());
        if (yields) {
            co_await heddle::sleep(0ms);
        }
        note("ends in " + current_task().name());
        co_return 7;
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(eager_test)

BOOST_FIXTURE_TEST_CASE(what_ends_in_its_first_step_is_never_queued, eager_loop) {
    const auto program = [&]() -> coro<> {
        const auto task = create_task(child(false), "child", task_start::eager);
        note("back in " + current_task().name());
        BOOST_TEST(task.done());
        task.add_done_callback([&](const auto&) { note("told"); });
        note("awaits");
        BOOST_TEST(co_await task == 7);  // without a suspension
        note("awaited");
        co_await heddle::sleep(0ms);
        note("after one iteration");
    };
    loop.run_until_complete(program());
    const words expected{"begins in child", "ends in child", "back in Task-1",     "awaits",
                         "awaited",         "told",          "after one iteration"};
    BOOST_TEST(log == expected);
}

BOOST_FIXTURE_TEST_CASE(what_suspends_goes_on_like_any_task, eager_loop) {
    const auto program = [&]() -> coro<> {
        const auto task = create_task(child(true), "child", task_start::eager);
        note("back in " + current_task().name());
        BOOST_TEST(!task.done());
        BOOST_TEST(co_await task == 7);
        note("awaited in " + current_task().name());
    };
    loop.run_until_complete(program());
    const words expected{"begins in child", "back in Task-1", "ends in child", "awaited in Task-1"};
    BOOST_TEST(log == expected);
}

BOOST_FIXTURE_TEST_CASE(a_loop_may_start_all_of_its_tasks_so, eager_loop) {
    const auto program = [&]() -> coro<> {
        BOOST_TEST(create_task(child(false)).done());
        BOOST_TEST(!create_task(child(false), "queued", task_start::queued).done());
        loop.set_task_start(task_start::queued);
        BOOST_TEST(!create_task(child(false)).done());
        co_await heddle::sleep(1ms);
    };
    loop.set_task_start(task_start::eager);
    // Before the loop runs, there is nothing to run a step in.
    const auto early = loop.create_task(child(false), "early");
    BOOST_TEST(!early.done());
    loop.run_until_complete(program());
    BOOST_TEST(early.done());
}

BOOST_FIXTURE_TEST_CASE(from_a_callback_and_from_within_each_other, eager_loop) {
    const auto inner = [&]() -> coro<int> { co_return co_await child(false); };
    const auto outer = [&]() -> coro<int> {
        const auto task = create_task(inner(), "inner", task_start::eager);
        note("then " + current_task().name());
        co_return co_await task;
    };
    loop.call_soon([&] {
        const auto task = loop.create_task(outer(), "outer", task_start::eager);
        BOOST_TEST(task.result() == 7);
        BOOST_TEST(loop.current_task() == nullptr);
        loop.stop();
    });
    loop.run_forever();
    const words expected{"begins in inner", "ends in inner", "then outer"};
    BOOST_TEST(log == expected);
}

BOOST_FIXTURE_TEST_CASE(errors_and_cancellations_of_the_first_step, eager_loop) {
    const auto failing = []() -> coro<> {
        throw std::out_of_range("far");
        co_return;
    };
    const auto cancelling_itself = []() -> coro<> {
        current_task().request_cancel({});
        co_return;
    };
    const auto sleeping = []() -> coro<> { co_await heddle::sleep(1h); };
    const auto program = [&]() -> coro<> {
        auto failed = create_task(failing(), {}, task_start::eager);
        BOOST_CHECK_THROW(co_await failed, std::out_of_range);
        auto cancelled = create_task(cancelling_itself(), {}, task_start::eager);
        BOOST_TEST(cancelled.cancelled());
        auto asleep = create_task(sleeping(), {}, task_start::eager);
        asleep.cancel();
        BOOST_CHECK_THROW(co_await asleep, heddle::cancelled_error);
        static_cast<void>(create_task(failing(), {}, task_start::eager));
        BOOST_TEST(reports.size() == 1U);
    };
    loop.run_until_complete(program());
}

BOOST_FIXTURE_TEST_CASE(in_groups_and_gathers, eager_loop) {
    const auto program = [&]() -> coro<> {
        loop.set_task_start(task_start::eager);
        heddle::task_group group;
        const auto ended = group.create_task(child(false));
        const auto going_on = group.create_task(child(true));
        co_await group.join();
        BOOST_TEST(ended.result() + going_on.result() == 14);
        auto both = heddle::gather(child(false), child(false));
        BOOST_TEST(both.done());
        static_cast<void>(co_await both);
    };
    loop.run_until_complete(program());
}

BOOST_FIXTURE_TEST_CASE(a_thousand_starts_within_each_other, eager_loop) {
    std::function<coro<int>(int)> nested = [&](int depth) -> coro<int> {
        if (depth == 0) {
            co_return 0;
        }
        const auto task = create_task(nested(depth - 1), {}, task_start::eager);
        co_return 1 + co_await task;
    };
    loop.set_task_start(task_start::eager);
    const auto program = [&]() -> coro<int> { co_return co_await nested(1000); };
    BOOST_TEST(loop.run_until_complete(program()) == 1000);
}

BOOST_AUTO_TEST_CASE(under_a_scheduler_a_start_is_a_part_of_the_step_it_lies_in) {
    std::set<std::vector<std::string>> seen;
    std::set<std::uint64_t> digests;
    heddle::sim::simulation one{{}};
    const auto walk = heddle::sim::make_explorer("walk");
    const heddle::sim::run_profile none;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        std::vector<std::string> log;
        const auto child = [&](std::string name) -> coro<> {
            log.push_back(name + "1");
            co_await heddle::sleep(0ms);
            log.push_back(name + "2");
        };
        const heddle::sim::program body = [&]() -> coro<> {
            const auto a = create_task(child("a"), {}, task_start::eager);
            const auto b = create_task(child("b"), {}, task_start::eager);
            log.push_back("main");
            co_await a;
            co_await b;
        };
        walk->begin(seed, heddle::sim::level::any, none);
        const heddle::sim::run_record& run = one.run(body, *walk, heddle::sim::level::any);
        BOOST_REQUIRE(!run.failed);
        digests.insert(run.digest);
        seen.insert(log);
    }
    const std::set<std::vector<std::string>> expected{{"a1", "b1", "main", "a2", "b2"},
                                                      {"a1", "b1", "main", "b2", "a2"}};
    BOOST_TEST((seen == expected));
    BOOST_TEST(digests.size() >= 2U);
}

BOOST_AUTO_TEST_SUITE_END()
