// SPDX-License-Identifier: BSL-1.0
//
// A program whose failure takes the process with it: a lost update, and abort().
#include <heddle/sim/fuzz.hpp>

#include <chrono>
#include <cstdlib>

#include <heddle/heddle.hpp>

namespace {

using namespace std::chrono_literals;

heddle::coro<void> crashing() {
    int value = 0;
    const auto add_one = [&](heddle::duration later) -> heddle::coro<void> {
        co_await heddle::sleep(later);
        const int seen = value;
        co_await heddle::sleep(2ms);
        co_await heddle::sleep(3ms);
        value = seen + 1;
    };
    heddle::task_group group;
    group.create_task(add_one(0ms));
    group.create_task(add_one(8ms));
    co_await group.join();
    if (value != 2) {
        std::abort();
    }
}

}  // namespace

HEDDLE_FUZZ_PROGRAM(crashing);
