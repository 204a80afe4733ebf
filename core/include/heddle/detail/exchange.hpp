// SPDX-License-Identifier: BSL-1.0
//
// What passes between a yield and whoever drives the generator: a value out; a value, nothing or
// an error in. It lives on the driver's side for the length of one step.
#pragma once

#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

namespace heddle::detail {

/// What a driver gets: the value that was yielded, nothing at the end. For Yield = void: whether
/// it yielded.
template <class Yield>
using yielded_t =
    std::conditional_t<std::is_void_v<Yield>, bool,
                       std::optional<std::conditional_t<std::is_void_v<Yield>, char, Yield>>>;

/// What can be sent: a value, or nothing (None).
template <class Send>
using sendable_t = std::optional<std::conditional_t<std::is_void_v<Send>, char, Send>>;
/// What a yield gives in the body: what was sent.
template <class Send>
using received_t = std::conditional_t<std::is_void_v<Send>, void, sendable_t<Send>>;

/// `co_yield {}` of a generator that yields void.
struct yields_nothing {};

template <class Send>
class sent_value {
public:
    sent_value() noexcept = default;
    explicit sent_value(std::optional<Send>&& value) : sent_(std::move(value)) {}
    [[nodiscard]] bool sends() const noexcept { return sent_.has_value(); }

protected:
    [[nodiscard]] std::optional<Send> take_sent() {
        std::optional<Send> taken(std::move(sent_));
        sent_.reset();
        return taken;
    }

private:
    std::optional<Send> sent_;
};

template <>
class sent_value<void> {
public:
    [[nodiscard]] bool sends() const noexcept { return false; }

protected:
    void take_sent() const noexcept {}
};

template <class Yield, class Send>
class exchange : public sent_value<Send> {
public:
    exchange() noexcept = default;
    explicit exchange(sendable_t<Send>&& value)
        requires(!std::is_void_v<Send>)
        : sent_value<Send>(std::move(value)) {}

    // The driver's side.

    /// `error` is thrown where the body goes on.
    void throw_in(std::exception_ptr error) noexcept { error_ = std::move(error); }
    [[nodiscard]] bool throws() const noexcept { return static_cast<bool>(error_); }
    [[nodiscard]] yielded_t<Yield> take_yielded() { return std::move(yielded_); }
    [[nodiscard]] std::exception_ptr take_error() noexcept {
        return std::exchange(error_, nullptr);
    }

    // The body's side.

    template <class U>
    void yield(U&& value) {
        if constexpr (std::is_void_v<Yield>) {
            yielded_ = true;
        } else {
            yielded_.emplace(std::forward<U>(value));
        }
    }
    void drop_yielded() noexcept { yielded_ = {}; }
    void throw_pending() {
        if (error_) [[unlikely]] {
            std::rethrow_exception(take_error());
        }
    }
    received_t<Send> receive() {
        throw_pending();
        return this->take_sent();
    }

private:
    yielded_t<Yield> yielded_{};
    std::exception_ptr error_;
};

}  // namespace heddle::detail
