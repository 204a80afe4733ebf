// SPDX-License-Identifier: BSL-1.0
//
// For docs/fuzzing.md: the guide's counter, as a fuzzer.
#include <heddle/sim/fuzz.hpp>

#include <chrono>

#include <heddle/heddle.hpp>

using namespace std::chrono_literals;

struct counter {
    int value = 0;
};

heddle::coro<void> add_one(counter& c) {
    const int seen = c.value;
    co_await heddle::sleep(2ms);  // ask whether this is allowed
    co_await heddle::sleep(3ms);  // write
    c.value = seen + 1;
}

heddle::coro<void> add_one_later(counter& c) {
    co_await heddle::sleep(8ms);
    co_await add_one(c);
}

heddle::coro<void> both_add_one() {
    counter c;
    heddle::task_group group;
    group.create_task(add_one(c), "early");
    group.create_task(add_one_later(c), "late");
    co_await group.join();
    heddle::sim::check(c.value == 2, "c.value == 2");
}

HEDDLE_FUZZ_PROGRAM(both_add_one);
