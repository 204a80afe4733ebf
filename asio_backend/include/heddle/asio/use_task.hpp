// SPDX-License-Identifier: BSL-1.0
//
// use_task: the completion token by which a task awaits any Asio operation.
//
//   std::size_t n = co_await socket.async_read_some(buffer, heddle::use_task);
//   auto [error, n] = co_await socket.async_read_some(buffer, boost::asio::as_tuple(heddle::use_task));
//
// The result is what detail/completion.hpp says: an error is thrown, as boost::system::system_error
// or as the exception that it is; as_tuple gives errors as values. An operation whose handler is
// destroyed without being called throws operation_abandoned.
//
// * Lazy: the operation is initiated when it is awaited, once. Buffers, and what else the arguments
//   refer to, must live until then and until the await is over; the I/O object must outlive the
//   frame of the coroutine that awaits.
// * The handler runs on any thread; the task goes on on its loop's, in the iteration after. Its
//   associated executor is the loop, so the steps of a composed operation run on the loop's thread
//   too, wherever its I/O object lives.
// * Cancelling the task asks the operation to end, by its cancellation slot, and waits until it has:
//   it may be writing into a buffer of the task. If it ends with operation_aborted (or a channel
//   with channel_cancelled), the await throws cancelled_error, also with as_tuple. If it has
//   succeeded, or failed for another reason, that is delivered, and the next await throws. An
//   operation that ignores its slot (a resolver does) keeps the task until it ends by itself.
//   operation_aborted without a cancellation of the task stays an error.
// * The cancellation that is asked for is terminal; use_task(type) asks for another in this await.
//   Nothing stronger is ever asked for, but when the frame is destroyed.
// * If the frame is destroyed meanwhile (the loop closes), the operation is cancelled with
//   `terminal`, and none of its handlers runs any more: see docs/asio.md for what that guarantees.
//
// use_task_t::as_default_on(socket) gives an I/O object whose operations take use_task by default.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <concepts>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <tuple>
#include <type_traits>
#include <utility>

#include <heddle/asio/detail/completion.hpp>
#include <heddle/asio/detail/operation.hpp>
#include <heddle/asio/detail/operation_block.hpp>
#include <heddle/asio/operation_abandoned.hpp>
#include <heddle/task_base.hpp>

namespace heddle {

/// See the top of the file.
class use_task_t {
public:
    constexpr use_task_t() noexcept = default;
    constexpr explicit use_task_t(boost::asio::cancellation_type_t type) noexcept : type_(type) {}

    /// The same token, asking for `type` when the task is cancelled.
    [[nodiscard]] constexpr use_task_t operator()(
        boost::asio::cancellation_type_t type) const noexcept {
        return use_task_t(type);
    }
    [[nodiscard]] constexpr boost::asio::cancellation_type_t type() const noexcept { return type_; }

    /// `Executor`, with use_task as the default token of I/O objects that are made on it.
    template <class Executor>
    struct executor_with_default : Executor {
        using default_completion_token_type = use_task_t;

        template <class Other>
            requires(!std::same_as<Other, executor_with_default> &&
                     std::convertible_to<const Other&, Executor>)
        executor_with_default(const Other& executor) noexcept : Executor(executor) {}
    };
    /// The type of an I/O object with use_task as its default token.
    template <class IoObject>
    using as_default_on_t = typename IoObject::template rebind_executor<
        executor_with_default<typename IoObject::executor_type>>::other;
    /// `object`, moved into one of that type.
    template <class IoObject>
    [[nodiscard]] static as_default_on_t<std::decay_t<IoObject>> as_default_on(IoObject&& object) {
        return as_default_on_t<std::decay_t<IoObject>>(std::forward<IoObject>(object));
    }

private:
    boost::asio::cancellation_type_t type_ = boost::asio::cancellation_type::terminal;
};

inline constexpr use_task_t use_task;

namespace asio_backend::detail {

/// An operation with a place for what completes it.
template <class... Completions>
class operation_of : public operation_base {
public:
    using result = typename outcome<Completions...>::result;

    /// Its handler is called, on the loop's thread.
    template <std::size_t Index, class... Args>
    void complete(Args&&... arguments) noexcept {
        try {
            outcome_.template set<Index>(std::move(arguments)...);
        } catch (...) {  // moving a result has failed
            outcome_.set_error(std::current_exception());
        }
        this->end();
    }

protected:
    using operation_base::operation_base;

