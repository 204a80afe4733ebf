// SPDX-License-Identifier: BSL-1.0
//
// async_generator<Yield, Send>: Python's asynchronous generator (PEP 525): its body awaits what a
// task can await, and yields.
//
//   heddle::async_generator<int> ticks(int count) {
//       for (int i = 0; i < count; ++i) {
//           co_await heddle::sleep(1s);
//           co_yield i;
//       }
//   }
//
//   auto ticking = ticks(3);
//   while (std::optional<int> tick = co_await ticking.next()) { ... }
//
//   Python                                    here
//   async for x in g                          the loop above
//   await anext(g); StopAsyncIteration        co_await g.next(): the value, or nullopt at the end
//   await g.asend(x), .athrow(e), .aclose()   co_await g.asend(x), g.athrow(e), g.aclose()
//
// A step runs in place, in the step of the task that awaits it, as the body of a coro does: no hop,
// no allocation, and a cancellation of the task reaches what the body awaits. Each step may be
// awaited by another task; one while another is under way is a usage_error.
//
// There is no shutdown_asyncgens: a loop in Python has to close the generators that the garbage
// collector finds, since only a task can run their `finally`. Here the owner's scope ends, and the
// frame with it: the destructors of its locals run, none of its code. Where leaving takes an await,
// await aclose() before. A generator that is destroyed while another task stands in a step of it
// lives until that step is over.
#pragma once

#include <concepts>
#include <coroutine>
#include <exception>
#include <type_traits>
#include <utility>

#include <heddle/coro.hpp>
#include <heddle/detail/exchange.hpp>
#include <heddle/errors.hpp>
#include <heddle/task_base.hpp>

namespace heddle {

template <class Yield, class Send = void>
class async_generator;

namespace detail {

template <class Yield, class Send>
class async_generator_promise;
template <class Yield, class Send>
class async_step;

/// Stands in the frame of the consumer while a step is under way: links the generator's frame into
/// the chain of the consumer's task.
class async_step_link : public chain_link {
protected:
    async_step_link() noexcept = default;

    void enter(promise_base& generator, promise_base& consumer) noexcept {
        child = generator.handle();
        parent = &consumer;
        generator.set_up(this);
        consumer.current_task()->enter(generator);
    }
    /// After the end, where the chain has gone on to the consumer already.
    static void unlink(promise_base& generator) noexcept { generator.unlink(); }

public:
    /// At a yield: the chain goes on with the consumer.
    static void leave(promise_base& generator) noexcept {
        promise_base* consumer = generator.awaited_by();
        generator.unlink();
        generator.current_task()->enter(*consumer);
    }
};

template <class Yield, class Send>
class [[nodiscard]] async_yield_awaiter {
public:
    using promise = async_generator_promise<Yield, Send>;

    explicit async_yield_awaiter(promise& yielding) noexcept : yielding_(&yielding) {}
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<>) const noexcept {
        async_step_link::leave(*yielding_);
    }
    received_t<Send> await_resume() const { return yielding_->step().receive(); }

private:
    promise* yielding_;
};

template <class Yield, class Send>
class async_generator_promise final : public coro_promise_base<void> {
    static_assert(!std::is_reference_v<Yield> && !std::is_reference_v<Send>,
                  "a generator passes values: yield a pointer in place of a reference");

public:
    using owner = async_generator<Yield, Send>;

    async_generator_promise() noexcept = default;
    ~async_generator_promise() {
        // With the chain of a task that is destroyed in the middle of a step, for example.
        if (owner_ != nullptr) {
            owner_->forget_frame();
        }
    }
    owner get_return_object() noexcept;
    void return_void() { this->store(); }

    template <class U = Yield>
        requires(!std::is_void_v<Yield> && std::constructible_from<Yield, U>)
    async_yield_awaiter<Yield, Send> yield_value(U&& value,
                                                 site_pointer place = __builtin_source_location()) {
        site_ = place;
        step_->yield(std::forward<U>(value));
        return async_yield_awaiter<Yield, Send>(*this);
    }
    async_yield_awaiter<Yield, Send> yield_value(yields_nothing,
                                                 site_pointer place = __builtin_source_location())
        requires std::is_void_v<Yield>
    {
        site_ = place;
        step_->yield(true);
        return async_yield_awaiter<Yield, Send>(*this);
    }

