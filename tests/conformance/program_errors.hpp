// SPDX-License-Identifier: BSL-1.0
//
// Errors as conformance programs know them: a kind, and for some kinds a message. Errors that a
// program raises and errors of the library print alike.
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>

namespace conformance {

enum class error_kind : std::uint8_t {
    cancelled,
    app,
    io,
    data,
    value,
    runtime,
    timeout,
    queue_full,
    queue_empty,
    invalid_state,
    broken_barrier,
    group,
    unknown,  ///< in no trace that is right
};

/// "AppError", "CancelledError", ...
[[nodiscard]] std::string_view name_of(error_kind kind) noexcept;
/// None if no kind has that name.
[[nodiscard]] std::optional<error_kind> kind_named(std::string_view name) noexcept;

/// An error that a program raises or sets.
struct error_spec {
    error_kind kind = error_kind::unknown;
    std::string message;
};
/// As it stands in a trace.
[[nodiscard]] std::string text_of(const error_spec& error);
/// A new error object.
[[nodiscard]] std::exception_ptr make_error(const error_spec& error);

/// The exact kind of an error: a BrokenBarrierError is no RuntimeError here.
[[nodiscard]] error_kind kind_of(const std::exception_ptr& error);
/// As it stands in a trace.
[[nodiscard]] std::string text_of(const std::exception_ptr& error);
/// Whether a handler with this pattern ("AppError", "Exception", "Any") takes the error.
[[nodiscard]] bool matches(std::string_view pattern, const std::exception_ptr& error);

}  // namespace conformance
