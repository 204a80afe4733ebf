// SPDX-License-Identifier: BSL-1.0
//
// wait_for: asyncio.wait_for of CPython 3.12 and later, which runs what it awaits in the awaiting
// task itself.
#pragma once

#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include <heddle/coro.hpp>
#include <heddle/detail/timeout_scope.hpp>
#include <heddle/gather.hpp>
#include <heddle/task.hpp>

namespace heddle {

namespace detail {

/// Cancels `target` and waits until it has ended, however it ends.
template <class T>
coro<void> cancel_and_wait(intrusive_ptr<future_state<T>> target) {
    const future<T> handle(target);
    const future<void> ended = get_running_loop().create_future<void>();
    const done_callback added = handle.add_done_callback([ended](const auto&) {
        if (!ended.done()) {
            ended.set_result();
        }
    });
    handle.cancel();
    std::exception_ptr error;
    try {
        co_await ended;
    } catch (...) {
        error = std::current_exception();
    }
    handle.remove_done_callback(added);
    if (error) {
        std::rethrow_exception(error);
    }
}

template <class Awaited, class T = typename Awaited::value_type>
coro<T> wait_for_at_once(Awaited awaited) {
    const auto state = ensure_future(get_running_loop(), std::move(awaited));
    future<T> handle(state);
    if (!handle.done()) {
        co_await cancel_and_wait<T>(state);
        if (handle.cancelled()) {
            throw timeout_error();
        }
    }
    co_return co_await std::move(handle);
}

template <class Awaited, class T = typename Awaited::value_type>
coro<T> wait_for_until(Awaited awaited, duration length) {
    event_loop& loop = get_running_loop();
    timeout_scope scope(later_by(loop.time(), length));
    std::exception_ptr error;
    if constexpr (std::is_void_v<T>) {
        try {
            co_await std::move(awaited);
        } catch (...) {
            error = std::current_exception();
        }
        scope.leave(error);
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

}  // namespace detail

/// Awaits a coroutine, task or future for at most `length`; then it is cancelled, and when it has
/// ended, timeout_error is thrown. With a length of zero or less it is given no time at all: only
/// what is done already gives its result. A cancellation of the awaiting task reaches what it
/// awaits. A task that must survive the timeout wants a shield.
template <class Awaited>
    requires requires { typename std::remove_cvref_t<Awaited>::value_type; }
[[nodiscard("nothing happens until this is awaited")]] auto wait_for(Awaited awaited,
                                                                     duration length) {
    return length <= duration::zero() ? detail::wait_for_at_once(std::move(awaited))
                                      : detail::wait_for_until(std::move(awaited), length);
}

}  // namespace heddle
