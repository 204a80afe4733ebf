// SPDX-License-Identifier: BSL-1.0
#include <heddle/asio/run.hpp>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <random>

#include <heddle/errors.hpp>

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
}

}  // namespace heddle::asio_backend::detail
