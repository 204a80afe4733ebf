// SPDX-License-Identifier: BSL-1.0
//
// State that is read, waited over, and written: caches, stores, file systems, lazy objects.
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "helpers.hpp"
#include "program.hpp"

namespace corpus {

namespace {

coro<void> half_init(bool fixed) {
    std::optional<std::set<std::string>> keys;
    heddle::lock mutex;
    const auto install = [&]() -> coro<void> {
        const auto held = co_await held_if(fixed, mutex);
        if (!keys) {
            keys.emplace();
            co_await io(0, "the session");
            keys->insert("session");
        }
    };
    const auto use = [&]() -> coro<void> {
        co_await heddle::sleep(5ms);
        if (fixed || !keys) {
            co_await install();
        }
        check(keys->contains("session"), "the keyring is complete");
    };
    heddle::task_group tasks;
    tasks.create_task(install());
    tasks.create_task(use());
    co_await tasks.join();
}

coro<void> lazy_pool_double_create(bool fixed) {
    int pool = 0;  // 0: there is none
    int made = 0;
    heddle::lock mutex;
    const auto get = [&]() -> coro<int> {
        const auto held = co_await held_if(fixed, mutex);
        if (pool == 0) {
            co_await io(0, "connecting");
            pool = ++made;
        }
        co_return pool;
    };
    const auto request = [&](heddle::duration after) -> coro<void> {
        co_await heddle::sleep(after);
        const int first = co_await get();
        co_await turn();
        const int second = co_await get();
        check(first == second, "there is one pool");
    };
    heddle::task_group tasks;
    tasks.create_task(request(1ms));
    tasks.create_task(request(5ms));
    co_await tasks.join();
}

coro<void> drain_two_waiters(bool fixed) {
    bool paused = false;
    heddle::future<void> waiter;
    heddle::lock mutex;
    const auto send = [&]() -> coro<void> {
        const auto held = co_await held_if(fixed, mutex);
        paused = true;
        io(0, "the peer reads").add_done_callback([&](const auto&) {
            paused = false;
            if (const auto woken = std::exchange(waiter, {}); woken.valid()) {
                set_if_pending(woken);
            }
        });
        if (paused) {
            check(!waiter.valid(), "one waits for the drain");
            const auto mine = heddle::get_running_loop().create_future<void>("the drain");
            waiter = mine;
            co_await mine;
        }
    };
    const auto write = [&](heddle::duration after) -> coro<void> {
        co_await heddle::sleep(after);
        co_await send();
    };
    heddle::task_group tasks;
    tasks.create_task(write(1ms));
    tasks.create_task(write(5ms));
    co_await tasks.join();
}

coro<void> mkdirp(bool fixed) {
    std::set<std::string> folders;
    heddle::lock mutex;
    const auto make = [&](std::string path, heddle::duration after) -> coro<void> {
        co_await heddle::sleep(after);
        const auto held = co_await held_if(fixed, mutex);
        std::string current;
        for (const char part : path) {
            current += '/';
            current += part;
            const bool exists = co_await io(folders.contains(current) ? 1 : 0, "stat") != 0;
            if (!exists) {
                check(!folders.contains(current), "a folder is made once");
                folders.insert(current);
                co_await io(0, "mkdir");
            }
        }
    };
    heddle::task_group tasks;
    tasks.create_task(make("abcd", 1ms));
    tasks.create_task(make("abce", 20ms));
    co_await tasks.join();
}

coro<void> store_rmw(bool fixed) {
    int stored = 0;
    heddle::lock mutex;
    const auto work = [&](heddle::duration after) -> coro<void> {
        co_await heddle::sleep(after);
        for (int i = 0; i < 3; ++i) {
            const auto held = co_await held_if(fixed, mutex);
            const int seen = stored;
            co_await io(0, "reading");
            stored = seen + 1;
            co_await io(0, "writing");
        }
    };
    const auto first = heddle::create_task(work(1ms));
    const auto second = heddle::create_task(work(30ms));
    co_await first;
    co_await second;
    check(stored == 6, "stored == 6");
}

coro<void> cache_stale_set(bool fixed) {
    int stored = 1;
    std::optional<int> cached;
    heddle::lock mutex;
    const auto read = [&]() -> coro<void> {
        const auto held = co_await held_if(fixed, mutex);
        if (cached) {
            co_return;
        }
        co_await io(0, "asking the store");
        const int value = stored;
        co_await io(0, "filling the cache");
        cached = value;
    };
    const auto write = [&]() -> coro<void> {
        co_await heddle::sleep(9ms);
        const auto held = co_await held_if(fixed, mutex);
        co_await io(0, "writing the store");
        stored = 2;
        co_await io(0, "invalidating the cache");
        cached.reset();
    };
    const auto reader = heddle::create_task(read());
    const auto writer = heddle::create_task(write());
    co_await reader;
    co_await writer;
    check(cached.value_or(2) == 2, "nothing stale is cached");
}

coro<void> dict_iter_await(bool fixed) {
    std::set<int> members{0, 1, 2, 3};
    heddle::lock mutex;
    const auto visit = [&]() -> coro<void> {
        const auto held = co_await held_if(fixed, mutex);
        const std::vector<int> all(members.begin(), members.end());
        for (const int each : all) {
            check(members.contains(each), "a member that is visited is there");
            co_await io(0, "the visit");
        }
    };
    const auto leave = [&]() -> coro<void> {
        co_await heddle::sleep(50ms);
        const auto held = co_await held_if(fixed, mutex);
        members.erase(3);
    };
    heddle::task_group tasks;
    tasks.create_task(visit());
    tasks.create_task(leave());
    co_await tasks.join();
}

}  // namespace

entries storage() {
    return {
        both("half_init", "an object is seen before it is complete (ConVul CVE-2013-1792)", 1'000,
             half_init),
        both("lazy_pool_double_create", "a lazy object is made twice (aiocache 222)", 2'000,
             lazy_pool_double_create),
        both("drain_two_waiters", "room for one who waits, and a second comes (CPython 74116)",
             1'000, drain_two_waiters),
        both("mkdirp", "a folder is made between the question and the making", 1'000, mkdirp),
        both("store_rmw", "read, modify, write, over a store", 1'000, store_rmw),
        both("cache_stale_set", "a stale value is cached after the invalidation", 2'000,
             cache_stale_set),
        both("dict_iter_await", "a container changes while it is visited", 1'000, dict_iter_await),
    };
}

}  // namespace corpus
