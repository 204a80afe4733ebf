// SPDX-License-Identifier: BSL-1.0
//
// gather: asyncio.gather. Awaits several awaitables at once; results come in argument order.
//
//   auto [a, b] = co_await gather(fetch(1), fetch(2));           // a tuple
//   std::vector<int> all = co_await gather(std::move(tasks));    // a range: a vector
//   auto [c, d] = co_await gather(return_exceptions, f(), g());  // an outcome<T> for each
//
// Coroutines become tasks, in argument order; tasks and futures are used as they are, and one that
// is given twice counts once. The first error ends the gather with it, and leaves the others
// running: children that borrow the caller's locals belong in a task_group, which waits for them.
// With return_exceptions, errors are results instead, and the gather ends when all have ended.
// Cancelling the gather cancels every child, and it ends when they have ended.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <heddle/detail/ensure_future.hpp>
#include <heddle/detail/gathering.hpp>
#include <heddle/future.hpp>
#include <heddle/outcome.hpp>
#include <heddle/task.hpp>

namespace heddle {

namespace detail {

/// How the results of children are handed out: as they are, or each as an outcome.
struct plain_results {
    static constexpr bool errors_are_results = false;
    template <class T>
    using type = gathered_t<T>;
    template <class T>
    static gathered_t<T> of(future_state<T>& child) {
        return shared_result(child);
    }
};
struct outcome_results {
    static constexpr bool errors_are_results = true;
    template <class T>
    using type = outcome<T>;
    template <class T>
    static outcome<T> of(future_state<T>& child) {
        if (std::exception_ptr error = error_of(child)) {
            return outcome<T>(std::move(error));
        }
        return outcome<T>(shared_result(child));
    }
    /// A cancellation becomes a new error: the one that the child may have saved stays there.
    [[nodiscard]] static std::exception_ptr error_of(future_base& child);
};

/// A gather whose children are counted in its type (`Children` an array) or not (a vector).
template <class Result, class Children>
class gather_state : public future_state<Result>, protected gathering {
public:
    bool cancel(const cancel_message& message) override {
        return !this->done() && cancel_children(message);
    }
    [[nodiscard]] std::string label() const override {
        return "gather of " + std::to_string(children_.size());
    }

protected:
    template <class... Args>
    explicit gather_state(frame_pool& pool, bool errors_are_results, Args... args)
        : future_state<Result>(pool),
          gathering(static_cast<future_base&>(*this), errors_are_results),
          children_(args...) {}
    std::span<gather_child> children() noexcept override { return children_; }

