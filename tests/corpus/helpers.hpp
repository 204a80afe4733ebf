// SPDX-License-Identifier: BSL-1.0
//
// What programs of the corpus share. The queue and the wait_for in here are wrong on purpose, as
// they once were in real libraries: they are part of the programs under test.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <optional>
#include <source_location>
#include <utility>
#include <vector>

#include <heddle/heddle.hpp>
#include <heddle/sim.hpp>

namespace corpus {

using namespace std::chrono_literals;
using heddle::coro;
using heddle::sim::check;

/// Gives the loop one turn.
[[nodiscard("await it")]] inline auto turn() noexcept { return heddle::sleep(0ns); }

/// Gives the loop `turns` turns.
inline coro<void> y(int turns) {
    for (int i = 0; i < turns; ++i) {
        co_await turn();
    }
}

/// Holds `mutex` in a fixed variant; in a failing one, nothing.
inline coro<std::optional<heddle::lock::guard>> held_if(bool fixed, heddle::lock& mutex) {
    if (!fixed) {
        co_return std::nullopt;
    }
    co_return co_await mutex.scoped();
}

template <class Future>
void set_if_pending(const Future& target) {
    if (!target.done()) {
        target.set_result();
    }
}

/// A future that comes true after a while.
class timer {
public:
    explicit timer(heddle::duration length,
                   std::source_location place = std::source_location::current())
        : due_(heddle::get_running_loop().create_future<void>("a timer")),
          handle_(heddle::get_running_loop().call_later(
              length, [due = due_] { set_if_pending(due); }, place)) {}

    void cancel() {
        handle_.cancel();
        due_.cancel();
    }
    [[nodiscard]] bool done() const { return due_.done(); }
    [[nodiscard]] bool cancelled() const { return due_.cancelled(); }
    template <class F>
    void on_done(F&& callback, std::source_location place = std::source_location::current()) {
        due_.add_done_callback([call = std::forward<F>(callback)](const auto&) mutable { call(); },
                               place);
    }

private:
    heddle::future<void> due_;
    heddle::timer_handle handle_;
};

/// An operation that the explorer finishes at some time, with `value`.
[[nodiscard("await it, or hang a callback on it")]] inline heddle::sim::completion<int> io(
    int value = 0, const char* what = "an operation",
    std::source_location place = std::source_location::current()) {
    return heddle::sim::completion<int>(value, what, place);
}

/// Tasks that a program starts and does not wait for. Those that are left are destroyed where they
/// are suspended when this goes: declare it behind what they refer to.
class background {
public:
    background() = default;
    background(const background&) = delete;
    background& operator=(const background&) = delete;
    ~background() {
        while (!kill_.empty()) {
            kill_.back()();
            kill_.pop_back();
        }
    }
    template <class T>
    heddle::task<T> spawn(coro<T> body) {
        auto made = heddle::create_task(std::move(body));
        kill_.push_back([made] {
            if (!made.done()) {
                made.base().kill();
            }
        });
        return made;
    }

private:
    std::vector<std::function<void()>> kill_;
};

/// Completed as soon as one of two is.
template <class A, class B>
coro<void> either(A& a, B& b) {
    const auto woken = heddle::get_running_loop().create_future<void>("either of two");
    const auto wake = [woken] { set_if_pending(woken); };
    a.add_done_callback([wake](const auto&) { wake(); });
    if constexpr (requires { b.on_done(wake); }) {
        b.on_done(wake);
    } else {
        b.add_done_callback([wake](const auto&) { wake(); });
    }
    co_await woken;
}

/// A queue that hands an item to a waiter directly: lost if that one is cancelled just then.
template <class T>
class handoff_queue {
public:
    void put(T item) {
        while (!getters_.empty()) {
            const auto getter = std::move(getters_.front());
            getters_.pop_front();
            if (!getter.done()) {
                getter.set_result(std::move(item));
                return;
            }
        }
        items_.push_back(std::move(item));
    }
    coro<T> get() {
        if (!items_.empty()) {
            T item = std::move(items_.front());
            items_.pop_front();
            co_return item;
        }
        const auto arrived = heddle::get_running_loop().create_future<T>("an item");
        getters_.push_back(arrived);
        co_return co_await arrived;
    }

private:
    std::deque<T> items_;
    std::deque<heddle::future<T>> getters_;
};

/// The wait_for of old asyncio: a task beside, and a value that comes too late is thrown away.
template <class T>
coro<T> naive_wait_for(coro<T> body, heddle::duration length) {
    auto inner = heddle::create_task(std::move(body));
    timer limit(length);
    co_await either(inner, limit);
    if (inner.done()) {
        limit.cancel();
        co_return co_await std::move(inner);
    }
    inner.cancel();
    throw heddle::timeout_error();
}

}  // namespace corpus
