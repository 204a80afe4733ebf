// SPDX-License-Identifier: BSL-1.0
//
// Writes reports of programs that fail into a folder, for read_reports and look_at_page. Names hold
// whatever names may hold.
#include <heddle/heddle.hpp>
#include <heddle/sim.hpp>

#include <chrono>
#include <iostream>
#include <string>

using namespace std::chrono_literals;
namespace sim = heddle::sim;

namespace {

heddle::coro<void> pays(int& account, heddle::lock& books, int amount) {
    const int before = account;
    co_await heddle::sleep(5ms);
    const auto guard = co_await books.scoped();
    HEDDLE_SOMETIMES(before != account, "the account </script> has \"changed\"");
    co_await heddle::sleep(3ms);
    account = before - amount;
}

heddle::coro<void> pays_later(int& account, heddle::lock& books) {
    co_await heddle::sleep(13ms);
    co_await pays(account, books, 5);
}

/// Fails when the first payment is slow.
heddle::coro<void> payments() {
    int account = 100;
    heddle::lock books;
    heddle::queue<int> orders(1);
    const auto puts = [&orders]() -> heddle::coro<void> {
        for (int i = 0; i < 4; ++i) {
            co_await orders.put(i);
        }
    };
    const auto takes = [&orders]() -> heddle::coro<void> {
        for (int i = 0; i < 4; ++i) {
            static_cast<void>(co_await orders.get());
            co_await heddle::sleep(1ms);
        }
    };
    heddle::task_group group;
    group.create_task(pays(account, books, 10), "<b id=injected>card</b>\n\xFF\"1' \xC3\xA9");
    group.create_task(pays_later(account, books), "\\card-2\t{}");
    group.create_task(puts(), "producer");
    group.create_task(takes(), "consumer");
    heddle::get_running_loop().call_later(2ms, [] {});
    co_await group.join();
    sim::check(account == 85, "account == 85");
}

/// Fails when the second task runs first.
heddle::coro<void> leans_on_the_order() {
    int last = 0;
    const auto sets = [&last](int number) -> heddle::coro<void> {
        last = number;
        co_return;
    };
    heddle::task_group group;
    group.create_task(sets(1), "first");
    group.create_task(sets(2), "second");
    co_await group.join();
    sim::check(last == 2, "last == 2");
}

heddle::coro<void> fails_always() {
    co_await heddle::sleep(1ms);
    throw heddle::usage_error("<img src=x onerror=alert(1)> & \x01 \xED\xA0\x80");
}

heddle::coro<void> passes() {
    HEDDLE_REACHABLE("the end");
    co_return;
}

heddle::coro<void> sees_too_little() {
    HEDDLE_SOMETIMES(false, "<never>");
    co_return;
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 2) {
        std::cerr << "usage: make_reports FOLDER\n";
        return 2;
    }
    struct {
        const char* file;
        const char* name;
        sim::program main;
    } const programs[]{
        {"payments", "pay <ments> & \"co\" </script>", payments},
        {"order", "leans_on_the_order", leans_on_the_order},
        {"always", "fails_always", fails_always},
        {"passes", "passes", passes},
        {"coverage", "sees_too_little", sees_too_little},
    };
    for (const auto& each : programs) {
        sim::explore_options options;
        options.name = each.name;
        const sim::exploration result = sim::explore(each.main, options);
        for (const char* const end : {".json", ".trace.json", ".html"}) {
            sim::write_report(std::string(arguments[1]) + "/" + each.file + end, result,
                              "./payments --replay='a tape'");
        }
    }
    return 0;
}
