// SPDX-License-Identifier: BSL-1.0
//
// The guide's first program: a day in virtual time.
#include <chrono>
#include <iostream>

#include <heddle/heddle.hpp>
#include <heddle/sim.hpp>

using namespace std::chrono_literals;

heddle::coro<int> count_hours(int hours) {
    for (int i = 0; i < hours; ++i) {
        co_await heddle::sleep(1h);
    }
    co_return hours;
}

heddle::coro<void> program() {
    // A task runs beside whoever made it.
    auto counter = heddle::create_task(count_hours(24), "counter");

    // A coro runs where it is awaited, here for at most 90 minutes.
    try {
        co_await heddle::wait_for(count_hours(8), 90min);
    } catch (const heddle::timeout_error&) {
        std::cout << "eight hours were too long\n";
    }

    std::cout << "hours counted: " << co_await counter << '\n';
}

int main() { heddle::sim::run(program); }
