// SPDX-License-Identifier: BSL-1.0
//
// For docs/other_frameworks.md: Catch2, version 2 or 3. It has a failing test on purpose.
#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_test_macros.hpp>
#else
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
#endif

#include <chrono>

#include <heddle/heddle.hpp>

#include "every_schedule.hpp"

using namespace std::chrono_literals;

void holds_in_every_schedule(const heddle::sim::program& program, const std::string& test) {
    if (const std::string broken = broken_schedule(program, test, "./with_catch2 " + test);
        !broken.empty()) {
        FAIL(broken);
    }
}

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

TEST_CASE("both_are_counted") { holds_in_every_schedule(both_add_one, "both_are_counted"); }

TEST_CASE("an_empty_program_holds") {
    holds_in_every_schedule([]() -> heddle::coro<void> { co_return; }, "an_empty_program_holds");
}