    Children children_;
};

template <class Results, class... Ts>
class gather_tuple final : public gather_state<std::tuple<typename Results::template type<Ts>...>,
                                               std::array<gather_child, sizeof...(Ts)>> {
    using base = gather_state<std::tuple<typename Results::template type<Ts>...>,
                              std::array<gather_child, sizeof...(Ts)>>;

public:
    explicit gather_tuple(frame_pool& pool) : base(pool, Results::errors_are_results) {}

    template <class... Args>
    void start(event_loop& loop, Args&&... args) {
        start_each(std::index_sequence_for<Ts...>(), loop, std::forward<Args>(args)...);
    }

private:
    friend class heddle::future_base;
    template <std::size_t... Is, class... Args>
    void start_each(std::index_sequence<Is...>, event_loop& loop, Args&&... args) {
        try {
            // In argument order, one after the other.
            (start_one(loop, Is, std::forward<Args>(args)), ...);
            this->begin();
        } catch (...) {
            this->abandon();
            throw;
        }
    }
    template <class A>
    void start_one(event_loop& loop, std::size_t index, A&& arg) {
        this->adopt(loop, this->children_.data(), index, std::forward<A>(arg));
    }
    void collect() override { collect_each(std::index_sequence_for<Ts...>()); }
    template <std::size_t... Is>
    void collect_each(std::index_sequence<Is...>) {
        this->set_result(Results::of(this->children_[Is].template as<Ts>())...);
    }
    void destroy() noexcept override { future_base::destroy_in_pool(this); }
};

template <class Results, class T>
class gather_vector final : public gather_state<std::vector<typename Results::template type<T>>,
                                                std::vector<gather_child>> {
    using result = typename Results::template type<T>;
    using base = gather_state<std::vector<result>, std::vector<gather_child>>;

public:
    gather_vector(frame_pool& pool, std::size_t count)
        : base(pool, Results::errors_are_results, count) {}

    template <class Range>
    void start(event_loop& loop, Range&& range) {
        try {
            gather_child* const all = this->children_.data();
            std::size_t index = 0;
            for (auto& each : range) {
                // Coroutines are moved from; handles of tasks and futures are copied.
                this->adopt(loop, all, index++, std::move(each));
            }
            this->begin();
        } catch (...) {
            this->abandon();
            throw;
        }
    }

private:
    friend class heddle::future_base;
    void collect() override {
        std::vector<result> results;
        results.reserve(this->children_.size());
        for (const gather_child& child : this->children_) {
            results.push_back(Results::of(child.as<T>()));
        }
        this->set_result(std::move(results));
    }
    void destroy() noexcept override { future_base::destroy_in_pool(this); }
};

template <class Results, class... Args>
auto gather_values(Args&&... args) {
    event_loop& loop = get_running_loop();
    using state = gather_tuple<Results, awaited_t<Args>...>;
    using result = std::tuple<typename Results::template type<awaited_t<Args>>...>;
    auto* object = ::new (loop.pool().allocate(sizeof(state))) state(loop.pool());
    future<result> outer(intrusive_ptr<future_state<result>>::adopt(object));
    object->start(loop, std::forward<Args>(args)...);
    return outer;
}

template <class Results, class Range>
auto gather_range(Range& range) {
    event_loop& loop = get_running_loop();
    using value = awaited_t<decltype(*std::begin(range))>;
    using state = gather_vector<Results, value>;
    using result = std::vector<typename Results::template type<value>>;
    auto* object = ::new (loop.pool().allocate(sizeof(state))) state(loop.pool(), std::size(range));
    future<result> outer(intrusive_ptr<future_state<result>>::adopt(object));
    object->start(loop, range);
    return outer;
}

template <class Range>
concept gatherable_range = requires(Range& range) {
    { std::size(range) } -> std::convertible_to<std::size_t>;
    requires gatherable<std::remove_cvref_t<decltype(*std::begin(range))>>;
};

}  // namespace detail

/// Says that errors (and cancellations of children) are results: gather(return_exceptions, ...).
struct return_exceptions_t {};
inline constexpr return_exceptions_t return_exceptions{};

/// See the top of the file. Must be called while the loop runs. The result has std::monostate in
/// the place of void.
template <detail::gatherable... Args>
    requires(sizeof...(Args) > 0)
[[nodiscard("a gather that nobody awaits tells nobody of its errors")]] auto gather(
    Args&&... args) {
    return detail::gather_values<detail::plain_results>(std::forward<Args>(args)...);
}

/// gather of a sized range of coroutines, tasks or futures of one type. Coroutines are moved from.
template <detail::gatherable_range Range>
[[nodiscard("a gather that nobody awaits tells nobody of its errors")]] auto gather(Range range) {
    return detail::gather_range<detail::plain_results>(range);
}

/// gather that ends when all children have, and gives an outcome<T> for each: a tuple of them.
template <detail::gatherable... Args>
    requires(sizeof...(Args) > 0)
[[nodiscard("the errors of the children are in what this is awaited for")]] auto gather(
    return_exceptions_t, Args&&... args) {
    return detail::gather_values<detail::outcome_results>(std::forward<Args>(args)...);
}
/// The same of a range: a vector of outcomes.
template <detail::gatherable_range Range>
[[nodiscard("the errors of the children are in what this is awaited for")]] auto gather(
    return_exceptions_t, Range range) {
    return detail::gather_range<detail::outcome_results>(range);
}

}  // namespace heddle
