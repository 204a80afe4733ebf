// SPDX-License-Identifier: BSL-1.0
//
// One program on two clocks: `req1` takes a second, `req2` none, and `main_program` waits for both.
//
//     09_asyncio [--backend=sim|asio]
//
// prints [1, 2]: the results in the order in which they were asked for, although req2 is done
// first. With --backend=asio (Boost.Asio) that takes a second; with --backend=sim (virtual time,
// the default) it takes none. The program does not know which.
#include <chrono>
#include <cstdio>
#include <exception>
#include <string_view>
#include <tuple>

#include <heddle/asio_backend.hpp>
#include <heddle/heddle.hpp>
#include <heddle/sim.hpp>

using namespace std::chrono_literals;

heddle::coro<int> req1() {
    co_await heddle::sleep(1s);
    co_return 1;
}

heddle::coro<int> req2() { co_return 2; }

heddle::coro<std::tuple<int, int>> main_program() {
    co_return co_await heddle::gather(req1(), req2());
}

int main(int argc, char** argv) {
    std::string_view backend = "sim";
    for (int i = 1; i < argc; ++i) {
        const std::string_view option = argv[i];
        constexpr std::string_view key = "--backend=";
        if (option == "--help" || option == "-h") {
            std::puts("usage: 09_asyncio [--backend=sim|asio]");
            return 0;
        }
        if (!option.starts_with(key)) {
            std::fprintf(stderr, "09_asyncio: unknown option '%s'; usage: 09_asyncio %s\n", argv[i],
                         "[--backend=sim|asio]");
            return 2;
        }
        backend = option.substr(key.size());
        if (backend != "sim" && backend != "asio") {
            std::fprintf(stderr, "09_asyncio: there is no backend '%s': sim or asio is expected\n",
                         argv[i] + key.size());
            return 2;
        }
    }
    try {
        const auto [first, second] =
            backend == "sim" ? heddle::sim::run(main_program) : heddle::run(main_program);
        std::printf("[%d, %d]\n", first, second);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "09_asyncio: %s\n", error.what());
        return 1;
    }
    return 0;
}
