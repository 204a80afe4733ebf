// SPDX-License-Identifier: BSL-1.0
//
// wait: asyncio.wait. Waits for the first, the first failed, or all of several tasks and futures,
// or until a time is over; cancels nothing and throws none of their errors.
//
//   auto [done, pending] = co_await wait(tasks, return_when::first_completed, 5ms);
//
// As in Python 3.11 and later, coroutines are refused: make them tasks, whose handles then tell
// which is which.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include <heddle/coro.hpp>
#include <heddle/detail/ensure_future.hpp>
#include <heddle/detail/future_watch.hpp>
#include <heddle/future.hpp>
#include <heddle/time.hpp>

namespace heddle {

enum class return_when : std::uint8_t {
    first_completed,
    first_exception,  ///< the first that ends with an error that is no cancellation, or all
    all_completed,
};

/// Those that are done and those that are not, each in the order of the arguments; one that was
/// given twice stands where it came first.
template <class Handle>
struct wait_result {
    std::vector<Handle> done;
    std::vector<Handle> pending;
};

namespace detail {

/// Waits as wait() does; gives places in `given`.
[[nodiscard("nothing happens until this is awaited")]] coro<wait_result<std::size_t>> wait_places(
    future_watch::futures given, return_when how, std::optional<duration> timeout);

template <class Handle>
coro<wait_result<Handle>> wait_range(std::vector<Handle> handles, return_when how,
                                     std::optional<duration> timeout) {
    future_watch::futures given(handles.size());
    for (std::size_t i = 0; i < handles.size(); ++i) {
        given[i] = handles[i].shared_state();
    }
    const wait_result<std::size_t> places = co_await wait_places(std::move(given), how, timeout);
    wait_result<Handle> result;
    for (const std::size_t i : places.done) {
        result.done.push_back(std::move(handles[i]));
    }
    for (const std::size_t i : places.pending) {
        result.pending.push_back(std::move(handles[i]));
    }
    co_return result;
}

}  // namespace detail

/// Waits for a range of tasks or futures of one type (the range is copied), for at most `timeout`
/// if there is one; that it is over is no error. It always suspends, also when all are done.
/// Throws value_error for an empty range. A cancellation of the waiting task leaves them alone.
template <class Range>
    requires detail::future_handle<
        std::remove_cvref_t<decltype(*std::begin(std::declval<const Range&>()))>>
[[nodiscard("nothing happens until this is awaited")]] auto wait(
    const Range& range, return_when how = return_when::all_completed,
    std::optional<duration> timeout = std::nullopt) {
    using element = std::remove_cvref_t<decltype(*std::begin(range))>;
    return detail::wait_range(std::vector<element>(std::begin(range), std::end(range)), how,
                              timeout);
}

/// The same for tasks and futures of different types: `done` and `pending` hold their places among
/// the arguments, from 0.
template <detail::future_handle... Handles>
    requires(sizeof...(Handles) > 0)
[[nodiscard("nothing happens until this is awaited")]] coro<wait_result<std::size_t>> wait(
    return_when how, std::optional<duration> timeout, const Handles&... handles) {
    return detail::wait_places({detail::intrusive_ptr<future_base>(handles.shared_state())...}, how,
                               timeout);
}

}  // namespace heddle
