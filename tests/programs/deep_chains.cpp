// SPDX-License-Identifier: BSL-1.0
//
// Depth and number of awaits use the heap, never the stack: a million awaits in a loop, and chains
// of 100,000 coroutines that return, throw, are cancelled, and are destroyed while suspended; the
// same for generators, their yields and their delegations. The
// stack is limited first, so that growth by even a few bytes an await shows as a crash.
#include <heddle/heddle.hpp>
#include <heddle/sim.hpp>

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <utility>

namespace {

using namespace std::chrono_literals;
using heddle::coro;

constexpr int depth = 100'000;
constexpr int awaits = 1'000'000;
constexpr rlim_t stack_limit = rlim_t{512} * 1024;

int failures = 0;

void expect(bool holds, const char* what) {
    if (!holds) {
        std::printf("failed: %s\n", what);
        ++failures;
    }
}

coro<int> ready(int value) { co_return value; }

coro<int> returning(int levels) {
    if (levels == 0) {
        co_await heddle::sleep(1ms);
        co_return 0;
    }
    co_return 1 + co_await returning(levels - 1);
}

coro<int> throwing(int levels) {
    if (levels == 0) {
        co_await heddle::sleep(1ms);
        throw std::runtime_error("from the bottom");
    }
    co_return 1 + co_await throwing(levels - 1);
}

int destroyed = 0;

coro<void> parked(int levels) {
    struct counted {
        ~counted() { ++destroyed; }
    } const mark;
    if (levels == 0) {
        co_await heddle::get_running_loop().create_future<void>();
    } else {
        co_await parked(levels - 1);
    }
}

coro<void> many_awaits() {
    std::int64_t sum = 0;
    for (int i = 0; i < awaits; ++i) {
        sum += co_await ready(1);
    }
    expect(sum == awaits, "a million awaits in a loop");
}

coro<void> deep_return() {
    const int reached = co_await returning(depth);
    expect(reached == depth, "a deep chain returns");
}

coro<void> deep_throw() {
    bool caught = false;
    try {
        co_await throwing(depth);
    } catch (const std::runtime_error& error) {
        caught = std::strcmp(error.what(), "from the bottom") == 0;
    }
    expect(caught, "a deep chain throws");
}

coro<void> deep_cancel() {
    destroyed = 0;
    auto task = heddle::create_task(parked(depth));
    co_await heddle::sleep(1ms);
    task.cancel("enough");
    bool cancelled = false;
    try {
        co_await task;
    } catch (const heddle::cancelled_error& error) {
        cancelled = error.message() == "enough";
    }
    expect(cancelled && task.cancelled(), "a deep chain is cancelled");
    expect(destroyed == depth + 1, "each frame of a cancelled chain is destroyed once");
}

void deep_destruction() {
    destroyed = 0;
    {
        heddle::sim::virtual_clock clock;
        heddle::event_loop loop(clock);
        auto task = loop.create_task(parked(depth));
        loop.run_one_iteration();
        expect(!task.done() && destroyed == 0, "a deep chain is suspended");
    }
    expect(destroyed == depth + 1, "each frame of a destroyed chain is destroyed once");
}

// ---- generators ----------------------------------------------------------------------------

heddle::generator<int, int, int> delegating(int levels) {
    struct counted {
        ~counted() { ++destroyed; }
    } const mark;
    if (levels > 0) {
        co_return 1 + (co_yield heddle::yield_from(delegating(levels - 1)));
    }
    int sum = 0;
    while (const std::optional<int> sent = co_yield sum) {
        sum += *sent;
    }
    co_return 0;
}

void many_yields() {
    const auto ones = []() -> heddle::generator<int> {
        for (int i = 0; i < awaits; ++i) {
            co_yield 1;
        }
    };
    std::int64_t sum = 0;
    for (const int each : ones()) {
        sum += each;
    }
    expect(sum == awaits, "a million yields in a loop");
    const auto many_delegations = [&]() -> heddle::generator<int> {
        const auto one = []() -> heddle::generator<int> { co_yield 1; };
        const auto none = []() -> heddle::generator<int> { co_return; };
        for (int i = 0; i < awaits / 2; ++i) {
            co_yield heddle::yield_from(one());
            co_yield heddle::yield_from(none());
        }
    };
    sum = 0;
    for (const int each : many_delegations()) {
        sum += each;
    }
    expect(sum == awaits / 2, "a million delegations in a loop");
}

/// A million steps of a chain 100,000 deep: were a step to cost its depth, this would not end.
void deep_delegation() {
    destroyed = 0;
    {
        auto chain = delegating(depth);
        expect(chain.next() == 0, "a deep delegation begins");
        for (int i = 1; i <= awaits; ++i) {
            expect(chain.send(1) == i, "a deep delegation takes what is sent");
        }
        expect(!chain.next() && chain.result() == depth, "a deep delegation returns");
    }
    expect(destroyed == depth + 1, "each frame of a delegation is destroyed once");
    destroyed = 0;
    {
        auto chain = delegating(depth);
        chain.next();
    }
    expect(destroyed == depth + 1, "a deep delegation is destroyed while suspended");
    destroyed = 0;
    auto closed = delegating(depth);
    closed.next();
    closed.close();
    expect(closed.done() && destroyed == depth + 1, "a deep delegation is closed");
}

heddle::async_generator<int> counting(int last) {
    for (int i = 1; i <= last; ++i) {
        if (i % 100'000 == 0) {
            co_await heddle::sleep(1ms);
        }
        co_yield i;
    }
}

coro<void> many_async_yields() {
    auto numbers = counting(awaits);
    std::int64_t sum = 0;
    while (const auto each = co_await numbers.next()) {
        sum += *each;
    }
    expect(sum == std::int64_t{awaits} * (awaits + 1) / 2, "a million asynchronous yields");
}

/// The limit counts for programs that are started after it: run this one again under it.
void limit_stack(char** argv) {
    if (std::getenv("HEDDLE_STACK_IS_LIMITED") != nullptr) {
        return;
    }
    rlimit limit{};
    getrlimit(RLIMIT_STACK, &limit);
    limit.rlim_cur = stack_limit;
    setrlimit(RLIMIT_STACK, &limit);
    setenv("HEDDLE_STACK_IS_LIMITED", "1", 1);
    execv("/proc/self/exe", argv);
    std::perror("execv");
    std::exit(1);
}

}  // namespace

int main(int, char** argv) {
    limit_stack(argv);
    heddle::sim::run(many_awaits);
    heddle::sim::run(deep_return);
    heddle::sim::run(deep_throw);
    heddle::sim::run(deep_cancel);
    deep_destruction();
    many_yields();
    deep_delegation();
    heddle::sim::run(many_async_yields);
    return failures == 0 ? 0 : 1;
}
