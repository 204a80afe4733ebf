// SPDX-License-Identifier: BSL-1.0
//
// The resume path allocates nothing: once a loop is warm, tasks that go on, wait, wake each other, and
// set and take back timers ask nobody for memory. Operator new is replaced, and counts.
//
// A case runs for a while, then again as long, and must not have asked for memory the second time.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <vector>

#include <heddle/heddle.hpp>
#include <heddle/sim/explorers.hpp>
#include <heddle/sim/simulation.hpp>
#include <heddle/sim/virtual_clock.hpp>

// A simulation's frames are on the plain heap then, which is asked each time: frame_memory::automatic.
#if defined(__SANITIZE_ADDRESS__)
#define HEDDLE_TEST_PLAIN_HEAP 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HEDDLE_TEST_PLAIN_HEAP 1
#endif
#endif
#ifndef HEDDLE_TEST_PLAIN_HEAP
#define HEDDLE_TEST_PLAIN_HEAP 0
#endif

namespace {

std::uint64_t asked = 0;

void* counted(std::size_t size) {
    ++asked;
    if (void* memory = std::malloc(size == 0 ? 1 : size); memory != nullptr) {
        return memory;
    }
    throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t size) { return counted(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

using heddle::coro;
using heddle::duration;
constexpr int rounds = 300;

coro<void> yields() {
    for (int i = 0; i < rounds; ++i) {
        co_await heddle::sleep(duration::zero());
    }
}
coro<void> sleeps() {
    for (int i = 0; i < rounds; ++i) {
        co_await heddle::sleep(duration(1 + i % 7));
    }
}
coro<void> futures() {
    heddle::event_loop& loop = heddle::get_running_loop();
    for (int i = 0; i < rounds; ++i) {
        const heddle::future<int> one = loop.create_future<int>();
        loop.call_soon([&one] { one.set_result(1); });
        co_await one;
    }
}
coro<int> ended() { co_return 1; }
coro<void> awaits() {
    for (int i = 0; i < rounds; ++i) {
        co_await ended();
    }
}
coro<void> tasks() {
    for (int i = 0; i < rounds; ++i) {
        const heddle::task<int> one = heddle::create_task(ended());
        co_await one;
    }
}
coro<void> gathers() {
    for (int i = 0; i < rounds; ++i) {
        co_await heddle::gather(ended(), ended());
    }
}
coro<void> produce(heddle::queue<int>& items) {
    for (int i = 0; i < rounds; ++i) {
        co_await items.put(i);
    }
}
coro<void> queues() {
    static heddle::queue<int> items(8);  // whose own memory comes with its first items
    const heddle::task<void> producer = heddle::create_task(produce(items));
    for (int i = 0; i < rounds; ++i) {
        static_cast<void>(co_await items.get());
    }
    co_await producer;
}
coro<void> hold(heddle::lock& mutex) {
    for (int i = 0; i < rounds; ++i) {
        const auto held = co_await mutex.scoped();
        co_await heddle::sleep(duration::zero());
    }
}
coro<void> locks() {
    heddle::lock mutex;
    const heddle::task<void> other = heddle::create_task(hold(mutex));
    co_await hold(mutex);
    co_await other;
}
coro<void> pass(heddle::semaphore& here, heddle::semaphore& there) {
    for (int i = 0; i < rounds; ++i) {
        co_await here.acquire();
        there.release();
    }
}
coro<void> semaphores() {
    heddle::semaphore ping(1);
    heddle::semaphore pong(0);
    const heddle::task<void> other = heddle::create_task(pass(pong, ping));
    co_await pass(ping, pong);
    co_await other;
}
coro<void> timeouts() {
    for (int i = 0; i < rounds; ++i) {
        co_await heddle::wait_for(ended(), duration(1'000));
    }
}
coro<void> callbacks() {
    heddle::event_loop& loop = heddle::get_running_loop();
    for (int i = 0; i < rounds; ++i) {
        loop.call_soon([] {});
        heddle::timer_handle timer = loop.call_later(duration(1'000), [] {});
        timer.cancel();
        co_await heddle::sleep(duration::zero());
    }
}

struct named {
    const char* name;
    coro<void> (*body)();
};
constexpr named cases[] = {
    {"yields", yields},         {"sleeps", sleeps},     {"futures", futures},    {"awaits", awaits},
    {"tasks", tasks},           {"gathers", gathers},   {"queues", queues},      {"locks", locks},
    {"semaphores", semaphores}, {"timeouts", timeouts}, {"callbacks", callbacks}};

/// Twice the same in one task: 0 if nothing was asked for the second time.
coro<std::uint64_t> asked_when_warm(coro<void> (*body)()) {
    co_await body();
    const std::uint64_t before = asked;
    co_await body();
    co_return asked - before;
}

bool plain_loop() {
    bool good = true;
    heddle::loop_options options;
    options.memory.policy = heddle::frame_memory::recycle;  // under a sanitizer too
    for (const named& each : cases) {
        heddle::sim::virtual_clock clock;
        heddle::event_loop loop(clock, options);
        const std::uint64_t count = loop.run_until_complete(asked_when_warm(each.body));
        if (count != 0) {
            std::printf("%s: %llu allocations on a warm loop\n", each.name,
                        static_cast<unsigned long long>(count));
            good = false;
        }
    }
    return good;
}

/// Whole runs of a simulation under a strategy, the second like the first.
bool simulated_runs() {
    bool good = true;
    for (const named& each : cases) {
        const heddle::sim::program program = [&each] { return each.body(); };
        heddle::sim::simulation one;
        const auto chooser = heddle::sim::make_explorer("walk");
        const heddle::sim::run_profile profile;
        std::uint64_t before = 0;
        for (int i = 0; i < 2; ++i) {
            before = asked;
            chooser->begin(1, heddle::sim::level::any, profile);
            if (one.run(program, *chooser, heddle::sim::level::any).failed) {
                std::printf("%s: the run failed\n", each.name);
                return false;
            }
        }
        // What a run asks for at its end, whatever its length.
        constexpr std::uint64_t of_a_run = 8;
        if (asked - before > of_a_run) {
            std::printf("%s: %llu allocations in a run of a simulation that is warm\n", each.name,
                        static_cast<unsigned long long>(asked - before));
            good = false;
        }
    }
    return good;
}

}  // namespace

int main() {
    const bool plain = plain_loop();
    const bool simulated = HEDDLE_TEST_PLAIN_HEAP != 0 || simulated_runs();
    return plain && simulated ? 0 : 1;
}
