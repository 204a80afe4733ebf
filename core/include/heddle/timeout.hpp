// SPDX-License-Identifier: BSL-1.0
//
// timeout and timeout_at: asyncio's, a deadline for a part of a task.
//
//   auto limit = heddle::timeout(5ms);
//   int answer = co_await limit.run(fetch(1));     // throws timeout_error after 5 ms
//
// Python's `async with timeout(...)` block is the coroutine given to run(). At the deadline the
// task that runs it is cancelled; run() tells that cancellation from those of others, and throws
// timeout_error in its place. The block cannot be left without its exit: leaving run() is it, and
// a block that is destroyed where it is suspended takes its timer along.
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include <heddle/coro.hpp>
#include <heddle/event_loop.hpp>
#include <heddle/task_base.hpp>
#include <heddle/time.hpp>

namespace heddle {

class timeout_scope {
public:
    /// Not entered yet. Without a deadline (or with `never`) it never expires.
    explicit timeout_scope(std::optional<time_point> deadline) noexcept : when_(deadline) {}
    timeout_scope(const timeout_scope&) = delete;
    timeout_scope& operator=(const timeout_scope&) = delete;
    ~timeout_scope() { disarm(); }

    /// Awaits `awaited` (a coroutine, task or future) in the current task under this deadline, and
    /// gives its result or error; timeout_error if the deadline has cancelled it. Once: throws
    /// usage_error if it has been entered before. The scope must outlive what this returns.
    template <class Awaited>
        requires requires { typename std::remove_cvref_t<Awaited>::value_type; }
    [[nodiscard("nothing happens until this is awaited")]] coro<
        typename std::remove_cvref_t<Awaited>::value_type>
    run(Awaited awaited);

    /// The deadline on the loop's clock; none if it never expires.
    [[nodiscard]] std::optional<time_point> when() const noexcept { return when_; }
    /// Moves the deadline, or (without one) takes it away. One that has passed takes effect in the
    /// next iteration. Throws usage_error unless the block is running and has not expired.
    void reschedule(std::optional<time_point> deadline);
    /// Whether the deadline has passed while the block was running.
    [[nodiscard]] bool expired() const noexcept {
        return progress_ == progress::expiring || progress_ == progress::expired;
    }

    // For those who cannot give the block as a coroutine.

    /// Begins; belongs to the current task from here on. Throws usage_error outside of a task. A
    /// deadline that has passed takes effect in the next iteration: the block begins in any case.
    void enter();
    /// The block has ended, with `error` or (null) without. Throws timeout_error in place of a
    /// cancellation that is this scope's own, else `error` as it is; returns if there was none.
    void leave(const std::exception_ptr& error);

private:
    enum class progress : std::uint8_t { created, entered, expiring, expired, left };

    void arm();
    void disarm() noexcept;
    void expire();

    std::optional<time_point> when_;
    task_base* task_ = nullptr;
    std::uint32_t cancelling_before_ = 0;
    progress progress_ = progress::created;
    handle soon_;
    timer_handle timer_;
};

namespace detail {

/// Runs `awaited` under the scope that `make_scope` gives: one that lives in this frame, or a
/// reference to one.
template <class T, class Awaited, class MakeScope>
coro<T> run_under(MakeScope make_scope, Awaited awaited) {
    auto&& scope = make_scope();
    scope.enter();
    std::exception_ptr error;
    if constexpr (std::is_void_v<T>) {
        try {
            co_await std::move(awaited);
        } catch (...) {
            error = std::current_exception();
        }
        scope.leave(error);
    } else if constexpr (std::is_reference_v<T>) {
        std::remove_reference_t<T>* result = nullptr;
        try {
            result = &(co_await std::move(awaited));
        } catch (...) {
            error = std::current_exception();
        }
        scope.leave(error);
        co_return static_cast<T>(*result);
    } else {
        std::optional<T> result;
        try {
            result.emplace(co_await std::move(awaited));
        } catch (...) {
            error = std::current_exception();
        }
        scope.leave(error);
        co_return std::move(*result);
    }
}

/// `length` from now on the running loop's clock; none without one.
[[nodiscard]] std::optional<time_point> deadline_in(std::optional<duration> length);

}  // namespace detail

template <class Awaited>
    requires requires { typename std::remove_cvref_t<Awaited>::value_type; }
coro<typename std::remove_cvref_t<Awaited>::value_type> timeout_scope::run(Awaited awaited) {
    using value = typename std::remove_cvref_t<Awaited>::value_type;
    return detail::run_under<value>([this]() -> timeout_scope& { return *this; },
                                    std::move(awaited));
}

/// A scope that expires `length` from now (the clock is read here, not when it is entered); none:
/// never. Must be called while the loop runs.
[[nodiscard("a timeout limits what its run() is given")]] inline timeout_scope timeout(
    std::optional<duration> length) {
    return timeout_scope(detail::deadline_in(length));
}

/// A scope that expires at `deadline` of the loop's clock; none: never.
[[nodiscard("a timeout limits what its run() is given")]] inline timeout_scope timeout_at(
    std::optional<time_point> deadline) noexcept {
    return timeout_scope(deadline);
}

}  // namespace heddle
