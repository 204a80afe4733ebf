// SPDX-License-Identifier: BSL-1.0
//
// The main() of the lessons that take time: the same program, in virtual time or on Boost.Asio.
#pragma once

#include <cstdio>
#include <exception>
#include <string_view>

#include <heddle/asio_backend.hpp>
#include <heddle/heddle.hpp>
#include <heddle/sim.hpp>

/// Runs `program()` as the option --backend=sim (the default) or --backend=asio says; gives what
/// main() returns: 1 if the program failed, 2 for a bad option, with a line on standard error.
inline int run_on_backend(std::string_view name, int argc, char** argv,
                          heddle::coro<void> (*program)()) {
    constexpr std::string_view key = "--backend=";
    const int width = static_cast<int>(name.size());
    std::string_view backend = "sim";
    for (int i = 1; i < argc; ++i) {
        const std::string_view option = argv[i];
        if (option == "--help" || option == "-h") {
            std::printf("usage: %.*s [--backend=sim|asio]\n", width, name.data());
            return 0;
        }
        if (!option.starts_with(key)) {
            std::fprintf(stderr, "%.*s: unknown option '%s'; usage: %.*s [--backend=sim|asio]\n",
                         width, name.data(), argv[i], width, name.data());
            return 2;
        }
        backend = option.substr(key.size());
        if (backend != "sim" && backend != "asio") {
            std::fprintf(stderr, "%.*s: there is no backend '%s': sim or asio is expected\n", width,
                         name.data(), argv[i] + key.size());
            return 2;
        }
    }
    try {
        if (backend == "sim") {
            heddle::sim::run(program);
        } else {
            heddle::run(program);
        }
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%.*s: %s\n", width, name.data(), error.what());
        return 1;
    }
    return 0;
}
