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
class task_state final : public future_state<T>, public task_base {
public:
    task_state(event_loop& loop, std::coroutine_handle<coro_promise<T>> root) noexcept
        : future_state<T>(loop.pool()), root_(root) {
        this->set_root(loop, root.promise());
    }

    void start(std::string_view name, bool eager) { task_base::start(*this, name, eager); }
    /// The same, where nothing but the start is to be done: queues the first step.
    void start_plainly(event_loop& loop) noexcept { this->join_loop(loop, *this); }

    bool cancel(const cancel_message& message) override { return request_cancel(message); }
    [[nodiscard]] std::string label() const override { return task_base::label(); }
    [[nodiscard]] future_base& as_future() noexcept override { return *this; }
    [[nodiscard]] const task_base* as_task() const noexcept override { return this; }

private:
    friend class heddle::future_base;

    void collect_plainly() noexcept override {
        coro_promise<T>& promise = root_.promise();
        if (promise.ended_with_value() && !must_cancel()) [[likely]] {
            this->store(std::move(promise.value()));
            root_.destroy();
            this->finish_plainly(loop());
            leave_loop(*this);
        } else {
            task_state::collect();
        }
    }
    void collect() noexcept override {
        coro_promise<T>& promise = root_.promise();
        tell_returned();
        if (promise.ended_with_value() && !must_cancel()) {
            this->store(std::move(promise.value()));
            root_.destroy();
            this->finish(future_base::state::finished);
        } else if (promise.ended_cancelled()) {
            std::exception_ptr saved = std::move(promise.error());
            root_.destroy();
            this->finish_cancelled({}, std::move(saved));
        } else if (promise.ended_with_error()) {
            std::exception_ptr error = std::move(promise.error());
            root_.destroy();
            this->finish_with_error(std::move(error));
        } else {
            cancel_message message;
            static_cast<void>(take_must_cancel(message));
            root_.destroy();
            this->finish_cancelled(message, nullptr);
        }
        leave_loop(*this);
    }
    void end_cancelled(std::exception_ptr saved) noexcept override {
        this->finish_cancelled({}, std::move(saved));
    }
    void destroy() noexcept override { future_base::destroy_in_pool(this); }

    std::coroutine_handle<coro_promise<T>> root_;
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
    using state = detail::task_state<T>;
    void* memory = pool_->allocate(sizeof(state));
    auto* object = ::new (memory) state(*this, body.release());
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