    [[nodiscard]] exchange<Yield, Send>& step() const noexcept { return *step_; }

private:
    friend owner;
    friend class async_step<Yield, Send>;

    owner* owner_ = nullptr;                 // null once that is gone: then the step owns the frame
    exchange<Yield, Send>* step_ = nullptr;  // the one under way
    bool begun_ = false;
};

/// One step; what next(), asend() and athrow() give.
template <class Yield, class Send>
class [[nodiscard("a step is not taken until it is awaited")]] async_step
    : public async_step_link,
      public exchange<Yield, Send> {
public:
    using heddle_awaiter = void;
    using value_type = yielded_t<Yield>;

    explicit async_step(async_generator<Yield, Send>& generator) noexcept
        : generator_(&generator) {}
    async_step(async_generator<Yield, Send>& generator, sendable_t<Send>&& value)
        : exchange<Yield, Send>(std::move(value)), generator_(&generator) {}

    [[nodiscard]] bool await_ready() {
        generator_->check_can_step();
        if (generator_->done()) {
            this->throw_in(nullptr);  // as in Python, nothing is thrown into what has ended
            return true;
        }
        if (!generator_->begun()) {
            if (this->sends()) {
                throw usage_error("asend: this generator has not begun, its first step is next()");
            }
            if (this->throws()) {
                generator_->drop_unbegun();
                return true;
            }
        }
        return false;
    }
    template <class Promise>
    HEDDLE_UNINSTRUMENTED void await_suspend(std::coroutine_handle<Promise> consumer) noexcept {
        auto& promise = generator_->frame_.promise();
        promise.step_ = this;
        promise.begun_ = true;
        this->enter(promise, consumer.promise());
    }
    value_type await_resume() {
        finish();
        this->throw_pending();  // of the body, or what was to be thrown into one that had not begun
        return this->take_yielded();
    }

protected:
    /// Takes the outcome out of the frame; an orphan's frame goes.
    void finish() {
        if (!this->child) {
            return;
        }
        using handle = std::coroutine_handle<async_generator_promise<Yield, Send>>;
        const handle frame = handle::from_address(std::exchange(this->child, nullptr).address());
        auto& promise = frame.promise();
        promise.step_ = nullptr;
        if (frame.done()) {
            this->unlink(promise);
            if (promise.ended_with_error() || promise.ended_cancelled()) {
                this->throw_in(std::move(promise.error()));
            }
        }
        if (promise.owner_ == nullptr) {
            frame.destroy();
        }
    }

    async_generator<Yield, Send>* generator_;
};

/// What aclose() gives.
template <class Yield, class Send>
class [[nodiscard("nothing is closed until this is awaited")]] async_close
    : public async_step<Yield, Send> {
public:
    using value_type = void;

    explicit async_close(async_generator<Yield, Send>& generator)
        : async_step<Yield, Send>(generator) {
        this->throw_in(std::make_exception_ptr(generator_exit()));
    }
    void await_resume() {
        this->finish();
        if (this->throws()) {
            std::exception_ptr error = this->take_error();
            if (!is_generator_exit(error)) {
                std::rethrow_exception(std::move(error));
            }
        } else if (this->take_yielded()) {
            throw usage_error("this generator ignored generator_exit");
        }
    }
};

}  // namespace detail

template <class Yield, class Send>
class [[nodiscard("a generator does nothing until a step of it is awaited")]] async_generator {
public:
    using promise_type = detail::async_generator_promise<Yield, Send>;
    using value_type = Yield;
    using step = detail::async_step<Yield, Send>;

    async_generator() noexcept = default;
    async_generator(async_generator&& other) noexcept { take(other); }
    async_generator& operator=(async_generator&& other) noexcept {
        if (this != &other) {
            let_go();
            take(other);
        }
        return *this;
    }
    ~async_generator() { let_go(); }

