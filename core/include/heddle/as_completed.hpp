// SPDX-License-Identifier: BSL-1.0
//
// as_completed: asyncio.as_completed. Results of several awaitables, first come first.
//
//   for (coro<int> next : as_completed(tasks, 5s)) {
//       use(co_await std::move(next));      // the result of the next that is done, or its error
//   }
//
//   auto all = as_completed(tasks);         // CPython 3.13's `async for`: the tasks themselves
//   while (all.more()) {
//       task<int> done = co_await all.next_task();
//   }
//
// Coroutines become tasks. When the time is over, each that is left throws timeout_error; nothing
// is cancelled. Leaving the loop early leaves the others running, and the timer.
#pragma once

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
#include <heddle/queue.hpp>
#include <heddle/task.hpp>
#include <heddle/time.hpp>

namespace heddle {

namespace detail {

/// Puts the numbers of futures into a queue as they are done. Its callbacks and its timer keep it.
class completion_order final : public future_watch {
public:
    completion_order(event_loop& loop, futures watched)
        : future_watch(loop, std::move(watched)), missing_(this->watched().size()) {}

    void give_up_after(duration length);
    /// The number of the next that is done. Throws timeout_error.
    [[nodiscard("nothing happens until this is awaited")]] coro<std::size_t> next();

private:
    static constexpr std::size_t too_late = ~std::size_t{0};

    void future_done(std::size_t index) override;
    void time_is_over();

    queue<std::size_t> done_;
    timer_handle timer_;
    std::size_t missing_;
};

}  // namespace detail

/// What as_completed gives: each step of it, and each co_await of a step, once. It may go before
/// the coroutines that it has given.
template <class T, class Handle>
class as_completed_range {
public:
    /// Whether there are steps left that nobody has asked for.
    [[nodiscard]] bool more() const noexcept { return left_ > 0; }

    /// One step: the result, or the error, of the next that is done. Throws usage_error if there
    /// is none left.
    [[nodiscard("nothing happens until this is awaited")]] coro<T> next() {
        take_step();
        return result_of_next(order_);
    }
    /// One step: the next task or future that is done, itself. Throws as next(), but none of the
    /// errors that they end with.
    [[nodiscard("nothing happens until this is awaited")]] coro<Handle> next_task() {
        take_step();
        return next_of(order_, handles_);
    }

    class iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using value_type = coro<T>;
        using difference_type = std::ptrdiff_t;

        explicit iterator(as_completed_range* range) noexcept : range_(range) {}
        [[nodiscard("nothing happens until this is awaited")]] coro<T> operator*() const {
            return range_->next();
        }
        iterator& operator++() noexcept { return *this; }
        void operator++(int) noexcept {}
        friend bool operator==(const iterator& each, std::default_sentinel_t) noexcept {
            return !each.range_->more();
        }

    private:
        as_completed_range* range_;
    };
    [[nodiscard]] iterator begin() noexcept { return iterator(this); }
    [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

    // For as_completed().
    as_completed_range(event_loop& loop, std::vector<Handle> handles,
                       std::optional<duration> timeout)
        : handles_(std::move(handles)) {
        detail::future_watch::futures given;
        for (const Handle& each : handles_) {
            given.emplace_back(each.shared_state());
        }
        const std::vector<std::size_t> places = detail::distinct(given, loop, "as_completed");
        detail::future_watch::futures watched;
        std::vector<Handle> kept;
        for (const std::size_t i : places) {
            watched.push_back(std::move(given[i]));
            kept.push_back(std::move(handles_[i]));
        }
        handles_ = std::move(kept);
        left_ = handles_.size();
        order_ = order_ptr::adopt(new detail::completion_order(loop, std::move(watched)));
        order_->begin();
        if (timeout && left_ > 0) {
            order_->give_up_after(*timeout);
        }
    }

private:
    using order_ptr = detail::intrusive_ptr<detail::completion_order>;

    void take_step() {
        if (left_ == 0) {
            throw usage_error("as_completed: there is none left");
        }
        --left_;
    }
    static coro<T> result_of_next(order_ptr order) {
        const std::size_t index = co_await order->next();
        auto& done = static_cast<detail::future_state<T>&>(*order->watched()[index]);
        if constexpr (std::is_void_v<T>) {
            static_cast<void>(done.value());
        } else if constexpr (std::is_reference_v<T>) {
            co_return static_cast<T>(*done.value());
        } else {
            co_return detail::shared_result(done);
        }
    }
    static coro<Handle> next_of(order_ptr order, std::vector<Handle> handles) {
        co_return handles[co_await order->next()];
    }

    std::vector<Handle> handles_;
    order_ptr order_;
    std::size_t left_ = 0;
};

/// Results in the order in which they come, of a range of tasks, futures or coroutines of one type
/// (coroutines are moved from, and made tasks now, in their order). One that is given twice counts
/// once. Must be called while the loop runs; an empty range has no steps.
template <class Range>
    requires detail::gatherable<std::remove_cvref_t<decltype(*std::begin(std::declval<Range&>()))>>
[[nodiscard("what is done is told to whoever takes the steps")]] auto as_completed(
    Range range, std::optional<duration> timeout = std::nullopt) {
    using element = std::remove_cvref_t<decltype(*std::begin(range))>;
    using value = detail::awaited_t<element>;
    event_loop& loop = get_running_loop();
    if constexpr (detail::future_handle<element>) {
        return as_completed_range<value, element>(
            loop, std::vector<element>(std::begin(range), std::end(range)), timeout);
    } else {
        std::vector<task<value>> tasks;
        for (auto& each : range) {
            tasks.push_back(loop.create_task(std::move(each)));
        }
        return as_completed_range<value, task<value>>(loop, std::move(tasks), timeout);
    }
}

}  // namespace heddle
