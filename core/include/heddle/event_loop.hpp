// SPDX-License-Identifier: BSL-1.0
//
// The event loop of the asyncio model: CPython 3.13's BaseEventLoop, hop by hop, over a backend
// that only tells the time and waits.
//
// One iteration: timers that are due move to the end of the ready queue in the order of
// (deadline, insertion); then exactly as many callbacks run as were ready at that point. So a
// callback never runs in the iteration that scheduled it.
//
// One loop, one thread: nothing here may be called from another thread except
// call_soon_threadsafe. The loop owns its tasks: destroying it destroys what is suspended, newest
// task first, innermost frame first, and runs nothing any more.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <string_view>
#include <type_traits>
#include <utility>

#include <heddle/detail/context_binding.hpp>
#include <heddle/detail/invariant.hpp>
#include <heddle/detail/loop_core.hpp>
#include <heddle/detail/outside_calls.hpp>
#include <heddle/errors.hpp>
#include <heddle/loop_options.hpp>
#include <heddle/loop_reports.hpp>
#include <heddle/random.hpp>

namespace heddle {

class executor;
class future_base;
class ready_events;
class task_base;
template <class T>
class coro;
template <class T>
class future;
template <class T>
class task;

namespace detail {

class elsewhere;
class signal_handlers;

/// The type of what a job gives: a value, an lvalue reference, or void.
template <class F, class Result = std::invoke_result_t<std::decay_t<F>&&>>
using job_result_t =
    std::conditional_t<std::is_lvalue_reference_v<Result>, Result, std::remove_cvref_t<Result>>;

}  // namespace detail

class event_loop : public detail::loop_core {
public:
    using exception_handler = std::function<void(event_loop&, const exception_context&)>;
    using slow_callback_handler = std::function<void(event_loop&, const slow_callback&)>;

    /// `clock_and_executor` is used until the loop is destroyed.
    explicit event_loop(backend& clock_and_executor, const loop_options& options = {});
    /// As close(), also in the middle of a run that an exception has left.
    ~event_loop();

    /// The loop's own clock, read afresh at each call.
    [[nodiscard]] time_point time() { return backend_->now(); }

    /// Queues `callback` behind all that is ready: it runs in the next iteration, once. What it
    /// throws goes to the exception handler. Throws usage_error on a closed loop.
    template <class F>
        requires std::is_invocable_v<std::decay_t<F>&&>
    handle call_soon(F&& callback, std::source_location place = std::source_location::current()) {
        // As in create_task: what is seldom so takes the long way, all of it.
        using node = detail::callback<runnable, std::decay_t<F>>;
        if constexpr (std::is_nothrow_constructible_v<std::decay_t<F>, F>) {
            if (!instrumented_ && !detail::contexts_are_in_use()) [[likely]] {
                if (void* memory = pool_->take_spare(sizeof(node)); memory != nullptr) [[likely]] {
                    auto* object = ::new (memory)
                        node(std::forward<F>(callback), *pool_, event_kind::callback, 0, place);
                    ready_.push_back(*object);
                    return handle(object, handle::first());
                }
            }
        }
        return call_soon_in_full(std::forward<F>(callback), place);
    }

    /// As call_soon, `delay` from now; a delay of zero or less still goes through the timers.
    template <class F>
        requires std::is_invocable_v<std::decay_t<F>&&>
    timer_handle call_later(duration delay, F&& callback,
                            std::source_location place = std::source_location::current()) {
        return call_at(later_by(time(), delay), std::forward<F>(callback), place);
    }

    /// As call_soon, at `deadline` of the loop's clock, also when that has passed already. Equal
    /// deadlines run in the order in which they were set.
    template <class F>
        requires std::is_invocable_v<std::decay_t<F>&&>
    timer_handle call_at(time_point deadline, F&& callback,
                         std::source_location place = std::source_location::current()) {
        if (detail::contexts_are_in_use()) [[unlikely]] {
            return call_at_in_context(deadline, std::forward<F>(callback), place);
        }
        auto* node = detail::make_callback<timer_entry>(
            *pool_, std::forward<F>(callback), event_kind::timer, new_timer_id(), place, deadline);
        const timer_handle result(node);
        add_timer(*node);
        return result;
    }

