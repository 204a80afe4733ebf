// SPDX-License-Identifier: BSL-1.0
//
// Lesson 9: asyncio. One program on two clocks: `req1` takes a second, `req2` none, and the program
// waits for both.
//
//     09_asyncio [--backend=sim|asio]
//
// prints req2, req1, [1, 2]: the results in the order in which they were asked for, although req2
// is done first. With --backend=asio (Boost.Asio) that takes a second; with --backend=sim (virtual
// time, the default) it takes none. The program does not know which.
#include <chrono>
#include <cstdio>

#include "on_backend.hpp"

using namespace std::chrono_literals;

heddle::coro<int> req1() {
    co_await heddle::sleep(1s);
    std::puts("req1");
    co_return 1;
}

heddle::coro<int> req2() {
    std::puts("req2");
    co_return 2;
}

heddle::coro<void> program() {
    const auto [first, second] = co_await heddle::gather(req1(), req2());
    std::printf("[%d, %d]\n", first, second);
}

int main(int argc, char** argv) { return run_on_backend("09_asyncio", argc, argv, program); }
