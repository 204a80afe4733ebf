// SPDX-License-Identifier: BSL-1.0
//
// gather: asyncio.gather. Awaits several awaitables at once; results come in argument order.
//
//   auto [a, b] = co_await gather(fetch(1), fetch(2));           // a tuple
//   std::vector<int> all = co_await gather(std::move(tasks));    // a range: a vector
//
// Coroutines become tasks, in argument order; tasks and futures are used as they are, and one that
// is given twice counts once. The first error ends the gather with it, and leaves the others
// running: children that borrow the caller's locals belong in a task_group, which waits for them.
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

#include <heddle/detail/close_hook.hpp>
#include <heddle/future.hpp>
#include <heddle/task.hpp>

namespace heddle {

namespace detail {

class gathering;

/// A child of a gather: the callback that hangs on it.
class gather_child final : public runnable {
public:
    void run() override;
    void drop() noexcept override;
    [[nodiscard]] event_kind kind() const noexcept override { return event_kind::done_callback; }
    [[nodiscard]] std::uint64_t event_id() const noexcept override { return id_; }
    [[nodiscard]] std::string label() const override;

private:
    friend class gathering;
    gathering* owner_ = nullptr;  // set, and kept alive, while the callback is registered
    intrusive_ptr<future_base> child_;
    std::uint64_t id_ = 0;
};

/// The part of a gather that does not depend on types. It is a part of the gather's future.
class gathering : private close_hook {
protected:
    explicit gathering(future_base& outer) noexcept : outer_(&outer) {}
    ~gathering() = default;

    /// Adds child number `index`, in argument order: it hangs a callback on it unless it is there
    /// already or is done.
    void adopt(std::size_t index, intrusive_ptr<future_base> child);
    /// After the last adopt(): counts the children that were done before.
    void begin();
    bool cancel_children(const cancel_message& message);

    virtual std::span<gather_child> children() noexcept = 0;
    /// All children have results: makes the gather's own.
    virtual void collect() = 0;

private:
    friend class gather_child;
    void child_done(future_base& child);
    void loop_closes() noexcept override;

    future_base* outer_;
    std::size_t expected_ = 0;
    std::size_t finished_ = 0;
    bool cancel_requested_ = false;
};

/// The result of a child in a tuple of results.
template <class T>
using gathered_t = std::conditional_t<std::is_void_v<T>, std::monostate, stored_t<T>>;

template <class T>
gathered_t<T> gathered_value(future_state<T>& child) {
    if constexpr (std::is_void_v<T>) {
        static_cast<void>(child.value());
        return {};
    } else if constexpr (std::is_copy_constructible_v<stored_t<T>>) {
        return child.value();
    } else {
        return std::move(child.value());
    }
}

template <class T>
intrusive_ptr<future_state<T>> ensure_future(event_loop& loop, coro<T> body) {
    return loop.create_task(std::move(body)).shared_state();
}
template <class T>
intrusive_ptr<future_state<T>> ensure_future(event_loop&, const task<T>& child) {
    return child.shared_state();
}
template <class T>
intrusive_ptr<future_state<T>> ensure_future(event_loop&, const future<T>& child) {
    return child.shared_state();
}

template <class A>
using awaited_t = typename std::remove_cvref_t<A>::value_type;

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
    explicit gather_state(frame_pool& pool, Args... args)
        : future_state<Result>(pool),
          gathering(static_cast<future_base&>(*this)),
          children_(args...) {}
    std::span<gather_child> children() noexcept override { return children_; }

