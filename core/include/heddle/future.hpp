// SPDX-License-Identifier: BSL-1.0
//
// future<T>: asyncio's Future, a result that somebody will set.
//
// A future is a handle; copies share one state, which is destroyed with the last of them.
// Awaiting one that is done does not suspend. `co_await f` of a named future gives a reference to
// the shared result; of a temporary (or a moved one) it gives the result itself: moved out if
// this was the only handle, else copied (a type that cannot be copied is moved in any case).
#pragma once

#include <concepts>
#include <coroutine>
#include <exception>
#include <functional>
#include <memory>
#include <new>
#include <source_location>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <heddle/detail/context_binding.hpp>
#include <heddle/detail/stored.hpp>
#include <heddle/future_base.hpp>
#include <heddle/task_base.hpp>

namespace heddle {

namespace detail {

template <class T>
class future_state : public future_base {
public:
    explicit future_state(frame_pool& pool) noexcept : future_base(pool) {}

    /// Throws invalid_state_error if it is done.
    template <class... Args>
    void set_result(Args&&... args) {
        check_pending("set_result");
        store(std::forward<Args>(args)...);
        finish(state::finished);
    }

    /// The value, or throws what stands in its way.
    [[nodiscard]] stored_t<T>& value() {
        if (!holds_value_) [[unlikely]] {
            throw_no_result();
        }
        return value_;
    }

protected:
    ~future_state() {
        if (holds_value_) {
            std::destroy_at(std::addressof(value_));
        }
    }
    template <class... Args>
    void store(Args&&... args) {
        ::new (static_cast<void*>(std::addressof(value_))) stored_t<T>(std::forward<Args>(args)...);
        holds_value_ = true;
    }

private:
    union {
        stored_t<T> value_;
    };
};

/// A future that is nothing but a future. `what` is for people, and outlives it: "a future", or
/// what a primitive of the library lets tasks wait for.
template <class T>
class plain_future_state final : public future_state<T> {
public:
    plain_future_state(frame_pool& pool, const char* what) noexcept
        : future_state<T>(pool), what_(what) {}
    [[nodiscard]] std::string label() const override { return what_; }

private:
    friend class heddle::future_base;
    void destroy() noexcept override { future_base::destroy_in_pool(this); }

    const char* what_;
};

/// Awaits a future. With `Take`, the result is moved or copied out; else a reference to it.
template <class T, bool Take>
class [[nodiscard]] future_awaiter {
public:
    using heddle_awaiter = void;
    explicit future_awaiter(intrusive_ptr<future_state<T>> state) noexcept
        : state_(std::move(state)) {}

    [[nodiscard]] bool await_ready() const {
        if (!state_) {
            throw usage_error("awaited a future that was moved from or never made");
        }
        return state_->done();
    }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> awaiting) {
        blocked_ = awaiting.promise().current_task();
        blocked_->block_on(*state_);
    }
    decltype(auto) await_resume() {
        if (blocked_ != nullptr) {
            blocked_->resume_from(*state_);
        }
        if constexpr (std::is_void_v<T>) {
            static_cast<void>(state_->value());
        } else if constexpr (std::is_reference_v<T>) {
            return static_cast<T>(*state_->value());
        } else if constexpr (Take) {
            return take();
        } else {
            return static_cast<const T&>(state_->value());
        }
    }

private:
    T take() {
        T& value = state_->value();
        if constexpr (std::is_copy_constructible_v<T>) {
            if (state_->shared()) {
                return value;
            }
        }
        return std::move(value);
    }

    intrusive_ptr<future_state<T>> state_;
    task_base* blocked_ = nullptr;
};

}  // namespace detail

/// A done callback that was added: pass it to remove_done_callback.
class done_callback {
public:
    done_callback() noexcept = default;

private:
    template <class T>
    friend class basic_future;
    using node = detail::callback_base<runnable>;
    explicit done_callback(node* object) noexcept : node_(object) {}
    detail::intrusive_ptr<node> node_;
};

namespace detail {

/// Calls `callable` with the future that it hangs on; see future_base::adopt_callback.
template <class T, class F>
class done_call {
public:
    template <class G>
    done_call(future_state<T>& owner, G&& callable)
        : owner_(&owner), callable_(std::forward<G>(callable)) {
        owner_->adopt_callback();
    }
    done_call(done_call&& other) noexcept(std::is_nothrow_move_constructible_v<F>)
        : owner_(std::exchange(other.owner_, nullptr)), callable_(std::move(other.callable_)) {}
    ~done_call() {
        if (owner_ != nullptr) {
            owner_->disown_callback();
        }
    }
    void operator()() &&;

private:
    future_state<T>* owner_;
    F callable_;
};

}  // namespace detail

/// What one can do with a future of either kind without completing it.
template <class T>
class basic_future {
public:
    using value_type = T;

    basic_future() noexcept = default;

    [[nodiscard]] bool valid() const noexcept { return static_cast<bool>(state_); }
    [[nodiscard]] bool done() const { return state().done(); }
    [[nodiscard]] bool cancelled() const { return state().cancelled(); }

    /// The result: a reference that is valid while a handle is held. Throws the stored error,
    /// cancelled_error, or invalid_state_error while it is pending.
    std::add_lvalue_reference_t<std::conditional_t<std::is_reference_v<T>, T, const T>> result()
        const {
        if constexpr (std::is_void_v<T>) {
            static_cast<void>(state().value());
        } else if constexpr (std::is_reference_v<T>) {
            return *state().value();
        } else {
            return state().value();
        }
    }
    /// The error it ended with, or null; throws as future_base::exception.
    [[nodiscard]] std::exception_ptr exception() const { return state().exception(); }

