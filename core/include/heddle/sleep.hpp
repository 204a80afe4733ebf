// SPDX-License-Identifier: BSL-1.0
//
// sleep: asyncio.sleep. The future and the timer that CPython makes live in the awaiting
// coroutine's frame here; the hops are the same: the timer's callback completes the sleep, and the
// task's wake-up runs in the iteration after. A sleep of nothing is a bare yield and has neither.
#pragma once

#include <coroutine>
#include <memory>
#include <string>

#include <heddle/task_base.hpp>
#include <heddle/time.hpp>

namespace heddle {

namespace detail {

/// A sleep that has a deadline: its timer, and what its task is blocked on meanwhile.
class sleep_operation final : public timer_entry, public waitable {
public:
    explicit sleep_operation(task_base& sleeper) noexcept : timer_entry({}), sleeper_(&sleeper) {}
    ~sleep_operation();

    /// Sets the timer and ends the sleeper's step. Once.
    void begin(duration length);
    /// In the sleeper's next step: throws if what ended it is a cancellation.
    void resume();

    void run() override;
    void drop() noexcept override {}
    [[nodiscard]] std::uint64_t event_id() const noexcept override { return id_; }
    [[nodiscard]] std::string label() const override;
    [[nodiscard]] std::source_location place() const noexcept override;
    bool cancel(const cancel_message& message) override;
    void remove_waiter(runnable&) noexcept override {}

private:
    enum class progress : unsigned char { not_begun, pending, finished, cancelled };
    void wake() noexcept;

    task_base* sleeper_;
    std::uint64_t id_ = 0;
    cancel_message message_;
    progress progress_ = progress::not_begun;
};

class sleep_awaiter {
public:
    using heddle_awaiter = void;
    explicit sleep_awaiter(duration length) noexcept : length_(length) {}
    sleep_awaiter(const sleep_awaiter&) = delete;
    sleep_awaiter& operator=(const sleep_awaiter&) = delete;
    ~sleep_awaiter() {
        if (has_timer() && sleeper_ != nullptr) {
            std::destroy_at(&timer_);
        }
    }

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> awaiting) {
        sleeper_ = awaiting.promise().current_task();
        if (has_timer()) {
            std::construct_at(&timer_, *sleeper_)->begin(length_);
        } else {
            sleeper_->yield();
        }
    }
    void await_resume() {
        if (has_timer()) {
            timer_.resume();
        } else {
            sleeper_->resume_from_operation(false);
        }
    }

private:
    [[nodiscard]] bool has_timer() const noexcept { return length_ > duration::zero(); }

    duration length_;
    task_base* sleeper_ = nullptr;  // set when it begins, with the timer
    union {
        sleep_operation timer_;
    };
};

}  // namespace detail

/// What sleep() returns: await it.
class [[nodiscard("a sleep that is not awaited does not sleep")]] sleep_request {
public:
    explicit sleep_request(duration length) noexcept : length_(length) {}
    [[nodiscard]] detail::sleep_awaiter operator co_await() const noexcept {
        return detail::sleep_awaiter(length_);
    }

private:
    duration length_;
};

/// Suspends the task for at least `length` of its loop's clock. Zero or less is a bare yield: the
/// task goes on in the next iteration, and no timer is set. A cancellation ends it at once.
[[nodiscard("a sleep that is not awaited does not sleep")]] inline sleep_request sleep(
    duration length) noexcept {
    return sleep_request(length);
}

}  // namespace heddle
