// SPDX-License-Identifier: BSL-1.0
//
// The safe forms of docs/pitfalls.md. What goes wrong stands in comments: it would be undefined.
#include <chrono>
#include <coroutine>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

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

    // Wrong with g++ 12 for the same reason:
    //     co_await requests.put(request{*text, 3});
    heddle::queue<request> requests;
    request put{.name = *text, .tries = 3};
    co_await requests.put(std::move(put));
    expect((co_await requests.get()).tries == 3, "an item that has a name");
}

heddle::coro<std::vector<int>> two_numbers() {
    co_await heddle::sleep(1ms);
    std::vector<int> numbers{1, 2};
    co_return numbers;
}

heddle::coro<void> lists_beside_an_await() {
    // g++ 12 does not compile these, with "array used as initializer":
    //     BOOST_TEST((co_await two_numbers()) == std::vector({1, 2}));
    //     co_await heddle::wait(std::vector{first, second});
    const std::vector<int> expected{1, 2};
    const std::vector<int> found = co_await two_numbers();
    expect(found == expected, "a list in a statement of its own");

    auto first = heddle::create_task(two_numbers());
    auto second = heddle::create_task(two_numbers());
    const std::vector both{first, second};
    const auto result = co_await heddle::wait(both);
    expect(result.done.size() == 2 && result.pending.empty(), "a range that has a name");
}

// ---- children that borrow ------------------------------------------------------------------

heddle::coro<int> number(int value) { co_return value; }

heddle::coro<void> one_of_two() {
    const bool first = co_await number(1) == 1;
    // Wrong with g++ 12, which destroys the coroutine twice:
    //     co_await (first ? number(1) : number(2));
    auto chosen = first ? number(1) : number(2);
    expect(co_await std::move(chosen) == 1, "a choice that has a name");
}

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

// ---- guards --------------------------------------------------------------------------------

heddle::coro<void> guards() {
    heddle::lock lock;
    // Wrong: the guard goes at the end of the statement, and what follows has no lock:
    //     co_await lock.scoped();
    const auto guard = co_await lock.scoped();
    expect(lock.locked(), "a guard that has a name");
}

// ---- co_yield ------------------------------------------------------------------------------

heddle::generator<int, int> sums() {
    int sum = 0;
    while (sum < 10) {
        // Wrong: this yields sum + 1, and adds nothing to what is sent:
        //     sum = co_yield sum + 1;
        sum = 1 + (co_yield sum).value_or(0);
    }
}

void precedence() {
    auto sum = sums();
    expect(*sum.next() == 0 && *sum.send(4) == 5, "a co_yield in parentheses");
}

// ---- awaiters of your own ------------------------------------------------------------------

/// Goes on in the next iteration. It cannot be moved, as if others held a pointer to it.
class hop_awaiter {
public:
    using heddle_awaiter = void;  // it hands itself back to the task that awaits
    hop_awaiter() = default;
    hop_awaiter(const hop_awaiter&) = delete;
    hop_awaiter& operator=(const hop_awaiter&) = delete;

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> awaiting) {
        task_ = awaiting.promise().current_task();
        task_->yield();
    }
    void await_resume() { task_->resume_from_operation(false); }  // throws a cancellation

private:
    heddle::task_base* task_ = nullptr;
};

// g++ 12 moves what is awaited into the frame: were this hop_awaiter, it would not compile.
class [[nodiscard("a hop that is not awaited is none")]] hop {
public:
    [[nodiscard]] hop_awaiter operator co_await() const noexcept { return {}; }
};

heddle::coro<void> awaiters() {
    auto other = heddle::create_task(two_numbers());
    co_await hop();
    expect(!other.done(), "one iteration is no millisecond");
    co_await other;
}

// ---- fixtures ------------------------------------------------------------------------------

heddle::coro<void> pass(heddle::event& gate) { co_await gate.wait(); }

struct fixture {
    heddle::event gate;  // first what tasks wait for
    heddle::sim::virtual_clock clock;
    heddle::event_loop loop{clock};  // the loop is destroyed first, and its tasks with it
};

void waiting_when_the_fixture_goes() {
    fixture test;
    const auto waiting = test.loop.create_task(pass(test.gate));
    test.loop.run_one_iteration();
    expect(!waiting.done(), "a task that still waits");
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
    co_await lists_beside_an_await();
    co_await one_of_two();
    co_await guards();
    co_await awaiters();
    co_await borrowing();
    co_await a_failure_in_a_group();
    co_await lambdas();
    co_await arguments();
    co_await cancellation();
}

int main() {
    heddle::sim::run(program);
    precedence();
    waiting_when_the_fixture_goes();
    std::cout << "ok\n";
}
