// SPDX-License-Identifier: BSL-1.0
//
// What the completion of an Asio operation means to whoever awaits it:
//
//   void(), void(error_code), void(exception_ptr)              nothing
//   void(T), void(error_code, T), void(exception_ptr, T)       a T
//   void(T, U...), and the same behind an error                a std::tuple<T, U...>
//
// An error that is set is thrown. Of several signatures with one result between them, it is that;
// else a std::variant of the distinct ones, with std::monostate for nothing.
#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>
#include <cstddef>
#include <exception>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace heddle::asio_backend::detail {

/// Whether it says that an operation was cancelled.
[[nodiscard]] bool says_cancelled(const boost::system::error_code& error) noexcept;
/// The same for what an operation of coroutines ended with: that, or a cancelled_error.
[[nodiscard]] bool says_cancelled(const std::exception_ptr& error) noexcept;

/// What is thrown in place of a result.
inline void throw_if_set(const boost::system::error_code& error) {
    if (error) {
        throw boost::system::system_error(error);
    }
}
inline void throw_if_set(std::exception_ptr& error) {
    if (error) {
        std::rethrow_exception(std::move(error));
    }
}

template <class T>
inline constexpr bool is_error =
    std::is_same_v<T, boost::system::error_code> || std::is_same_v<T, std::exception_ptr>;

template <class... Values>
struct values_of {
    using type = std::tuple<Values...>;
};
template <>
struct values_of<> {
    using type = void;
};
template <class T>
struct values_of<T> {
    using type = T;
};

template <class... Args>
struct result_of_arguments : values_of<Args...> {};
template <class Error, class... Args>
    requires is_error<Error>
struct result_of_arguments<Error, Args...> : values_of<Args...> {};

/// The arguments of one completion, kept until the task goes on.
template <class... Args>
class completion {
public:
    using result = typename result_of_arguments<Args...>::type;

    explicit completion(Args&&... arguments) : arguments_(std::move(arguments)...) {}

    /// Also if the error is in a tuple (as_tuple).
    [[nodiscard]] bool says_cancelled() const noexcept {
        if constexpr (sizeof...(Args) > 0) {
            return first_says_cancelled(std::get<0>(arguments_));
        } else {
            return false;
        }
    }

    result take() {
        if constexpr (sizeof...(Args) > 0) {
            if constexpr (is_error<std::tuple_element_t<0, std::tuple<Args...>>>) {
                throw_if_set(std::get<0>(arguments_));
                return take_from<1>(std::make_index_sequence<sizeof...(Args) - 1>());
            } else {
                return take_from<0>(std::index_sequence_for<Args...>());
            }
        }
    }

private:
    template <class T>
    static bool first_says_cancelled(const T& first) noexcept {
        if constexpr (is_error<T>) {
            return detail::says_cancelled(first);
        } else {
            return false;
        }
    }
    template <class... Ts>
    static bool first_says_cancelled(const std::tuple<Ts...>& first) noexcept {
        if constexpr (sizeof...(Ts) > 0) {
            return first_says_cancelled(std::get<0>(first));
        } else {
            return false;
        }
    }
    template <std::size_t First, std::size_t... Each>
    result take_from(std::index_sequence<Each...>) {
        if constexpr (sizeof...(Each) == 1) {
            return std::move(std::get<First>(arguments_));
        } else if constexpr (sizeof...(Each) > 1) {
            return result(std::move(std::get<First + Each>(arguments_))...);
        }
    }

    std::tuple<Args...> arguments_;
};

/// The completion of a signature.
template <class Signature>
struct completion_of;
template <class R, class... Args>
struct completion_of<R(Args...)> {
    using type = completion<std::decay_t<Args>...>;
};
template <class R, class... Args>
struct completion_of<R(Args...)&> : completion_of<R(Args...)> {};
template <class R, class... Args>
struct completion_of<R(Args...) &&> : completion_of<R(Args...)> {};
template <class R, class... Args>
struct completion_of<R(Args...) noexcept> : completion_of<R(Args...)> {};
template <class R, class... Args>
struct completion_of<R(Args...) & noexcept> : completion_of<R(Args...)> {};
template <class R, class... Args>
struct completion_of<R(Args...) && noexcept> : completion_of<R(Args...)> {};

template <class T>
using not_void = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

template <class Found, class... Rest>
struct distinct_variant;
template <class... Found>
struct distinct_variant<std::variant<Found...>> {
    using type = std::variant<Found...>;
};
template <class... Found, class Next, class... Rest>
struct distinct_variant<std::variant<Found...>, Next, Rest...>
    : std::conditional_t<(std::is_same_v<Found, Next> || ...),
                         distinct_variant<std::variant<Found...>, Rest...>,
                         distinct_variant<std::variant<Found..., Next>, Rest...>> {};

/// The result of an await with these completions.
template <class First, class... Rest>
struct result_of_completions {
    static constexpr bool one =
        (std::is_same_v<typename First::result, typename Rest::result> && ...);
    using type = typename std::conditional_t<
        one, std::type_identity<typename First::result>,
        distinct_variant<std::variant<>, not_void<typename First::result>,
                         not_void<typename Rest::result>...>>::type;
};

/// How one of several completed, and its arguments.
template <class... Completions>
class outcome {
public:
    using result = typename result_of_completions<Completions...>::type;

    template <std::size_t Index, class... Args>
    void set(Args&&... arguments) {
        how_.template emplace<Index + 2>(std::move(arguments)...);
    }
    void set_error(std::exception_ptr error) noexcept {
        how_.template emplace<1>(std::move(error));
    }
    [[nodiscard]] bool says_cancelled() const noexcept {
        return visit_completion([](const auto& each) { return each.says_cancelled(); }, how_,
                                std::index_sequence_for<Completions...>());
    }
    /// Throws the error. There is an outcome.
    result take() {
        if (auto* const error = std::get_if<1>(&how_)) {
            std::rethrow_exception(std::move(*error));
        }
        return take_completion<0>();
    }

private:
    template <class F, class How, std::size_t... Each>
    static bool visit_completion(F visit, How& how, std::index_sequence<Each...>) noexcept {
        return ((how.index() == Each + 2 && visit(*std::get_if<Each + 2>(&how))) || ...);
    }
    template <std::size_t Index>
    result take_completion() {
        if constexpr (Index + 1 < sizeof...(Completions)) {
            if (how_.index() != Index + 2) {
                return take_completion<Index + 1>();
            }
        }
        auto& completed = std::get<Index + 2>(how_);
        using own = typename std::remove_reference_t<decltype(completed)>::result;
        if constexpr (std::is_same_v<own, result>) {
            return completed.take();
        } else if constexpr (std::is_void_v<own>) {
            completed.take();
            return result(std::monostate());
        } else {
            return result(std::in_place_type<own>, completed.take());
        }
    }

    std::variant<std::monostate, std::exception_ptr, Completions...> how_;
};

}  // namespace heddle::asio_backend::detail
