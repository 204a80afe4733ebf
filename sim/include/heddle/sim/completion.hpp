// SPDX-License-Identifier: BSL-1.0
//
// sim::completion<T>: an operation that somebody outside of the program finishes (a disk, a peer),
// at a time that the explorer chooses. Simulated devices are made of these.
//
//   heddle::sim::completion<int> read(5, "reading the disk");   // begins
//   int value = co_await read;                                  // 5, some time later
//
// Under FIFO the oldest one finishes when nothing is ready, before any timer. Where timing is open
// one may finish at any time after it began, and after timers; at level `any` it may overtake
// ready work too. It is a future: copies share it, and a cancellation takes the operation back.
#pragma once

#include <concepts>
#include <cstdint>
#include <exception>
#include <functional>
#include <new>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

#include <heddle/event_loop.hpp>
#include <heddle/future.hpp>
#include <heddle/runnable.hpp>

namespace heddle::sim {

namespace detail {

using heddle::detail::frame_pool;
using heddle::detail::future_state;

/// The operation and its future in one. Until it finishes, the loop is one of its owners.
template <class T, class F>
class completion_state final : public future_state<T>, public runnable {
public:
    template <class G>
    completion_state(frame_pool& pool, G&& result, const char* what, std::uint64_t id,
                     std::source_location place)
        : future_state<T>(pool),
          result_(std::forward<G>(result)),
          what_(what),
          id_(id),
          place_(place) {}

    void begin(event_loop& loop) {
        loop.add_completion(*this);
        this->add_ref();
        pending_ = true;
    }
    bool cancel(const cancel_message& message) override {
        if (!future_state<T>::cancel(message)) {
            return false;
        }
        if (pending_) {
            if (event_loop* loop = this->loop(); loop != nullptr) {
                loop->remove_completion(*this);
            }
            drop();
        }
        return true;
    }

    void run() override {
        const auto keep = heddle::detail::intrusive_ptr<future_base>::adopt(this);
        pending_ = false;
        if (this->done()) {
            return;
        }
        try {
            if constexpr (std::is_void_v<T>) {
                std::invoke(result_);
                this->set_result();
            } else {
                this->set_result(std::invoke(result_));
            }
        } catch (...) {
            this->set_exception(std::current_exception());
        }
    }
    void drop() noexcept override {
        if (std::exchange(pending_, false)) {
            this->release();
        }
    }
    [[nodiscard]] event_kind kind() const noexcept override { return event_kind::completion; }
    [[nodiscard]] std::uint64_t event_id() const noexcept override { return id_; }
    [[nodiscard]] std::string label() const override { return what_; }
    [[nodiscard]] std::source_location place() const noexcept override { return place_; }

private:
    friend class heddle::future_base;
    void destroy() noexcept override { future_base::destroy_in_pool(this); }

    F result_;
    const char* what_;
    std::uint64_t id_;
    std::source_location place_;
    bool pending_ = false;
};

}  // namespace detail

template <class T>
class [[nodiscard("the operation goes on, but nobody waits for it")]] completion
    : public basic_future<T> {
public:
    /// Begins an operation of the running simulation that gives `result`: a value, or a callable
    /// whose value (or exception) it is when it finishes. `what` is for reports, and a literal.
    /// Throws usage_error outside of a simulation.
    template <class Result>
        requires std::invocable<std::decay_t<Result>&> ||
                 (!std::is_void_v<T> && std::is_convertible_v<Result, T>)
    explicit completion(Result&& result, const char* what = "an operation",
                        std::source_location place = std::source_location::current())
        : basic_future<T>(make(std::forward<Result>(result), what, place)) {}

    /// An operation without a result.
    explicit completion(const char* what,
                        std::source_location place = std::source_location::current())
        requires std::is_void_v<T>
        : basic_future<T>(make([] {}, what, place)) {}

private:
    using state_pointer = heddle::detail::intrusive_ptr<heddle::detail::future_state<T>>;

    template <class Result>
    static state_pointer make(Result&& result, const char* what, std::source_location place) {
        if constexpr (std::invocable<std::decay_t<Result>&>) {
            return begin<std::decay_t<Result>>(std::forward<Result>(result), what, place);
        } else {
            auto give = [value = T(std::forward<Result>(result))]() mutable -> T {
                return std::move(value);
            };
            return begin<decltype(give)>(std::move(give), what, place);
        }
    }
    template <class F, class G>
    static state_pointer begin(G&& result, const char* what, std::source_location place) {
        using state = detail::completion_state<T, F>;
        event_loop& loop = get_running_loop();
        auto* object = ::new (loop.pool().allocate(sizeof(state)))
            state(loop.pool(), std::forward<G>(result), what, loop.new_structural_id(3), place);
        state_pointer owner = state_pointer::adopt(object);
        object->begin(loop);
        return owner;
    }
};

}  // namespace heddle::sim