    /// False if it was moved from: then every step throws usage_error.
    [[nodiscard]] bool valid() const noexcept { return frame_ || closed_; }
    /// Whether it has ended: by a return, an error, aclose(), or because the task that stood in a
    /// step of it was destroyed.
    [[nodiscard]] bool done() const noexcept {
        return closed_ || (frame_ && frame_.promise().step_ == nullptr && frame_.done());
    }

    /// `co_await next()` runs the body to its next yield and gives a std::optional of what it
    /// yields (for Yield = void, whether it yields); nothing once it has returned, and from then
    /// on. Throws what the body throws, which ends it; a cancellation of the awaiting task is
    /// thrown at the await where the body stands. Throws usage_error while a step is under way.
    /// What it gives is awaited at once, and the generator lives as long (for a task or a timeout,
    /// wrap both in a coroutine).
    [[nodiscard("a step is not taken until it is awaited")]] step next() noexcept {
        return step(*this);
    }
    /// As next(), and the yield at which the body stands gives `value`; std::nullopt is next().
    /// Throws usage_error if the body has not begun and so stands at no yield.
    [[nodiscard("a step is not taken until it is awaited")]] step asend(
        detail::sendable_t<Send> value)
        requires(!std::is_void_v<Send>)
    {
        return step(*this, std::move(value));
    }
    /// As next(), and the yield at which the body stands throws `error`. A body that has not begun
    /// never runs, and `error` is thrown to the awaiting task; one that has ended gives nothing, as
    /// next().
    [[nodiscard("a step is not taken until it is awaited")]] step athrow(std::exception_ptr error) {
        if (!error) {
            throw usage_error("athrow: there is no error to throw");
        }
        step result(*this);
        result.throw_in(std::move(error));
        return result;
    }
    template <class E>
        requires(!std::same_as<std::decay_t<E>, std::exception_ptr>)
    [[nodiscard("a step is not taken until it is awaited")]] step athrow(E&& error) {
        return athrow(std::make_exception_ptr(std::forward<E>(error)));
    }
    /// `co_await aclose()` throws a generator_exit at the yield where the body stands, which may
    /// await on its way out. Returns when the body has ended by it or has returned; throws what
    /// the body throws instead, and usage_error if it yields again, in which case it is not closed.
    /// A body that has not begun never runs. Of one that has ended, does nothing.
    [[nodiscard("nothing is closed until this is awaited")]] detail::async_close<Yield, Send>
    aclose() {
        return detail::async_close<Yield, Send>(*this);
    }

private:
    friend promise_type;
    friend step;

    explicit async_generator(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {
        frame_.promise().owner_ = this;
    }
    void take(async_generator& other) noexcept {
        frame_ = std::exchange(other.frame_, nullptr);
        closed_ = std::exchange(other.closed_, false);
        if (frame_) {
            frame_.promise().owner_ = this;
        }
    }
    void let_go() noexcept {
        if (!frame_) {
            return;
        }
        auto& promise = frame_.promise();
        promise.owner_ = nullptr;
        if (promise.step_ == nullptr) {
            frame_.destroy();
        }
        frame_ = nullptr;
    }
    void forget_frame() noexcept {
        frame_ = nullptr;
        closed_ = true;
    }
    [[nodiscard]] bool begun() const noexcept { return frame_.promise().begun_; }
    void drop_unbegun() noexcept { frame_.destroy(); }
    void check_can_step() const {
        if (!valid()) {
            throw usage_error("this generator was moved from, or never made");
        }
        if (frame_ && frame_.promise().step_ != nullptr) {
            throw usage_error("a step of this generator is under way already");
        }
    }

    std::coroutine_handle<promise_type> frame_;
    bool closed_ = false;  // there is no frame any more
};

namespace detail {

template <class Yield, class Send>
async_generator<Yield, Send> async_generator_promise<Yield, Send>::get_return_object() noexcept {
    return async_generator<Yield, Send>(
        std::coroutine_handle<async_generator_promise>::from_promise(*this));
}

}  // namespace detail
}  // namespace heddle
