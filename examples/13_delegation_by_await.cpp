// SPDX-License-Identifier: BSL-1.0
//
// Lesson 13: delegation by await. To return a coroutine is not to await it: the caller gets the
// coroutine object, and its body has not run.
//
// Python warns when it finds, at run time, that nobody awaited a coroutine. Here the compiler warns
// where one is dropped, since coro<T> is [[nodiscard]]. A statement `inner();` is told:
//
//     a coroutine does nothing until it is awaited or made a task
//
// One that is kept and not awaited, as below, is destroyed without having run.
#include <cstdio>

#include <heddle/hand_driven.hpp>

bool inner_has_run = false;

heddle::coro<int> inner() {
    inner_has_run = true;
    co_return 1;
}

heddle::coro<heddle::coro<int>> returns_it() { co_return inner(); }

heddle::coro<int> awaits_it() { co_return co_await inner(); }

int main() {
    {
        heddle::hand_driven<heddle::coro<int>> first(returns_it());
        first.send();
        const heddle::coro<int>& returned = first.result();
        if (returned.valid()) {
            std::puts("the first returns a coroutine object");
        }
    }
    if (!inner_has_run) {
        std::puts("that was never awaited: it is gone, and has not run");
    }

    heddle::hand_driven<int> second(awaits_it());
    second.send();
    std::printf("the second returns %d\n", second.result());
}
