// SPDX-License-Identifier: BSL-1.0
//
// heddle::run: asyncio.run. A program from its first to its last step, in real time.
//
//   int main() {
//       try {
//           return heddle::run(program());
//       } catch (const heddle::interrupted&) {
//           return heddle::interrupted::exit_status;
//       }
//   }
//
// Makes an io_context and a loop, runs the coroutine to its end and gives its result, or throws
// its error. Whatever it ended with, the tasks that are left are cancelled and run to their ends
// first (errors of theirs go to the exception handler); then the loop is closed, which destroys
// what is still there. Debug mode is on if the options say so, or the
// environment variable HEDDLE_DEBUG is neither empty nor "0".
//
// Ctrl-C, as in asyncio.run since Python 3.11: the first SIGINT cancels the main task. Its clean-up
// runs, then that of all other tasks, and run() throws `interrupted`, KeyboardInterrupt's place
// (not cancelled_error). A main that returns all the same gives its result. The second SIGINT ends
// the process at once, by the signal and with nothing cleaned up, also when the first one was never
// heard because a callback hangs: an exception cannot be thrown into the midst of something, as
// Python's is. SIGINT is taken over only while run() runs, only on the main thread, only if nobody
// has said before what is to be done with it, and only if run_options::handle_sigint is left on. An
// add_signal_handler(SIGINT) in the program takes its place. (SIGTERM is left as it is, as there.)
// An `interrupted` that nobody catches ends the program by std::terminate.
//
// A callable that returns a coroutine may be given instead, as to heddle::sim::run: it is called
// in the program's task, so it may use what only works there, and it outlives all tasks.
#pragma once

#include <exception>
#include <functional>
#include <type_traits>
#include <utility>

#include <heddle/asio/own_context.hpp>
#include <heddle/coro.hpp>
#include <heddle/event_loop.hpp>
#include <heddle/future_base.hpp>
#include <heddle/runner.hpp>

namespace heddle {

struct run_options {
    loop_options loop;
    /// Takes the errors that nobody else takes; the default prints them on standard error.
    event_loop::exception_handler on_error;
    /// Is told each thing that the loop does. Outlives the call.
    loop_observer* observer = nullptr;
    /// Whether Ctrl-C cancels the main task: see the top of the file.
    bool handle_sigint = true;
};

/// KeyboardInterrupt: thrown by run() when SIGINT has cancelled the main task. Only ever there, never
/// in a task, so it may be a std::exception.
class interrupted final : public std::exception {
public:
    /// What a shell makes of a program that SIGINT has ended: 128 + SIGINT.
    static constexpr int exit_status = 130;
    [[nodiscard]] const char* what() const noexcept override { return "interrupted by SIGINT"; }
};

namespace asio_backend::detail {

/// What one run() lives in.
class run_environment {
public:
    /// Throws usage_error if a loop runs on this thread: await the coroutine there instead.
    explicit run_environment(const run_options& options);
    [[nodiscard]] event_loop& loop() noexcept { return loop_; }
    /// The main task has ended cancelled: throws `interrupted` if that was due to SIGINT alone.
    void throw_if_interrupted() const;

private:
    void take_over_sigint();

    own_context backend_;
    event_loop loop_;
    // The main task, once SIGINT has cancelled it.
    heddle::detail::intrusive_ptr<future_base> cancelled_main_;
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
    try {
        return run_main(environment.loop(), std::move(main));
    } catch (const cancelled_error&) {
        environment.throw_if_interrupted();
        throw;
    }
}

template <asio_backend::detail::program Program>
auto run(Program&& main, const run_options& options = {}) ->
    typename std::remove_cvref_t<decltype(std::invoke(main))>::value_type {
    using result = typename std::remove_cvref_t<decltype(std::invoke(main))>::value_type;
    return run(asio_backend::detail::called_in_task<result>(main), options);
}

}  // namespace heddle
