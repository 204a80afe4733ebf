// SPDX-License-Identifier: BSL-1.0
//
// sleep: asyncio.sleep. The future and the timer that CPython makes live in the awaiting
// coroutine's frame here; the hops are the same: the timer's callback completes the sleep, and the
// task's wake-up runs in the iteration after.
#pragma once

#include <coroutine>
#include <string>

#include <heddle/task_base.hpp>
#include <heddle/time.hpp>

namespace heddle {

namespace detail {

class sleep_operation final : public timer_entry, public waitable {
public:
    using heddle_awaiter = void;
    explicit sleep_operation(duration length) noexcept : timer_entry({}), length_(length) {}
    ~sleep_operation();

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> awaiting) {
        begin(*awaiting.promise().current_task());
    }
    void await_resume();

    void run() override;
    void drop() noexcept override {}
    [[nodiscard]] std::uint64_t event_id() const noexcept override { return id_; }
    [[nodiscard]] std::string label() const override;
    [[nodiscard]] std::source_location place() const noexcept override;
    bool cancel(const cancel_message& message) override;
    void remove_waiter(runnable&) noexcept override {}

private:
    enum class progress : unsigned char { not_begun, yielded, pending, finished, cancelled };
    void begin(task_base& sleeper);
    void wake() noexcept;

    duration length_;
    task_base* sleeper_ = nullptr;
    std::uint64_t id_ = 0;
    cancel_message message_;
    progress progress_ = progress::not_begun;
};

}  // namespace detail

/// What sleep() returns: await it.
class [[nodiscard("a sleep that is not awaited does not sleep")]] sleep_request {
public:
    explicit sleep_request(duration length) noexcept : length_(length) {}
    [[nodiscard]] detail::sleep_operation operator co_await() const noexcept {
        return detail::sleep_operation(length_);
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
