// SPDX-License-Identifier: BSL-1.0
//
// task<T>: asyncio's Task, a future whose result a coroutine produces, driven by the loop.
//
// The loop keeps a task alive until it is done: handles may be thrown away. An error that nobody
// looks at goes to the loop's exception handler when the last handle goes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <heddle/coro.hpp>
#include <heddle/future.hpp>
#include <heddle/task_base.hpp>

namespace heddle {

namespace detail {

template <class T>
class task_state final : public task_base, public future_state<T> {
public:
    task_state(event_loop& loop, std::coroutine_handle<coro_promise<T>> root) noexcept
        : future_state<T>(loop.pool()) {
        // So that each part finds the other.
        static_assert(sizeof(task_base) % alignof(std::max_align_t) == 0);
        HEDDLE_INVARIANT(&as_future() == this, "a task's future comes next to its base");
        set_root(loop, root.promise());
    }
    /// Makes one whose first step has not begun, in the loop's pool.
    [[nodiscard]] static task_state* create(event_loop& loop,
                                            std::coroutine_handle<coro_promise<T>> root) {
        const std::size_t before = loop.instrumented() ? sizeof(task_ids) : 0;
        auto* memory = static_cast<std::byte*>(loop.pool().allocate(before + sizeof(task_state)));
        auto* object = ::new (memory + before) task_state(loop, root);
        if (before != 0) {
            ::new (memory) task_ids;
            object->set_has_ids();
        }
        return object;
    }

    void start(std::string_view name, bool eager) { task_base::start(*this, name, eager); }
    /// The same, where nothing but the start is to be done: queues the first step.
    void start_plainly(event_loop& loop) noexcept { this->join_loop(loop, *this); }

    bool cancel(const cancel_message& message) override { return request_cancel(message); }
    [[nodiscard]] std::string label() const override { return task_base::label(); }
    [[nodiscard]] const task_base* as_task() const noexcept override { return this; }

private:
    friend class heddle::future_base;

    void collect(promise_base& root) noexcept override {
        auto& promise = static_cast<coro_promise<T>&>(root);
        if (promise.ended_with_value() && !ends_specially()) [[likely]] {
            this->store(std::move(promise.value()));
            promise.handle().destroy();
            this->finish_plainly(loop());
            leave_loop(*this);
        } else {
            collect_in_full(promise);
        }
    }
    [[gnu::noinline]] void collect_in_full(coro_promise<T>& promise) noexcept {
        const auto frame = std::coroutine_handle<coro_promise<T>>::from_promise(promise);
        tell_returned();
        cancel_message message;
        if (promise.ended_with_value() && !take_must_cancel(message)) {
            this->store(std::move(promise.value()));
            frame.destroy();
            this->finish(future_base::state::finished);
        } else if (promise.ended_with_error()) {
            std::exception_ptr error = std::move(promise.error());
            frame.destroy();
            this->finish_with_error(std::move(error));
        } else {
            std::exception_ptr saved;
            if (promise.ended_cancelled()) {
                saved = std::move(promise.error());
            }
            frame.destroy();
            this->finish_cancelled(message, std::move(saved));
        }
        leave_loop(*this);
    }
    void end_cancelled(std::exception_ptr saved) noexcept override {
        this->finish_cancelled({}, std::move(saved));
    }
    void destroy() noexcept override {
        if (comes_with_ids()) [[unlikely]] {
            future_base::destroy_in_full(this, sizeof(task_ids));
        } else {
            future_base::destroy_in_pool(this);
        }
    }
};

}  // namespace detail

template <class T = void>
class task : public basic_future<T> {
public:
    task() noexcept = default;

    [[nodiscard]] std::string name() const { return base().name(); }
    void set_name(std::string_view name) const { base().set_name(name); }
    /// See task_base::cancelling and uncancel.
    [[nodiscard]] std::uint32_t cancelling() const { return base().cancelling(); }
    std::uint32_t uncancel() const { return base().uncancel(); }

    // For the library's own parts.
    [[nodiscard]] task_base& base() const {
        return static_cast<detail::task_state<T>&>(this->state());
    }

private:
    friend class event_loop;
    explicit task(detail::intrusive_ptr<detail::future_state<T>> state) noexcept
        : basic_future<T>(std::move(state)) {}
};

template <class T>
task<T> event_loop::create_task(coro<T> body, std::string_view name, task_start start) {
    return make_task(body, name, start);
}

template <class T>
[[gnu::always_inline]] inline task<T> event_loop::make_task(coro<T>& body, std::string_view name,
                                                            task_start start) {
    // What is seldom so takes the long way, all of it: nothing here is a call.
    using state = detail::task_state<T>;
    if (!instrumented_ && body.has_frame() && name.empty() && start != task_start::eager &&
        !detail::contexts_are_in_use()) [[likely]] {
        if (void* memory = pool_->take_spare(sizeof(state)); memory != nullptr) [[likely]] {
            auto* object = ::new (memory) state(*this, body.release_frame());
            object->start_plainly(*this);
            ready_.push_back(*object);
            return task<T>(detail::intrusive_ptr<detail::future_state<T>>::adopt(object));
        }
    }
    return make_task_instrumented(body, name, start);
}

template <class T>
task<T> event_loop::make_task_instrumented(coro<T>& body, std::string_view name, task_start start) {
    if (instrumented_) {
        check_thread();
    }
    if (!body.valid()) {
        throw usage_error("create_task: this coroutine was awaited, made a task or moved from");
    }
    if (closed_ && !closing_) {
        throw usage_error("create_task: the loop is closed");
    }
    auto* object = detail::task_state<T>::create(*this, body.release());
    task<T> result(detail::intrusive_ptr<detail::future_state<T>>::adopt(object));
    object->start(name, starts_eagerly(start));
    return result;
}

template <class T>
T event_loop::run_until_complete(task<T> main) {
    notify_run(loop_event_kind::run_entered);
    auto state = main.shared_state();
    main = {};
    return finish_run(future<T>(std::move(state)));
}

template <class T>
T event_loop::run_until_complete(coro<T> main) {
    notify_run(loop_event_kind::run_entered);
    auto state = create_task(std::move(main)).shared_state();
    return finish_run(future<T>(std::move(state)));
}

/// Makes `body` a task of the running loop: asyncio.create_task. See event_loop::create_task.
template <class T>
task<T> create_task(coro<T> body, std::string_view name = {},
                    task_start start = task_start::loop_default) {
    return get_running_loop().create_task(std::move(body), name, start);
}

}  // namespace heddle
