// SPDX-License-Identifier: BSL-1.0
//
// hand_driven<T>: drives a coro<T> without a loop, as Python's coro.send(None), throw() and close()
// do. For showing how coroutines work, and for tests of code that only awaits other coroutines.
//
//   heddle::hand_driven<int> driven(body());
//   while (driven.send()) { ... }       // true: it stands at `co_await heddle::suspend_once()`
//   int value = driven.result();
//
// Nothing but a bare suspension gives up control here: there is no clock, and no loop that could
// complete a future. A sleep throws usage_error in the body, at once; a pending future of some loop
// when the body is sent on. sleep(0ns) is a bare suspension, too, but nothing can be thrown into it.
#pragma once

#include <concepts>
#include <coroutine>
#include <exception>
#include <type_traits>
#include <utility>

#include <heddle/backend.hpp>
#include <heddle/coro.hpp>
#include <heddle/errors.hpp>
#include <heddle/event_loop.hpp>
#include <heddle/task.hpp>

namespace heddle {

namespace detail {

/// The loop's part that a coroutine driven by hand does without.
class no_clock final : public backend {
public:
    time_point now() override;
    time_point wait_until(time_point deadline) override;
    void poll() override {}
    void wake_up() noexcept override {}
    [[nodiscard]] bool accepts_outside_events() const noexcept override { return false; }
};

/// Drives a task of a loop of its own, which never runs.
class hand_driver {
public:
    hand_driver() : loop_(no_clock_) {}
    hand_driver(const hand_driver&) = delete;
    hand_driver& operator=(const hand_driver&) = delete;

protected:
    ~hand_driver() = default;

    [[nodiscard]] event_loop& loop() noexcept { return loop_; }
    [[nodiscard]] bool begun() const noexcept { return begun_; }
    void check_can_go_on(const task_base& task, const char* what) const;
    /// Runs the task up to its next suspension or its end; `error`, if any, is thrown in it.
    void go_on(task_base& task, std::exception_ptr error);

private:
    friend class bare_suspension;
    // The innermost that runs on this thread.
    static constinit thread_local hand_driver* running_;

    no_clock no_clock_;
    event_loop loop_;
    task_base* driven_ = nullptr;  // while it runs
    std::exception_ptr thrown_in_;
    bool begun_ = false;
    bool at_bare_suspension_ = false;
};

class [[nodiscard("control is not given up unless this is awaited")]] bare_suspension {
public:
    using heddle_awaiter = void;
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> awaiting) const {
        suspend(*awaiting.promise().current_task());
    }
    void await_resume() const;

private:
    static void suspend(task_base& task);
};

}  // namespace detail

/// Gives up control to whoever drives the coroutine by hand: Python's bare `yield` in a
/// types.coroutine. Throws usage_error in a task of a loop, which would never go on: there,
/// sleep(0ns) gives up control until the next iteration.
[[nodiscard("control is not given up unless this is awaited")]] inline detail::bare_suspension
suspend_once() noexcept {
    return {};
}

template <class T = void>
class hand_driven : detail::hand_driver {
public:
    /// Throws usage_error if `body` was awaited, made a task or moved from.
    explicit hand_driven(coro<T> body) : task_(loop().create_task(std::move(body))) {}
    // Destroyed before its end, it runs nothing more but the destructors of the frames' locals,
    // innermost first.

    /// Runs the body to its next bare suspension (true) or its end (false). Throws what the body
    /// throws, which ends it; and usage_error if it has ended, if it is running, or if it waits for
    /// an operation that only a loop can complete: then it can only be destroyed.
    bool send() {
        check_can_go_on(task_.base(), "send");
        return step(nullptr);
    }

    /// As send(), and the suspension at which the body stands throws `error`. A body that has not
    /// begun never runs, and `error` is thrown here.
    bool throw_in(std::exception_ptr error) {
        if (!error) {
            throw usage_error("throw_in: there is no error to throw");
        }
        check_can_go_on(task_.base(), "throw_in");
        if (!begun()) {
            task_.base().kill();
            std::rethrow_exception(std::move(error));
        }
        return step(std::move(error));
    }
    template <class E>
        requires(!std::same_as<std::decay_t<E>, std::exception_ptr>)
    bool throw_in(E&& error) {
        return throw_in(std::make_exception_ptr(std::forward<E>(error)));
    }

    /// Throws a generator_exit at the suspension where the body stands, in the innermost coroutine.
    /// Returns when the body has ended by it or has returned; throws what the body throws instead,
    /// and usage_error if it suspends again. A body that has not begun never runs; of one that has
    /// ended, does nothing. (One that swallows the generator_exit lets the coroutine that awaits it
    /// go on; in Python that one gets a GeneratorExit of its own.)
    void close() {
        if (task_.done()) {
            return;
        }
        if (!begun()) {
            task_.base().kill();
            return;
        }
        check_can_go_on(task_.base(), "close");
        bool suspended = false;
        try {
            suspended = step(std::make_exception_ptr(generator_exit()));
        } catch (const generator_exit&) {
            return;
        }
        if (suspended) {
            throw usage_error("this coroutine ignored generator_exit");
        }
    }

    /// Whether it has ended: by a return, an error, or close().
    [[nodiscard]] bool done() const { return task_.done(); }
    /// What it returned; valid as long as this object. Throws invalid_state_error before the end,
    /// the body's error if it ended by one, and cancelled_error if it never ran.
    decltype(auto) result() const { return task_.result(); }

private:
    bool step(std::exception_ptr error) {
        go_on(task_.base(), std::move(error));
        if (!task_.done()) {
            return true;
        }
        static_cast<void>(task_.result());
        return false;
    }

    task<T> task_;
};

}  // namespace heddle
