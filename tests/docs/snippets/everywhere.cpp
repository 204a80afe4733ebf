// SPDX-License-Identifier: BSL-1.0
//
// The program of docs/testing_everywhere.md: a permit that a cancellation loses, and how it is found.
#include <chrono>
#include <iostream>
#include <optional>

#include <heddle/heddle.hpp>
#include <heddle/sim.hpp>

using namespace std::chrono_literals;
namespace sim = heddle::sim;

std::optional<heddle::semaphore> connections;

heddle::coro<void> query() {
    co_await connections->acquire();
    co_await heddle::sleep(5ms);
    connections->release();
}

heddle::coro<void> safe_query() {
    const auto connection = co_await connections->scoped();
    co_await heddle::sleep(5ms);
}

sim::everywhere_report look_everywhere(heddle::coro<void> (*body)()) {
    // Called anew for each run; what the run works on is still there when its loop is gone.
    const sim::program main = [body] {
        connections.emplace(1);
        return body();
    };
    sim::everywhere_options options;
    options.epilogue = [] { return safe_query(); };  // a newcomer still gets a connection
    options.check = [](const sim::everywhere_run&) {
        sim::check(!connections->locked(), "the connection is back");
    };
    return sim::cancel_everywhere(main, options);
}

heddle::coro<void> two_queries() {
    connections.emplace(1);
    heddle::task_group group;
    group.create_task(query());
    group.create_task(query());
    co_await group.join();
}

int main() {
    std::cout << sim::text_of(look_everywhere(query)) << '\n';
    const sim::everywhere_report safe = look_everywhere(safe_query);
    std::cout << sim::text_of(safe) << '\n';

    sim::explore_options options;
    options.cancellations = true;
    std::cout << sim::report(sim::explore(two_queries, options), "") << '\n';
    return safe.clean() ? 0 : 1;
}