    Children children_;
};

template <class... Ts>
class gather_tuple final
    : public gather_state<std::tuple<gathered_t<Ts>...>, std::array<gather_child, sizeof...(Ts)>> {
    using base =
        gather_state<std::tuple<gathered_t<Ts>...>, std::array<gather_child, sizeof...(Ts)>>;

public:
    explicit gather_tuple(frame_pool& pool) : base(pool) {}

    template <class... Args>
    void start(event_loop& loop, Args&&... args) {
        start_each(std::index_sequence_for<Ts...>(), loop, std::forward<Args>(args)...);
    }

private:
    friend class heddle::future_base;
    template <std::size_t... Is, class... Args>
    void start_each(std::index_sequence<Is...>, event_loop& loop, Args&&... args) {
        // In argument order, one after the other.
        ((std::get<Is>(states_) = ensure_future(loop, std::forward<Args>(args)),
          this->adopt(Is, intrusive_ptr<future_base>(std::get<Is>(states_)))),
         ...);
        this->begin();
    }
    void collect() override {
        std::apply([this](auto&... child) { this->set_result(gathered_value(*child)...); },
                   states_);
    }
    void destroy() noexcept override { future_base::destroy_in_pool(this); }

    std::tuple<intrusive_ptr<future_state<Ts>>...> states_;
};

template <class T>
class gather_vector final
    : public gather_state<std::vector<gathered_t<T>>, std::vector<gather_child>> {
    using base = gather_state<std::vector<gathered_t<T>>, std::vector<gather_child>>;

public:
    gather_vector(frame_pool& pool, std::size_t count) : base(pool, count) {}

    template <class Range>
    void start(event_loop& loop, Range&& range) {
        states_.reserve(this->children_.size());
        for (auto& each : range) {
            // Coroutines are moved from; handles of tasks and futures are copied.
            states_.push_back(ensure_future(loop, std::move(each)));
            this->adopt(states_.size() - 1, intrusive_ptr<future_base>(states_.back()));
        }
        this->begin();
    }

private:
    friend class heddle::future_base;
    void collect() override {
        std::vector<gathered_t<T>> results;
        results.reserve(states_.size());
        for (auto& child : states_) {
            results.push_back(gathered_value(*child));
        }
        this->set_result(std::move(results));
    }
    void destroy() noexcept override { future_base::destroy_in_pool(this); }

    std::vector<intrusive_ptr<future_state<T>>> states_;
};

template <class A>
concept gatherable = requires(event_loop& loop, A&& each) {
    { ensure_future(loop, std::forward<A>(each)) };
};

}  // namespace detail

/// See the top of the file. Must be called while the loop runs. The result has std::monostate in
/// the place of void.
template <detail::gatherable... Args>
    requires(sizeof...(Args) > 0)
[[nodiscard("a gather that nobody awaits tells nobody of its errors")]] auto gather(
    Args&&... args) {
    event_loop& loop = get_running_loop();
    using state = detail::gather_tuple<detail::awaited_t<Args>...>;
    using result = std::tuple<detail::gathered_t<detail::awaited_t<Args>>...>;
    auto* object = ::new (loop.pool().allocate(sizeof(state))) state(loop.pool());
    future<result> outer(detail::intrusive_ptr<detail::future_state<result>>::adopt(object));
    object->start(loop, std::forward<Args>(args)...);
    return outer;
}

/// gather of a sized range of coroutines, tasks or futures of one type. Coroutines are moved from.
template <class Range>
    requires requires(Range& range) {
        { std::size(range) } -> std::convertible_to<std::size_t>;
        requires detail::gatherable<std::remove_cvref_t<decltype(*std::begin(range))>>;
    }
[[nodiscard("a gather that nobody awaits tells nobody of its errors")]] auto gather(Range range) {
    event_loop& loop = get_running_loop();
    using value = detail::awaited_t<decltype(*std::begin(range))>;
    using state = detail::gather_vector<value>;
    using result = std::vector<detail::gathered_t<value>>;
    auto* object = ::new (loop.pool().allocate(sizeof(state))) state(loop.pool(), std::size(range));
    future<result> outer(detail::intrusive_ptr<detail::future_state<result>>::adopt(object));
    object->start(loop, range);
    return outer;
}

}  // namespace heddle
