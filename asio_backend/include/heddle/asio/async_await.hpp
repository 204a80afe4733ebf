// SPDX-License-Identifier: BSL-1.0
//
// heddle coroutines and tasks in Asio code: an asynchronous operation of Asio, with any completion
// token, that runs a coroutine as a task of a loop.
//
//   heddle::async_await(loop, fetch(key), [](std::exception_ptr error, int value) { ... });
//   std::future<int> later = heddle::async_await(loop, fetch(key), boost::asio::use_future);
//
//   boost::asio::awaitable<void> handle() {                   // Asio's own coroutine
//       int value = co_await heddle::async_await(loop, fetch(key));
//   }
//
// Its signature is void(std::exception_ptr, T), or void(std::exception_ptr) for a coro<void>, as
// co_spawn's. T must have a default constructor: that value comes beside an error. Without a token
// it is use_awaitable: the call gives an awaitable<T>, nothing begins before that is awaited, and
// what the call was given is kept in it. (A coroutine of Asio's with another executor than
// any_io_executor names its token. So does who wants `deferred`, for a parallel_group: Boost 1.81
// cannot co_await a deferred operation of this signature itself.)
//
// What may be awaited:
//
// * a coro<T>, which becomes a task; or a callable that returns one, which is called on the loop's
//   thread and lives until the coroutine has ended (so it may be a coroutine itself);
// * a task<T> that is there already, on its loop's thread: async_await(task, token). Its result is
//   copied, or moved out if it cannot be copied. Cancelling the operation cancels the task.
//
// From which thread: any. The task is made on the loop's, by call_soon_threadsafe if need be (also
// before the loop's first run, when it is no thread's yet). A
// coroutine whose frame was made on another thread may come along unless a loop runs on that thread
// too (its frame is in the memory of that loop then): give a callable there. The loop must not be
// destroyed during the call. A simulated loop throws usage_error on other threads, from the
// initiation.
//
// The handler:
//
// * It is called once. With an associated executor, it is posted there, never called in place, and
//   that executor has outstanding work meanwhile. (An any_completion_executor cannot be posted to:
//   one that stands for the io_context in which the loop is a guest calls it in place.) Without one
//   it is called by a callback of the loop, on its thread, and what it throws goes to the loop's
//   exception handler. The associated allocator is used for posting it. use_future's promise is
//   fulfilled on the loop's thread, and no thread of Asio's system_executor is started for it.
// * Cancelling through its cancellation slot, `terminal` or `partial`, is task.cancel(): a request,
//   and the operation ends when the task has ended. (`total` alone does nothing: a task promises
//   nothing of the kind.) The slot may be used on the thread that the handler's executor runs on,
//   as any other; it goes to the loop's thread by call_soon_threadsafe.
// * A task that ended cancelled, for whatever reason, is system_error(operation_aborted), which is
//   what code written for Asio looks for (cancelled_error is no std::exception). One that was
//   cancelled and yet returned gives its result.
// * If the loop is closed before the task is done, the task is destroyed, and then the handler is
//   posted to its associated executor with operation_aborted, as those of a socket that is closed.
//   (use_future's future has that error, too.) One without an executor has nowhere to run any more:
//   it is destroyed, not called. The same goes for a loop that is closed already; there one without
//   an executor gets a usage_error from the initiation.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>

#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/execution/allocator.hpp>
#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/execution/executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <heddle/asio/detail/loop_executor.hpp>
#include <heddle/coro.hpp>
#include <heddle/event_loop.hpp>
#include <heddle/future.hpp>
#include <heddle/task.hpp>
#include <heddle/threadsafe.hpp>

namespace heddle {

namespace asio_backend::detail {

template <class T>
struct await_signature {
    static_assert(std::is_object_v<T> && std::is_default_constructible_v<T>,
                  "async_await: the result needs a default constructor, since a value comes "
                  "beside an error too; for a reference return a pointer");
    using type = void(std::exception_ptr, T);
    using value = T;
};
template <>
struct await_signature<void> {
    using type = void(std::exception_ptr);
    struct value {};
};

[[nodiscard]] std::exception_ptr operation_aborted();

/// Whether a handler's executor is no place to run it: that of use_future posts to system_executor,
/// whose pool of threads nobody has asked for. All that its handler does is to fulfil a promise.
template <class Executor>
inline constexpr bool runs_anywhere = false;
template <class T, class Blocking>
inline constexpr bool runs_anywhere<boost::asio::detail::promise_executor<T, Blocking>> = true;

/// What an operation and the cancellation slot of its handler share.
class cancellation_door {
public:
    explicit cancellation_door(event_loop& loop) noexcept : loop_(&loop) {}

