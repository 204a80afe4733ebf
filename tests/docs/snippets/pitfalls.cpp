// SPDX-License-Identifier: BSL-1.0
//
// The safe forms of docs/pitfalls.md. What goes wrong stands in comments: it would be undefined.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>

#include <heddle/heddle.hpp>
#include <heddle/sim.hpp>

using namespace std::chrono_literals;

void expect(bool holds, const char* what) {
    if (!holds) {
        std::printf("failed: %s\n", what);
        std::exit(1);
    }
}

// ---- temporaries of a co_await expression --------------------------------------------------

template <class Work>
heddle::coro<std::size_t> retried(Work work) {
    co_await heddle::sleep(1ms);
    co_return work();
}

struct request {
    std::string name;
    int tries = 1;
};

heddle::coro<std::size_t> send(request what) {
    co_await heddle::sleep(1ms);
    co_return what.name.size();
}

heddle::coro<void> temporaries() {
    const auto text = std::make_shared<std::string>("hello");

    // Wrong with g++ 12, which destroys the closure twice:
    //     co_await retried([text] { return text->size(); });
    auto work = [text] { return text->size(); };
    expect(co_await retried(work) == 5, "a closure that has a name");
    expect(co_await retried([&] { return text->size(); }) == 5, "a closure that captures by &");

    // Wrong with g++ 12, which destroys the aggregate twice:
    //     co_await send({.name = *text, .tries = 3});
    request asked{.name = *text, .tries = 3};
    expect(co_await send(std::move(asked)) == 5, "an aggregate that has a name");
}

// ---- children that borrow ------------------------------------------------------------------

heddle::coro<void> append(std::string& to, heddle::duration after, const char* what) {
    co_await heddle::sleep(after);
    to += what;
}

heddle::coro<void> fail_after(heddle::duration length) {
    co_await heddle::sleep(length);
    throw std::runtime_error("no");
}

heddle::coro<void> borrowing() {
    std::string text;  // first what they borrow, then the group

    // Wrong: if one fails, gather throws, `text` goes, and the other still writes to it:
    //     co_await heddle::gather(append(text, 20ms, "b"), fail_after(10ms));
    heddle::task_group group;
    group.create_task(append(text, 20ms, "b"));
    group.create_task(append(text, 10ms, "a"));
    co_await group.join();  // returns, or throws, when all of them have ended
    expect(text == "ab", "a group waits for all");
}

heddle::coro<void> a_failure_in_a_group() {
    std::string text;
    std::string errors;
    {
        heddle::task_group group;
        group.create_task(append(text, 20ms, "b"));
        group.create_task(fail_after(10ms));
        try {
            co_await group.join();
        } catch (const heddle::exception_group& failed) {
            errors = heddle::describe(failed.errors().front());
        }
    }
    co_await heddle::sleep(1s);
    expect(text.empty() && !errors.empty(), "the other was cancelled, and has ended");
}

// ---- coroutine lambdas ---------------------------------------------------------------------

heddle::coro<void> lambdas() {
    int sum = 0;

    // Wrong: the closure goes at the end of the statement, the task reads its captures later:
    //     group.create_task([&sum]() -> heddle::coro<void> { co_await ...; ++sum; }());
    auto add = [&sum](int value) -> heddle::coro<void> {
        co_await heddle::sleep(1ms);
        sum += value;
    };
    heddle::task_group group;  // declared after the closure: it ends first
    group.create_task(add(1));
    group.create_task(add(2));
    co_await group.join();
    expect(sum == 3, "a closure that outlives its tasks");
}

// ---- the order of arguments ----------------------------------------------------------------

heddle::coro<int> next_number(int& last) {
    co_await heddle::sleep(1ms);
    co_return ++last;
}

heddle::coro<void> arguments() {
    int last = 0;

    // Which task is Task-2 depends on the compiler: g++ evaluates from right to left:
    //     co_await heddle::gather(heddle::create_task(a()), heddle::create_task(b()));
    auto first = heddle::create_task(next_number(last));
    auto second = heddle::create_task(next_number(last));
    co_await heddle::gather(first, second);
    expect(first.result() == 1 && second.result() == 2, "tasks made in statements of their own");

    // Coroutines do not run before gather makes them tasks, in argument order:
    const auto both = co_await heddle::gather(next_number(last), next_number(last));
    expect(std::get<0>(both) == 3 && std::get<1>(both) == 4, "coroutines as arguments");
}

// ---- cancellation --------------------------------------------------------------------------

heddle::coro<void> careful(std::string& log) {
    try {
        co_await heddle::sleep(1h);
    } catch (const std::exception&) {
        log += "not reached: a cancelled_error is no std::exception";
    } catch (...) {
        log += "cleaned up";
        throw;  // or the task goes on as if nothing had been asked of it
    }
}

heddle::coro<void> cancellation() {
    std::string log;
    heddle::task_group group;
    auto child = group.create_task(careful(log));
    co_await heddle::sleep(1ms);
    child.cancel();
    co_await group.join();
    expect(child.cancelled() && log == "cleaned up", "a cancellation that is passed on");
}

heddle::coro<void> program() {
    co_await temporaries();
    co_await borrowing();
    co_await a_failure_in_a_group();
    co_await lambdas();
    co_await arguments();
    co_await cancellation();
}

int main() {
    heddle::sim::run(program);
    std::cout << "ok\n";
}
