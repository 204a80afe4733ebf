// SPDX-License-Identifier: BSL-1.0
//
// A backend whose time passes when somebody says so: the third implementation of heddle::backend,
// and the example of docs/own_backend.md.
//
// run_for() drives a loop by hand, on one thread. A loop that runs by itself (run_forever and its
// like) waits until another thread calls step().
#pragma once

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include <heddle/backend.hpp>
#include <heddle/event_loop.hpp>

class hand_stepped_clock final : public heddle::backend {
public:
    heddle::time_point now() override {
        const std::scoped_lock held(mutex_);
        return now_;
    }

    heddle::time_point wait_until(heddle::time_point deadline) override {
        std::unique_lock held(mutex_);
        changed_.wait(held, [&] { return woken_ || now_ >= deadline; });
        woken_ = false;
        return now_;
    }

    void poll() override {}  // nothing comes in but by call_soon_threadsafe, which the loop sees

    void wake_up() noexcept override {
        {
            const std::scoped_lock held(mutex_);
            woken_ = true;
        }
        changed_.notify_all();
    }

    /// Lets `length` pass. From any thread.
    void step(heddle::duration length) { move_to(now() + length); }

    /// Lets `length` pass for a loop that nobody runs: all that is due by then is run, each thing
    /// at its time.
    void run_for(heddle::event_loop& loop, heddle::duration length) {
        const heddle::time_point end = now() + length;
        for (auto next = loop.run_one_iteration(); next <= end; next = loop.run_one_iteration()) {
            move_to(next);  // which may be heddle::at_once
        }
        move_to(end);
    }

private:
    void move_to(heddle::time_point when) {
        {
            const std::scoped_lock held(mutex_);
            now_ = std::max(now_, when);
        }
        changed_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    heddle::time_point now_{};
    bool woken_ = false;
};
