// SPDX-License-Identifier: BSL-1.0
//
// coro<T>: asyncio's coroutine object. Lazy: nothing of its body runs until it is awaited, or made
// a task. Awaiting it runs its body in place, in the awaiting task's own step, without a hop.
//
// A coroutine that takes references (or is a lambda with captures) borrows them: they must live
// until it has ended. Awaited in place they do; for tasks see task_group.
#pragma once

#include <concepts>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <new>
#include <type_traits>
#include <utility>

#include <heddle/future.hpp>
#include <heddle/task_base.hpp>

namespace heddle {

template <class T = void>
class coro;

namespace detail {

template <class A>
decltype(auto) awaiter_of(A&& awaitable) {
    if constexpr (requires { std::forward<A>(awaitable).operator co_await(); }) {
        return std::forward<A>(awaitable).operator co_await();
    } else if constexpr (requires { operator co_await(std::forward<A>(awaitable)); }) {
        return operator co_await(std::forward<A>(awaitable));
    } else {
        return std::forward<A>(awaitable);
    }
}

/// What a coroutine of the library can await: it must hand itself back to the task that awaits,
/// or the task would go on outside of its loop. Awaiters say that they do by a member type.
template <class A>
concept awaitable = requires {
    typename std::remove_cvref_t<decltype(awaiter_of(std::declval<A>()))>::heddle_awaiter;
};

struct final_awaiter {
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <class Promise>
    HEDDLE_UNINSTRUMENTED void await_suspend(std::coroutine_handle<Promise> ended) noexcept {
        promise_base& promise = ended.promise();
        task_base& task = *promise.task_;
        if (const chain_link* const link = promise.up(); link != nullptr) {
            task.leaf_ = link->parent;
            task.after_ = task_base::progress::goes_on;
        } else {
            task.after_ = task_base::progress::has_ended;
        }
    }
    void await_resume() const noexcept {}
};

template <class T>
class coro_promise_base : public promise_base {
public:
    [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }
    [[nodiscard]] final_awaiter final_suspend() const noexcept { return {}; }

    void unhandled_exception() noexcept {
        ::new (static_cast<void*>(&error_)) std::exception_ptr(std::current_exception());
        // Its type is looked at here, where it is caught: no later level needs to rethrow it.
        this->end(handling_cancellation() ? with_cancellation : with_error);
    }

    template <class A>
    [[nodiscard]] A&& await_transform(A&& awaited,
                                      site_pointer place = __builtin_source_location()) noexcept {
        static_assert(!std::same_as<std::remove_cvref_t<A>, std::suspend_always>,
                      "a bare suspension would never be resumed: use co_await heddle::sleep(0ns)");
        static_assert(awaitable<A>,
                      "heddle coroutines await coro, task, future and what the library's functions "
                      "return; a named coro must be moved: co_await std::move(c)");
        site_ = place;
        return std::forward<A>(awaited);
    }

    [[nodiscard]] bool ended_with_value() const noexcept { return ended(with_value); }
    [[nodiscard]] bool ended_cancelled() const noexcept { return ended(with_cancellation); }
    [[nodiscard]] bool ended_with_error() const noexcept { return ended(with_error); }
    [[nodiscard]] std::exception_ptr& error() noexcept { return error_; }
    [[nodiscard]] stored_t<T>& value() noexcept { return value_; }

protected:
    coro_promise_base() noexcept {}
    ~coro_promise_base() {
        if (ended(with_value)) {
            value_.~value_type();
        } else if (ended(with_error | with_cancellation)) {
            error_.~exception_ptr();
        }
    }
    template <class... Args>
    void store(Args&&... args) {
        ::new (static_cast<void*>(std::addressof(value_))) value_type(std::forward<Args>(args)...);
        this->end_with_value();
    }

private:
    using value_type = stored_t<T>;
    union {
        value_type value_;
        std::exception_ptr error_;
    };
};

template <class T>
class coro_promise final : public coro_promise_base<T> {
public:
    coro<T> get_return_object() noexcept;
    template <class U>
        requires std::is_constructible_v<stored_t<T>, U> && (!std::is_reference_v<T>)
    void return_value(U&& value) {
        this->store(std::forward<U>(value));
    }
    void return_value(T value)
        requires std::is_reference_v<T>
    {
        this->store(std::addressof(value));
    }
};

template <>
class coro_promise<void> final : public coro_promise_base<void> {
public:
    coro<void> get_return_object() noexcept;
    void return_void() { store(); }
};

template <class T>
class [[nodiscard]] coro_awaiter : chain_link {
public:
    using heddle_awaiter = void;
    using handle = std::coroutine_handle<coro_promise<T>>;

    explicit coro_awaiter(handle awaited) noexcept : chain_link{awaited, nullptr} {}
    coro_awaiter(coro_awaiter&& other) noexcept
        : chain_link{std::exchange(other.child, nullptr), nullptr} {}
    ~coro_awaiter() {
        if (child) {
            child.destroy();
        }
    }

