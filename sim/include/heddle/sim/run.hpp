// SPDX-License-Identifier: BSL-1.0
//
// sim::run: one run of a program in virtual time, as asyncio.run.
#pragma once

#include <exception>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include <heddle/sim/simulation.hpp>

namespace heddle::sim {

/// How one run is made.
struct run_options {
    run_limits limits;
    /// Replays this tape; plain FIFO where it is null. Only for the length of the call.
    const tape* replay = nullptr;
};

/// Runs `main()`, a callable that returns a coro<T>, in virtual time, and returns its result.
/// Throws its error; deadlock_error if it can never end; run_failed if a check failed, a limit was
/// reached, or an error was never retrieved; replay_error if the tape does not fit. When main has
/// returned, tasks that are left are cancelled and run to their ends; when it has failed, they are
/// destroyed where they are.
template <class Main>
auto run(Main&& main, const run_options& options = {}) {
    using result = typename std::invoke_result_t<Main&>::value_type;
    std::optional<heddle::detail::stored_t<result>> value;
    simulation one(options.limits);
    const program body = [&]() -> coro<void> {
        // The callable outlives the run, and so does what this coroutine refers to.
        if constexpr (std::is_void_v<result>) {
            co_await std::invoke(main);
            value.emplace();
        } else if constexpr (std::is_reference_v<result>) {
            auto&& referred = co_await std::invoke(main);
            value.emplace(std::addressof(referred));
        } else {
            value.emplace(co_await std::invoke(main));
        }
    };
    const run_record* record = nullptr;
    if (options.replay != nullptr) {
        exact_replay chooser(*options.replay);
        record = &one.run(body, chooser, options.replay->allowed);
    } else {
        fifo_strategy chooser;
        record = &one.run(body, chooser, level::fifo);
    }
    if (record->error) {
        std::rethrow_exception(record->error);
    }
    if (record->failed) {
        throw run_failed(*record->failed);
    }
    if constexpr (std::is_reference_v<result>) {
        return std::ref(**value);
    } else if constexpr (!std::is_void_v<result>) {
        return std::move(*value);
    }
}

}  // namespace heddle::sim
