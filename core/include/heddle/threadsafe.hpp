// SPDX-License-Identifier: BSL-1.0
//
// asyncio.run_coroutine_threadsafe: a coroutine for a loop that runs on another thread.
//
//   auto answer = heddle::run_coroutine_threadsafe([&] { return client.ask(question); }, loop);
//   use(answer.get());                                       // blocks this thread, not the loop's
//
// It takes a callable that makes the coroutine, and calls it on the loop's thread: a coroutine
// that was made here would have its frame outside of the loop's memory, and its arguments could be
// bound to what this thread changes. (CPython takes the coroutine itself.) The callable is moved
// to the loop's thread and lives until the coroutine has ended, so it may be a coroutine itself.
//
// When the loop is closed before the coroutine has ended, the result is a cancellation; a thread
// that waits for it is woken before the loop joins its jobs. A simulation refuses all this, as
// everything from outside.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>

#include <heddle/coro.hpp>
#include <heddle/detail/close_hook.hpp>
#include <heddle/detail/job.hpp>
#include <heddle/event_loop.hpp>
#include <heddle/future.hpp>
#include <heddle/task.hpp>

namespace heddle {

namespace detail {

/// What the thread that waits and the loop share.
class threadsafe_state_base {
public:
    explicit threadsafe_state_base(event_loop& loop) noexcept : loop_(&loop) {}
    threadsafe_state_base(const threadsafe_state_base&) = delete;
    threadsafe_state_base& operator=(const threadsafe_state_base&) = delete;

    // From any thread.

    [[nodiscard]] bool done() const;
    [[nodiscard]] bool cancelled() const;
    void wait() const;
    [[nodiscard]] bool wait_for(duration length) const;
    /// `self` is this.
    bool cancel(std::shared_ptr<threadsafe_state_base> self);

    // On the loop's thread.

    /// The task that works on it; null takes it away. Counted by the loop's thread only.
    void set_task(future_base* task) { task_ = intrusive_ptr<future_base>(task); }
    /// Ends it, unless it has ended. A null cancellation stands for one without a message.
    void end_cancelled(std::exception_ptr cancellation);
    void end_with_error(std::exception_ptr error);

protected:
    ~threadsafe_state_base() = default;
    enum class status : std::uint8_t { pending, value, error, cancelled };

    void check_may_wait() const;
    /// After wait(): throws what there is in place of a value.
    void throw_unless_value();

    mutable std::mutex mutex_;
    mutable std::condition_variable ended_;
    status status_ = status::pending;  // this and the outcome are under mutex_
    std::exception_ptr error_;

private:
    void cancel_task();

    event_loop* loop_;  // exists while this is pending: a loop that is destroyed ends it first
    intrusive_ptr<future_base> task_;
};

template <class T>
class threadsafe_state final : public threadsafe_state_base {
public:
    using threadsafe_state_base::threadsafe_state_base;

    void end_with_value(stored_t<T>&& value) {
        const std::scoped_lock lock(mutex_);
        if (status_ == status::pending) {
            value_.emplace(std::move(value));
            status_ = status::value;
            ended_.notify_all();
        }
    }
    T take() {
        wait();
        throw_unless_value();
        if constexpr (std::is_reference_v<T>) {
            return static_cast<T>(**value_);
        } else if constexpr (!std::is_void_v<T>) {
            return std::move(*value_);
        }
    }

private:
    std::optional<stored_t<T>> value_;
};

/// The loop's end of it. Destroyed without an outcome, it cancels.
template <class T>
class threadsafe_promise final : public close_hook {
public:
    explicit threadsafe_promise(std::shared_ptr<threadsafe_state<T>> state) noexcept
        : state_(std::move(state)) {}
    ~threadsafe_promise() {
        state_->set_task(nullptr);
        state_->end_cancelled(nullptr);
    }

    [[nodiscard]] threadsafe_state<T>& state() const noexcept { return *state_; }
    void watch(event_loop& loop) { loop.elsewhere().add_waiting_thread(*this); }
    void finish(future_state<T>& ended) {
        if (ended.cancelled()) {
            state_->end_cancelled(ended.take_cancellation());
        } else if (std::exception_ptr error = ended.exception()) {
            state_->end_with_error(std::move(error));
        } else {
            state_->end_with_value(std::move(ended.value()));
        }
    }

private:
    void loop_closes() noexcept override { state_->end_cancelled(nullptr); }

