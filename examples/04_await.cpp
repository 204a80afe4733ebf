// SPDX-License-Identifier: BSL-1.0
//
// Lesson 4: await. Awaiting a coroutine runs it in place and gives what it returns, as a delegation
// does with a generator. What is missing are the values in between: an await hands none out.
#include <cstdio>
#include <optional>

#include <heddle/generator.hpp>
#include <heddle/hand_driven.hpp>

heddle::coro<int> inner_coroutine() { co_return 11; }

heddle::coro<int> outer_coroutine() { co_return 100 + co_await inner_coroutine(); }

heddle::generator<int, void, int> inner_generator() {
    co_yield 12;
    co_return 12;
}

heddle::generator<int, void, int> outer_generator() {
    // The brackets are needed: co_yield binds less tightly than +, co_await more tightly.
    co_return 100 + (co_yield heddle::yield_from(inner_generator()));
}

int main() {
    heddle::hand_driven<int> driven(outer_coroutine());
    driven.send();
    std::printf("returned %d\n", driven.result());

    auto stepped = outer_generator();
    const std::optional<int> got = stepped.next();
    stepped.next();
    std::printf("received %d, returned %d\n", got.value(), stepped.result());
}
