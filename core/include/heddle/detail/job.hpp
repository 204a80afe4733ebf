// SPDX-License-Identifier: BSL-1.0
//
// A callable on its way through an executor, and what a loop has under way on other threads.
//
// A job is shared by its loop (until it is over or dropped) and its executor (until it was called
// or thrown away). Its state decides who may touch the rest of it:
//
//   queued    nobody has begun it: whoever moves it to another state first, has it
//   running   the executor's thread has it; a loop that wants to close waits
//   over      the loop's thread has it: the outcome is there. Nothing of the executor's thread
//             touches the loop any more
//   dropped   never begun, and never will be
//
// So the callable is destroyed where it ran, right after it, and before anybody hears of its end;
// one that never ran, on the thread that dropped it. The outcome is moved and destroyed on the
// loop's thread only.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <type_traits>
#include <utility>

#include <heddle/detail/close_hook.hpp>
#include <heddle/detail/intrusive_ptr.hpp>
#include <heddle/future.hpp>
#include <heddle/runnable.hpp>

namespace heddle {
class executor;
}

namespace heddle::detail {

/// Who waits for a job. Told once, on the loop's thread.
class job_consumer {
public:
    virtual void job_over() noexcept = 0;

protected:
    ~job_consumer() = default;
};

class job_base : public runnable {
public:
    job_base(event_loop& loop, std::source_location place);
    virtual ~job_base() = default;

    void add_ref() noexcept { owners_.fetch_add(1, std::memory_order_relaxed); }
    void release() noexcept {
        if (owners_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            delete this;
        }
    }

    // From the executor, on any thread.

    /// Calls it, unless it was dropped, and tells the loop.
    void perform() noexcept;
    /// The executor throws it away: tells the loop, unless it was begun or dropped.
    void abandon() noexcept;

    // On the loop's thread.

    /// Queues it on its own loop, as something that may run in any order relative to others.
    void queue_on_loop();
    /// True if it had not begun: then it never will, and its callable is destroyed. Tells nobody.
    bool drop_unless_begun() noexcept;
    /// Blocks this thread while another runs it.
    void wait_until_over() const noexcept;
    /// The consumer goes: nobody is told.
    void forget_consumer() noexcept { consumer_ = nullptr; }
    /// Its loop keeps it no longer. Any number of times.
    void leave_loop() noexcept;
    virtual void forget_outcome() noexcept = 0;
    /// A simulation lets the loop hear of its end at `when`, as if it had taken that long.
    void end_at(time_point when) noexcept { end_at_ = when; }

    void run() override;
    void drop() noexcept override;
    [[nodiscard]] event_kind kind() const noexcept override { return event_kind::job; }
    [[nodiscard]] std::uint64_t event_id() const noexcept override { return id_; }
    [[nodiscard]] std::string label() const override;
    [[nodiscard]] std::source_location place() const noexcept override { return place_; }

protected:
    /// Keeps the outcome and destroys the callable.
    virtual void call() noexcept = 0;
    virtual void forget_callable() noexcept = 0;

private:
    friend class elsewhere;
    enum class state : std::uint8_t { queued, running, over, dropped };

    bool begin() noexcept;
    void announce() noexcept;
    void complete() noexcept;

    std::atomic<std::uint32_t> owners_{1};
    std::atomic<state> state_{state::queued};
    bool on_ready_queue_ = false;
    bool in_default_executor_ = false;
    event_loop* loop_;
    class elsewhere* registry_ = nullptr;  // null when the loop does not keep it
    job_base* previous_ = nullptr;
    job_base* next_ = nullptr;
    job_consumer* consumer_ = nullptr;
    std::source_location place_;
    std::uint64_t id_;
    time_point end_at_{};
};

template <class R>
class job_of : public job_base {
public:
    using job_base::job_base;

    /// Neither value nor error: it was dropped or thrown away.
    [[nodiscard]] std::optional<stored_t<R>>& value() noexcept { return value_; }
    [[nodiscard]] std::exception_ptr& error() noexcept { return error_; }
    void forget_outcome() noexcept override {
        value_.reset();
        error_ = nullptr;
    }

protected:
    std::optional<stored_t<R>> value_;
    std::exception_ptr error_;
};

template <class R, class F>
class job_call final : public job_of<R> {
public:
    template <class G>
    job_call(event_loop& loop, std::source_location place, G&& callable)
        : job_of<R>(loop, place), callable_(std::in_place, std::forward<G>(callable)) {}

private:
    void call() noexcept override {
        try {
            if constexpr (std::is_void_v<R>) {
                std::invoke(std::move(*callable_));
                this->value_.emplace();
            } else if constexpr (std::is_reference_v<R>) {
                this->value_.emplace(std::addressof(std::invoke(std::move(*callable_))));
            } else {
                this->value_.emplace(std::invoke(std::move(*callable_)));
            }
        } catch (...) {
            this->error_ = std::current_exception();
        }
        callable_.reset();
    }
    void forget_callable() noexcept override { callable_.reset(); }

