// SPDX-License-Identifier: BSL-1.0
//
// One case in both worlds. The second is wrong on purpose.
#define BOOST_TEST_MODULE conformance
#include <heddle/conformance.hpp>

#include <chrono>

#include <heddle/heddle.hpp>

using namespace std::chrono_literals;

heddle::coro<void> producer(heddle::queue<int>& jobs) {
    for (int i = 0; i < 3; ++i) {
        co_await jobs.put(i);
        heddle::observe("put", i);
    }
}

HEDDLE_CONFORMANCE_TEST_CASE(a_full_queue_makes_its_producer_wait, *heddle::schedules(100)) {
    heddle::queue<int> jobs(1);
    heddle::task_group group;
    group.create_task(producer(jobs));
    for (int i = 0; i < 3; ++i) {
        heddle::observe("got", co_await jobs.get());
    }
    co_await group.join();
}

HEDDLE_CONFORMANCE_TEST_CASE(waits_are_as_long_as_they_say, *heddle::schedules(100)) {
    const auto start = std::chrono::steady_clock::now();  // not the loop's clock
    co_await heddle::sleep(20ms);
    const bool waited = std::chrono::steady_clock::now() - start >= 20ms;
    heddle::observe("waited 20 ms:", waited);
}
