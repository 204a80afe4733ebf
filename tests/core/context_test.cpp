// SPDX-License-Identifier: BSL-1.0
#include <heddle/context.hpp>

#include <boost/test/unit_test.hpp>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include <heddle/backend.hpp>

#include "support/virtual_loop.hpp"

using namespace heddle_test;

namespace {

const heddle::context_var<std::string> user("user", "nobody");
const heddle::context_var<int> depth("depth");

/// The virtual clock, of a loop that lets other threads in and gives up when nothing is left.
class open_clock final : public heddle::backend {
public:
    heddle::time_point now() override { return {}; }
    heddle::time_point wait_until(heddle::time_point) override { return {}; }
    void poll() override {}
    void wake_up() noexcept override {}
};

struct context_fixture : virtual_loop {
    // Cases share a thread, and so its context.
    ~context_fixture() { user.reset(std::move(first_)); }

    coro<void> say(std::string name) {
        note(name + ": " + user.get());
        user.set(name);
        co_await heddle::sleep(1s);
        note(name + ": " + user.get());
    }

private:
    heddle::context_var<std::string>::token first_ = user.set("main");
};

coro<void> say_nothing() { co_return; }

/// The text of the usage_error that `call` throws.
template <class Call>
std::string refusal(Call&& call) {
    try {
        call();
    } catch (const heddle::usage_error& error) {
        return error.what();
    }
    return "nothing was thrown";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(context)

BOOST_AUTO_TEST_CASE(a_variable_that_is_not_set_has_its_default_or_none) {
    const heddle::context_var<int> with("with", 7);
    const heddle::context_var<int> without("without");
    BOOST_TEST(with.get() == 7);
    BOOST_TEST(with.get(8) == 8);
    BOOST_TEST(without.get(9) == 9);
    BOOST_TEST(without.name() == "without");
    BOOST_TEST(refusal([&] { static_cast<void>(without.get()); }) ==
               "context variable 'without' is not set here, and has no default");
}

BOOST_AUTO_TEST_CASE(reset_brings_back_what_was_before_the_set) {
    const heddle::context_var<int> number("number");
    auto first = number.set(1);
    auto second = number.set(2);
    BOOST_TEST(number.get() == 2);
    BOOST_TEST((second.old_value() == std::optional(1)));
    BOOST_TEST(!first.old_value().has_value());
    number.reset(second);
    BOOST_TEST(number.get() == 1);
    number.reset(first);
    BOOST_TEST(number.get(0) == 0);
}

BOOST_AUTO_TEST_CASE(a_token_resets_its_variable_once_and_where_it_was_made) {
    const heddle::context_var<int> number("number");
    const heddle::context_var<int> other("other");
    auto token = number.set(1);
    BOOST_TEST(refusal([&] { other.reset(token); }) ==
               "context variable 'other': this token is another variable's");
    const heddle::context copy = heddle::copy_context();
    BOOST_TEST(refusal([&] { copy.run([&] { number.reset(token); }); }) ==
               "context variable 'number': this token was made in another context");
    BOOST_TEST(number.get() == 1);
    number.reset(token);
    BOOST_TEST(refusal([&] { number.reset(token); }) ==
               "context variable 'number': this token was used already");
    auto moved_from = number.set(2);
    number.reset(std::move(moved_from));
    auto again = number.set(3);
    const auto taken = std::move(again);
    BOOST_TEST(refusal([&] { number.reset(again); }) ==
               "context variable 'number': this token was used already");
}

BOOST_AUTO_TEST_CASE(what_runs_in_a_context_changes_that_one_alone) {
    const heddle::context_var<int> number("number");
    const heddle::context fresh;
    BOOST_TEST(fresh.run([&] {
        number.set(5);
        return number.get() + 1;
    }) == 6);
    BOOST_TEST(number.get(0) == 0);
    BOOST_TEST((fresh.get(number) == std::optional(5)));
    BOOST_TEST(fresh.size() == 1U);
    BOOST_CHECK_THROW(fresh.run([&] {
        number.set(6);
        throw std::runtime_error("left by an exception");
    }),
                      std::runtime_error);
    BOOST_TEST((fresh.get(number) == std::optional(6)));
    BOOST_TEST(number.get(0) == 0);
}

BOOST_AUTO_TEST_CASE(a_copy_and_its_original_go_their_own_ways) {
    const heddle::context_var<int> number("number");
    const heddle::context original;
    original.run([&] {
        number.set(1);
        const heddle::context copy = heddle::copy_context();
        number.set(2);
        BOOST_TEST((copy.get(number) == std::optional(1)));
        copy.run([&] { number.set(3); });
        BOOST_TEST(number.get() == 2);
        BOOST_TEST((copy != original));
    });
}

BOOST_AUTO_TEST_CASE(a_context_is_not_entered_twice) {
    const heddle::context outer;
    const heddle::context same = outer;
    BOOST_TEST(refusal([&] { outer.run([&] { same.run([] {}); }); }) ==
               "context::run: this context runs something already");
    outer.run([] {});  // it was left
    const heddle::context inner;
    outer.run([&] { inner.run([] {}); });
}

BOOST_AUTO_TEST_CASE(values_die_with_the_last_context_that_has_them) {
    const heddle::context_var<std::shared_ptr<int>> pointer("pointer");
    std::weak_ptr<int> watched;
    {
        const heddle::context one;
        heddle::context two;
        one.run([&] {
            auto object = std::make_shared<int>(1);
            watched = object;
            pointer.set(std::move(object));
            two = heddle::copy_context();
            pointer.set(nullptr);
        });
        BOOST_TEST(!watched.expired());
    }
    BOOST_TEST(watched.expired());
}

BOOST_FIXTURE_TEST_CASE(tasks_keep_their_changes_to_themselves, context_fixture) {
    loop.create_task(say("a"));
    loop.create_task(say("b"));
    loop.call_later(2s, [this] { loop.stop(); });
    loop.run_forever();
    BOOST_TEST(log == (words{"a: main", "b: main", "a: a", "b: b"}));
    BOOST_TEST(user.get() == "main");
}

BOOST_FIXTURE_TEST_CASE(a_task_copies_the_context_when_it_is_made, context_fixture) {
    const auto child = [this]() -> coro<void> {
        note(user.get());
        co_return;
    };
    const auto main = [&]() -> coro<void> {
        user.set("before");
        auto made = heddle::create_task(child());
        user.set("after");
        co_await made;
        co_await child();  // in place: this task's own
        co_await heddle::gather(child(), child());
    };
    loop.run_until_complete(main());
    BOOST_TEST(log == (words{"before", "after", "after", "after"}));
}

BOOST_FIXTURE_TEST_CASE(a_coroutine_awaited_in_place_shares_its_tasks_context, context_fixture) {
    const auto callee = []() -> coro<void> {
        co_await heddle::sleep(1s);
        user.set("set by the callee");
    };
    const auto main = [&]() -> coro<std::string> {
        co_await callee();
        co_return user.get();
    };
    BOOST_TEST(loop.run_until_complete(main()) == "set by the callee");
}

BOOST_FIXTURE_TEST_CASE(a_token_serves_across_awaits_and_only_in_its_own_task, context_fixture) {
    const auto main = [&]() -> coro<void> {
        auto token = user.set("x");
        const auto thief = [&]() -> coro<void> {
            note(refusal([&] { user.reset(token); }));
            co_return;
        };
        co_await heddle::create_task(thief());
        co_await heddle::sleep(1s);
        user.reset(token);
        note(user.get());
    };
    loop.run_until_complete(main());
    BOOST_TEST(log ==
               (words{"context variable 'user': this token was made in another context", "main"}));
}

BOOST_FIXTURE_TEST_CASE(a_task_is_made_in_another_context_by_running_there, context_fixture) {
    const heddle::context other;
    other.run([] { user.set("other"); });
    auto task = other.run([&] { return loop.create_task(say("a")); });
    loop.run_until_complete(task);
    BOOST_TEST(log == (words{"a: other", "a: a"}));
    BOOST_TEST((other.get(user) == std::optional<std::string>("other")));
    BOOST_TEST((task.base().get_context().get(user) == std::optional<std::string>("a")));
}

BOOST_FIXTURE_TEST_CASE(callbacks_run_in_a_copy_made_when_they_were_registered, context_fixture) {
    const auto saying = [this](std::string name) {
        return [this, name] {
            note(name + ": " + user.get());
            user.set(name);
        };
    };
    auto future = loop.create_future<void>();
    user.set("soon");
    loop.call_soon(saying("call_soon"));
    user.set("later");
    loop.call_later(1s, saying("call_later"));
    user.set("at");
    loop.call_at(loop.time() + 2s, saying("call_at"));
    user.set("done");
    future.add_done_callback([saying](const auto&) { saying("done callback")(); });
    user.set("threadsafe");
    loop.call_soon_threadsafe(saying("call_soon_threadsafe"));
    user.set("main");
    loop.call_later(3s, [future] { future.set_result(); });
    loop.call_later(4s, [this] { loop.stop(); });
    loop.run_forever();
    BOOST_TEST(log == (words{"call_soon: soon", "call_soon_threadsafe: threadsafe",
                             "call_later: later", "call_at: at", "done callback: done"}));
    BOOST_TEST(user.get() == "main");
}

BOOST_FIXTURE_TEST_CASE(what_a_callback_sets_reaches_what_it_starts_and_nothing_else,
                        virtual_loop) {
    // Registered in an empty context: nothing is captured.
    const heddle::context empty;
    empty.run([&] {
        loop.call_soon([this] {
            note(user.get());
            user.set("first");
            note(user.get());
            loop.call_soon([this] { note("started by it: " + user.get()); });
            throw std::runtime_error("its context goes in any case");
        });
        loop.call_soon([this] { note("beside it: " + user.get()); });
    });
    loop.call_later(1s, [this] { loop.stop(); });
    loop.run_forever();
    BOOST_TEST(log == (words{"nobody", "first", "beside it: nobody", "started by it: first"}));
    BOOST_TEST(user.get() == "nobody");
}

BOOST_FIXTURE_TEST_CASE(a_callback_of_a_task_is_cancelled_and_removed_as_ever, context_fixture) {
    auto soon = loop.call_soon(noting("soon"));
    auto later = loop.call_later(1s, noting("later"));
    auto future = loop.create_future<void>();
    const auto added = future.add_done_callback([this](const auto&) { note("done"); });
    soon.cancel();
    later.cancel();
    BOOST_TEST(future.remove_done_callback(added) == 1U);
    future.set_result();
    loop.call_later(2s, [this] { loop.stop(); });
    loop.run_forever();
    BOOST_TEST(log == words{});
}

BOOST_FIXTURE_TEST_CASE(a_run_within_a_task_holds_until_it_returns, context_fixture) {
    const auto main = [&]() -> coro<void> {
        const heddle::context other;
        user.set("task");
        other.run([&] {
            note("inside: " + user.get());
            user.set("other");
            loop.call_soon([this] { note("callback: " + user.get()); });
        });
        note("outside: " + user.get());
        co_await heddle::sleep(1s);
    };
    loop.run_until_complete(main());
    BOOST_TEST(log == (words{"inside: nobody", "outside: task", "callback: other"}));
}

BOOST_FIXTURE_TEST_CASE(a_loop_that_runs_in_a_context_does_not_run_its_tasks_in_it, virtual_loop) {
    const auto quiet = [this]() -> coro<void> {
        note(user.get());
        co_return;
    };
    auto made_outside = loop.create_task(quiet());
    const heddle::context around;
    around.run([&] {
        user.set("around");
        loop.run_until_complete(made_outside);
        loop.run_until_complete(quiet());
    });
    BOOST_TEST(log == (words{"nobody", "around"}));
}

BOOST_AUTO_TEST_CASE(each_thread_has_a_context_of_its_own) {
    auto token = depth.set(1);
    const heddle::context carried = heddle::copy_context();
    std::thread([&] {
        BOOST_TEST(depth.get(0) == 0);
        depth.set(2);
        BOOST_TEST(carried.run([] { return depth.get(); }) == 1);
        carried.run([] { depth.set(3); });
        BOOST_TEST(depth.get() == 2);
    }).join();
    BOOST_TEST(depth.get() == 1);
    BOOST_TEST((carried.get(depth) == std::optional(3)));
    depth.reset(token);
}

BOOST_AUTO_TEST_CASE(a_callback_from_another_thread_brings_that_threads_context) {
    open_clock clock;
    heddle::event_loop loop(clock);
    std::string seen;
    loop.call_soon([] {});
    std::thread([&] {
        user.set("the other thread");
        loop.call_soon_threadsafe([&] {
            seen = user.get();
            loop.stop();
        });
    }).join();
    loop.run_forever();
    BOOST_TEST(seen == "the other thread");
    BOOST_TEST(user.get() == "nobody");
}

BOOST_FIXTURE_TEST_CASE(contexts_die_with_a_loop_that_never_ran, virtual_loop) {
    std::weak_ptr<int> watched;
    const heddle::context_var<std::shared_ptr<int>> pointer("pointer");
    const heddle::context filled;
    {
        auto object = std::make_shared<int>(1);
        watched = object;
        filled.run([&] {
            auto token = pointer.set(std::move(object));
            loop.create_task(say_nothing());
            loop.call_soon([] {});
            loop.call_later(1s, [] {});
            pointer.reset(token);
        });
    }
    BOOST_TEST(!watched.expired());
    loop.close();
    BOOST_TEST(watched.expired());
}

BOOST_AUTO_TEST_SUITE_END()
