// SPDX-License-Identifier: BSL-1.0
//
// asyncio's run_in_executor and to_thread: work that blocks, or computes for long, goes elsewhere.
//
//   auto rows = co_await heddle::to_thread([&] { return database.read(key); });
//
// What is called runs on a thread of the executor; its result, or what it throws, comes back to
// the loop's thread. There is no thread before the first such call, and none after the loop is
// closed: closing it drops the jobs that have not begun, and waits for those that run, before it
// destroys any task. So a job must end by itself, and not wait for the loop. (Threads that wait in
// run_coroutine_threadsafe's result are woken first.)
//
// Two functions, which differ when the one who waits is cancelled:
//
// * run_in_executor is CPython's: its future is cancelled at once, and a job that runs already goes
//   on, unheard. Such a job must own what it uses, or borrow what lives as long as the loop.
// * to_thread, in the task that awaits it, ends when the job has ended, and throws the
//   cancellation then; a job that has not begun is dropped, and the cancellation thrown at once.
//   So a job may refer to what the awaiting coroutine has. (CPython's ends at once. There the
//   garbage collector keeps what the job uses.) The same goes for a task that is destroyed: its
//   destruction waits for the job.
//
// The callable and the result may be move-only. The callable is destroyed where it ran, before the
// result is known on the loop; one that never ran, on the thread that dropped it, which is the
// loop's unless the executor threw it away. The result is moved and destroyed on the loop's
// thread. An executor that throws a job away without calling it cancels its future.
//
// In a simulation nothing leaves the thread: whatever executor is named, a job is one step that
// runs on the loop's thread, next in line as a callback would, or at any place that the exploring
// chooses (also where an executor of one thread would have kept the order). What it takes is a
// choice too: the loop goes on meanwhile, and hears of its end later. A job that really blocks the
// thread blocks the simulation, and cannot be helped. While a job runs, no loop counts as running
// on its thread: what would fail on another thread fails in the simulation.
#pragma once

#include <functional>
#include <memory>
#include <source_location>
#include <tuple>
#include <type_traits>
#include <utility>

#include <heddle/coro.hpp>
#include <heddle/detail/intrusive_ptr.hpp>
#include <heddle/detail/job.hpp>
#include <heddle/event_loop.hpp>
#include <heddle/future.hpp>

namespace heddle {

/// A job that an executor has taken: to be called once, on whatever thread. Destroying it without
/// a call cancels what waits for it.
class queued_job {
public:
    queued_job(queued_job&& other) noexcept = default;
    queued_job& operator=(queued_job&& other) noexcept {
        std::swap(job_, other.job_);
        return *this;
    }
    ~queued_job() {
        if (job_) {
            job_->abandon();
        }
    }

    /// Runs it here. Nothing leaves it. A job that was cancelled meanwhile does nothing.
    void operator()() noexcept {
        if (auto job = std::exchange(job_, {})) {
            job->perform();
        }
    }
    /// For executors that have no threads, in submit() only: it becomes a callback of the loop
    /// that it comes from.
    void run_on_its_loop() && { std::exchange(job_, {})->queue_on_loop(); }

private:
    friend class detail::elsewhere;
    explicit queued_job(detail::job_base& job) noexcept : job_(&job) {}
    detail::intrusive_ptr<detail::job_base> job_;
};

/// Runs jobs elsewhere. It outlives the loops that use it, or their use of it.
class executor {
public:
    virtual ~executor() = default;