    /// Initiating has thrown, whatever the handler had said before.
    void fail(std::exception_ptr error) noexcept {
        outcome_.set_error(std::move(error));
        failed_ = true;
        if (!this->ended()) {
            this->end();
        }
    }
    result take() {
        this->resume(this->cancelled_before_its_end() && !failed_ &&
                     (this->abandoned() || outcome_.says_cancelled()));
        if (this->abandoned() && !failed_) {
            throw operation_abandoned();
        }
        return outcome_.take();
    }

private:
    outcome<Completions...> outcome_;
    bool failed_ = false;
};

template <class... Completions>
class completion_handler;

/// Calls of completion_handler by one signature.
template <class Handler, std::size_t Index, class Completion>
class completion_call;
template <class Handler, std::size_t Index, class... Args>
class completion_call<Handler, Index, completion<Args...>> {
public:
    void operator()(Args... arguments) {
        static_cast<Handler&>(*this).template completed<Index>(std::move(arguments)...);
    }
};

template <class Handler, class Indices, class... Completions>
class completion_calls;
template <class Handler, std::size_t... Index, class... Completions>
class completion_calls<Handler, std::index_sequence<Index...>, Completions...>
    : public completion_call<Handler, Index, Completions>... {
public:
    using completion_call<Handler, Index, Completions>::operator()...;
};

/// What the operation calls when it is over, once, on any thread.
template <class... Completions>
class completion_handler
    : public completion_calls<completion_handler<Completions...>,
                              std::index_sequence_for<Completions...>, Completions...> {
public:
    using executor_type = operation_executor;
    using allocator_type = operation_allocator<void>;
    using cancellation_slot_type = boost::asio::cancellation_slot;

    explicit completion_handler(operation_block& block) noexcept : block_(&block) {}
    completion_handler(completion_handler&&) noexcept = default;
    completion_handler& operator=(completion_handler&&) = delete;
    ~completion_handler() {
        if (block_) {
            operation_block::abandon(std::move(block_));
        }
    }

    [[nodiscard]] executor_type get_executor() const noexcept { return executor_type(*block_); }
    [[nodiscard]] allocator_type get_allocator() const noexcept { return allocator_type(*block_); }
    [[nodiscard]] cancellation_slot_type get_cancellation_slot() const noexcept {
        return block_->signal().slot();
    }

private:
    template <class Handler, std::size_t Index, class Completion>
    friend class completion_call;

    template <std::size_t Index, class... Args>
    void completed(Args&&... arguments) {
        if (!block_) {
            return;  // called twice
        }
        const place where = block_->gate().where();
        if (where == place::here) {
            const operation_block::ptr block = std::move(block_);
            if (operation_base* const waiting = block->waiting(); waiting != nullptr) {
                static_cast<operation_of<Completions...>*>(waiting)->template complete<Index>(
                    std::move(arguments)...);
            }
        } else if (where == place::elsewhere) {
            const loop_gate::ref gate = block_->gate();
            gate.queue([self = std::move(*this),
                        kept = std::tuple<Args...>(std::move(arguments)...)]() mutable {
                std::apply(
                    [&](Args&... each) { self.template completed<Index>(std::move(each)...); },
                    kept);
            });
        } else {
            block_ = nullptr;
        }
    }

    operation_block::ptr block_;
};

/// Initiates, suspends, and gives the result.
template <class Initiation, class Arguments, class... Completions>
class [[nodiscard]] operation_awaiter final : public operation_of<Completions...> {
public:
    using heddle_awaiter = void;

    operation_awaiter(Initiation&& initiation, Arguments&& arguments,
                      boost::asio::cancellation_type_t type)
        : operation_of<Completions...>(type),
          initiation_(std::move(initiation)),
          arguments_(std::move(arguments)) {}

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> awaiting) {
        if (this->begin(*awaiting.promise().current_task())) {
            initiate();
        }
    }
    typename operation_of<Completions...>::result await_resume() { return this->take(); }

private:
    void initiate() noexcept {
        try {
            std::apply(
                [this](auto&... each) {
                    std::move(initiation_)(completion_handler<Completions...>(this->block()),
                                           std::move(each)...);
                },
                arguments_);
        } catch (...) {
            this->fail(std::current_exception());
        }
    }

    Initiation initiation_;
    Arguments arguments_;
};

/// What an initiating function returns: the operation, not begun. Await it, once.
template <class Initiation, class Arguments, class... Completions>
class [[nodiscard("an Asio operation is not initiated until it is awaited")]] operation_request {
public:
    template <class I, class... Args>
    operation_request(use_task_t token, I&& initiation, Args&&... arguments)
        : initiation_(std::forward<I>(initiation)),
          arguments_(std::forward<Args>(arguments)...),
          type_(token.type()) {}

    [[nodiscard]] auto operator co_await() && {
        return operation_awaiter<Initiation, Arguments, Completions...>(
            std::move(initiation_), std::move(arguments_), type_);
    }

private:
    Initiation initiation_;
    Arguments arguments_;
    boost::asio::cancellation_type_t type_;
};

}  // namespace asio_backend::detail
}  // namespace heddle

template <class... Signatures>
class boost::asio::async_result<heddle::use_task_t, Signatures...> {
public:
    template <class Initiation, class... Args>
    [[nodiscard("an Asio operation is not initiated until it is awaited")]] static auto initiate(
        Initiation&& initiation, heddle::use_task_t token, Args&&... arguments) {
        namespace detail = heddle::asio_backend::detail;
        return detail::operation_request<std::decay_t<Initiation>,
                                         std::tuple<std::decay_t<Args>...>,
                                         typename detail::completion_of<Signatures>::type...>(
            token, std::forward<Initiation>(initiation), std::forward<Args>(arguments)...);
    }
};
