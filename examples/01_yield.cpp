// SPDX-License-Identifier: BSL-1.0
//
// Lesson 1: yield. A generator is a function that can stop in the middle, hand out a value, and go
// on later with a value that is handed in. Whoever holds it drives it, step by step.
#include <cstdio>
#include <optional>

#include <heddle/generator.hpp>

// generator<what it yields, what it is sent, what it returns>
heddle::generator<int, int, int> yields_and_returns() {
    const std::optional<int> sent = co_yield 1;  // stops here; goes on with what is sent
    co_return sent.value();
}

// void: no value goes out. It is Python's bare `yield`.
heddle::generator<void> yields_nothing() { co_yield {}; }

heddle::generator<int> returns_nothing() { co_yield 1; }

int main() {
    auto first = yields_and_returns();            // nothing of it has run yet
    const std::optional<int> got = first.next();  // runs it to its co_yield
    first.send(2);                                // ... and from there to its end
    std::printf("received %d, returned %d\n", got.value(), first.result());

    auto second = yields_nothing();
    const bool yielded = second.next();        // true: it stopped at a yield
    const bool yielded_again = second.next();  // false: it has ended
    if (yielded && !yielded_again) {
        std::puts("received none, returned none");
    }

    auto third = returns_nothing();
    const std::optional<int> only = third.next();
    const std::optional<int> end = third.next();  // empty, where Python raises StopIteration
    if (!end.has_value()) {
        std::printf("received %d, returned none\n", only.value());
    }
}
