// SPDX-License-Identifier: BSL-1.0
//
// What the guide shows of Python's `async with`.
#include <chrono>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>

#include <heddle/heddle.hpp>
#include <heddle/sim.hpp>

using namespace std::chrono_literals;

heddle::coro<int> ask(heddle::lock& line, heddle::duration takes) {
    const auto guard = co_await line.scoped();  // async with line:
    co_await heddle::sleep(takes);
    co_return 42;
}  // released here, and wherever else this scope is left

heddle::coro<void> limited(heddle::lock& line) {
    auto limit = heddle::timeout(10ms);  // async with asyncio.timeout(0.01):
    auto block = [&]() -> heddle::coro<int> {
        const int first = co_await ask(line, 3ms);
        co_return first + co_await ask(line, 20ms);
    };
    try {
        std::cout << co_await limit.run(block()) << '\n';
    } catch (const heddle::timeout_error&) {
        std::cout << "too late; the line is " << (line.locked() ? "taken" : "free") << '\n';
    }
}

heddle::coro<void> child(std::string name) {
    try {
        co_await heddle::sleep(1h);
    } catch (const heddle::cancelled_error&) {
        std::cout << name << " cleans up\n";
        throw;
    }
}

heddle::coro<void> body(heddle::task_group& group) {
    group.create_task(child("a"));
    group.create_task(child("b"));
    co_await heddle::sleep(1ms);
    throw std::runtime_error("the body has failed");
}

heddle::coro<void> grouped() {
    heddle::task_group group;  // async with asyncio.TaskGroup() as group:
    std::exception_ptr error;
    try {
        co_await body(group);
    } catch (...) {
        error = std::current_exception();  // a handler cannot await
    }
    co_await group.join_after(error);  // the exit: cancels the children, waits, throws
}

heddle::coro<void> program() {
    heddle::lock line;
    co_await limited(line);
    try {
        co_await grouped();
    } catch (const heddle::exception_group& group) {
        std::cout << "errors: " << group.errors().size() << '\n';
    }
}

int main() { heddle::sim::run(program); }