    [[nodiscard]] bool await_ready() const {
        if (!child) {
            throw usage_error("awaited a coroutine that was moved from or never made");
        }
        return false;
    }
    template <class Promise>
    HEDDLE_UNINSTRUMENTED void await_suspend(std::coroutine_handle<Promise> awaiting) noexcept {
        parent = &awaiting.promise();
        promise_base& started = promise();
        started.set_up(this);
        parent->current_task()->enter(started);
    }
    T await_resume() {
        coro_promise<T>& ended = promise();
        if (!ended.ended_with_value()) [[unlikely]] {
            std::rethrow_exception(std::move(ended.error()));
        }
        if constexpr (std::is_reference_v<T>) {
            return static_cast<T>(*ended.value());
        } else if constexpr (!std::is_void_v<T>) {
            return std::move(ended.value());
        }
    }

private:
    [[nodiscard]] coro_promise<T>& promise() const noexcept {
        return handle::from_address(child.address()).promise();
    }
};

}  // namespace detail

namespace detail {
/// A coroutine is destroyed that was never awaited: in debug mode, tells the exception handler.
void report_never_awaited() noexcept;

template <class T, class Request>
class deferred_coro;
}  // namespace detail

template <class T>
class [[nodiscard("a coroutine does nothing until it is awaited or made a task")]] coro {
public:
    using promise_type = detail::coro_promise<T>;
    using value_type = T;

    coro() noexcept = default;
    /// Of what a primitive's function returned (see detail/deferred.hpp) this makes the frame.
    coro(coro&& other) noexcept : frame_(other.take()) {}
    coro& operator=(coro&& other) noexcept {
        coro(std::move(other)).swap(*this);
        return *this;
    }
    ~coro() {
        if (frame_) [[unlikely]] {
            destroy_unused();
        }
    }
    void swap(coro& other) noexcept {
        const auto others = other.take();
        other.frame_ = take();
        frame_ = others;
    }

    /// False if it was awaited, made a task or moved from.
    [[nodiscard]] bool valid() const noexcept { return static_cast<bool>(frame_); }

    /// Runs its body here and gives its result, or throws its error. A cancellation of the
    /// awaiting task reaches the innermost await of the chain.
    [[nodiscard]] auto operator co_await() && noexcept { return detail::coro_awaiter<T>(take()); }

    // For the library's own parts: gives the frame away.
    [[nodiscard]] std::coroutine_handle<promise_type> release() noexcept { return take(); }
    /// Neither spent nor deferred.
    [[nodiscard]] bool has_frame() const noexcept { return valid() && !is_deferred(); }
    /// The same as release(), where there is a frame.
    [[nodiscard]] std::coroutine_handle<promise_type> release_frame() noexcept {
        return std::exchange(frame_, nullptr);
    }

private:
    friend promise_type;
    template <class U, class Request>
    friend class detail::deferred_coro;
    static_assert(std::is_void_v<T> || std::is_reference_v<T> ||
                      alignof(detail::stored_t<T>) <= 2 * sizeof(void*),
                  "results aligned beyond a frame's header are not supported: return a pointer");
    explicit coro(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}

    // A coroutine whose frame is not made yet: in the frame's place stands who makes it, marked by
    // the lowest bit. It is a part of a detail::deferred_coro as long as that is so.
    struct deferred_maker {
        coro (*make)(coro& self);
    };
    struct still_deferred {};
    explicit coro(const deferred_maker* maker) noexcept
        : frame_(std::coroutine_handle<promise_type>::from_address(
              // NOLINTNEXTLINE(performance-no-int-to-ptr): the lowest bit is a tag
              reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(maker) | 1))) {}
    coro(coro&& other, still_deferred) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
    [[nodiscard]] bool is_deferred() const noexcept {
        return (reinterpret_cast<std::uintptr_t>(frame_.address()) & 1) != 0;
    }
    void forget_deferred() noexcept { frame_ = nullptr; }
    [[gnu::noinline, gnu::cold]] void destroy_unused() noexcept {
        detail::report_never_awaited();
        if (!is_deferred()) {
            frame_.destroy();
        }
    }
    [[nodiscard]] std::coroutine_handle<promise_type> take() noexcept {
        if (is_deferred()) [[unlikely]] {
            return make_deferred();
        }
        return std::exchange(frame_, nullptr);
    }
    [[gnu::noinline, gnu::cold]] std::coroutine_handle<promise_type> make_deferred() noexcept {
        // NOLINTNEXTLINE(performance-no-int-to-ptr): as above
        const auto* maker = reinterpret_cast<const deferred_maker*>(
            reinterpret_cast<std::uintptr_t>(std::exchange(frame_, nullptr).address()) - 1);
        coro made = maker->make(*this);
        return std::exchange(made.frame_, nullptr);
    }

    std::coroutine_handle<promise_type> frame_;
};

namespace detail {

template <class T>
coro<T> coro_promise<T>::get_return_object() noexcept {
    return coro<T>(std::coroutine_handle<coro_promise>::from_promise(*this));
}
inline coro<void> coro_promise<void>::get_return_object() noexcept {
    return coro<void>(std::coroutine_handle<coro_promise>::from_promise(*this));
}

}  // namespace detail
}  // namespace heddle
