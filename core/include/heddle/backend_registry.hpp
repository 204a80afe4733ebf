// SPDX-License-Identifier: BSL-1.0
//
// The backends that are linked into a program, by name: for those who run a program on a backend
// that they do not know (heddle::boost_test and its --backend=<name>).
//
// A backend has one static backend_registration, in a source of its own. In a static library the
// linker would leave that source out, as nothing refers to it; the backend's CMake target says
// that it is wanted (see asio_backend/CMakeLists.txt).
#pragma once

#include <functional>
#include <string_view>

#include <heddle/coro.hpp>
#include <heddle/event_loop.hpp>

namespace heddle {

class backend_registration {
public:
    /// Runs `main()` to its end, as asyncio.run does; throws its error. What goes wrong elsewhere
    /// (in a callback, in a task that nobody awaited) is told to `on_error`.
    using run_function = void (*)(const std::function<coro<void>()>& main,
                                  const event_loop::exception_handler& on_error);

    /// `name` outlives it; it lives until the program ends. Before main() only.
    backend_registration(const char* name, run_function run) noexcept
        : name_(name), runner_(run), next_(first_) {
        first_ = this;
    }
    backend_registration(const backend_registration&) = delete;
    backend_registration& operator=(const backend_registration&) = delete;

    [[nodiscard]] std::string_view name() const noexcept { return name_; }
    [[nodiscard]] run_function runner() const noexcept { return runner_; }
    /// All of them, in no particular order: null at the end.
    [[nodiscard]] const backend_registration* next() const noexcept { return next_; }
    [[nodiscard]] static const backend_registration* first() noexcept { return first_; }

private:
    const char* name_;
    run_function runner_;
    const backend_registration* next_;
    inline static constinit const backend_registration* first_ = nullptr;
};

}  // namespace heddle
