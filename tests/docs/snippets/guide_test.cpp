// SPDX-License-Identifier: BSL-1.0
//
// The guide's test: the counter repaired, explored by Boost.Test.
#define BOOST_TEST_MODULE guide
#include <heddle/boost_test.hpp>

#include <chrono>

#include <heddle/heddle.hpp>

using namespace std::chrono_literals;

struct counter {
    heddle::lock lock;
    int value = 0;
};

heddle::coro<void> add_one(counter& c) {
    const auto guard = co_await c.lock.scoped();
    const int seen = c.value;
    co_await heddle::sleep(2ms);  // ask whether this is allowed
    co_await heddle::sleep(3ms);  // write
    c.value = seen + 1;
}

heddle::coro<void> add_one_later(counter& c) {
    co_await heddle::sleep(8ms);
    co_await add_one(c);
}

HEDDLE_TEST_CASE(both_are_counted, *heddle::schedules(2'000)) {
    counter c;
    heddle::task_group group;
    group.create_task(add_one(c), "early");
    group.create_task(add_one_later(c), "late");
    co_await group.join();
    BOOST_TEST(c.value == 2);
}
