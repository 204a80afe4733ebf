// SPDX-License-Identifier: BSL-1.0
//
// For tests of who runs in which iteration: a log in which a ticking task writes "|" once an
// iteration, as one line. The expected lines come from the same program under CPython 3.13.0.
#pragma once

#include "support/virtual_loop.hpp"

namespace heddle_test {

struct ticking_loop : virtual_loop {
    coro<void> ticks(int count) {
        for (int i = 0; i < count; ++i) {
            note("|");
            co_await heddle::sleep(0ns);
        }
    }

    /// Notes `name` (or name=result) when `body` is done; "name!message" when it is cancelled.
    template <class T>
    coro<void> told(std::string name, coro<T> body) {
        try {
            if constexpr (std::is_void_v<T>) {
                co_await std::move(body);
                note(name);
            } else {
                note(name + "=" + std::to_string(co_await std::move(body)));
            }
        } catch (const heddle::cancelled_error& error) {
            note(name + "!" + std::string(error.message()));
            throw;
        } catch (const heddle::broken_barrier_error&) {
            note(name + "!broken");
        } catch (const heddle::queue_shut_down&) {
            note(name + "!shut");
        }
    }

    /// Runs `main()` as a task, then destroys all other tasks: what was noted, in one line.
    template <class Main>
    std::string play(Main& main) {
        loop.run_until_complete(main());
        loop.close();
        std::string line;
        for (const std::string& each : log) {
            line += (line.empty() ? "" : " ") + each;
        }
        return line.starts_with("| ") ? line.substr(2) : line;
    }
};

/// What may follow `play`'s program, as one of its words.
inline std::string yes_no(bool value) { return value ? "yes" : "no"; }

}  // namespace heddle_test
