// SPDX-License-Identifier: BSL-1.0
//
// Services: sessions, shutdown, replication, votes.
#include <array>
#include <memory>
#include <set>
#include <utility>

#include "helpers.hpp"
#include "program.hpp"

namespace corpus {

namespace {

coro<void> adhoc_barrier(bool fixed) {
    int pending = fixed ? 4 : 0;  // fixed: all are counted before the first can end
    int completed = 0;
    heddle::event over;
    const auto work = [&]() -> coro<void> {
        co_await io(0, "the work");
        if (--pending == 0) {
            ++completed;
            over.set();
        }
    };
    heddle::task_group tasks;
    const auto begin = [&]() -> coro<void> {
        for (int i = 0; i < 4; ++i) {
            if (!fixed) {
                ++pending;
            }
            tasks.create_task(work());
            co_await turn();
        }
    };
    const auto look = [&]() -> coro<void> {
        co_await heddle::sleep(99ms);
        if (fixed) {
            co_await over.wait();
        }
        check(completed == 1, "completed once");
    };
    tasks.create_task(begin());
    tasks.create_task(look());
    co_await tasks.join();
}

coro<void> handler_after_disconnect(bool fixed) {
    std::set<int> sessions{7};
    heddle::event handled;
    const auto handle = [&]() -> coro<void> {
        for (int i = 0; i < 5; ++i) {
            check(sessions.contains(7), "the session is there");
            co_await io(0, "a part of the message");
        }
        handled.set();
    };
    const auto disconnect = [&]() -> coro<void> {
        co_await heddle::sleep(50ms);
        if (fixed) {
            co_await handled.wait();
        }
        sessions.erase(7);
    };
    heddle::task_group tasks;
    tasks.create_task(handle());
    tasks.create_task(disconnect());
    co_await tasks.join();
}

coro<void> shutdown_drain(bool fixed) {
    int active = 0;
    bool closed = false;
    bool resource = true;
    heddle::event drained;
    drained.set();
    const auto enter = [&] {
        ++active;
        drained.clear();
    };
    const auto request = [&](heddle::duration after) -> coro<void> {
        co_await heddle::sleep(after);
        if (closed) {
            co_return;
        }
        if (fixed) {
            enter();
        }
        co_await turn();
        if (!fixed) {
            enter();
        }
        co_await io(0, "the request");
        check(resource, "no use after the shutdown");
        if (--active == 0) {
            drained.set();
        }
    };
    const auto shut_down = [&]() -> coro<void> {
        co_await heddle::sleep(50ms);
        while (active > 0) {
            co_await drained.wait();
        }
        closed = true;
        co_await turn();
        resource = false;
    };
    heddle::task_group tasks;
    for (const heddle::duration after : {1ms, 5ms, 9ms}) {
        tasks.create_task(request(after));
    }
    tasks.create_task(shut_down());
    co_await tasks.join();
}

coro<void> lww_reorder(bool fixed) {
    struct replica {
        char value = 0;
        int version = 0;
    };
    struct network {
        std::array<replica, 2> replicas;
        heddle::semaphore delivered{0};
    };
    // Shared with messages, which may come when everything else is over.
    const auto state = std::make_shared<network>();
    const auto broadcast = [&](char value, int version, heddle::duration after) -> coro<void> {
        co_await heddle::sleep(after);
        for (replica& each : state->replicas) {
            io(0, "a message")
                .add_done_callback([state, &each, fixed, value, version](const auto&) {
                    if (!fixed || version > each.version) {
                        each = {value, version};
                    }
                    state->delivered.release();
                });
        }
        co_await turn();
    };
    const auto look = [&]() -> coro<void> {
        co_await heddle::sleep(99ms);
        for (int i = 0; fixed && i < 4; ++i) {
            co_await state->delivered.acquire();
        }
        check(state->replicas[0].value == state->replicas[1].value, "the replicas agree");
    };
    heddle::task_group tasks;
    tasks.create_task(broadcast('a', 1, 1ms));
    tasks.create_task(broadcast('b', 2, 20ms));
    tasks.create_task(look());
    co_await tasks.join();
}

coro<void> raft_double_vote(bool fixed) {
    const int majority = fixed ? 3 : 2;  // of two candidates and two nodes
    std::array<char, 2> voted{0, 0};
    int leaders = 0;
    const auto campaign = [&](char candidate, heddle::duration after) -> coro<void> {
        co_await heddle::sleep(after);
        int votes = 1;
        for (char& vote : voted) {
            co_await io(0, "asking for a vote");
            if (vote == 0) {
                vote = candidate;
            }
            votes += vote == candidate ? 1 : 0;
        }
        leaders += votes >= majority ? 1 : 0;
    };
    const auto crash = [&]() -> coro<void> {
        co_await heddle::sleep(60ms);
        co_await io(0, "the restart");
        voted[0] = 0;
    };
    heddle::task_group tasks;
    tasks.create_task(campaign('A', 1ms));
    tasks.create_task(crash());
    co_await heddle::sleep(30ms);
    const auto second = tasks.create_task(campaign('B', 0ms));
    co_await second;
    co_await heddle::sleep(99ms);
    check(leaders <= 1, "there is one leader");
    co_await tasks.join();
}

}  // namespace

entries services() {
    return {
        both("adhoc_barrier", "a counter of pending work that reaches zero early", 1'000,
             adhoc_barrier),
        both("handler_after_disconnect", "a message is handled after its session has gone", 1'000,
             handler_after_disconnect),
        both("shutdown_drain", "accepted after the drain", 2'000, shutdown_drain),
        both("lww_reorder", "the last writer wins, in the order of arrival", 1'000, lww_reorder),
        both("raft_double_vote", "a vote that a restart forgets", 1'000, raft_double_vote),
    };
}

entries all() {
    entries result;
    for (const auto theme : {atomicity, order, lock_free, deadlock, primitives, cancellation,
                             timers, storage, services}) {
        for (entry& each : theme()) {
            result.push_back(std::move(each));
        }
    }
    return result;
}

}  // namespace corpus
