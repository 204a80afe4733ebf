// SPDX-License-Identifier: BSL-1.0
//
// heddle::run: asyncio.run. A program from its first to its last step, in real time.
//
//   int main() { return heddle::run(program()); }
//
// Makes an io_context and a loop, runs the coroutine to its end and gives its result, or throws
// its error. Whatever it ended with, the tasks that are left are cancelled and run to their ends
// first (errors of theirs go to the exception handler); then the loop is closed, which destroys
// what is still there. Signals are left as they are. Debug mode is on if the options say so, or the
// environment variable HEDDLE_DEBUG is neither empty nor "0".
//
// A callable that returns a coroutine may be given instead, as to heddle::sim::run: it is called
// in the program's task, so it may use what only works there, and it outlives all tasks.
#pragma once

#include <functional>
#include <type_traits>
#include <utility>

#include <heddle/asio/own_context.hpp>
#include <heddle/coro.hpp>
#include <heddle/event_loop.hpp>
#include <heddle/runner.hpp>

namespace heddle {

struct run_options {
    loop_options loop;
    /// Takes the errors that nobody else takes; the default prints them on standard error.
    event_loop::exception_handler on_error;
    /// Is told each thing that the loop does. Outlives the call.
    loop_observer* observer = nullptr;
};

namespace asio_backend::detail {

/// What one run() lives in.
class run_environment {
public:
    /// Throws usage_error if a loop runs on this thread: await the coroutine there instead.
    explicit run_environment(const run_options& options);
    [[nodiscard]] event_loop& loop() noexcept { return loop_; }

private:
    own_context backend_;
    event_loop loop_;
};

template <class T, class Program>
coro<T> called_in_task(Program& program) {
    co_return co_await std::invoke(program);
}

/// A callable that returns a coroutine.
template <class F>
concept program = requires(F& callable) {
    typename std::remove_cvref_t<decltype(std::invoke(callable))>::promise_type;
};

}  // namespace asio_backend::detail

/// See the top of the file.
template <class T>
T run(coro<T> main, const run_options& options = {}) {
    asio_backend::detail::run_environment environment(options);
    return run_main(environment.loop(), std::move(main));
}

template <asio_backend::detail::program Program>
auto run(Program&& main, const run_options& options = {}) ->
    typename std::remove_cvref_t<decltype(std::invoke(main))>::value_type {
    using result = typename std::remove_cvref_t<decltype(std::invoke(main))>::value_type;
    return run(asio_backend::detail::called_in_task<result>(main), options);
}

}  // namespace heddle
