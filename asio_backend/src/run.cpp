// SPDX-License-Identifier: BSL-1.0
#include <heddle/asio/run.hpp>

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <random>

#include <heddle/asio/detail/signals.hpp>
#include <heddle/errors.hpp>
#include <heddle/task_base.hpp>

namespace heddle::asio_backend::detail {

namespace {

/// HEDDLE_DEBUG, as PYTHONASYNCIODEBUG: any text but "0" turns debug mode on.
bool debug_is_asked_for() noexcept {
    const char* text = std::getenv("HEDDLE_DEBUG");
    return text != nullptr && *text != '\0' && std::strcmp(text, "0") != 0;
}

loop_options checked(const run_options& options) {
    if (heddle::detail::this_thread.running != nullptr) {
        throw usage_error(
            "run: an event loop is running on this thread; await the coroutine instead");
    }
    loop_options result = options.loop;
    result.debug = result.debug || debug_is_asked_for();
    return result;
}

}  // namespace

run_environment::run_environment(const run_options& options) : loop_(backend_, checked(options)) {
    std::random_device system;
    loop_.seed_random((std::uint64_t{system()} << 32) | system());
    if (options.on_error) {
        loop_.set_exception_handler(options.on_error);
    }
    if (options.observer != nullptr) {
        loop_.set_observer(options.observer);
    }
    if (options.handle_sigint && on_main_thread() && has_default_action(SIGINT)) {
        take_over_sigint();
    }
}

void run_environment::take_over_sigint() {
    loop_.add_signal_handler(SIGINT, [this] {
        loop_.for_each_task([this](const task_base& each) {
            // The loop's first task is main's. (Numbers begin anew after 2^32 tasks; it is the oldest.)
            if (each.number() == 1 && !cancelled_main_) {
                auto& main = const_cast<task_base&>(each);
                cancelled_main_ = heddle::detail::intrusive_ptr<future_base>(&main.as_future());
            }
        });
        if (cancelled_main_) {
            cancelled_main_->cancel({});
        }
    });
    tell_once(SIGINT);
}

void run_environment::throw_if_interrupted() const {
    // As CPython: if others have cancelled it too, it stays a cancellation.
    if (cancelled_main_) {
        auto& main = const_cast<task_base&>(*cancelled_main_->as_task());
        if (main.uncancel() == 0) {
            throw interrupted();
        }
    }
}

}  // namespace heddle::asio_backend::detail