    /// From any thread.
    static void request(const std::shared_ptr<cancellation_door>& self);

    // On the loop's thread.

    [[nodiscard]] bool requested() const;
    void open(heddle::detail::intrusive_ptr<future_base> target) { target_ = std::move(target); }
    /// The operation has ended, and the loop may go.
    void shut() noexcept;

private:
    mutable std::mutex mutex_;
    event_loop* loop_;  // null once it is shut; under mutex_
    bool requested_ = false;
    // Counted and used by the loop's thread only.
    heddle::detail::intrusive_ptr<future_base> target_;
};

struct door_handler {
    std::shared_ptr<cancellation_door> door;
    void operator()(boost::asio::cancellation_type type) const {
        using boost::asio::cancellation_type;
        if ((type & (cancellation_type::terminal | cancellation_type::partial)) !=
            cancellation_type::none) {
            cancellation_door::request(door);
        }
    }
};

/// A handler and what it needs until it is called. Destroyed before, it aborts.
template <class T, class Handler>
class await_operation {
    using executor = boost::asio::associated_executor_t<Handler, loop_executor>;
    using value_type = typename await_signature<T>::value;
    static constexpr bool runs_on_loop = std::is_same_v<executor, loop_executor>;

public:
    await_operation(Handler handler, event_loop& loop)
        : handler_(std::move(handler)),
          work_(boost::asio::get_associated_executor(handler_, loop_executor(loop))) {
        auto slot = boost::asio::get_associated_cancellation_slot(handler_);
        if (slot.is_connected()) {
            door_ = std::make_shared<cancellation_door>(loop);
            slot.assign(door_handler{door_});
        }
    }
    await_operation(await_operation&& other) noexcept(std::is_nothrow_move_constructible_v<Handler>)
        : handler_(std::move(other.handler_)),
          work_(std::move(other.work_)),
          door_(std::move(other.door_)),
          pending_(std::exchange(other.pending_, false)) {}
    ~await_operation() {
        if (pending_) {
            abandon();
        }
    }

    /// On the loop's thread. In the initiation no handler is called: there an error is thrown
    /// where it cannot be posted.
    template <class Source>
    static void start(await_operation self, event_loop& loop, Source source, bool initiating) {
        if ((self.door_ && self.door_->requested()) || (!runs_on_loop && loop.is_closed())) {
            self.end_early(operation_aborted());
            return;
        }
        basic_future<T> target;
        try {
            target = source.start(loop);
        } catch (...) {
            if (runs_on_loop && initiating) {
                self.pending_ = false;
                throw;
            }
            self.end_early(std::current_exception());
            return;
        }
        if (self.door_) {
            self.door_->open(target.shared_state());
        }
        target.add_done_callback(
            [operation = std::move(self)](const basic_future<T>& ended) mutable {
                operation.template finish<Source::takes_result>(*ended.shared_state());
            });
    }

private:
    template <bool Take>
    void finish(heddle::detail::future_state<T>& ended) {
        if (door_) {
            door_->shut();
        }
        if (ended.holds_cancellation()) {
            static_cast<void>(ended.cancelled() || ended.exception());
            end(operation_aborted(), value_type());
        } else if (std::exception_ptr error = ended.exception()) {
            end(std::move(error), value_type());
        } else if constexpr (std::is_void_v<T>) {
            end(nullptr, {});
        } else if constexpr (Take || !std::is_copy_constructible_v<T>) {
            end(nullptr, std::move(ended.value()));
        } else {
            end(nullptr, ended.value());
        }
    }
    void end_early(std::exception_ptr error) {
        if (door_) {
            door_->shut();
        }
        end(std::move(error), value_type());
    }

    void abandon() noexcept {
        try {
            if (door_) {
                door_->shut();
            }
            if constexpr (!runs_on_loop) {
                end(operation_aborted(), value_type());
            }
        } catch (...) {
            // No memory to post it, or a handler whose executor is the loop after all, type-erased:
            // it is destroyed.
        }
    }

    void end(std::exception_ptr error, value_type value) {
        pending_ = false;
        [[maybe_unused]] const auto allocator = boost::asio::get_associated_allocator(handler_);
        auto last = [handler = std::move(handler_), failure = std::move(error),
                     result = std::move(value)]() mutable {
            boost::asio::get_associated_cancellation_slot(handler).clear();
            if constexpr (std::is_void_v<T>) {
                static_cast<void>(result);
                std::move(handler)(std::move(failure));
            } else {
                std::move(handler)(std::move(failure), std::move(result));
            }
        };
        if constexpr (runs_on_loop || runs_anywhere<executor>) {
            last();
        } else if constexpr (boost::asio::execution::is_executor<executor>::value) {
            namespace execution = boost::asio::execution;
            // prefer, since an any_completion_executor cannot be required to.
            auto work = std::move(work_);
            boost::asio::prefer(work.get_executor(), execution::blocking.never,
                                execution::allocator(allocator))
                .execute(std::move(last));
        } else {
            const auto work = std::move(work_);
            boost::asio::post(work.get_executor(), std::move(last));
        }
    }

