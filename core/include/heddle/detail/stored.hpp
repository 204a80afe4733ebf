// SPDX-License-Identifier: BSL-1.0
//
// How results are kept, which may be void or a reference.
#pragma once

#include <type_traits>
#include <variant>

namespace heddle::detail {

struct void_value {};

/// How a result of type T is kept: itself, a pointer for a reference, an empty struct for void.
template <class T>
struct stored {
    using type = T;
};
template <class T>
struct stored<T&> {
    using type = T*;
};
template <>
struct stored<void> {
    using type = void_value;
};
template <class T>
using stored_t = typename stored<T>::type;

/// The same as users see it among the results of several awaitables.
template <class T>
using gathered_t = std::conditional_t<std::is_void_v<T>, std::monostate, stored_t<T>>;

}  // namespace heddle::detail
