// SPDX-License-Identifier: BSL-1.0
//
// Programs for the tests of sim::drive: each passes under FIFO, and does under some other schedule
// what its name says.
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <set>
#include <vector>

#include <heddle/heddle.hpp>
#include <heddle/sim.hpp>

namespace {

using namespace std::chrono_literals;
using heddle::coro;
namespace sim = heddle::sim;

/// `then` is called where two tasks of three have run in another order than FIFO's: in one run in
/// some dozens.
template <class Then>
coro<void> rarely(Then then, unsigned microseconds_a_turn = 0) {
    const auto order = std::make_shared<std::vector<int>>();
    const auto worker = [order, microseconds_a_turn](int number) -> coro<void> {
        for (int i = 0; i < 3; ++i) {
            if (microseconds_a_turn != 0) {
                ::usleep(microseconds_a_turn);
            }
            co_await heddle::sleep(0ns);
        }
        order->push_back(number);
    };
    heddle::task_group group;
    for (int i = 0; i < 5; ++i) {
        group.create_task(worker(i));
    }
    co_await group.join();
    if (*order == std::vector<int>{3, 1, 0, 4, 2}) {
        then();
    }
}

coro<void> fails() {
    return rarely([] { sim::check(false, "this order"); });
}

coro<void> passes() {
    return rarely([] {});
}

[[gnu::noinline]] void write_to(int* place) { *place = 1; }

coro<void> segfaults() {
    return rarely([] {
        // From an integer, so that no compiler and no sanitizer sees a null pointer.
        write_to(reinterpret_cast<int*>(static_cast<std::uintptr_t>(
            std::getenv("HEDDLE_TEST_NEVER_SET") != nullptr ? 4096 : 16)));
    });
}

coro<void> aborts() {
    return rarely([] { std::abort(); });
}

coro<void> exits() {
    return rarely([] { std::_Exit(0); });
}

coro<void> is_killed() {
    return rarely([] { ::raise(SIGKILL); });
}

#if defined(__SANITIZE_ADDRESS__)
#define HEDDLE_TEST_ASAN
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HEDDLE_TEST_ASAN
#endif
#endif

#ifdef HEDDLE_TEST_ASAN
[[gnu::noinline]] void free_it(int* place) { delete place; }

coro<void> uses_after_free() {
    return rarely([] {
        int* const place = new int(1);
        free_it(place);
        write_to(place);
    });
}
#endif

coro<void> hangs() {
    return rarely([] {
        for (;;) {
            ::usleep(1000);
        }
    });
}

#ifndef HEDDLE_TEST_ASAN  // which has an allocator of its own
/// Tasks in the order of their addresses: of new memory, that is.
coro<void> depends_on_addresses() {
    const auto turn = [](int turns) -> coro<void> {
        for (int i = 0; i < turns; ++i) {
            co_await heddle::sleep(0ns);
        }
    };
    std::vector<std::unique_ptr<int>> values;
    std::set<int*> by_address;
    for (int i = 0; i < 8; ++i) {
        values.push_back(std::make_unique<int>(i));
        by_address.insert(values.back().get());
    }
    heddle::task_group group;
    for (const int* each : by_address) {
        group.create_task(turn(*each), "turn-" + std::to_string(*each));
    }
    co_await group.join();
}

// Out of sight of the optimiser, which may take what was never written for anything.
[[gnu::noinline]] bool all_zero(const unsigned char* bytes, std::size_t count) {
    static bool (*const is_zero)(const unsigned char*) = [](const unsigned char* one) {
        return *one == 0;
    };
    for (std::size_t i = 0; i < count; ++i) {
        if (!is_zero(bytes + i)) {
            return false;
        }
    }
    return true;
}

/// Memory that was never written decides.
coro<void> depends_on_new_memory() {
    const std::unique_ptr<unsigned char[]> bytes(new unsigned char[3000]);
    if (all_zero(bytes.get() + 1000, 2000)) {
        co_await heddle::sleep(1ms);
    } else {
        co_await heddle::sleep(2ms);
    }
}
#endif

/// Two steps that nobody orders: few schedules, of which none fails.
coro<void> tiny() {
    const auto worker = []() -> coro<void> {
        HEDDLE_REACHABLE("tiny: a worker runs");
        co_return;
    };
    heddle::task_group group;
    group.create_task(worker());
    group.create_task(worker());
    co_await group.join();
}

/// What it must see is in a branch that it never takes.
coro<void> misses() {
    return rarely([] { HEDDLE_REACHABLE("misses: the order that never comes"); });
}

/// Slow, so that a campaign can be stopped in it.
coro<void> is_slow() {
    return rarely([] {}, 50);
}

coro<void> fails_slowly() {
    return rarely([] { sim::check(false, "this order"); }, 50);
}

/// As long as nobody cancels who has taken something.
coro<void> gives_back() {
    bool taken = false;
    const auto takes = [&]() -> coro<void> {
        taken = true;
        co_await heddle::sleep(1ms);
        taken = false;
    };
    auto task = heddle::create_task(takes());
    try {
        co_await task;
    } catch (const heddle::cancelled_error&) {
        // It ends all the same.
    }
    sim::check(!taken, "it was given back");
}

sim::explore_options must_see_more() {
    sim::explore_options options;
    options.must_see = {"tiny: a worker runs"};
    return options;
}

}  // namespace

int main(int argc, char** argv) {
    return sim::drive(argc, argv,
                      {{"passes", passes},
                       {"fails", fails},
                       {"tiny", tiny},
                       {"misses", misses, must_see_more()},
                       {"segfaults", segfaults},
                       {"aborts", aborts},
                       {"exits", exits},
                       {"is_killed", is_killed},
#ifdef HEDDLE_TEST_ASAN
                       {"uses_after_free", uses_after_free},
#else
                       {"depends_on_addresses", depends_on_addresses},
                       {"depends_on_new_memory", depends_on_new_memory},
#endif
                       {"hangs", hangs},
                       {"is_slow", is_slow},
                       {"fails_slowly", fails_slowly},
                       {"gives_back", gives_back}});
}
