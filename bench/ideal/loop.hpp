// SPDX-License-Identifier: BSL-1.0
//
// What the loops of the ideals have in common: all but the order in which they run things.
#pragma once

#include <coroutine>
#include <cstdint>
#include <utility>

#include "coro.hpp"
#include "ready.hpp"
#include "timers.hpp"

namespace ideal {

/// `Loop` is the class that derives from this, and has run().
template <class Ready, class Loop>
class basic_loop {
public:
    basic_loop() noexcept { running = static_cast<Loop*>(this); }

    void push(node& added) { ready_.push(added); }
    template <class F>
    void call_soon(F what) {
        push(callback<F>::make(std::move(what)));
    }
    template <class F>
    timer_callback<F>& call_at(std::int64_t when, F what) {
        auto& set = timer_callback<F>::make(when, std::move(what));
        timers_.push(set);
        return set;
    }
    void add(timer& set) { timers_.push(set); }
    template <class F>
    void cancel(timer_callback<F>& set) noexcept {
        timers_.remove(set);
        set.give_back();
    }
    [[nodiscard]] std::int64_t now() const noexcept { return now_; }

    /// Until nothing is left, in the order that `choose(how many)` says. No timers.
    template <class Chooser>
    void run_chosen(Chooser& choose) {
        while (!ready_.empty()) {
            node& next = ready_.take(ready_.size() > 1 ? choose(ready_.size()) : 0);
            next.run(next);
        }
    }
    /// Makes a task that nobody waits for.
    void start(coro<void> body) {
        const auto frame = body.release();
        frame.promise().ended = [](promise_base& done) {
            std::coroutine_handle<promise_base>::from_promise(done).destroy();
        };
        frame.promise().set(frame);
        push(frame.promise());
    }

    static inline constinit Loop* running = nullptr;

protected:
    Ready ready_;
    timers timers_;
    std::int64_t now_ = 0;
};

/// A turn for all others.
template <class Loop>
struct turn : resumption {
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> awaiting) {
        this->set(awaiting);
        Loop::running->push(*this);
    }
    void await_resume() const noexcept {}
};

}  // namespace ideal