    /// As call_soon, from any thread: the one door into a loop from outside. On the loop's own
    /// thread (that of its latest run) it is call_soon. From another thread it throws usage_error if the backend takes no
    /// events from outside (a simulation) or the loop is closed.
    template <class F>
        requires std::is_invocable_v<std::decay_t<F>&&>
    void call_soon_threadsafe(F&& callback,
                              std::source_location place = std::source_location::current());

    /// One iteration, without waiting. Returns when the loop next wants to run: `at_once` when
    /// work is ready, else the earliest deadline, else `never`. For loops that are guests of
    /// another; wake-ups from outside come through the backend.
    time_point run_one_iteration();

    /// Runs iterations, waiting in between, until stop(). Throws usage_error if a loop runs on
    /// this thread already, or this one is closed.
    void run_forever();

    /// Runs until `main` is done and returns its result, or throws its error. A coroutine is made
    /// a task first. The iteration in which it ends is finished. Throws usage_error if the loop
    /// was stopped before.
    template <class T>
    T run_until_complete(coro<T> main);
    template <class T>
    T run_until_complete(future<T> main);
    template <class T>
    T run_until_complete(task<T> main);

    /// Ends run_forever after the current iteration; before a run, after its first.
    void stop() noexcept;

    [[nodiscard]] bool is_running() const noexcept { return running_; }
    [[nodiscard]] bool is_closed() const noexcept { return closed_; }

    /// Destroys all tasks, callbacks and timers; idempotent. Throws usage_error while running.
    void close();

    /// Opens a closed loop again as if it were new (names, ids and orders start over), keeping its
    /// memory. For those who run many short programs; throws usage_error unless closed.
    void reopen();

    /// A pending future. `what` says for people what waits on it ("the reply"); it must outlive
    /// the future: a literal.
    template <class T>
    [[nodiscard("a future that nobody holds completes nothing")]] future<T> create_future(
        const char* what = "a future");

    /// Makes `body` a task; its first step runs in the next iteration. `name` is Task-1, Task-2,
    /// ... by default. The loop keeps the task alive until it is done; what it returns may be
    /// thrown away. Arguments that `body` refers to must outlive it: see task_group.
    ///
    /// Started eagerly, on a loop that runs, its first step runs now, inside this call, as the
    /// current task; if it ends there, it has never been queued. Done callbacks go through
    /// call_soon in any case. Such starts within each other use the stack: some 500 bytes and the
    /// frames of what the body calls, for each level.
    template <class T>
    task<T> create_task(coro<T> body, std::string_view name = {},
                        task_start start = task_start::loop_default);
    /// How tasks start that do not say (eager_task_factory): `queued` at first.
    void set_task_start(task_start start) noexcept {
        task_start_ = start;
        update_instrumented();
    }

    /// Calls `job()` in the default executor, or in `where`, which may be another thread: see
    /// executor.hpp. The future gets its result or error; cancelling that drops a job that has not
    /// begun, and does not stop one that runs. Throws usage_error if the loop is closed, the
    /// backend has no executor, or the default one has been shut down; and what the executor does.
    template <class F>
        requires std::is_invocable_v<std::decay_t<F>&&>
    [[nodiscard(
        "the result of a job, and its error, are in its future")]] future<detail::job_result_t<F>>
    run_in_executor(F&& job, std::source_location place = std::source_location::current());
    template <class F>
        requires std::is_invocable_v<std::decay_t<F>&&>
    [[nodiscard(
        "the result of a job, and its error, are in its future")]] future<detail::job_result_t<F>>
    run_in_executor(executor& where, F&& job,
                    std::source_location place = std::source_location::current());
    /// In place of the backend's own; `chosen` outlives the loop, or its closing.
    void set_default_executor(executor& chosen);
    /// No further jobs for the default executor; the future is done when those that it has are
    /// over. The threads of the backend's own have ended then. Waiting may be cancelled.
    [[nodiscard("the jobs are over when this is done")]] future<void> shutdown_default_executor();

