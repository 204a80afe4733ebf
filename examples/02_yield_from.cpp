// SPDX-License-Identifier: BSL-1.0
//
// Lesson 2: yield from. A generator hands its caller over to another generator: what the caller
// sends goes straight to the inner one, and what the inner one returns is the value of the
// delegation.
#include <cstdio>
#include <optional>

#include <heddle/generator.hpp>

using numbers = heddle::generator<int, int, int>;

numbers inner() {
    const std::optional<int> sent = co_yield 11;
    co_return sent.value();
}

numbers outer() {
    // The outer one owns the inner one from here on, and stops wherever that stops.
    const int returned = co_yield heddle::yield_from(inner());
    co_return returned;
}

int main() {
    auto driven = outer();
    const std::optional<int> got = driven.next();  // yielded by inner()
    driven.send(2);                                // received by inner()
    std::printf("received %d, returned %d\n", got.value(), driven.result());
}
