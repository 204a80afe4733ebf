// SPDX-License-Identifier: BSL-1.0
//
// The guide's exploration: a lost update, found, reported, and replayed from its tape.
#include <chrono>
#include <iostream>

#include <heddle/heddle.hpp>
#include <heddle/sim.hpp>

using namespace std::chrono_literals;

struct counter {
    int value = 0;
};

heddle::coro<void> add_one(counter& c) {
    const int seen = c.value;
    co_await heddle::sleep(2ms);  // ask whether this is allowed
    co_await heddle::sleep(3ms);  // write
    c.value = seen + 1;
}

heddle::coro<void> add_one_later(counter& c) {
    co_await heddle::sleep(8ms);
    co_await add_one(c);
}

heddle::coro<void> program() {
    counter c;
    heddle::task_group group;
    group.create_task(add_one(c), "early");
    group.create_task(add_one_later(c), "late");
    co_await group.join();
    heddle::sim::check(c.value == 2, "c.value == 2");
}

int main() {
    heddle::sim::run(program);  // plainly: passes

    heddle::sim::explore_options options;
    options.name = "add_one";
    const heddle::sim::exploration result = heddle::sim::explore(program, options);
    if (!result.found) {
        return 1;
    }
    std::cout << heddle::sim::report(result, "") << '\n';
    heddle::sim::write_tape("add_one.tape", result.found->minimal_tape);

    // Later, or elsewhere:
    const heddle::sim::tape tape = heddle::sim::read_tape("add_one.tape");
    const heddle::sim::run_record run = heddle::sim::replay(program, tape, options);
    std::cout << "replayed: " << (run.failed ? run.failed->message : "passes") << '\n';
}