    /// Takes `job`, to be called once at some time, and returns without waiting for it. Called on
    /// the thread of the loop. What it throws goes to whoever wanted the job run.
    virtual void submit(queued_job job) = 0;
};

/// The executor of simulations: jobs are callbacks of the loop that they come from.
class same_thread_executor final : public executor {
public:
    void submit(queued_job job) override { std::move(job).run_on_its_loop(); }
};

namespace detail {

template <class T>
inline constexpr bool is_coro = false;
template <class T>
inline constexpr bool is_coro<coro<T>> = true;

template <class F>
[[nodiscard]] auto make_job(event_loop& loop, std::source_location place, F&& callable) {
    using result = job_result_t<F>;
    static_assert(!is_coro<result>,
                  "a coroutine runs on its loop, not in an executor: await it, or make it a task");
    static_assert(!std::is_rvalue_reference_v<result>);
    return intrusive_ptr<job_of<result>>::adopt(
        new job_call<result, std::decay_t<F>>(loop, place, std::forward<F>(callable)));
}

template <class F>
[[nodiscard]] future<job_result_t<F>> start_job(event_loop& loop, executor* wanted, F&& callable,
                                                std::source_location place) {
    using state = job_future_state<job_result_t<F>>;
    elsewhere& registry = loop.elsewhere();
    auto job = make_job(loop, place, std::forward<F>(callable));
    auto* object = ::new (loop.pool().allocate(sizeof(state))) state(loop.pool());
    future<job_result_t<F>> result(intrusive_ptr<future_state<job_result_t<F>>>::adopt(object));
    if (loop.observed()) [[unlikely]] {
        loop_event event;
        event.kind = loop_event_kind::future_created;
        event.future = object;
        loop.notify(event);
    }
    object->submit(registry, std::move(job), wanted);
    return result;
}

template <class R, class F>
coro<R> run_job_to_its_end(F callable) {
    task_base& task = current_task();
    auto job = make_job(task.loop(), task.site(), std::move(callable));
    job_operation<R> operation(task, std::move(job), nullptr);
    co_await operation.ended();
    co_return operation.take();
}

}  // namespace detail

template <class F>
    requires std::is_invocable_v<std::decay_t<F>&&>
future<detail::job_result_t<F>> event_loop::run_in_executor(F&& job, std::source_location place) {
    return detail::start_job(*this, nullptr, std::forward<F>(job), place);
}

template <class F>
    requires std::is_invocable_v<std::decay_t<F>&&>
future<detail::job_result_t<F>> event_loop::run_in_executor(executor& where, F&& job,
                                                            std::source_location place) {
    return detail::start_job(*this, &where, std::forward<F>(job), place);
}

/// event_loop::run_in_executor of the running loop: `job()` in its default executor.
template <class F>
    requires std::is_invocable_v<std::decay_t<F>&&>
[[nodiscard(
    "the result of a job, and its error, are in its future")]] future<detail::job_result_t<F>>
run_in_executor(F&& job, std::source_location place = std::source_location::current()) {
    return get_running_loop().run_in_executor(std::forward<F>(job), place);
}

/// The same in `where`.
template <class F>
    requires std::is_invocable_v<std::decay_t<F>&&>
[[nodiscard(
    "the result of a job, and its error, are in its future")]] future<detail::job_result_t<F>>
run_in_executor(executor& where, F&& job,
                std::source_location place = std::source_location::current()) {
    return get_running_loop().run_in_executor(where, std::forward<F>(job), place);
}

/// asyncio.to_thread: calls `callable(args...)` in the default executor of the running loop, and
/// gives its result. As a coroutine does, it begins when it is awaited. Arguments are copied or
/// moved (std::ref for a reference). See the top of the file for cancellation. Throws usage_error
/// where run_in_executor does.
template <class F, class... Args>
    requires std::is_invocable_v<std::decay_t<F>&&, std::decay_t<Args>&&...>
[[nodiscard("to_thread calls nothing until it is awaited")]] auto to_thread(F&& callable,
                                                                            Args&&... args) {
    auto bound = [call = std::decay_t<F>(std::forward<F>(callable)),
                  arguments = std::tuple<std::decay_t<Args>...>(
                      std::forward<Args>(args)...)]() mutable -> decltype(auto) {
        return std::apply(
            [&](auto&... each) -> decltype(auto) {
                return std::invoke(std::move(call), std::move(each)...);
            },
            arguments);
    };
    using result = detail::job_result_t<decltype(bound)>;
    return detail::run_job_to_its_end<result>(std::move(bound));
}

}  // namespace heddle
