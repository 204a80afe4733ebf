// SPDX-License-Identifier: BSL-1.0
#include <heddle/async_generator.hpp>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "support/virtual_loop.hpp"

using namespace heddle_test;
using heddle::async_generator;

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

    async_generator<int> ticks(int count) {
        const mark scope(*this, "ticks");
        for (int i = 0; i < count; ++i) {
            co_await heddle::sleep(1s);
            co_yield i;
        }
    }
    async_generator<int, int> echo() {
        int sum = 0;
        while (const std::optional<int> sent = co_yield sum) {
            sum += *sent;
            co_await heddle::sleep(1ms);
        }
    }
    /// Stands at a yield, and awaits on its way out.
    async_generator<int> cleaning() {
        const mark scope(*this, "cleaning");
        std::exception_ptr error;
        try {
            co_yield 1;
        } catch (...) {
            error = std::current_exception();
        }
        co_await heddle::sleep(1s);
        note("cleaned after " + heddle::describe(error));
        if (error) {
            std::rethrow_exception(error);
        }
    }
    async_generator<int> ignoring() {
        try {
            co_yield 1;
        } catch (const heddle::generator_exit&) {
            note("ignores");
        }
        co_yield 2;
        co_yield 3;
    }
    /// Awaits all of `source` and notes it.
    coro<void> consume(std::string name, async_generator<int>& source) {
        while (const std::optional<int> each = co_await source.next()) {
            note(name + " " + std::to_string(*each));
        }
    }
    void run_for(heddle::duration length) {
        loop.call_later(length, [this] { loop.stop(); });
        loop.run_forever();
    }
    template <class F>
    void run(F&& main) {
        loop.run_until_complete(main());
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(async_generator_tests, fixture)

BOOST_AUTO_TEST_CASE(it_awaits_and_yields) {
    const auto main = [this]() -> coro<void> {
        auto source = ticks(3);
        BOOST_TEST(log.empty());
        while (const std::optional<int> each = co_await source.next()) {
            note(std::to_string(*each) + " at " + std::to_string(now() / 1s));
        }
        BOOST_TEST(source.done());
        const std::optional<int> after = co_await source.next();
        BOOST_TEST(!after.has_value());
    };
    run(main);
    BOOST_TEST(log == (words{"0 at 1", "1 at 2", "2 at 3", "~ticks"}));
}

BOOST_AUTO_TEST_CASE(a_step_that_awaits_nothing_takes_no_hop) {
    const auto main = [this]() -> coro<void> {
        loop.call_soon(noting("the next iteration"));
        auto source = echo();
        for (int i = 0; i < 3; ++i) {
            co_await source.next();
            note("step");
        }
    };
    run(main);
    BOOST_TEST(log == (words{"step", "step", "step", "the next iteration"}));
}

BOOST_AUTO_TEST_CASE(values_are_sent_in) {
    const auto main = [this]() -> coro<void> {
        auto source = echo();
        bool refused = false;
        try {
            co_await source.asend(1);
        } catch (const heddle::usage_error&) {
            refused = true;
        }
        BOOST_TEST(refused);
        std::optional<int> got = co_await source.asend(std::nullopt);
        BOOST_TEST(got.value() == 0);
        got = co_await source.asend(5);
        BOOST_TEST(got.value() == 5);
        got = co_await source.asend(6);
        BOOST_TEST(got.value() == 11);
        got = co_await source.next();
        BOOST_TEST(!got.has_value());
        got = co_await source.asend(1);
        BOOST_TEST(!got.has_value());
    };
    run(main);
}

BOOST_AUTO_TEST_CASE(void_is_yielded_and_owned_values_pass) {
    const auto pauses = []() -> async_generator<void> {
        co_yield {};
        co_await heddle::sleep(1s);
        co_yield {};
    };
    const auto boxes = []() -> async_generator<std::unique_ptr<int>, std::unique_ptr<int>> {
        std::optional<std::unique_ptr<int>> sent = co_yield std::make_unique<int>(1);
        co_yield std::move(*sent);
    };
    const auto main = [&]() -> coro<void> {
        auto source = pauses();
        int count = 0;
        while (co_await source.next()) {
            ++count;
        }
        BOOST_TEST(count == 2);
        auto owned = boxes();
        auto box = co_await owned.next();
        BOOST_TEST(**box == 1);
        box = co_await owned.asend(std::move(*box));
        BOOST_TEST(**box == 1);
    };
    run(main);
}

BOOST_AUTO_TEST_CASE(an_error_comes_out_of_the_step_and_ends_it) {
    const auto failing = []() -> async_generator<int> {
        co_yield 1;
        co_await heddle::sleep(1s);
        throw std::runtime_error("no more");
    };
    const auto main = [&]() -> coro<void> {
        auto source = failing();
        co_await source.next();
        std::string error;
        try {
            co_await source.next();
        } catch (const std::runtime_error& caught) {
            error = caught.what();
        }
        BOOST_TEST(error == "no more");
        const auto after = co_await source.next();
        BOOST_TEST(!after.has_value());
    };
    run(main);
}

BOOST_AUTO_TEST_CASE(errors_are_thrown_in) {
    const auto main = [this]() -> coro<void> {
        auto unbegun = cleaning();
        std::string error;
        try {
            co_await unbegun.athrow(std::runtime_error("x"));
        } catch (const std::runtime_error& caught) {
            error = caught.what();
        }
        BOOST_TEST(error == "x");
        BOOST_TEST(unbegun.done());
        BOOST_TEST(log.empty());

        auto source = cleaning();
        co_await source.next();
        try {
            co_await source.athrow(std::runtime_error("y"));
        } catch (const std::runtime_error& caught) {
            error = caught.what();
        }
        BOOST_TEST(error == "y");
        // As in CPython, what has ended takes no notice.
        const auto after = co_await source.athrow(std::runtime_error("z"));
        BOOST_TEST(!after.has_value());

        auto answering = ignoring();
        co_await answering.next();
        const auto answer = co_await answering.athrow(heddle::generator_exit());
        BOOST_TEST(answer.value() == 2);
    };
    run(main);
    BOOST_TEST(log == (words{"cleaned after std::runtime_error: y", "~cleaning", "ignores"}));
}

BOOST_AUTO_TEST_CASE(aclose_awaits_the_way_out) {
    const auto main = [this]() -> coro<void> {
        auto source = cleaning();
        co_await source.next();
        co_await source.aclose();
        BOOST_TEST((now() == 1s));
        BOOST_TEST(source.done());
        co_await source.aclose();
        const auto after = co_await source.next();
        BOOST_TEST(!after.has_value());
        auto unbegun = cleaning();
        co_await unbegun.aclose();
        BOOST_TEST(unbegun.done());
    };
    run(main);
    BOOST_TEST(log == (words{"cleaned after heddle::generator_exit", "~cleaning"}));
}

BOOST_AUTO_TEST_CASE(to_yield_again_when_closed_is_an_error) {
    const auto main = [this]() -> coro<void> {
        auto source = ignoring();
        co_await source.next();
        std::string error;
        try {
            co_await source.aclose();
        } catch (const heddle::usage_error& caught) {
            error = caught.what();
        }
        BOOST_TEST(error == "this generator ignored generator_exit");
        const auto next = co_await source.next();
        BOOST_TEST(next.value() == 3);
    };
    run(main);
}

BOOST_AUTO_TEST_CASE(a_cancellation_reaches_what_the_body_awaits) {
    auto source = ticks(9);
    auto task = loop.create_task(consume("item", source));
    loop.call_later(2500ms, [task] { task.cancel("enough"); });
    run_for(10s);
    BOOST_TEST(task.cancelled());
    BOOST_TEST(source.done());
    BOOST_TEST(log == (words{"item 0", "item 1", "~ticks"}));
}

BOOST_AUTO_TEST_CASE(one_step_at_a_time) {
    auto source = ticks(2);
    auto first = loop.create_task(consume("first", source));
    auto second = loop.create_task(consume("second", source));
    run_for(10s);
    BOOST_TEST(heddle::describe(second.exception()) ==
               "heddle::usage_error: a step of this generator is under way already");
    BOOST_TEST(log == (words{"first 0", "first 1", "~ticks"}));
}

BOOST_AUTO_TEST_CASE(each_step_may_be_another_tasks) {
    auto source = ticks(3);
    const auto one = [&](std::string name) -> coro<void> {
        const auto each = co_await source.next();
        note(name + " " + std::to_string(*each));
    };
    const auto main = [&]() -> coro<void> {
        co_await heddle::create_task(one("a"));
        co_await heddle::create_task(one("b"));
        co_await one("c");
    };
    run(main);
    BOOST_TEST(log == (words{"a 0", "b 1", "c 2"}));
}

BOOST_AUTO_TEST_CASE(where_a_task_stands_is_told_through_generators) {
    const auto inner = []() -> async_generator<int> {
        co_await heddle::get_running_loop().create_future<void>("the reply");
        co_yield 1;
    };
    const auto outer = [&]() -> async_generator<int> {
        auto source = inner();
        while (const auto each = co_await source.next()) {
            co_yield *each;
        }
    };
    auto source = outer();
    auto task = loop.create_task(consume("item", source));
    loop.run_one_iteration();
    int sites = 0;
    task.base().for_each_site([&](const std::source_location& site) {
        BOOST_TEST(site.line() != 0u);
        ++sites;
    });
    BOOST_TEST(sites == 3);
    const std::string text = heddle::describe_blocked(task.base());
    BOOST_TEST(text.find("waits for the reply at async_generator_test.cpp:") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(destroyed_while_it_stands_at_a_yield_it_runs_destructors_only) {
    const auto main = [this]() -> coro<void> {
        {
            auto source = cleaning();
            co_await source.next();
        }
        note("gone");
    };
    run(main);
    BOOST_TEST(log == (words{"~cleaning", "gone"}));
}

BOOST_AUTO_TEST_CASE(a_task_destroyed_in_a_step_takes_the_frame_with_it) {
    auto source = ticks(3);
    {
        virtual_loop other;
        auto task = other.loop.create_task(consume("item", source));
        other.loop.run_one_iteration();
    }
    BOOST_TEST(log == (words{"~ticks"}));
    BOOST_TEST(source.valid());
    BOOST_TEST(source.done());
    const auto main = [&]() -> coro<void> {
        const auto after = co_await source.next();
        BOOST_TEST(!after.has_value());
    };
    run(main);
}

BOOST_AUTO_TEST_CASE(destroyed_in_a_step_of_another_task_it_lives_until_the_step_is_over) {
    auto source = std::make_unique<async_generator<int>>(ticks(3));
    const auto one = [&]() -> coro<void> {
        const auto each = co_await source->next();
        note("got " + std::to_string(*each));
    };
    auto task = loop.create_task(one());
    loop.run_one_iteration();
    source.reset();
    run_for(10s);
    BOOST_TEST(log == (words{"~ticks", "got 0"}));
}

BOOST_AUTO_TEST_CASE(destroyed_by_its_own_body_it_ends_in_peace) {
    std::unique_ptr<async_generator<int>> source;
    const auto body = [&]() -> async_generator<int> {
        source.reset();
        co_await heddle::sleep(1s);
        co_yield 7;
    };
    const auto main = [&]() -> coro<void> {
        source = std::make_unique<async_generator<int>>(body());
        const auto each = co_await source->next();
        BOOST_TEST(each.value() == 7);
    };
    run(main);
}

BOOST_AUTO_TEST_CASE(it_can_be_moved_between_and_in_steps) {
    const auto main = [this]() -> coro<void> {
        auto source = ticks(3);
        co_await source.next();
        auto moved = std::move(source);
        BOOST_TEST(!source.valid());
        bool refused = false;
        try {
            co_await source.next();
        } catch (const heddle::usage_error&) {
            refused = true;
        }
        BOOST_TEST(refused);
        loop.call_later(500ms, [&] { source = std::move(moved); });
        const auto each = co_await moved.next();
        BOOST_TEST(each.value() == 1);
        const auto last = co_await source.next();
        BOOST_TEST(last.value() == 2);
    };
    run(main);
}

BOOST_AUTO_TEST_CASE(a_step_can_have_a_timeout) {
    const auto one = [](async_generator<int>& source) -> coro<std::optional<int>> {
        co_return co_await source.next();
    };
    const auto main = [&]() -> coro<void> {
        auto source = ticks(3);
        bool late = false;
        try {
            co_await heddle::wait_for(one(source), 500ms);
        } catch (const heddle::timeout_error&) {
            late = true;
        }
        BOOST_TEST(late);
        BOOST_TEST(source.done());  // the cancellation has ended it, as in Python
    };
    run(main);
}

BOOST_AUTO_TEST_CASE(a_loop_can_be_destroyed_after_any_number_of_iterations) {
    const auto program = [](fixture& owner) -> coro<void> {
        auto source = owner.ticks(2);
        auto other = owner.cleaning();
        co_await other.next();
        co_await owner.consume("item", source);
        co_await other.aclose();
    };
    for (int iterations = 0; iterations < 20; ++iterations) {
        fixture owner;
        auto task = owner.loop.create_task(program(owner));
        for (int i = 0; i < iterations && !task.done(); ++i) {
            const heddle::time_point next = owner.loop.run_one_iteration();
            if (next != heddle::at_once && next != heddle::never) {
                owner.clock.advance_to(next);
            }
        }
        owner.loop.close();
        int begun = 0;
        for (const std::string& each : owner.log) {
            begun += each[0] == '~' ? 1 : 0;
        }
        BOOST_TEST(begun == (iterations == 0 ? 0 : 2));
    }
}

BOOST_AUTO_TEST_SUITE_END()
