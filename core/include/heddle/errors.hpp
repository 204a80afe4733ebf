// SPDX-License-Identifier: BSL-1.0
//
// The errors of the asyncio model, and the text that a cancellation may carry.
//
// cancelled_error does not derive from std::exception: `catch (const std::exception&)` must not
// swallow a cancellation, as `except Exception` does not in Python. Code that catches it (or
// everything) and does not rethrow takes it upon itself to suppress the cancellation.
#pragma once

#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <heddle/detail/shared_text.hpp>

namespace heddle {

/// The optional message of a cancellation. Copies share the text; an empty one costs nothing.
class cancel_message {
public:
    cancel_message() noexcept = default;
    explicit cancel_message(std::string_view text) : text_(text) {}

    [[nodiscard]] std::string_view text() const noexcept { return text_.view(); }

private:
    detail::shared_text text_;
};

/// asyncio.CancelledError: thrown at the suspension point of a task that was cancelled, and by
/// the result of a cancelled future. Immutable, and deliberately no std::exception.
class cancelled_error final {
public:
    cancelled_error() noexcept = default;
    explicit cancelled_error(cancel_message message) noexcept : message_(std::move(message)) {}

    /// The message given to cancel(), empty if there was none.
    [[nodiscard]] std::string_view message() const noexcept { return message_.text(); }

private:
    cancel_message message_;
};

/// GeneratorExit: thrown by close() at the yield (or bare suspension) where a generator or a
/// coroutine driven by hand stands. As cancelled_error, deliberately no std::exception.
class generator_exit final {};

/// asyncio.InvalidStateError: a result set twice, or asked for before it is there.
class invalid_state_error : public std::logic_error {
public:
    using std::logic_error::logic_error;
};

/// asyncio's RuntimeError: the interface was misused (a closed or foreign loop, a lock released
/// that is not held, ...). what() says what was expected.
class usage_error : public std::logic_error {
public:
    using std::logic_error::logic_error;
};

/// asyncio's ValueError: an argument or a count that makes no sense (nothing to wait for, a
/// semaphore released more often than it was acquired, ...).
class value_error : public usage_error {
public:
    using usage_error::usage_error;
};

/// asyncio.BrokenBarrierError: the barrier was aborted, or reset while tasks waited at it.
class broken_barrier_error : public std::runtime_error {
public:
    broken_barrier_error() : std::runtime_error("the barrier is broken or was reset") {}
    using std::runtime_error::runtime_error;
};

/// asyncio.QueueEmpty: get_nowait() found nothing.
class queue_empty : public std::runtime_error {
public:
    queue_empty() : std::runtime_error("the queue is empty") {}
    using std::runtime_error::runtime_error;
};

/// asyncio.QueueFull: put_nowait() found no room.
class queue_full : public std::runtime_error {
public:
    queue_full() : std::runtime_error("the queue is full") {}
    using std::runtime_error::runtime_error;
};

/// asyncio.QueueShutDown: the queue takes nothing any more, or has nothing more to give.
class queue_shut_down : public std::runtime_error {
public:
    queue_shut_down() : std::runtime_error("the queue was shut down") {}
    using std::runtime_error::runtime_error;
};

/// TimeoutError: a timeout's deadline passed before its block was left.
class timeout_error : public std::runtime_error {
public:
    timeout_error() : std::runtime_error("timed out") {}
    using std::runtime_error::runtime_error;
};

/// Nothing is ready, no timer is set and nothing from outside can come in: the program can never
/// go on. Thrown by backends that can know this (virtual time); what() says who waits for what.
class deadlock_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// ExceptionGroup: several errors at once, in the order in which they happened. Never empty.
class exception_group : public std::exception {
public:
    explicit exception_group(std::vector<std::exception_ptr> errors);

    [[nodiscard]] const std::vector<std::exception_ptr>& errors() const noexcept {
        return *errors_;
    }
    [[nodiscard]] const char* what() const noexcept override { return text_->c_str(); }

private:
    // Shared, so that copying the exception object cannot throw.
    std::shared_ptr<const std::vector<std::exception_ptr>> errors_;
    std::shared_ptr<const std::string> text_;
};

/// One line that tells `error`: what() of a std::exception behind its type's name,
/// "cancelled_error", or the name of the thrown type. For people; the text differs between
/// standard libraries and is no part of any digest.
[[nodiscard]] std::string describe(const std::exception_ptr& error);

namespace detail {

/// Whether the exception being handled now is a cancelled_error: a look at its type, no rethrow.
[[nodiscard]] bool handling_cancellation() noexcept;

/// The same for generator_exit.
[[nodiscard]] bool handling_generator_exit() noexcept;

/// Whether `error` holds a cancelled_error. Rethrows; not for the resume path.
[[nodiscard]] bool is_cancellation(const std::exception_ptr& error) noexcept;
/// The same for generator_exit.
[[nodiscard]] bool is_generator_exit(const std::exception_ptr& error) noexcept;

}  // namespace detail
}  // namespace heddle
