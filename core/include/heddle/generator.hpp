// SPDX-License-Identifier: BSL-1.0
//
// generator<Yield, Send, Return>: Python's generator (PEP 342, PEP 380), a coroutine that whoever
// holds it drives by hand, without a loop. Lazy: nothing of its body runs before the first step.
//
//   generator<int, std::string, double> g(int start) {
//       std::optional<std::string> sent = co_yield start;   // empty when next() went on
//       co_return 1.5;
//   }
//
//   Python                               here
//   next(g); StopIteration               g.next(): the value, or nullopt at the end
//   g.send(x), g.send(None)              g.send(x), g.send(std::nullopt), which is next()
//   StopIteration.value                  g.result(), after the end
//   g.throw(e), g.close()                g.throw_in(e), g.close()
//   x = yield from inner                 auto x = co_yield heddle::yield_from(std::move(inner));
//   for x in g                           for (int x : g)
//   yield (None), with Yield = void      co_yield {}; next() gives a bool: whether it yielded
//
// Unlike Python's, a generator that is destroyed while it stands at a yield runs no more code of
// its body but the destructors of its locals, innermost delegate first: they are its `finally`.
//
// A body may not await: it has no task. Delegation of any depth resumes in constant time and
// neither steps nor destruction grow the stack. One generator, one thread at a time. A coroutine
// that takes references borrows them until its end.
#pragma once

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <iterator>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>

#include <heddle/detail/generator_frame.hpp>
#include <heddle/errors.hpp>

namespace heddle {

template <class Yield, class Send = void, class Return = void>
class [[nodiscard("a generator does nothing until it is asked for a value")]] generator {
public:
    using promise_type = detail::generator_promise<Yield, Send, Return>;
    using value_type = Yield;
    /// std::optional<Yield>; for Yield = void, a bool.
    using yielded = detail::yielded_t<Yield>;
    class iterator;

    generator() noexcept = default;
    generator(generator&& other) noexcept
        : frame_(std::exchange(other.frame_, nullptr)),
          closed_(std::exchange(other.closed_, false)) {}
    generator& operator=(generator&& other) noexcept {
        generator(std::move(other)).swap(*this);
        return *this;
    }
    /// Not from within its own body.
    ~generator() {
        if (frame_) {
            detail::destroy_delegates(frame_.promise());
        }
    }
    void swap(generator& other) noexcept {
        std::swap(frame_, other.frame_);
        std::swap(closed_, other.closed_);
    }

    /// False if it was delegated to or moved from: then every step throws usage_error.
    [[nodiscard]] bool valid() const noexcept { return frame_ || closed_; }

    /// Runs the body to its next yield and gives what it yields; nothing once it has returned, and
    /// from then on. Throws what the body throws, which ends it, and usage_error from within the
    /// body itself (a generator that is running cannot be driven).
    yielded next() {
        run driver;
        return step(driver);
    }

    /// As next(), and the yield at which the body stands gives `value`. Throws usage_error, and
    /// changes nothing, if the body has not begun and so stands at no yield.
    yielded send(detail::sendable_t<Send> value)
        requires(!std::is_void_v<Send>)
    {
        if (value.has_value() && valid() && !begun() && !done()) {
            throw usage_error("send: this generator has not begun, its first step is next()");
        }
        run driver(std::move(value));
        return step(driver);
    }

    /// As next(), and the yield at which the body stands throws `error`. If the body has not
    /// begun, or has ended, `error` is thrown here, and the body never runs (again). A
    /// generator_exit closes what it delegates to, as close() does, before it is thrown in it.
    yielded throw_in(std::exception_ptr error) {
        if (!error) {
            throw usage_error("throw_in: there is no error to throw");
        }
        check_not_running();
        if (!begun() || done()) {
            drop_unbegun();
            std::rethrow_exception(std::move(error));
        }
        run driver;
        const bool is_exit = detail::is_generator_exit(error);
        driver.throw_in(std::move(error));
        if (is_exit) {
            driver.close_delegates(frame_.promise());
        }
        return step(driver);
    }
    template <class E>
        requires(!std::same_as<std::decay_t<E>, std::exception_ptr>)
    yielded throw_in(E&& error) {
        return throw_in(std::make_exception_ptr(std::forward<E>(error)));
    }

    /// Throws a generator_exit at the yield where the body stands, in the innermost delegate first.
    /// Returns when the body has ended by it or has returned (then result() has what Python's
    /// close returns); throws what the body throws instead, and usage_error if it yields again, in
    /// which case it is not closed. A body that has not begun never runs. Of one that has ended,
    /// does nothing.
    void close() {
        check_not_running();
        if (!begun() || done()) {
            drop_unbegun();
            return;
        }
        run driver;
        driver.throw_in(std::make_exception_ptr(generator_exit()));
        driver.close_all(frame_.promise());
        driver.drive(frame_.promise());
        std::exception_ptr error = frame_.promise().take_error();
        if (error && !frame_.promise().ended_by_exit()) {
            std::rethrow_exception(std::move(error));
        }
    }