    /// `callback` is called, as by call_soon, each time the process has got the signal `number`; it
    /// runs in the context that is current now, and replaces an earlier one. Not in a signal handler
    /// in C's sense: anything may be done in it. Lasts until remove_signal_handler or the closing of
    /// the loop, which put back what was done with the signal before. Throws value_error for a
    /// number that is none; usage_error for a signal that cannot be caught, on a closed loop, and
    /// where the backend has no signals (a simulation).
    void add_signal_handler(int number, std::function<void()> callback,
                            std::source_location place = std::source_location::current());
    /// False if there is none.
    bool remove_signal_handler(int number);

    /// Replaces what is done with errors that nobody else takes; an empty function restores the
    /// default, which prints one line on standard error. A handler that throws is reported in turn.
    void set_exception_handler(exception_handler handler);
    void call_exception_handler(const exception_context& context) noexcept;

    /// Debug mode: callbacks and steps that take long are told to the slow callback handler;
    /// call_soon, call_later, call_at, create_task and run_in_executor from another thread than
    /// the running loop's throw usage_error (a check, no synchronisation); a coroutine that is
    /// destroyed without having been awaited is told to the exception handler.
    void set_debug(bool on) noexcept {
        debug_ = on;
        looks_up_ = true;
        update_instrumented();
    }
    [[nodiscard]] bool get_debug() const noexcept { return debug_; }
    /// From how long on a callback is slow: 100 ms at first. In virtual time none ever is.
    void set_slow_callback_duration(duration length) noexcept { slow_from_ = length; }
    [[nodiscard]] duration slow_callback_duration() const noexcept { return slow_from_; }
    /// An empty function restores the default, which prints one line on standard error. What it
    /// throws goes to the exception handler.
    void set_slow_callback_handler(slow_callback_handler handler) {
        slow_callback_handler_ = std::move(handler);
    }

    /// Null takes it away. Not while the loop runs; the observer outlives its use.
    void set_observer(loop_observer* observer);
    /// Null takes it away. Only while nothing is ready or set; the scheduler outlives its use.
    void set_scheduler(scheduler* chooser);
    [[nodiscard]] scheduler* current_scheduler() const noexcept { return scheduler_; }

    /// For heddle::random(). Seeded by the loop's clock unless seed_random was called, which
    /// simulations and heddle::run do.
    [[nodiscard]] random_stream& random();
    void seed_random(std::uint64_t seed) noexcept { random_.emplace(seed); }

    // The rest is for the library's own futures, tasks and backends.

    /// Runs until `main` is done; its outcome is left in it. As run_until_complete.
    void run_until_done(future_base& main);

    /// create_task of a coroutine that stays where it is, and is spent.
    template <class T>
    task<T> make_task(coro<T>& body, std::string_view name = {},
                      task_start start = task_start::loop_default);
    /// For guests of somebody else's loop, which sleep while there is nothing to do: what is queued
    /// or cancelled, and stop(), call the backend's wake_up() from now on when they happen while
    /// this loop does not run.
    void wake_backend_when_idle() noexcept {
        wakes_when_idle_ = true;
        update_instrumented();
    }
    /// Whether stop() was called and not acted upon; takes the request back. A run function acts
    /// on it by itself; run_one_iteration() leaves that to its caller.
    [[nodiscard]] bool take_stop_request() noexcept { return std::exchange(stopping_, false); }
    [[nodiscard]] bool stop_requested() const noexcept { return stopping_; }
    /// What is under way on other threads. Throws usage_error if closed.
    [[nodiscard]] detail::elsewhere& elsewhere();
    [[nodiscard]] bool has_jobs() const noexcept;
    [[nodiscard]] bool has_default_jobs() const noexcept;

    [[nodiscard]] bool starts_eagerly(task_start start) const noexcept {
        return running_ &&
               (start == task_start::loop_default ? task_start_ : start) == task_start::eager;
    }

private:
    friend class ready_events;
    class run_scope;

