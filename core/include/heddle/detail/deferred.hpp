// SPDX-License-Identifier: BSL-1.0
//
// deferred_coro: a coro<T> whose frame is made only when it is needed. A function of a primitive that
// seldom waits returns one: awaited where it stands, with nothing to wait for, it is a plain call; in
// every other use (made a task, moved into a coro<T>, awaited when there is something to wait for)
// it turns into the coroutine first.
//
//   class request final : public deferred_coro<T, request> {
//       bool at_once() const noexcept;  // whether finish() can be called in place of the coroutine
//       T finish();                     // what the coroutine does then; may throw what that throws
//       coro<T> in_full();              // the coroutine
//   };
//
// A user sees no difference but the type: the order of events is the same, since a coroutine that is
// awaited in place and does not wait has no hop. Where its frame is made nothing may throw, as coroutines
// are moved without throwing: in_full() moves what cannot throw, and for want of memory the program ends.
#pragma once

#include <coroutine>
#include <optional>
#include <utility>

#include <heddle/coro.hpp>

namespace heddle::detail {

template <class T, class Request>
class deferred_coro : public coro<T> {
public:
    class [[nodiscard]] awaiter {
    public:
        using heddle_awaiter = void;
        explicit awaiter(Request& request) noexcept : request_(&request) {}

        [[nodiscard]] bool await_ready() const noexcept {
            return request_->coro<T>::is_deferred() && request_->at_once();
        }
        template <class Promise>
        void await_suspend(std::coroutine_handle<Promise> awaiting) {
            // Throws, as awaiting a coroutine does, if it was awaited or moved from.
            static_cast<void>(full_.emplace(request_->coro<T>::release()).await_ready());
            full_->await_suspend(awaiting);
        }
        // Inlined, since it is the whole of what an await costs that need not wait.
        [[gnu::always_inline]] T await_resume() {
            if (!full_) [[likely]] {
                request_->coro<T>::forget_deferred();
                return request_->finish();
            }
            return full_->await_resume();
        }

    private:
        Request* request_;
        std::optional<coro_awaiter<T>> full_;
    };

    [[nodiscard]] awaiter operator co_await() && noexcept {
        return awaiter(static_cast<Request&>(*this));
    }

protected:
    deferred_coro() noexcept : coro<T>(&maker) {}
    deferred_coro(deferred_coro&& other) noexcept
        : coro<T>(static_cast<coro<T>&&>(other), typename coro<T>::still_deferred()) {}
    ~deferred_coro() = default;

private:
    static constexpr typename coro<T>::deferred_maker maker{[](coro<T>& self) {
        return static_cast<Request&>(static_cast<deferred_coro&>(self)).in_full();
    }};
};

}  // namespace heddle::detail