    std::optional<F> callable_;
};

/// What one loop has under way elsewhere: its jobs, its default executor, and the threads that
/// wait for coroutines of it. Made when the first of these is.
class elsewhere {
public:
    explicit elsewhere(event_loop& loop) noexcept;
    elsewhere(const elsewhere&) = delete;
    elsewhere& operator=(const elsewhere&) = delete;
    /// Wakes the threads that wait, drops the jobs that have not begun, joins the others, and
    /// ends the loop's own executor.
    ~elsewhere();

    /// Gives `job` to `wanted`, or, if that is null, to the default executor.
    void submit(job_base& job, job_consumer& consumer, executor* wanted);

    void set_default(executor& chosen) noexcept { default_ = &chosen; }
    [[nodiscard]] future<void> shut_down_default();
    [[nodiscard]] bool has_jobs() const noexcept { return first_ != nullptr; }
    [[nodiscard]] bool has_default_jobs() const noexcept { return default_jobs_ > 0; }

    void add_waiting_thread(close_hook& hook) noexcept { waiting_threads_.add(hook); }

private:
    friend class job_base;
    executor& choose(executor* wanted, bool& is_default);
    void add(job_base& job) noexcept;
    void remove(job_base& job) noexcept;

    event_loop& loop_;
    executor* default_ = nullptr;
    std::unique_ptr<executor> own_;  // of the backend
    bool shut_down_ = false;
    future<void> all_over_;  // while shut_down_default is waited for
    std::size_t default_jobs_ = 0;
    job_base* first_ = nullptr;
    job_base* last_ = nullptr;
    close_hooks waiting_threads_;
};

/// The future of a job.
template <class R>
class job_future_state final : public future_state<R>, private job_consumer {
public:
    explicit job_future_state(frame_pool& pool) noexcept : future_state<R>(pool) {}

    void submit(elsewhere& registry, intrusive_ptr<job_of<R>> job, executor* wanted) {
        registry.submit(*job, *this, wanted);
        // (If that has thrown, the job is gone, and this was never kept alive by it.)
        this->add_ref();
        job_ = std::move(job);
    }

    bool cancel(const cancel_message& message) override {
        const intrusive_ptr<future_base> keep(this);
        if (!future_base::cancel(message)) {
            return false;
        }
        if (job_ && job_->drop_unless_begun()) {
            job_->forget_consumer();
            job_->leave_loop();
            job_ = nullptr;
            this->release();
        }
        return true;
    }
    [[nodiscard]] std::string label() const override { return "a job in an executor"; }

private:
    friend class heddle::future_base;
    void destroy() noexcept override { future_base::destroy_in_pool(this); }

    void job_over() noexcept override {
        const auto keep = intrusive_ptr<future_base>::adopt(this);
        const intrusive_ptr<job_of<R>> job = std::move(job_);
        if (!this->done()) {
            try {
                take(*job);
            } catch (...) {  // moving the value has failed
                this->finish_with_error(std::current_exception());
            }
        }
        job->forget_outcome();
    }
    void take(job_of<R>& job) {
        if (job.error()) {
            this->finish_with_error(std::move(job.error()));
        } else if (job.value().has_value()) {
            this->set_result(std::move(*job.value()));
        } else {
            this->finish_cancelled({}, nullptr);
        }
    }

    // Kept, and keeps this alive in turn, until the job is over or dropped.
    intrusive_ptr<job_of<R>> job_;
};

/// A job that a task waits for, to its end in any case: what it runs may borrow from the task.
/// Lives in the frame of the coroutine that waits.
class job_operation_base : public waitable, private job_consumer {
public:
    bool cancel(const cancel_message& message) override;
    void remove_waiter(runnable&) noexcept override {}
    [[nodiscard]] std::string label() const override { return "a job on another thread"; }

    struct [[nodiscard]] awaiter {
        using heddle_awaiter = void;
        job_operation_base* operation;
        [[nodiscard]] bool await_ready() const noexcept { return false; }
        template <class Promise>
        void await_suspend(std::coroutine_handle<Promise>) {
            operation->task_.block_on_operation(*operation);
        }
        void await_resume() const { operation->resumed(); }
    };
    awaiter ended() noexcept { return {this}; }

protected:
    job_operation_base(task_base& task, intrusive_ptr<job_base> job, executor* wanted);
    ~job_operation_base();

private:
    void job_over() noexcept override;
    void resumed();

    task_base& task_;
    intrusive_ptr<job_base> job_;
    cancel_message message_;
    bool over_ = false;
    bool cancelled_ = false;
};

template <class R>
class job_operation final : public job_operation_base {
public:
    job_operation(task_base& task, intrusive_ptr<job_of<R>> job, executor* wanted)
        : job_operation_base(task, job, wanted), job_(std::move(job)) {}

    R take() {
        if (job_->error()) {
            std::rethrow_exception(std::move(job_->error()));
        }
        if (!job_->value().has_value()) {
            throw cancelled_error();
        }
        if constexpr (std::is_reference_v<R>) {
            return static_cast<R>(**job_->value());
        } else if constexpr (!std::is_void_v<R>) {
            return std::move(*job_->value());
        }
    }

private:
    intrusive_ptr<job_of<R>> job_;
};

}  // namespace heddle::detail
