// SPDX-License-Identifier: BSL-1.0
//
// The first example of the README.
#include <chrono>
#include <iostream>
#include <tuple>

#include <heddle/asio_backend.hpp>
#include <heddle/heddle.hpp>
#include <heddle/sim.hpp>

using namespace std::chrono_literals;

heddle::coro<int> ask(heddle::duration thinking, int answer) {
    co_await heddle::sleep(thinking);
    co_return answer;
}

heddle::coro<int> program() {
    const std::tuple<int, int> both = co_await heddle::gather(ask(500ms, 40), ask(250ms, 2));
    co_return std::get<0>(both) + std::get<1>(both);
}

int main() {
    std::cout << heddle::sim::run(program) << '\n';  // in virtual time: at once
    std::cout << heddle::run(program) << '\n';       // on Boost.Asio: after half a second
}