    Handler handler_;
    boost::asio::executor_work_guard<executor> work_;
    std::shared_ptr<cancellation_door> door_;  // null where nobody can cancel
    bool pending_ = true;
};

template <class T>
struct coro_source {
    static constexpr bool takes_result = true;
    coro<T> body;
    basic_future<T> start(event_loop& loop) { return loop.create_task(std::move(body)); }
};

template <class T, class F>
struct call_source {
    static constexpr bool takes_result = true;
    F make;
    basic_future<T> start(event_loop& loop) {
        return loop.create_task(heddle::detail::call_in_task<T>(std::move(make)));
    }
};

template <class T>
struct task_source {
    static constexpr bool takes_result = false;
    task<T> running;
    basic_future<T> start(event_loop&) { return std::move(running); }
};

template <class T>
class initiate_await {
public:
    explicit initiate_await(event_loop& loop) noexcept : loop_(&loop) {}

    template <class Handler, class Source>
    void operator()(Handler&& handler, Source source) const {
        event_loop& loop = *loop_;
        using operation = await_operation<T, std::decay_t<Handler>>;
        const bool here = loop.on_own_thread();
        if (!here && !loop.clock_and_executor().accepts_outside_events()) {
            throw usage_error("async_await: a simulation takes nothing from other threads");
        }
        operation one(std::forward<Handler>(handler), loop);
        if (here) {
            operation::start(std::move(one), loop, std::move(source), true);
            return;
        }
        try {
            loop.call_soon_threadsafe(
                [&loop, moved = std::move(one), from = std::move(source)]() mutable {
                    operation::start(std::move(moved), loop, std::move(from), false);
                });
        } catch (const usage_error&) {
            // Closed. The operation was destroyed, and has posted its handler if it could.
            if constexpr (operation_runs_on_loop<std::decay_t<Handler>>) {
                throw;
            }
        }
    }

private:
    template <class Handler>
    static constexpr bool operation_runs_on_loop =
        std::is_same_v<boost::asio::associated_executor_t<Handler, loop_executor>, loop_executor>;

    event_loop* loop_;
};

template <class F>
concept makes_coro = requires(std::decay_t<F>& make) {
    typename std::remove_cvref_t<decltype(std::invoke(make))>::promise_type;
};

}  // namespace asio_backend::detail

/// See the top of the file.
template <class T,
          BOOST_ASIO_COMPLETION_TOKEN_FOR(typename asio_backend::detail::await_signature<T>::type)
              Token = boost::asio::use_awaitable_t<>>
[[nodiscard("without a token nothing begins before this is awaited")]] auto async_await(
    event_loop& loop, coro<T> body, Token&& token = Token()) {
    namespace detail = asio_backend::detail;
    return boost::asio::async_initiate<Token, typename detail::await_signature<T>::type>(
        detail::initiate_await<T>(loop), token, detail::coro_source<T>{std::move(body)});
}

template <asio_backend::detail::makes_coro F, class Token = boost::asio::use_awaitable_t<>>
[[nodiscard("without a token nothing begins before this is awaited")]] auto async_await(
    event_loop& loop, F&& make, Token&& token = Token()) {
    namespace detail = asio_backend::detail;
    using T = typename std::remove_cvref_t<std::invoke_result_t<std::decay_t<F>&>>::value_type;
    return boost::asio::async_initiate<Token, typename detail::await_signature<T>::type>(
        detail::initiate_await<T>(loop), token,
        detail::call_source<T, std::decay_t<F>>{std::forward<F>(make)});
}

/// Of a task that is there already, on its loop's thread. Throws usage_error if that loop is gone.
template <class T,
          BOOST_ASIO_COMPLETION_TOKEN_FOR(typename asio_backend::detail::await_signature<T>::type)
              Token = boost::asio::use_awaitable_t<>>
[[nodiscard("without a token nothing begins before this is awaited")]] auto async_await(
    task<T> running, Token&& token = Token()) {
    namespace detail = asio_backend::detail;
    event_loop& loop = running.get_loop();
    return boost::asio::async_initiate<Token, typename detail::await_signature<T>::type>(
        detail::initiate_await<T>(loop), token, detail::task_source<T>{std::move(running)});
}

}  // namespace heddle
