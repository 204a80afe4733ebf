// SPDX-License-Identifier: BSL-1.0
//
// Lesson 3: async. A coroutine, too, is driven from outside, usually by a loop. Driven by hand it
// shows what it is: one send runs it to its return value, since it has no yield to stop at. The
// generator beside it takes two steps.
#include <cstdio>
#include <optional>

#include <heddle/generator.hpp>
#include <heddle/hand_driven.hpp>

heddle::coro<int> coroutine() { co_return 1; }

heddle::generator<int, void, int> generator() {
    co_yield 2;
    co_return 2;
}

int main() {
    // Calling it makes a coroutine object. It has not run.
    heddle::hand_driven<int> driven(coroutine());
    driven.send();
    std::printf("returned %d\n", driven.result());

    auto stepped = generator();
    const std::optional<int> got = stepped.next();
    stepped.next();
    std::printf("received %d, returned %d\n", got.value(), stepped.result());
}
