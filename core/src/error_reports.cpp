// SPDX-License-Identifier: BSL-1.0
//
// Errors that nobody else takes, and a loop that has nothing left to wait for.
#include <cstdio>

#include <heddle/call_graph.hpp>
#include <heddle/event_loop.hpp>

namespace heddle {

void detail::report_callback_error(event_loop& loop, const runnable& callback) noexcept {
    loop.call_exception_handler({"exception in callback", std::current_exception(),
                                 callback.label(), nullptr, nullptr, &callback, callback.place()});
}

void event_loop::report_callback_error() noexcept {
    call_exception_handler({"exception in callback", std::current_exception(), "callback"});
}

void event_loop::set_exception_handler(exception_handler handler) {
    exception_handler_ = std::move(handler);
}

void event_loop::call_exception_handler(const exception_context& context) noexcept {
    const auto print = [](const exception_context& what) {
        const std::string error = what.error ? ": " + describe(what.error) : std::string();
        std::fprintf(stderr, "heddle: %.*s%s (%s)\n", static_cast<int>(what.message.size()),
                     what.message.data(), error.c_str(), what.source.c_str());
    };
    if (!exception_handler_) {
        print(context);
        return;
    }
    try {
        exception_handler_(*this, context);
    } catch (...) {
        print({"exception in the exception handler", std::current_exception(), context.source});
        print(context);
    }
}

void event_loop::report_deadlock() const {
    std::string text = "deadlock: nothing is ready, no timer is set, and nothing can come in";
    const std::string tasks = format_all_tasks(*this);
    for (std::size_t begin = 0; begin < tasks.size();) {
        const std::size_t end = tasks.find('\n', begin);
        text.append("\n  ").append(tasks, begin, end - begin);
        begin = end + 1;
    }
    throw deadlock_error(text);
}

}  // namespace heddle