    template <class F>
    [[gnu::noinline]] handle call_soon_in_full(F&& callback, std::source_location place) {
        auto* node = detail::make_bound_callback<runnable>(*pool_, std::forward<F>(callback),
                                                           event_kind::callback, 0, place);
        const handle result(node);
        if (instrumented_) {
            push_callback_instrumented(*node);
        } else {
            ready_.push_back(*node);
        }
        return result;
    }
    template <class F>
    [[gnu::noinline, gnu::cold]] timer_handle call_at_in_context(time_point deadline, F&& callback,
                                                                 std::source_location place) {
        auto* node = detail::make_bound_callback<timer_entry>(
            *pool_, std::forward<F>(callback), event_kind::timer, new_timer_id(), place, deadline);
        const timer_handle result(node);
        add_timer(*node);
        return result;
    }
    template <class T>
    [[gnu::noinline]] task<T> make_task_instrumented(coro<T>& body, std::string_view name,
                                                     task_start start);
    [[nodiscard]] time_point next_wanted() const noexcept;
    void run_plain();
    time_point wait_for_work();
    void run_scheduled();
    void run_to_stop();
    void begin_scheduled_iteration(bool may_wait);
    void run_one_scheduled_iteration();
    void run_scheduled_iteration(ready_events& events);
    void finish_operations(bool idle);
    void run_in_order();
    [[nodiscard]] inline bool offers_more_than_ready() const noexcept;
    void run_one_of_all();
    [[nodiscard]] std::size_t tied_timers() const noexcept;
    inline void run_chosen(runnable& next, std::uint64_t id);
    void let_in(time_point now);
    template <bool Told>
    void run_what_is_ready();
    template <bool Told>
    void run_iterations();
    template <bool Told>
    void run_batch();
    void run_observed(runnable& item);
    void tell_runs(runnable& item) noexcept;
    void run_watched(runnable& item);
    void report_callback_error() noexcept;
    void report_slow(const slow_callback& slow) noexcept;
    void move_due_timers(time_point now);
    void post_outside_call(std::unique_ptr<detail::outside_call> call);
    template <class T>
    T finish_run(future<T> main);
    void destroy_everything() noexcept;
    void check_can_run() const;
    void notify_run(loop_event_kind kind) noexcept;
    [[noreturn]] void report_deadlock() const;

    std::optional<random_stream> random_;
    std::unique_ptr<detail::elsewhere> elsewhere_;              // null until it is needed
    std::unique_ptr<detail::signal_handlers> signal_handlers_;  // as that
    exception_handler exception_handler_;
    slow_callback_handler slow_callback_handler_;
    duration slow_from_ = std::chrono::milliseconds(100);
    detail::outside_calls outside_calls_;
};

/// The loop that runs on this thread. Throws usage_error if none does.
[[nodiscard]] event_loop& get_running_loop();

namespace detail {

template <class F>
class outside_call_of final : public outside_call {
public:
    outside_call_of(F callable, std::source_location place)
        : callable_(std::move(callable)), place_(place) {}
    void deliver(event_loop& loop) override { loop.call_soon(std::move(callable_), place_); }

private:
    F callable_;
    std::source_location place_;
};

}  // namespace detail

template <class F>
    requires std::is_invocable_v<std::decay_t<F>&&>
void event_loop::call_soon_threadsafe(F&& callback, std::source_location place) {
    if (on_own_thread()) {
        call_soon(std::forward<F>(callback), place);
        backend_->wake_up();
        return;
    }
    if (detail::contexts_are_in_use()) [[unlikely]] {
        if (detail::context_ptr captured = detail::capture_context()) {
            using bound = detail::context_bound<std::decay_t<F>>;
            post_outside_call(std::make_unique<detail::outside_call_of<bound>>(
                bound(std::move(captured), std::forward<F>(callback)), place));
            return;
        }
    }
    post_outside_call(std::make_unique<detail::outside_call_of<std::decay_t<F>>>(
        std::forward<F>(callback), place));
}

}  // namespace heddle
