// SPDX-License-Identifier: BSL-1.0
//
// The ideals: a coroutine that is awaited in place, by symmetric transfer, and that says to whoever
// made a task of it that it has ended. (On g++ without optimisation a chain of awaits grows the stack:
// one of the things that an ideal need not bear.)
#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <utility>

#include "ready.hpp"

namespace ideal {

template <class T>
class coro;

/// What every frame has. `ended` of a task's own coroutine; `parent` of one that is awaited.
struct promise_base : resumption {
    std::coroutine_handle<> parent;
    void (*ended)(promise_base&) = nullptr;
    void* owner = nullptr;  ///< whatever `ended` needs

    static void* operator new(std::size_t size) { return memory::allocate(size); }
    static void operator delete(void* where, std::size_t size) noexcept {
        memory::deallocate(where, size);
    }

    struct final_awaiter {
        [[nodiscard]] bool await_ready() const noexcept { return false; }
        template <class Promise>
        std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> done) noexcept {
            promise_base& here = done.promise();
            if (here.parent) {
                return here.parent;
            }
            here.ended(here);
            return std::noop_coroutine();
        }
        void await_resume() const noexcept {}
    };

    [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }
    [[nodiscard]] final_awaiter final_suspend() const noexcept { return {}; }
    [[noreturn]] void unhandled_exception() noexcept { std::terminate(); }
};

template <class T>
struct promise : promise_base {
    T value{};
    coro<T> get_return_object() noexcept;
    void return_value(T result) noexcept { value = result; }
};
template <>
struct promise<void> : promise_base {
    coro<void> get_return_object() noexcept;
    void return_void() const noexcept {}
};

/// Awaiting it runs it. Destroyed with its frame, unless that was released to a task.
template <class T>
class [[nodiscard]] coro {
public:
    using promise_type = promise<T>;
    using handle = std::coroutine_handle<promise_type>;

    explicit coro(handle frame) noexcept : frame_(frame) {}
    coro(coro&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
    ~coro() {
        if (frame_) {
            frame_.destroy();
        }
    }
    [[nodiscard]] handle release() noexcept { return std::exchange(frame_, nullptr); }

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept {
        frame_.promise().parent = awaiting;
        return frame_;
    }
    T await_resume() const noexcept {
        if constexpr (!std::is_void_v<T>) {
            return frame_.promise().value;
        }
    }

private:
    handle frame_;
};

template <class T>
coro<T> promise<T>::get_return_object() noexcept {
    return coro<T>(coro<T>::handle::from_promise(*this));
}
inline coro<void> promise<void>::get_return_object() noexcept {
    return coro<void>(coro<void>::handle::from_promise(*this));
}

}  // namespace ideal
