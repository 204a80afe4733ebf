// SPDX-License-Identifier: BSL-1.0
//
// What most futures and tasks never have: an error, the text of a cancellation, a name, a context.
// It lies in a block of its own, in the loop's pool, made when there is something to keep, and
// lives as long as its future does. So a future has one pointer to clear and to look at, not six.
#pragma once

#include <exception>

#include <heddle/detail/context_binding.hpp>
#include <heddle/detail/shared_text.hpp>
#include <heddle/errors.hpp>

namespace heddle::detail {

struct rare_parts {
    std::exception_ptr error;  // finished: the error or null; cancelled: the saved cancellation
    cancel_message message;

    // Of tasks only.
    std::exception_ptr pending_error;  // thrown at the next resumption
    shared_text name;
    context_ptr context;  // its own copy; null while it is empty
};

}  // namespace heddle::detail
