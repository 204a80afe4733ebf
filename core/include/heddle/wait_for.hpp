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
#include <heddle/detail/ensure_future.hpp>
#include <heddle/timeout.hpp>

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

template <class T, class Awaited>
coro<T> wait_for_at_once(Awaited awaited) {
    const auto state = ensure_future(get_running_loop(), std::move(awaited));
    future<T> handle(state);
    if (handle.done()) {
        co_return co_await std::move(handle);
    }
    co_await cancel_and_wait<T>(state);
    try {
        co_return co_await std::move(handle);
    } catch (const cancelled_error&) {
        throw timeout_error();
    }
}

}  // namespace detail

/// Awaits a coroutine, task or future for at most `length` (none: as long as it takes); then it is
/// cancelled, and when it has ended, timeout_error is thrown. With a length of zero or less it is
/// given no time at all: only what is done already gives its result. A cancellation of the
/// awaiting task reaches what it awaits. A task that must survive the timeout wants a shield.
template <class Awaited>
    requires requires { typename std::remove_cvref_t<Awaited>::value_type; }
[[nodiscard("nothing happens until this is awaited")]] auto wait_for(
    Awaited awaited, std::optional<duration> length) {
    using value = typename Awaited::value_type;
    if (length && *length <= duration::zero()) {
        return detail::wait_for_at_once<value>(std::move(awaited));
    }
    // The clock is read when this is awaited.
    return detail::run_under<value>([length] { return timeout_scope(detail::deadline_in(length)); },
                                    std::move(awaited));
}

}  // namespace heddle