    /// Asks for its end. A future is cancelled at once (false if it is done already); a task gets
    /// a cancelled_error at its suspension point and may still end otherwise.
    bool cancel(std::string_view message = {}) const {
        return state().cancel(cancel_message(message));
    }

    /// `callback` is called with this future, through call_soon, once it is done. A callback that
    /// itself holds this future keeps it, and itself, alive until then.
    template <std::invocable<basic_future<T>> F>
    done_callback add_done_callback(
        F&& callback, std::source_location place = std::source_location::current()) const {
        event_loop* loop = state().loop();
        if (loop == nullptr) {
            throw usage_error("add_done_callback: the loop of this future is gone");
        }
        auto* node = detail::make_bound_callback<runnable>(
            loop->pool(), detail::done_call<T, std::decay_t<F>>(state(), std::forward<F>(callback)),
            event_kind::done_callback, loop->new_callback_id(), place);
        const done_callback token(node);
        state().add_waiter(*node);
        return token;
    }
    /// How many were removed: 1, or 0 if it is not there, or scheduled already.
    std::size_t remove_done_callback(const done_callback& added) const {
        if (!added.node_ || !state().try_remove_waiter(*added.node_)) {
            return 0;
        }
        const done_callback keep = added;  // NOLINT(performance-unnecessary-copy-initialization)
        keep.node_->drop();
        return 1;
    }

    /// The loop it belongs to; throws usage_error if that is gone.
    [[nodiscard]] event_loop& get_loop() const {
        event_loop* loop = state().loop();
        if (loop == nullptr) {
            throw usage_error("get_loop: the loop of this future is gone");
        }
        return *loop;
    }

    [[nodiscard]] auto operator co_await() const& noexcept {
        return detail::future_awaiter<T, false>(state_);
    }
    [[nodiscard]] auto operator co_await() && noexcept {
        return detail::future_awaiter<T, true>(std::move(state_));
    }

    friend bool operator==(const basic_future&, const basic_future&) noexcept = default;

    // For the library's own parts.
    [[nodiscard]] const detail::intrusive_ptr<detail::future_state<T>>& shared_state()
        const noexcept {
        return state_;
    }
    [[nodiscard]] detail::intrusive_ptr<detail::future_state<T>> take_state() noexcept {
        return std::move(state_);
    }

protected:
    template <class U, class F>
    friend class detail::done_call;
    explicit basic_future(detail::intrusive_ptr<detail::future_state<T>> state) noexcept
        : state_(std::move(state)) {}
    [[nodiscard]] detail::future_state<T>& state() const {
        if (!state_) {
            throw usage_error("this future was moved from, or never made");
        }
        return *state_;
    }

    detail::intrusive_ptr<detail::future_state<T>> state_;
};

template <class T, class F>
void detail::done_call<T, F>::operator()() && {
    const basic_future<T> done{intrusive_ptr<future_state<T>>(owner_)};
    std::invoke(std::move(callable_), done);
}

/// A result that somebody sets by hand: made by event_loop::create_future.
template <class T>
class [[nodiscard("nobody hears of what nobody awaits")]] future : public basic_future<T> {
public:
    future() noexcept = default;
    explicit future(detail::intrusive_ptr<detail::future_state<T>> state) noexcept
        : basic_future<T>(std::move(state)) {}

    /// Completes it. Throws invalid_state_error if it is done.
    void set_result() const
        requires std::is_void_v<T>
    {
        this->state().set_result();
    }
    template <class U>
        requires(!std::is_void_v<T> && !std::is_reference_v<T> && std::is_constructible_v<T, U>)
    void set_result(U&& value) const {
        this->state().set_result(std::forward<U>(value));
    }
    template <class U>
        requires(std::is_reference_v<T> && std::is_convertible_v<U, T>)
    void set_result(U&& value) const {
        T reference = std::forward<U>(value);
        this->state().set_result(std::addressof(reference));
    }
    void set_exception(std::exception_ptr error) const {
        this->state().set_exception(std::move(error));
    }
    template <class E>
        requires(!std::same_as<std::decay_t<E>, std::exception_ptr>)
    void set_exception(E&& error) const {
        this->state().set_exception(std::make_exception_ptr(std::forward<E>(error)));
    }
};

template <class T>
future<T> event_loop::create_future(const char* what) {
    using state = detail::plain_future_state<T>;
    auto* object = ::new (pool_->allocate(sizeof(state))) state(*pool_, what);
    if (instrumented()) [[unlikely]] {
        tell(loop_event_kind::future_created, *object);
    }
    return future<T>(detail::intrusive_ptr<detail::future_state<T>>::adopt(object));
}

template <class T>
T event_loop::run_until_complete(future<T> main) {
    notify_run(loop_event_kind::run_entered);
    return finish_run(std::move(main));
}

template <class T>
T event_loop::finish_run(future<T> main) {
    auto state = main.shared_state();
    main = {};
    if (!state) {
        throw usage_error("run_until_complete: this future was moved from, or never made");
    }
    run_until_done(*state);
    if constexpr (std::is_void_v<T>) {
        static_cast<void>(state->value());
    } else if constexpr (std::is_reference_v<T>) {
        return static_cast<T>(*state->value());
    } else if constexpr (std::is_copy_constructible_v<T>) {
        return state->shared() ? T(state->value()) : T(std::move(state->value()));
    } else {
        return std::move(state->value());
    }
}

}  // namespace heddle
