// SPDX-License-Identifier: BSL-1.0
//
// The program of the demo: two cards that draw on one account, and an auditor who adds up the
// books now and then. Written once: it includes neither the simulation nor Boost.Asio.
//
// It has a bug: its lock is taken too late. lock_place says where the lock is taken; nothing else
// differs between the faulty program and the repaired one.
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <heddle/heddle.hpp>

namespace payments {

using namespace std::chrono_literals;

inline constexpr int paid_in = 1000;

enum class lock_place { after_the_balance_is_read, before_the_balance_is_read };

/// The books: a database that takes its time to answer, and keeps a log.
class ledger {
public:
    enum account { family, shop };

    struct entry {
        heddle::duration when;
        std::string who;
        account what;
        bool written;
        int balance;
    };

    heddle::lock lock;  // held by whoever changes balances or adds them up
    std::vector<entry> log;

    heddle::coro<int> read(account which) {
        co_await heddle::sleep(5ms);
        note(which, false);
        co_return balances_[which];
    }
    heddle::coro<void> write(account which, int balance) {
        co_await heddle::sleep(8ms);
        balances_[which] = balance;
        note(which, true);
    }

private:
    void note(account which, bool written) {
        heddle::event_loop& loop = heddle::get_running_loop();
        log.push_back(
            {loop.time() - opened_, loop.current_task()->name(), which, written, balances_[which]});
    }

    std::array<int, 2> balances_{paid_in, 0};
    heddle::time_point opened_ = heddle::get_running_loop().time();
};

/// A service elsewhere that looks at each payment, at large ones for long.
inline heddle::coro<bool> looks_honest(int amount) {
    co_await heddle::sleep(amount > 200 ? 60ms : 10ms);
    co_return true;
}

/// Moves `amount` from the family's account to the shop's. False if the payment is declined.
template <lock_place place>
heddle::coro<bool> pay(ledger& books, int amount) {
    try {
        if (!co_await heddle::wait_for(looks_honest(amount), 30ms)) {
            co_return false;
        }
    } catch (const heddle::timeout_error&) {
        co_return false;  // no answer in time is a no
    }

    std::optional<heddle::lock::guard> guard;
    if constexpr (place == lock_place::before_the_balance_is_read) {
        guard.emplace(co_await books.lock.scoped());  // repaired
    }
    const int balance = co_await books.read(ledger::family);
    if (balance < amount) {
        co_return false;
    }
    if constexpr (place == lock_place::after_the_balance_is_read) {
        guard.emplace(co_await books.lock.scoped());  // faulty: the balance may have changed
    }
    co_await books.write(ledger::family, balance - amount);
    const int earned = co_await books.read(ledger::shop);
    co_await books.write(ledger::shop, earned + amount);
    co_return true;
}

/// Pays one amount after the other.
template <lock_place place>
heddle::coro<void> use_card(ledger& books, std::vector<int> amounts) {
    for (const int amount : amounts) {
        co_await pay<place>(books, amount);
        co_await heddle::sleep(300ms);
    }
}

/// Adds up the books every 100 ms, unless the lock is not to be had for 20 ms.
inline heddle::coro<void> audit(ledger& books, int& good_audits) {
    for (;;) {
        co_await heddle::sleep(100ms);
        try {
            const auto guard = co_await heddle::wait_for(books.lock.scoped(), 20ms);
            const int left = co_await books.read(ledger::family);
            const int earned = co_await books.read(ledger::shop);
            good_audits += left + earned == paid_in ? 1 : 0;
        } catch (const heddle::timeout_error&) {
            // The next one may be luckier.
        }
    }
}

/// What the books say in the end.
struct statement {
    int left = 0;    ///< on the family's account
    int earned = 0;  ///< by the shop
    int good_audits = 0;
    std::vector<ledger::entry> log;
};

/// The program: a second of business.
template <lock_place place>
heddle::coro<statement> business() {
    ledger books;
    statement result;
    heddle::task_group group;
    auto auditor = group.create_task(audit(books, result.good_audits), "auditor");
    auto first = group.create_task(use_card<place>(books, {70, 300, 20}), "card-1");
    co_await heddle::sleep(10ms);
    auto second = group.create_task(use_card<place>(books, {60, 40}), "card-2");
    co_await first;
    co_await second;
    auditor.cancel();
    co_await group.join();

    result.left = co_await books.read(ledger::family);
    result.earned = co_await books.read(ledger::shop);
    result.log = std::move(books.log);
    co_return result;
}

}  // namespace payments
