// SPDX-License-Identifier: BSL-1.0
//
// Lesson 8: concurrency by await. The same as lesson 7 with coroutines: the loop has the tasks, and
// gather makes one of each coroutine.
//
//     08_concurrency_by_await [--backend=sim|asio]
//
// Two tasks that sleep 2 s and 1 s take 2 s in all: in real time with asio, in no time with sim.
#include <chrono>
#include <cstdio>

#include "on_backend.hpp"

using namespace std::chrono_literals;

heddle::coro<void> request(heddle::duration length) { co_await heddle::sleep(length); }

heddle::coro<void> program() {
    heddle::event_loop& loop = heddle::get_running_loop();
    const heddle::time_point start = loop.time();

    co_await heddle::gather(request(2s), request(1s));

    const auto taken = std::chrono::floor<std::chrono::seconds>(loop.time() - start);
    std::printf("%lld s in all, not 3\n", static_cast<long long>(taken.count()));
}

int main(int argc, char** argv) {
    return run_on_backend("08_concurrency_by_await", argc, argv, program);
}
