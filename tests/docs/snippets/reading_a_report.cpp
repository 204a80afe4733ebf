// SPDX-License-Identifier: BSL-1.0
//
// The page on reports: a reader that may miss the bell, its report, its log, and what was never seen.
#include <chrono>
#include <iostream>

#include <heddle/heddle.hpp>
#include <heddle/sim.hpp>

using namespace std::chrono_literals;
namespace sim = heddle::sim;

struct mailbox {
    bool letter = false;
    heddle::event bell;
};

heddle::coro<void> reads(mailbox& box) {
    if (!box.letter) {
        co_await heddle::sleep(1ms);  // tell the others that we wait
        box.bell.clear();
        co_await box.bell.wait();
    }
}

heddle::coro<void> writes(mailbox& box) {
    co_await heddle::sleep(5ms);
    box.letter = true;
    box.bell.set();
}

heddle::coro<void> program() {
    mailbox box;
    heddle::task_group group;
    group.create_task(reads(box), "reader");
    group.create_task(writes(box), "writer");
    co_await group.join();
}

heddle::coro<void> retries(int answers_after) {
    for (int tries = 1; tries < answers_after; ++tries) {
        HEDDLE_SOMETIMES(tries > 1, "a second retry");
        co_await heddle::sleep(10ms);
    }
    if (answers_after > 3) {
        HEDDLE_REACHABLE("gives up");
    }
}

int main() {
    sim::explore_options options;
    options.name = "mailbox";
    const sim::exploration result = sim::explore(program, options);
    if (!result.found) {
        return 1;
    }
    std::cout << sim::report(result, "") << '\n';

    sim::write_report("mailbox.html", result);
    sim::write_report("mailbox.trace.json", result);
    sim::write_report("mailbox.json", result);

    const sim::run_record run = sim::replay(program, result.found->minimal_tape, options);
    std::cout << sim::log_of(run);

    sim::explore_options careful;
    careful.name = "retries";
    careful.must_see = {"gives up"};
    const sim::exploration seen = sim::explore([] { return retries(2); }, careful);
    std::cout << sim::report(seen, "") << '\n';
}
