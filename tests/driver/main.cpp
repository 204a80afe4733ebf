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
coro<void> rarely(Then then) {
    const auto order = std::make_shared<std::vector<int>>();
    const auto worker = [order](int number) -> coro<void> {
        for (int i = 0; i < 3; ++i) {
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

/// What only AddressSanitizer sees.
coro<void> uses_after_free() {
    return rarely([] {
        const auto freed = std::make_unique<int>(1);
        int* const place = freed.get();
        ::operator delete(const_cast<std::unique_ptr<int>&>(freed).release());
        write_to(place);
    });
}

coro<void> hangs() {
    return rarely([] {
        for (;;) {
            ::usleep(1000);
        }
    });
}

/// Two tasks in the order of their addresses: of new memory, that is.
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

/// Memory that was never written decides.
coro<void> depends_on_new_memory() {
    const std::unique_ptr<unsigned char[]> bytes(new unsigned char[64]);
    auto* const seen = const_cast<unsigned char*>(bytes.get());
    unsigned value = 0;
    for (int i = 32; i < 64; ++i) {
        value |= seen[i];
    }
    if (value == 0) {
        co_await heddle::sleep(1ms);
    } else {
        co_await heddle::sleep(2ms);
    }
}

/// Slow, so that a campaign can be stopped in it.
coro<void> is_slow() {
    ::usleep(500);
    return rarely([] {});
}

/// Slow, and fails late.
coro<void> fails_slowly() {
    ::usleep(200);
    return rarely([] { sim::check(false, "this order"); });
}

}  // namespace

int main(int argc, char** argv) {
    return sim::drive(argc, argv,
                      {{"passes", passes},
                       {"fails", fails},
                       {"segfaults", segfaults},
                       {"aborts", aborts},
                       {"exits", exits},
                       {"is_killed", is_killed},
                       {"uses_after_free", uses_after_free},
                       {"hangs", hangs},
                       {"depends_on_addresses", depends_on_addresses},
                       {"depends_on_new_memory", depends_on_new_memory},
                       {"is_slow", is_slow},
                       {"fails_slowly", fails_slowly}});
}
