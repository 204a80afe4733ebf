// SPDX-License-Identifier: BSL-1.0
#include <heddle/asio/run.hpp>

#include <heddle/errors.hpp>

namespace heddle::asio_backend::detail {

namespace {

const loop_options& checked(const run_options& options) {
    if (heddle::detail::this_thread.running != nullptr) {
        throw usage_error(
            "run: an event loop is running on this thread; await the coroutine instead");
    }
    return options.loop;
}

}  // namespace

run_environment::run_environment(const run_options& options) : loop_(backend_, checked(options)) {
    if (options.on_error) {
        loop_.set_exception_handler(options.on_error);
    }
    if (options.observer != nullptr) {
        loop_.set_observer(options.observer);
    }
}

}  // namespace heddle::asio_backend::detail
