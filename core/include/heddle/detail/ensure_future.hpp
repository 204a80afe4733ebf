// SPDX-License-Identifier: BSL-1.0
//
// asyncio's ensure_future: what gather, shield and the like take, as a future.
#pragma once

#include <concepts>
#include <type_traits>
#include <utility>

#include <heddle/future.hpp>
#include <heddle/task.hpp>

namespace heddle::detail {

/// A coroutine becomes a task; tasks and futures are used as they are.
template <class T>
[[gnu::always_inline]] inline intrusive_ptr<future_state<T>> ensure_future(event_loop& loop,
                                                                           coro<T>&& body) {
    return loop.make_task(body).take_state();
}
template <class T>
intrusive_ptr<future_state<T>> ensure_future(event_loop&, const basic_future<T>& child) {
    if (!child.valid()) {
        throw usage_error("this future was moved from, or never made");
    }
    return child.shared_state();
}

template <class A>
using awaited_t = typename std::remove_cvref_t<A>::value_type;

template <class A>
concept gatherable = requires(event_loop& loop, A&& each) {
    { ensure_future(loop, std::forward<A>(each)) };
};

/// A handle of a task or future.
template <class H>
concept future_handle = requires(const H& handle) {
    { handle.shared_state()->done() } -> std::same_as<bool>;
};

/// The result of a future that others may look at too: copied, or moved if it cannot be copied.
/// Throws what stands in its way.
template <class T>
gathered_t<T> shared_result(future_state<T>& child) {
    if constexpr (std::is_void_v<T>) {
        static_cast<void>(child.value());
        return {};
    } else if constexpr (std::is_copy_constructible_v<stored_t<T>>) {
        return child.value();
    } else {
        return std::move(child.value());
    }
}

}  // namespace heddle::detail
