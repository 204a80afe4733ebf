// SPDX-License-Identifier: BSL-1.0
//
// What a loop tells its handlers: errors that nobody else takes, and callbacks
// that took long.
#pragma once

#include <exception>
#include <source_location>
#include <string>
#include <string_view>

#include <heddle/time.hpp>

namespace heddle {

class future_base;
class runnable;
class task_base;

/// What went wrong in a callback, or in a future whose error nobody has looked at.
struct exception_context {
    std::string_view message;  ///< what happened, in asyncio's words
    std::exception_ptr error;  ///< may be null
    std::string source;        ///< the callback or task, for people

    // What it concerns, where there is such a thing; valid during the call only.
    const future_base* future = nullptr;  ///< also when it is a task
    const task_base* task = nullptr;
    const runnable* callback = nullptr;  ///< asyncio's handle
    std::source_location place{};        ///< where that was set; line 0 where that is not known
};

/// A callback, or a step of a task, that kept the loop from everything else for long.
struct slow_callback {
    std::string what;            ///< for people: "'Task-1'", "callback set by ..."
    std::source_location place;  ///< where it went on, or was set; line 0 where that is not known
    duration took;               ///< on the loop's own clock
};

}  // namespace heddle
