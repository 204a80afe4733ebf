// SPDX-License-Identifier: BSL-1.0
//
// What asyncio.run does around a main coroutine, for backends to build their run() from.
#pragma once

#include <utility>

#include <heddle/task.hpp>

namespace heddle {

/// Cancels all tasks that are not done, in creation order, and runs the loop until each has ended.
/// Errors that they end with go to the exception handler. Tasks made meanwhile are not cancelled.
/// Then waits for the jobs of the default executor, if there are any, and shuts that down.
void cancel_remaining_tasks(event_loop& loop);

/// run_until_complete, then cancel_remaining_tasks however it ended; gives main's result or error.
template <class T>
T run_main(event_loop& loop, coro<T> main) {
    struct leftovers {
        event_loop& loop;
        bool done = false;
        ~leftovers() {
            // Only where main failed: its error is on its way, and another must not replace it.
            if (!done) {
                try {
                    cancel_remaining_tasks(loop);
                } catch (...) {
                    loop.call_exception_handler(
                        {"error while ending tasks", std::current_exception(), "run"});
                }
            }
        }
    } guard{loop};
    if constexpr (std::is_void_v<T>) {
        loop.run_until_complete(std::move(main));
        guard.done = true;
        cancel_remaining_tasks(loop);
    } else {
        decltype(auto) result = loop.run_until_complete(std::move(main));
        guard.done = true;
        cancel_remaining_tasks(loop);
        return static_cast<T&&>(result);
    }
}

}  // namespace heddle
