// SPDX-License-Identifier: BSL-1.0
#include "program_errors.hpp"

#include <heddle/errors.hpp>

#include <array>
#include <utility>

namespace conformance {

namespace {

/// Any error that a program raises, but a cancellation: that is the library's own.
class program_error : public std::exception {
public:
    explicit program_error(const error_spec& what) : error_(what) {}
    [[nodiscard]] const error_spec& error() const noexcept { return error_; }

private:
    error_spec error_;
};

constexpr std::array<std::string_view, 13> names{
    "CancelledError",     "AppError",       "IoError",   "DataError",  "ValueError",
    "RuntimeError",       "TimeoutError",   "QueueFull", "QueueEmpty", "InvalidStateError",
    "BrokenBarrierError", "ExceptionGroup", "?"};

struct looked_at {
    error_kind kind = error_kind::unknown;
    std::string text;
};

std::string with_message(error_kind kind, std::string_view message) {
    return std::string(name_of(kind)) + "(" + std::string(message) + ")";
}

looked_at plain(error_kind kind) { return {kind, std::string(name_of(kind))}; }

/// Derived classes stand before their bases: it is the exact kind that counts.
looked_at look_at(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const heddle::cancelled_error& cancelled) {
        return {error_kind::cancelled,
                text_of(error_spec{error_kind::cancelled, std::string(cancelled.message())})};
    } catch (const program_error& raised) {
        return {raised.error().kind, text_of(raised.error())};
    } catch (const heddle::exception_group& group) {
        std::string text = "ExceptionGroup[";
        for (const std::exception_ptr& each : group.errors()) {
            text += (text.back() == '[' ? "" : ",") + text_of(each);
        }
        return {error_kind::group, text + "]"};
    } catch (const heddle::value_error&) {
        return plain(error_kind::value);
    } catch (const heddle::usage_error&) {
        return plain(error_kind::runtime);
    } catch (const heddle::timeout_error&) {
        return plain(error_kind::timeout);
    } catch (const heddle::queue_full&) {
        return plain(error_kind::queue_full);
    } catch (const heddle::queue_empty&) {
        return plain(error_kind::queue_empty);
    } catch (const heddle::invalid_state_error&) {
        return plain(error_kind::invalid_state);
    } catch (const heddle::broken_barrier_error&) {
        return plain(error_kind::broken_barrier);
    } catch (...) {
        return {error_kind::unknown, "?" + heddle::describe(error)};
    }
}

}  // namespace

std::string_view name_of(error_kind kind) noexcept { return names[static_cast<std::size_t>(kind)]; }

std::optional<error_kind> kind_named(std::string_view name) noexcept {
    for (std::size_t i = 0; i + 1 < names.size(); ++i) {
        if (names[i] == name) {
            return static_cast<error_kind>(i);
        }
    }
    return std::nullopt;
}

std::string text_of(const error_spec& error) {
    switch (error.kind) {
        case error_kind::cancelled:
            return error.message.empty() ? std::string(name_of(error.kind))
                                         : with_message(error.kind, error.message);
        case error_kind::app:
        case error_kind::io:
        case error_kind::data:
            return with_message(error.kind, error.message);
        default:
            return std::string(name_of(error.kind));
    }
}

std::exception_ptr make_error(const error_spec& error) {
    if (error.kind == error_kind::cancelled) {
        return std::make_exception_ptr(
            heddle::cancelled_error(heddle::cancel_message(error.message)));
    }
    return std::make_exception_ptr(program_error(error));
}

error_kind kind_of(const std::exception_ptr& error) { return look_at(error).kind; }

std::string text_of(const std::exception_ptr& error) { return look_at(error).text; }

bool matches(std::string_view pattern, const std::exception_ptr& error) {
    if (pattern == "Any") {
        return true;
    }
    const error_kind kind = kind_of(error);
    return pattern == "Exception" ? kind != error_kind::cancelled : name_of(kind) == pattern;
}

}  // namespace conformance
