// SPDX-License-Identifier: BSL-1.0
//
// The smallest program that needs both core and sim: one second that passes in virtual time.
#include <chrono>
#include <heddle/heddle.hpp>
#include <heddle/sim.hpp>

heddle::coro<int> program() {
    co_await heddle::sleep(std::chrono::seconds(1));
    co_return 42;
}

int main() { return heddle::sim::run(program) == 42 ? 0 : 1; }
