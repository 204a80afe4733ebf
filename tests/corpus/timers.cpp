// SPDX-License-Identifier: BSL-1.0
//
// Timers that race with what they guard: both come true before either is heard of.
#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "helpers.hpp"
#include "program.hpp"

namespace corpus {

namespace {

coro<void> timer_fires_after_cancel(bool fixed) {
    bool alive = true;
    bool die_later = false;
    heddle::event handled;
    heddle::event stopped;
    timer stopping(5ms);
    // A millisecond later: a loop runs the timers of one deadline together, and FIFO would fail.
    timer ticking(6ms);
    stopping.on_done([&] {
        stopped.set();
        if (fixed && ticking.done()) {
            die_later = true;  // its handler is on its way, and needs the object
            return;
        }
        ticking.cancel();
        alive = false;
    });
    ticking.on_done([&] {
        check(ticking.cancelled() || alive, "no use after destruction");
        alive = alive && !die_later;
        handled.set();
    });
    co_await turn();
    co_await handled.wait();
    co_await stopped.wait();
}

coro<void> timer_ladder(bool fixed) {
    std::vector<std::string> order;
    heddle::lock mutex;
    const auto climb = [&](std::string name) -> coro<void> {
        co_await heddle::sleep(10ms);
        const auto held = co_await held_if(fixed, mutex);
        order.push_back(name);
        co_await turn();
        order.push_back(name + "!");
    };
    std::vector<heddle::task<void>> tasks;
    for (const char* name : {"a", "b", "c"}) {
        tasks.push_back(heddle::create_task(climb(name)));
    }
    for (const auto& each : tasks) {
        co_await each;
    }
    order.resize(4);
    check(order != std::vector<std::string>{"c", "c!", "a", "b"}, "not in this one order");
}

coro<void> request_id_reuse(bool fixed) {
    // Shared with replies, which may come when everything else is over.
    const auto pending = std::make_shared<std::map<int, heddle::future<int>>>();
    int next_id = 0;
    const auto call = [&](int argument) -> coro<int> {
        int id = fixed ? next_id++ : 0;
        while (pending->contains(id)) {
            ++id;
        }
        const auto reply = heddle::get_running_loop().create_future<int>("the reply");
        pending->emplace(id, reply);
        io(argument, "the server").add_done_callback([pending, id](const auto& answer) {
            const auto place = pending->find(id);
            if (place != pending->end() && !place->second.done()) {
                place->second.set_result(answer.result());
            }
        });
        timer limit(5ms);
        limit.on_done([reply] { reply.cancel(); });
        int result = -1;
        try {
            result = co_await reply;
        } catch (const heddle::cancelled_error&) {
        }
        limit.cancel();
        pending->erase(id);
        co_return result;
    };
    for (int i = 0; i < 4; ++i) {
        const int result = co_await call(i);
        check(result == -1 || result == i, "no reply of another request");
    }
}

coro<void> keepalive_reuse_closed(bool fixed) {
    bool idle = true;
    bool open = true;
    heddle::lock mutex;
    const auto close_idle = [&]() -> coro<void> {
        co_await heddle::sleep(10ms);
        const auto held = co_await held_if(fixed, mutex);
        if (fixed && !idle) {
            co_return;
        }
        open = false;
        co_await io(0, "the client hears of it");
        idle = false;
    };
    const auto request = [&]() -> coro<void> {
        co_await heddle::sleep(7ms);
        const auto held = co_await held_if(fixed, mutex);
        if (idle) {
            idle = false;
            co_await turn();
            check(open, "the connection is open");
        }
    };
    heddle::task_group tasks;
    tasks.create_task(request());
    tasks.create_task(close_idle());
    co_await tasks.join();
}

coro<void> retry_duplicate(bool fixed) {
    int executed = 0;
    std::set<int> seen;
    const auto serve = [&](int request) -> coro<void> {
        co_await io(0, "the request");
        // Fixed: a request that comes again is known by its key.
        if (!fixed || seen.insert(request).second) {
            ++executed;
        }
        co_await io(0, "the reply");
    };
    background server;
    heddle::task<void> last;
    for (int tries = 0; tries < 2; ++tries) {
        last = server.spawn(serve(1));
        timer limit(5ms);
        co_await either(last, limit);
        if (last.done()) {
            break;
        }
    }
    if (fixed) {
        co_await last;
    }
    co_await heddle::sleep(50ms);
    check(executed == 1, "executed once");
}

coro<void> double_release(bool fixed) {
    // Shared with the callbacks, which may run when everything else is over.
    struct racing {
        std::vector<int> free{1};
        std::optional<heddle::sim::completion<int>> work;
        std::optional<timer> limit;
        bool released = false;
    };
    const auto state = std::make_shared<racing>();
    const auto job = [&]() -> coro<void> {
        const int resource = state->free.back();
        state->free.pop_back();
        const auto release = [state, resource, fixed] {
            if (!fixed || !std::exchange(state->released, true)) {
                state->free.push_back(resource);
            }
        };
        state->work.emplace(io(0, "the work"));
        state->limit.emplace(5ms);
        state->work->add_done_callback([state, release](const auto& work) {
            if (!work.cancelled()) {
                state->limit->cancel();
                release();
            }
        });
        state->limit->on_done([state, release] {
            if (!state->limit->cancelled()) {
                state->work->cancel();
                release();
            }
        });
        co_await turn();
    };
    const auto look = [&]() -> coro<void> {
        co_await heddle::sleep(99ms);
        auto& free = state->free;
        std::sort(free.begin(), free.end());
        check(std::adjacent_find(free.begin(), free.end()) == free.end(), "released once");
    };
    heddle::task_group tasks;
    tasks.create_task(job());
    tasks.create_task(look());
    co_await tasks.join();
    // What is pending still holds the state, and the state holds it.
    state->work->cancel();
    state->limit->cancel();
}

}  // namespace

entries timers() {
    return {
        both("timer_fires_after_cancel",
             "a timer's handler runs after its owner is gone (chriskohlhoff/asio 878)", 1'000,
             timer_fires_after_cancel),
        both("timer_ladder", "three timers of one deadline, in one odd order", 5'000, timer_ladder),
        both("request_id_reuse", "a late reply finds a new request under its number", 1'000,
             request_id_reuse),
        both("keepalive_reuse_closed",
             "a kept connection is used while it closes (agentkeepalive 23)", 1'000,
             keepalive_reuse_closed),
        both("retry_duplicate", "a retry of a call that was only slow", 1'000, retry_duplicate),
        both("double_release", "released by the timeout and by the end of the work", 2'000,
             double_release),
    };
}

}  // namespace corpus
