// SPDX-License-Identifier: BSL-1.0
//
// Makes this backend known by name (--backend=asio of Boost.Test cases). Nothing refers to this
// file: the link option in CMakeLists.txt, which asks for the symbol below, keeps it in.
#include <heddle/asio/run.hpp>
#include <heddle/backend_registry.hpp>

extern "C" const int heddle_asio_backend_registered;
const int heddle_asio_backend_registered = 1;

namespace {

void run_in_real_time(const std::function<heddle::coro<void>()>& main,
                      const heddle::event_loop::exception_handler& on_error) {
    heddle::run_options options;
    options.on_error = on_error;
    options.handle_sigint = false;  // who tests wants Ctrl-C to end the program
    heddle::run(main, options);
}

const heddle::backend_registration registration("asio", run_in_real_time);

}  // namespace
