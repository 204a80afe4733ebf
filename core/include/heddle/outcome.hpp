// SPDX-License-Identifier: BSL-1.0
//
// outcome<T>: how one awaitable ended, a value or an error, where an error is a result like any
// other: gather(return_exceptions, ...) gives one for each argument.
#pragma once

#include <exception>
#include <utility>
#include <variant>

#include <heddle/detail/stored.hpp>

namespace heddle {

template <class T>
class [[nodiscard("an error is a result like any other: look")]] outcome {
public:
    using value_type = T;

    /// A value. For outcome<void> a std::monostate, for outcome<T&> a pointer.
    explicit outcome(detail::gathered_t<T> value)
        : held_(std::in_place_index<0>, std::move(value)) {}
    /// An error; must not be null.
    explicit outcome(std::exception_ptr error) noexcept
        : held_(std::in_place_index<1>, std::move(error)) {}

    [[nodiscard]] bool has_value() const noexcept { return held_.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }

    /// The value, or throws the error.
    decltype(auto) value() const& {
        check();
        if constexpr (std::is_reference_v<T>) {
            return static_cast<T>(*std::get<0>(held_));
        } else if constexpr (!std::is_void_v<T>) {
            return static_cast<const T&>(std::get<0>(held_));
        }
    }
    decltype(auto) value() && {
        check();
        if constexpr (std::is_reference_v<T>) {
            return static_cast<T>(*std::get<0>(held_));
        } else if constexpr (!std::is_void_v<T>) {
            return static_cast<T&&>(std::get<0>(held_));
        }
    }
    /// Null if there is a value.
    [[nodiscard]] std::exception_ptr error() const noexcept {
        const auto* held = std::get_if<1>(&held_);
        return held != nullptr ? *held : nullptr;
    }

private:
    void check() const {
        if (!has_value()) {
            std::rethrow_exception(std::get<1>(held_));
        }
    }

    std::variant<detail::gathered_t<T>, std::exception_ptr> held_;
};

}  // namespace heddle
