// SPDX-License-Identifier: BSL-1.0
//
// Lesson 6: giving up control, by await. The same as lesson 5 with coroutines. A bare suspension
// gives control back to whoever drives the coroutine, however deep in a chain of awaits it stands.
#include <cstdio>

#include <heddle/hand_driven.hpp>

heddle::coro<> after_you() { co_await heddle::suspend_once(); }

heddle::coro<> first() {
    co_await after_you();
    std::puts("1");
}

heddle::coro<> second() {
    std::puts("2");
    co_return;
}

int main() {
    heddle::hand_driven<> one(first());
    heddle::hand_driven<> two(second());
    one.send();  // stops at the bare suspension
    two.send();  // prints 2
    one.send();  // goes on, and prints 1
}
