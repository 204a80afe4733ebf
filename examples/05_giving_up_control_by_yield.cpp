// SPDX-License-Identifier: BSL-1.0
//
// Lesson 5: giving up control, by yield. The first generator was started first, but it stops in the
// middle and lets the second go ahead. Whoever drives them decides when it goes on.
#include <cstdio>

#include <heddle/generator.hpp>

heddle::generator<void> first() {
    co_yield {};  // after you
    std::puts("1");
}

heddle::generator<void> second() {
    std::puts("2");
    co_return;
}

int main() {
    auto one = first();
    auto two = second();
    one.next();  // stops at its yield
    two.next();  // prints 2
    one.next();  // goes on, and prints 1
}