    /// Whether it has ended: by a return, an error, or close().
    [[nodiscard]] bool done() const noexcept {
        return closed_ || (frame_ && frame_.promise().is(detail::generator_state::ended));
    }
    /// Whether it has returned, so that result() gives the value.
    [[nodiscard]] bool has_result() const noexcept { return frame_ && frame_.promise().returned(); }
    /// What it returned; valid as long as the generator. Throws invalid_state_error if it has not.
    std::add_lvalue_reference_t<Return> result() & {
        check_result();
        if constexpr (!std::is_void_v<Return>) {
            return *frame_.promise().value();
        }
    }
    Return result() && {
        check_result();
        if constexpr (!std::is_void_v<Return>) {
            return std::move(*frame_.promise().value());
        }
    }

    /// Goes on from where it stands, by next(). Leaving the loop early leaves it at that yield.
    [[nodiscard]] iterator begin()
        requires(!std::is_void_v<Yield>)
    {
        iterator first(*this);
        ++first;
        return first;
    }
    [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

    // For the library's own parts: gives the frame away.
    [[nodiscard]] std::coroutine_handle<promise_type> release() {
        check_not_running();
        return std::exchange(frame_, nullptr);
    }

private:
    friend promise_type;
    using run = detail::generator_run<Yield, Send>;

    explicit generator(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}

    [[nodiscard]] bool begun() const noexcept {
        return frame_ && !frame_.promise().is(detail::generator_state::unbegun);
    }
    void check_not_running() const {
        if (!valid()) {
            throw usage_error("this generator was delegated to or moved from, or never made");
        }
        if (frame_ && frame_.promise().is(detail::generator_state::running)) {
            throw usage_error("this generator is running: it cannot be driven from within");
        }
    }
    void drop_unbegun() noexcept {
        if (frame_ && !begun()) {
            closed_ = true;
            std::exchange(frame_, nullptr).destroy();
        }
    }
    yielded step(run& driver) {
        check_not_running();
        if (done()) {
            return {};
        }
        driver.drive(frame_.promise());
        throw_own_error();
        return driver.take_yielded();
    }
    void throw_own_error() {
        if (std::exception_ptr error = frame_.promise().take_error()) {
            std::rethrow_exception(std::move(error));
        }
    }
    void check_result() const {
        if (!has_result()) {
            throw invalid_state_error(done() ? "this generator ended without returning"
                                             : "this generator has not ended");
        }
    }

    std::coroutine_handle<promise_type> frame_;
    bool closed_ = false;  // before it began; there is no frame any more
};

/// Holds the value it is at. Single pass; the generator outlives it.
template <class Yield, class Send, class Return>
class generator<Yield, Send, Return>::iterator {
public:
    using value_type = Yield;
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::input_iterator_tag;

    explicit iterator(generator& source) noexcept : source_(&source) {}
    iterator(iterator&&) = default;
    iterator& operator=(iterator&&) = default;

    [[nodiscard]] std::add_lvalue_reference_t<Yield> operator*() const noexcept {
        return *current_;
    }
    iterator& operator++() {
        current_ = source_->next();
        return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const iterator& at, std::default_sentinel_t) noexcept {
        return at.is_at_end();
    }

private:
    [[nodiscard]] bool is_at_end() const noexcept { return !current_; }
    generator* source_;
    mutable yielded current_{};
};

/// Python's `yield from`: `auto x = co_yield yield_from(std::move(inner));` in a generator with the
/// same Yield and Send. What is sent and thrown in reaches `inner`; its values go to whoever
/// drives the outer one; the co_yield gives what it returned, or throws what it threw. An inner
/// one that was begun goes on from where it stands. One that has ended gives its result again, or
/// throws invalid_state_error if it has none.
template <class Yield, class Send, class Return>
[[nodiscard("nothing is delegated unless it is yielded: co_yield yield_from(...)")]] auto
yield_from(generator<Yield, Send, Return>&& inner) {
    return detail::delegation<Yield, Send, Return>(inner.release());
}

namespace detail {

template <class Yield, class Send, class Return>
generator<Yield, Send, Return>
generator_promise<Yield, Send, Return>::get_return_object() noexcept {
    return generator<Yield, Send, Return>(
        std::coroutine_handle<generator_promise>::from_promise(*this));
}
template <class Yield, class Send>
generator<Yield, Send, void> generator_promise<Yield, Send, void>::get_return_object() noexcept {
    return generator<Yield, Send, void>(
        std::coroutine_handle<generator_promise>::from_promise(*this));
}

}  // namespace detail
}  // namespace heddle
