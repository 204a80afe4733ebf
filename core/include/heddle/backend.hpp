// SPDX-License-Identifier: BSL-1.0
//
// The one interface between a loop and the world: a clock, and a way to wait.
//
// The loop owns the ready queue, the timers and every ordering rule; a backend only tells the
// time and waits. Implementations: heddle::sim (virtual time), heddle::asio_backend (Boost.Asio),
// and whatever you write (docs/own_backend.md has one of some 60 lines).
//
// A backend outlives the loops that use it. Its functions are called on the loop's thread, except
// wake_up(), which is called from any thread.
#pragma once

#include <functional>
#include <memory>

#include <heddle/time.hpp>

namespace heddle {

class event_loop;
class executor;

/// While one lives, a signal of the process is told to a loop: see backend::watch_signal.
class signal_watch {
public:
    signal_watch() noexcept = default;
    signal_watch(const signal_watch&) = delete;
    signal_watch& operator=(const signal_watch&) = delete;
    virtual ~signal_watch() = default;
};

class backend {
public:
    virtual ~backend() = default;

    /// The time now. Never goes back.
    [[nodiscard]] virtual time_point now() = 0;

    /// Waits until `deadline` has passed, until wake_up() was called, or until something from
    /// outside has been scheduled on the loop, whichever is first; then returns the time. What
    /// came in from outside is scheduled (call_soon) before it returns. Returning early is
    /// allowed, late is not to be avoided. With `at_once`, looks for events and does not wait;
    /// with `never`, there is no deadline. A backend that knows that nothing can ever come in
    /// throws deadlock_error then. An exception leaves the loop's run function; the loop stays
    /// as it was and can be run again.
    virtual time_point wait_until(time_point deadline) = 0;

    /// Called in place of wait_until once an iteration while work is ready and no timer is set:
    /// a chance to let in what has come from outside. Must not wait; may do nothing most times.
    virtual void poll() = 0;

    /// Whether poll() ever does anything; if not, it may be left out. Asked when a run begins.
    [[nodiscard]] virtual bool polls() const noexcept { return true; }

    /// Makes a wait under way, or the next one, return soon. From any thread; must not throw.
    virtual void wake_up() noexcept = 0;

    /// Whether events can come in from other threads. If not (a simulation),
    /// call_soon_threadsafe from another thread is refused with a usage_error.
    [[nodiscard]] virtual bool accepts_outside_events() const noexcept { return true; }

    /// Makes the executor that a loop runs jobs in when none is named (executor.hpp). Asked once a
    /// loop, when its first such job comes; the loop destroys it when it is closed, and that joins
    /// its threads. Null where there is none: such jobs are a usage_error then. One that takes no
    /// events from outside runs every job in this executor, which therefore must not have threads.
    [[nodiscard]] virtual std::unique_ptr<executor> make_default_executor();

    /// From now on, until what it returns is destroyed, `on_signal` is called on the loop's thread,
    /// between two iterations, each time the process has got the signal `number`. Destroying it
    /// puts back what was done with the signal before. Null where there are no signals; throws
    /// value_error for a number that is none, usage_error for a signal that cannot be had.
    [[nodiscard]] virtual std::unique_ptr<signal_watch> watch_signal(
        int number, std::function<void()> on_signal);
};

}  // namespace heddle
