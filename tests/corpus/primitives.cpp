// SPDX-License-Identifier: BSL-1.0
//
// Locks, semaphores and conditions as they once were: a wake-up that is given to a waiter who is
// cancelled just then is lost. heddle's own pass it on.
//
// What is held is released on cancellation in both variants, so that the wake-up is all that can be
// lost: fewer schedules fail than where a cancelled task also keeps its lock.
#include <algorithm>
#include <deque>
#include <exception>
#include <vector>

#include "helpers.hpp"
#include "program.hpp"

namespace corpus {

namespace {

using wake_ups = std::deque<heddle::future<void>>;

heddle::future<void> new_wake_up() {
    return heddle::get_running_loop().create_future<void>("its turn");
}

void leave(wake_ups& queue, const heddle::future<void>& mine) {
    if (const auto place = std::find(queue.begin(), queue.end(), mine); place != queue.end()) {
        queue.erase(place);
    }
}

/// asyncio.Lock before bpo-27585.
class old_lock {
public:
    explicit old_lock(bool fixed) : fixed_(fixed) {}
    coro<void> acquire() {
        if (held_ || !waiting_.empty()) {
            const auto mine = new_wake_up();
            waiting_.push_back(mine);
            try {
                co_await mine;
            } catch (const heddle::cancelled_error&) {
                leave(waiting_, mine);
                if (fixed_ && !held_) {
                    wake_first();
                }
                throw;
            }
            leave(waiting_, mine);
        }
        held_ = true;
    }
    void release() {
        held_ = false;
        wake_first();
    }

private:
    void wake_first() {
        for (const auto& each : waiting_) {
            if (!each.done()) {
                each.set_result();
                return;
            }
        }
    }
    bool fixed_;
    bool held_ = false;
    wake_ups waiting_;
};

coro<void> lock_cancel_no_handoff(bool fixed) {
    old_lock mutex(fixed);
    const auto holder = [&]() -> coro<void> {
        co_await mutex.acquire();
        co_await heddle::sleep(5ms);
        mutex.release();
    };
    const auto waiter = [&]() -> coro<void> {
        co_await mutex.acquire();
        // Released also when it is cancelled: what is lost is the wake-up, not the lock.
        struct releasing {
            old_lock& held;
            ~releasing() { held.release(); }
        } const at_end{mutex};
        co_await turn();
    };
    heddle::task_group tasks;
    tasks.create_task(holder());
    co_await turn();
    const auto victim = tasks.create_task(waiter());
    tasks.create_task(waiter());
    co_await heddle::sleep(9ms);
    victim.cancel();
    co_await tasks.join();
}

/// asyncio.Condition before gh-112202.
class old_condition {
public:
    explicit old_condition(heddle::lock& mutex) : mutex_(mutex) {}
    coro<void> wait() {
        mutex_.release();
        const auto mine = new_wake_up();
        waiting_.push_back(mine);
        std::exception_ptr cancelled;
        try {
            co_await mine;
        } catch (const heddle::cancelled_error&) {
            cancelled = std::current_exception();
        }
        leave(waiting_, mine);
        co_await mutex_.acquire();
        if (cancelled) {
            std::rethrow_exception(cancelled);
        }
    }
    void notify() {
        for (const auto& each : waiting_) {
            if (!each.done()) {
                each.set_result();
                return;
            }
        }
    }

private:
    heddle::lock& mutex_;
    wake_ups waiting_;
};

coro<void> cond_notify_vs_cancel(bool fixed) {
    heddle::lock mutex;
    heddle::condition good(mutex);
    old_condition bad(mutex);
    int items = 0;
    const auto consume = [&]() -> coro<void> {
        const auto held = co_await mutex.scoped();
        while (items == 0) {
            if (fixed) {
                co_await good.wait();
            } else {
                co_await bad.wait();
            }
        }
        --items;
    };
    const auto produce = [&]() -> coro<void> {
        co_await heddle::sleep(5ms);
        const auto held = co_await mutex.scoped();
        ++items;
        fixed ? good.notify() : bad.notify();
    };
    heddle::task_group tasks;
    const auto first = tasks.create_task(consume());
    co_await turn();
    const auto second = tasks.create_task(consume());
    const auto producer = tasks.create_task(produce());
    co_await heddle::sleep(9ms);
    first.cancel();
    co_await producer;
    co_await y(4);
    co_await heddle::sleep(9ms);
    if (!first.cancelled()) {
        second.cancel();  // the first has the item: the second may well wait still
    }
    co_await tasks.join();
}

/// asyncio.Semaphore of 2015: a permit goes with the future that is told of it.
class handing_semaphore {
public:
    explicit handing_semaphore(bool fixed) : fixed_(fixed) {}
    coro<void> acquire() {
        if (value_ > 0) {
            --value_;
            co_return;
        }
        const auto mine = new_wake_up();
        waiting_.push_back(mine);
        try {
            co_await mine;
        } catch (const heddle::cancelled_error&) {
            if (fixed_ && mine.done() && !mine.cancelled()) {
                release();
            }
            throw;
        }
    }
    void release() {
        while (!waiting_.empty()) {
            const auto first = waiting_.front();
            waiting_.pop_front();
            if (!first.done()) {
                first.set_result();
                return;
            }
        }
        ++value_;
    }

private:
    bool fixed_;
    int value_ = 0;
    wake_ups waiting_;
};

coro<void> sem_cancel_lost_permit(bool fixed) {
    handing_semaphore permits(fixed);
    const auto use = [&]() -> coro<void> {
        co_await permits.acquire();
        struct releasing {
            handing_semaphore& held;
            ~releasing() { held.release(); }
        } const at_end{permits};
        co_await turn();
    };
    const auto boot = [&]() -> coro<void> {
        co_await heddle::sleep(5ms);
        permits.release();
    };
    heddle::task_group tasks;
    const auto victim = tasks.create_task(use());
    co_await turn();
    tasks.create_task(use());
    co_await turn();
    tasks.create_task(boot());
    co_await heddle::sleep(5ms);
    co_await y(3);
    victim.cancel();
    co_await tasks.join();
}

/// asyncio.Semaphore before gh-90155: a flag says that somebody was woken and has not run yet.
class flagged_semaphore {
public:
    explicit flagged_semaphore(bool fixed) : fixed_(fixed) {}
    coro<void> acquire() {
        while (woken_ || value_ <= 0) {
            const auto mine = new_wake_up();
            waiting_.push_back(mine);
            try {
                co_await mine;
                woken_ = false;
            } catch (const heddle::cancelled_error&) {
                if (fixed_ && mine.done() && !mine.cancelled()) {
                    woken_ = false;
                }
                wake_first();
                throw;
            }
        }
        --value_;
    }
    void release() {
        ++value_;
        wake_first();
    }

private:
    void wake_first() {
        while (!waiting_.empty()) {
            const auto first = waiting_.front();
            waiting_.pop_front();
            if (!first.done()) {
                first.set_result();
                woken_ = true;
                return;
            }
        }
    }
    bool fixed_;
    bool woken_ = false;
    int value_ = 0;
    wake_ups waiting_;
};

coro<void> sem_wakeup_flag_stuck(bool fixed) {
    flagged_semaphore permits(fixed);
    const auto use = [&]() -> coro<void> {
        co_await permits.acquire();
        struct releasing {
            flagged_semaphore& held;
            ~releasing() { held.release(); }
        } const at_end{permits};
        co_await turn();
    };
    heddle::task_group tasks;
    const auto victim = tasks.create_task(use());
    co_await heddle::sleep(5ms);
    permits.release();
    co_await y(4);
    victim.cancel();
    co_await heddle::sleep(5ms);
    tasks.create_task(use());
    co_await tasks.join();
}

}  // namespace

entries primitives() {
    return {
        both("lock_cancel_no_handoff",
             "a lock that is handed to a cancelled waiter (CPython bpo-27585)", 1'000,
             lock_cancel_no_handoff),
        both("cond_notify_vs_cancel",
             "a notification that a cancelled waiter keeps (CPython gh-112202)", 5'000,
             cond_notify_vs_cancel),
        both("sem_cancel_lost_permit",
             "a permit that is handed to a cancelled waiter (python/asyncio 270)", 2'000,
             sem_cancel_lost_permit),
        both("sem_wakeup_flag_stuck",
             "a flag that a cancelled waiter leaves set (CPython gh-90155)", 2'000,
             sem_wakeup_flag_stuck),
    };
}

}  // namespace corpus