    std::shared_ptr<threadsafe_state<T>> state_;
};

template <class T, class F>
coro<T> call_in_task(F make) {
    co_return co_await std::invoke(make);
}

template <class T, class F>
void start_threadsafe(event_loop& loop, std::unique_ptr<threadsafe_promise<T>> promise, F&& make) {
    if (promise->state().done()) {
        return;  // cancelled on its way here
    }
    const task<T> started = loop.create_task(call_in_task<T>(std::forward<F>(make)));
    promise->state().set_task(started.shared_state().get());
    promise->watch(loop);
    started.add_done_callback([held = std::move(promise)](const basic_future<T>& ended) {
        held->finish(*ended.shared_state());
    });
}

}  // namespace detail

/// What run_coroutine_threadsafe gives: a result that a thread without a loop waits for. Any
/// thread may use it, one at a time. Throwing it away cancels nothing.
template <class T = void>
class [[nodiscard("the result, and the error, of the coroutine are in it")]] threadsafe_result {
public:
    threadsafe_result() noexcept = default;
    // Not copied: get() moves the one result out.
    threadsafe_result(threadsafe_result&&) noexcept = default;
    threadsafe_result& operator=(threadsafe_result&&) noexcept = default;

    /// False if it was never made, moved from, or get() was called.
    [[nodiscard]] bool valid() const noexcept { return state_ != nullptr; }
    [[nodiscard]] bool done() const { return state().done(); }
    [[nodiscard]] bool cancelled() const { return state().cancelled(); }

    /// Blocks this thread until it is done. Throws usage_error on the thread of a running loop if
    /// that loop would have to do it.
    void wait() const { state().wait(); }
    /// The same, for at most `length`; says whether it is done.
    [[nodiscard]] bool wait_for(duration length) const { return state().wait_for(length); }
    /// wait(), then the result, moved out, or the coroutine's error, or cancelled_error. Once.
    T get() {
        static_cast<void>(state());
        const auto taken = std::exchange(state_, nullptr);
        return taken->take();
    }
    /// False if it is done; else it is cancelled now, and the task as soon as its loop can:
    /// whatever that ends with, nobody hears of.
    bool cancel() { return state().cancel(state_); }

private:
    template <class F>
    friend auto run_coroutine_threadsafe(F&& make, event_loop& loop)
        -> threadsafe_result<typename std::invoke_result_t<std::decay_t<F>&>::value_type>;
    explicit threadsafe_result(std::shared_ptr<detail::threadsafe_state<T>> state) noexcept
        : state_(std::move(state)) {}
    [[nodiscard]] detail::threadsafe_state<T>& state() const {
        if (!state_) {
            throw usage_error("this result was taken, moved from, or never made");
        }
        return *state_;
    }

    std::shared_ptr<detail::threadsafe_state<T>> state_;
};

/// See the top of the file. From any thread; `loop` is not destroyed during the call. Throws
/// usage_error if `loop` is closed or a simulation.
template <class F>
[[nodiscard("the result, and the error, of the coroutine are in it")]] auto
run_coroutine_threadsafe(F&& make, event_loop& loop)
    -> threadsafe_result<typename std::invoke_result_t<std::decay_t<F>&>::value_type> {
    using T = typename std::invoke_result_t<std::decay_t<F>&>::value_type;
    if (!loop.clock_and_executor().accepts_outside_events()) {
        throw usage_error("run_coroutine_threadsafe: a simulation takes nothing from outside");
    }
    auto state = std::make_shared<detail::threadsafe_state<T>>(loop);
    loop.call_soon_threadsafe([&loop,
                               promise = std::make_unique<detail::threadsafe_promise<T>>(state),
                               callable = std::decay_t<F>(std::forward<F>(make))]() mutable {
        detail::start_threadsafe<T>(loop, std::move(promise), std::move(callable));
    });
    return threadsafe_result<T>(std::move(state));
}

/// Not this: the frame of a coroutine that is made here does not belong to the loop. Give a
/// callable that makes it.
template <class T>
void run_coroutine_threadsafe(coro<T> made_on_the_wrong_thread, event_loop& loop) = delete;

}  // namespace heddle
