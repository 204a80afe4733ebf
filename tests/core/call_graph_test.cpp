// SPDX-License-Identifier: BSL-1.0
#include <heddle/call_graph.hpp>

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "support/virtual_loop.hpp"

using namespace heddle_test;

namespace {

struct graph_fixture : virtual_loop {
    heddle::lock mutex;
    heddle::lock other_mutex;

    /// Tasks that wait for a lock go before it does.
    ~graph_fixture() { loop.close(); }

    coro<void> inner() { co_await heddle::sleep(1s); }
    coro<void> outer() { co_await inner(); }
    coro<void> wait_for(heddle::future<void> awaited) { co_await awaited; }
    coro<void> wait_for_task(heddle::task<void> awaited) { co_await awaited; }
    coro<void> take() { const auto guard = co_await mutex.scoped(); }

    /// What is printed of all tasks, one word a line, without the places.
    words tasks_now() {
        words lines;
        std::istringstream text(heddle::format_all_tasks(loop));
        for (std::string line; std::getline(text, line);) {
            lines.push_back(line.substr(0, line.find(" at call_graph_test.cpp")));
        }
        return lines;
    }
    std::string deadlock_of(coro<void> main) {
        try {
            loop.run_until_complete(std::move(main));
        } catch (const heddle::deadlock_error& error) {
            return error.what();
        }
        return "no deadlock";
    }
};

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(call_graph, graph_fixture)

BOOST_AUTO_TEST_CASE(a_task_has_its_awaits_innermost_first) {
    auto task = loop.create_task(outer());
    loop.run_one_iteration();
    const heddle::call_graph graph = heddle::capture_call_graph(task);
    BOOST_TEST(graph.label == "'Task-1'");
    BOOST_TEST(graph.state == "waits for sleep of 'Task-1'");
    BOOST_REQUIRE(graph.sites.size() == 2U);
    BOOST_TEST(graph.sites[0].function.ends_with("graph_fixture::inner"));
    BOOST_TEST(graph.sites[1].function.ends_with("graph_fixture::outer"));
    BOOST_TEST(graph.sites[0].file == "call_graph_test.cpp");
    BOOST_TEST(graph.sites[0].line + 1 == graph.sites[1].line);
    BOOST_TEST(graph.awaited_by.empty());
}

BOOST_AUTO_TEST_CASE(before_its_first_step_and_after_its_end_a_task_has_no_awaits) {
    auto task = loop.create_task(outer());
    BOOST_TEST(heddle::format_call_graph(heddle::capture_call_graph(task)) ==
               "* 'Task-1' is ready to run\n");
    loop.run_until_complete(task);
    BOOST_TEST(heddle::format_call_graph(heddle::capture_call_graph(task)) ==
               "* 'Task-1' is done\n");
}

BOOST_AUTO_TEST_CASE(it_leads_up_through_a_gather_to_the_task_that_awaits_it) {
    const auto future = loop.create_future<void>("the reply");
    const auto main = [&]() -> coro<void> {
        co_await heddle::gather(wait_for(future), wait_for(future));
    };
    auto task = loop.create_task(main(), "main");
    loop.run_one_iteration();
    loop.run_one_iteration();
    const heddle::call_graph graph = heddle::capture_call_graph(future);
    BOOST_TEST(graph.label == "the reply");
    BOOST_TEST(graph.state == "is pending");
    BOOST_REQUIRE(graph.awaited_by.size() == 2U);
    const heddle::call_graph& child = graph.awaited_by[0];
    BOOST_TEST(child.label == "'Task-2'");
    BOOST_REQUIRE(child.awaited_by.size() == 1U);
    const heddle::call_graph& gather = child.awaited_by[0];
    BOOST_TEST(gather.label == "gather of 2");
    BOOST_REQUIRE(gather.awaited_by.size() == 1U);
    BOOST_TEST(gather.awaited_by[0].label == "'main'");
    BOOST_TEST(gather.awaited_by[0].sites[0].function.starts_with("a lambda in "));
    // What is reached a second time is not told again.
    const heddle::call_graph& second = graph.awaited_by[1].awaited_by[0];
    BOOST_TEST(second.label == "gather of 2");
    BOOST_TEST(second.shown_before);
    BOOST_TEST(second.awaited_by.empty());

    BOOST_TEST(tasks_now() ==
               (words{"'main' waits for gather of 2", "  'Task-2' waits for the reply",
                      "  'Task-3' waits for the reply"}));
    future.set_result();
    loop.run_until_complete(task);
    BOOST_TEST(heddle::format_all_tasks(loop).empty());
}

BOOST_AUTO_TEST_CASE(a_groups_children_belong_to_its_task_whatever_that_does) {
    const auto future = loop.create_future<void>("the reply");
    const auto main = [&]() -> coro<void> {
        heddle::task_group group;
        group.create_task(wait_for(future), "child");
        co_await heddle::sleep(1s);
        co_await group.join();
    };
    auto task = loop.create_task(main(), "main");
    loop.run_one_iteration();
    loop.run_one_iteration();
    const words expected{"'main' waits for sleep of 'main'", "  'child' waits for the reply"};
    BOOST_TEST(tasks_now() == expected);
    loop.call_later(2s, [&] {
        BOOST_TEST(tasks_now() == (words{"'main' waits for the tasks of its group",
                                         "  'child' waits for the reply"}));
        future.set_result();
    });
    loop.run_until_complete(task);
}

BOOST_AUTO_TEST_CASE(a_running_task_prints_itself_from_where_it_is) {
    std::ostringstream out;
    const auto child = [&]() -> coro<void> {
        co_await heddle::sleep(1s);
        heddle::print_call_graph(out);
    };
    const auto main = [&]() -> coro<void> { co_await heddle::create_task(child(), "child"); };
    loop.run_until_complete(main());
    const std::string text = out.str();
    const std::size_t sleep_line = text.find("* 'child' is running\n  at call_graph_test.cpp:");
    BOOST_TEST(sleep_line == 0U);
    BOOST_TEST(contains(text, "\n  awaited by\n    * 'Task-1' waits for 'child'\n      at call_"));
    // The await that it has left behind is not shown: one place in the child, one in its waiter.
    std::size_t places = 0;
    for (std::size_t at = text.find("  at "); at != std::string::npos;
         at = text.find("  at ", at + 1)) {
        ++places;
    }
    BOOST_TEST(places == 2U);
    BOOST_CHECK_THROW(heddle::print_call_graph(out), heddle::usage_error);
}

BOOST_AUTO_TEST_CASE(tasks_that_await_each_other_are_named_as_a_cycle) {
    heddle::task<void> b;
    const auto first = [&]() -> coro<void> { co_await b; };
    auto a = loop.create_task(first(), "a");
    b = loop.create_task(wait_for_task(a), "b");
    auto c = loop.create_task(wait_for_task(a), "c");
    const std::string text = deadlock_of(wait_for(loop.create_future<void>("nothing")));
    BOOST_TEST(contains(text, "\n  'c' waits for 'a' at call_graph_test.cpp:"));
    BOOST_TEST(contains(text, "\n    'a' waits for 'b' at call_graph_test.cpp:"));
    BOOST_TEST(contains(text, "\n      'b' waits for 'a' at call_graph_test.cpp:"));
    BOOST_TEST(contains(text, "\n        'a' (shown above)"));
    BOOST_TEST(text.ends_with("\n  a cycle: 'a' waits for 'b' waits for 'a'"));
    const heddle::call_graph graph = heddle::capture_call_graph(a);
    BOOST_REQUIRE(graph.awaited_by.size() == 2U);
    BOOST_REQUIRE(graph.awaited_by[0].awaited_by.size() == 1U);
    BOOST_TEST(graph.awaited_by[0].awaited_by[0].shown_before);
}

BOOST_AUTO_TEST_CASE(a_cycle_that_nobody_waits_for_is_shown_from_its_oldest_task) {
    heddle::task<void> b;
    const auto first = [&]() -> coro<void> { co_await b; };
    auto a = loop.create_task(first(), "a");
    b = loop.create_task(wait_for_task(a), "b");
    loop.run_one_iteration();
    BOOST_TEST(tasks_now() ==
               (words{"'a' waits for 'b'", "  'b' waits for 'a'", "    'a' (shown above)",
                      "a cycle: 'a' waits for 'b' waits for 'a'"}));
}

BOOST_AUTO_TEST_CASE(who_waits_for_a_lock_waits_for_the_task_that_holds_it) {
    const auto take_both = [](heddle::lock& one, heddle::lock& other) -> coro<void> {
        const auto outer = co_await one.scoped();
        co_await heddle::sleep(1ms);
        const auto inner = co_await other.scoped();
    };
    auto a = loop.create_task(take_both(mutex, other_mutex), "a");
    auto b = loop.create_task(take_both(other_mutex, mutex), "b");
    const auto both = [&]() -> coro<void> {
        co_await a;
        co_await b;
    };
    const std::string text = deadlock_of(both());
    BOOST_TEST(contains(text, "'a' waits for a lock that 'b' took at call_graph_test.cpp:"));
    BOOST_TEST(contains(text, "'b' waits for a lock that 'a' took at call_graph_test.cpp:"));
    BOOST_TEST(text.ends_with("\n  a cycle: 'a' waits for 'b' waits for 'a'"));
}

BOOST_AUTO_TEST_CASE(a_task_that_waits_for_its_own_lock_is_a_cycle) {
    const auto twice = [&]() -> coro<void> {
        const auto outer = co_await mutex.scoped();
        const auto inner = co_await mutex.scoped();
    };
    const std::string text = deadlock_of(twice());
    BOOST_TEST(contains(text, "'Task-1' waits for a lock that 'Task-1' took at "));
    BOOST_TEST(text.ends_with("\n  a cycle: 'Task-1' waits for 'Task-1'"));
}

BOOST_AUTO_TEST_CASE(a_lock_that_nobody_gave_back_is_said_to_be_taken) {
    const auto take_and_end = [&]() -> coro<void> { co_await mutex.acquire(); };
    loop.create_task(take_and_end());
    const std::string text = deadlock_of(take());
    BOOST_TEST(contains(text, "'Task-2' waits for a lock that a task took that has ended at "));
}

BOOST_AUTO_TEST_CASE(it_leads_up_through_a_shield_and_through_a_wait) {
    const auto future = loop.create_future<void>("the reply");
    const auto shielded = [&]() -> coro<void> { co_await heddle::shield(future); };
    const auto waiting = [&]() -> coro<void> {
        const std::vector<heddle::future<void>> all(1, future);
        static_cast<void>(co_await heddle::wait(all));
    };
    loop.create_task(shielded(), "shielded");
    loop.create_task(waiting(), "waiting");
    loop.run_one_iteration();
    const heddle::call_graph graph = heddle::capture_call_graph(future);
    BOOST_REQUIRE(graph.awaited_by.size() == 2U);
    BOOST_TEST(graph.awaited_by[0].label == "a shield");
    BOOST_REQUIRE(graph.awaited_by[0].awaited_by.size() == 1U);
    BOOST_TEST(graph.awaited_by[0].awaited_by[0].label == "'shielded'");
    BOOST_TEST(graph.awaited_by[1].label == "the first or all of several");
    BOOST_REQUIRE(graph.awaited_by[1].awaited_by.size() == 1U);
    BOOST_TEST(graph.awaited_by[1].awaited_by[0].label == "'waiting'");
}

BOOST_AUTO_TEST_CASE(a_chain_of_100000_gives_a_short_text) {
    const auto future = loop.create_future<void>();
    std::vector<heddle::task<void>> chain{loop.create_task(wait_for(future))};
    for (int i = 1; i < 100'000; ++i) {
        chain.push_back(loop.create_task(wait_for_task(chain.back())));
    }
    loop.run_one_iteration();
    const words lines = tasks_now();
    BOOST_TEST(lines.size() == 33U);
    BOOST_TEST(lines.front() == "'Task-100000' waits for 'Task-99999'");
    BOOST_TEST(lines.back() == "... and 99968 more tasks");
    const std::string up = heddle::format_call_graph(heddle::capture_call_graph(chain.front()));
    BOOST_TEST(up.size() < 20'000U);
    BOOST_TEST(contains(up, "... and 1 more waiter\n"));
}

BOOST_AUTO_TEST_CASE(a_deep_chain_of_awaits_is_cut_short_and_counted) {
    struct nested {
        static coro<void> go(int levels) {
            if (levels > 0) {
                co_await go(levels - 1);
            } else {
                co_await heddle::sleep(1s);
            }
        }
    };
    auto task = loop.create_task(nested::go(99'999));
    loop.run_one_iteration();
    const heddle::call_graph graph = heddle::capture_call_graph(task);
    BOOST_TEST(graph.sites.size() == 32U);
    BOOST_TEST(graph.sites_left_out == 100'000U - 32U);
    BOOST_TEST(tasks_now().size() == 1U);
    BOOST_TEST(heddle::format_all_tasks(loop).ends_with(" < ... (99988 more)\n"));
}

BOOST_AUTO_TEST_SUITE_END()
