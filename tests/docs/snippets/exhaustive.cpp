// SPDX-License-Identifier: BSL-1.0
//
// The program of docs/exhaustive.md: all schedules of two withdrawals, wrong and right.
#include <chrono>
#include <iostream>
#include <optional>
#include <vector>

#include <heddle/heddle.hpp>
#include <heddle/sim.hpp>

using namespace std::chrono_literals;
namespace sim = heddle::sim;

struct account {
    int balance = 100;
    heddle::lock mutex;
};

heddle::coro<void> withdraw(account& from, int amount) {
    const int seen = from.balance;
    co_await heddle::sleep(1ms);  // ask the bank
    from.balance = seen - amount;
}

heddle::coro<void> withdraw_alone(account& from, int amount) {
    const auto guard = co_await from.mutex.scoped();
    co_await withdraw(from, amount);
}

heddle::coro<void> one_after_the_other(heddle::coro<void> (*step)(account&, int)) {
    account common;
    const auto second = [&]() -> heddle::coro<void> {
        co_await heddle::sleep(3ms);
        co_await step(common, 30);
    };
    heddle::task_group group;
    group.create_task(step(common, 50), "first");
    group.create_task(second(), "second");
    co_await group.join();
    sim::check(common.balance == 20, "common.balance == 20");
}

sim::exhaustion every_schedule(const char* name, heddle::coro<void> (*step)(account&, int)) {
    sim::exhaust_options options;
    options.name = name;
    return sim::exhaust([step] { return one_after_the_other(step); }, options);
}

// ---- counting ------------------------------------------------------------------------------

heddle::coro<void> five_tasks() {
    const auto all = heddle::get_running_loop().create_future<void>("all five");
    int left = 5;
    const auto work = [&]() -> heddle::coro<void> {
        if (--left == 0) {
            all.set_result();
        }
        co_return;
    };
    std::vector<heddle::task<void>> tasks;
    for (int i = 0; i < 5; ++i) {
        tasks.push_back(heddle::create_task(work()));
    }
    co_await all;  // a task_group would be told of each task's end: more events, more schedules
}

int main() {
    std::cout << sim::text_of(every_schedule("locked", withdraw_alone)) << '\n';
    const sim::exhaustion wrong = every_schedule("unlocked", withdraw);
    std::cout << sim::text_of(wrong) << '\n' << sim::report(wrong, "") << '\n';

    std::cout << sim::text_of(sim::exhaust(five_tasks)) << '\n';

    // The same through explore(), where the number of runs is that of the schedules asked for.
    sim::explore_options options;
    options.strategy = "exhaustive";
    options.schedules = 100;
    std::cout << std::boolalpha << sim::explore(five_tasks, options).exhausted << '\n';

    // By hand: what is on the loop before it runs, in all orders.
    sim::simulation one;
    sim::depth_first all;
    const sim::run_record* run = nullptr;
    int schedules = 0;
    do {
        const auto drive = [](heddle::event_loop& loop) {
            for (int i = 0; i < 4; ++i) {
                loop.call_soon([] {});
            }
            loop.run_one_iteration();
        };
        run = &one.run_by_hand(drive, all, sim::level::any);
        ++schedules;
    } while (all.advance(*run));
    std::cout << schedules << " schedules of four callbacks\n";
}
