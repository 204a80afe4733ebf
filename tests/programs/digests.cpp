// SPDX-License-Identifier: BSL-1.0
//
// Golden digests: three programs, explored with a fixed seed, must give the same digest in every
// process, at every optimisation level, with every compiler and standard library. The values
// below were written down once, from g++ 12 at -O2; whoever changes the order of events, or what
// a digest is made of, changes them and says so in the change log.
//
// With --processes=N it runs itself N times and compares (addresses differ each time).
#include <heddle/heddle.hpp>
#include <heddle/sim.hpp>

#include <array>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

namespace {

using namespace std::chrono_literals;
using heddle::coro;

/// Tasks that take turns, and callbacks between them.
coro<void> turns() {
    // Shared: under level `any` a callback may run when the task that set it has ended.
    const auto counter = std::make_shared<int>(0);
    const auto worker = [&counter](int rounds) -> coro<void> {
        for (int i = 0; i < rounds; ++i) {
            ++*counter;
            co_await heddle::sleep(0ns);
        }
    };
    heddle::event_loop& loop = heddle::get_running_loop();
    heddle::task_group group;
    for (int rounds = 1; rounds <= 4; ++rounds) {
        group.create_task(worker(rounds));
        loop.call_soon([counter] { ++*counter; });
        loop.call_soon([counter] { ++*counter; });
    }
    co_await group.join();
}

/// Timers, timeouts and cancellations.
coro<void> timers() {
    const auto sleeper = [](heddle::duration length) -> coro<int> {
        co_await heddle::sleep(length);
        co_return 1;
    };
    heddle::task_group group;
    for (int i = 0; i < 5; ++i) {
        group.create_task(sleeper(std::chrono::milliseconds(10 - i)));
    }
    bool timed_out = false;
    try {
        co_await heddle::wait_for(sleeper(20ms), 9ms);
    } catch (const heddle::timeout_error&) {
        timed_out = true;
    }
    heddle::sim::check(timed_out || heddle::get_running_loop().time() >= heddle::time_point(20ms),
                       "a timeout comes only in place of the result");
    auto late = heddle::create_task(sleeper(1s));
    co_await heddle::sleep(2ms);
    late.cancel("enough");
    co_await group.join();
    auto [a, b] = co_await heddle::gather(sleeper(3ms), sleeper(3ms));
    heddle::sim::check(a + b == 2, "a + b == 2");
}

/// A lock that many want, futures completed by hand, done callbacks.
coro<void> handing_over() {
    heddle::lock mutex;
    int inside = 0;
    const auto worker = [&](int id) -> coro<void> {
        for (int i = 0; i < 3; ++i) {
            const auto guard = co_await mutex.scoped();
            heddle::sim::check(++inside == 1, "one at a time");
            co_await heddle::sleep(std::chrono::milliseconds(id));
            --inside;
        }
    };
    heddle::event_loop& loop = heddle::get_running_loop();
    const auto signal = loop.create_future<int>();
    const auto seen = std::make_shared<int>(0);
    for (int i = 0; i < 3; ++i) {
        signal.add_done_callback([seen](const auto& done) { *seen += done.result(); });
    }
    heddle::task_group group;
    for (int id = 0; id < 4; ++id) {
        group.create_task(worker(id));
    }
    loop.call_later(4ms, [signal] { signal.set_result(2); });
    co_await group.join();
    co_await heddle::sleep(10ms);
    heddle::sim::check(*seen <= 6, "no callback runs twice");
}

struct golden {
    const char* name;
    coro<void> (*program)();
    std::uint64_t any;
    std::uint64_t timing;
};

constexpr std::array<golden, 3> all{{
    {"turns", turns, 0x4927bcc8bb0fd7ed, 0xe8f18904e0e95cd4},
    {"timers", timers, 0x9cabc5212725f6e7, 0xcbc2d898421b4728},
    {"handing_over", handing_over, 0xcab4ff20e2fc0d01, 0x80d8ad2547663be1},
}};

std::uint64_t digest_of(const golden& each, heddle::sim::level allowed) {
    heddle::sim::explore_options options;
    options.name = each.name;
    options.seed = 20;
    options.schedules = 200;
    options.allowed = allowed;
    const auto result = heddle::sim::explore(each.program, options);
    if (result.found) {
        std::printf("%s\n", heddle::sim::report(result, {}).c_str());
        std::exit(1);
    }
    return result.digest;
}

bool compare(const char* name, const char* level, std::uint64_t found, std::uint64_t expected) {
    if (found == expected) {
        return true;
    }
    std::printf("%s at %s: digest %016" PRIx64 ", expected %016" PRIx64 "\n", name, level, found,
                expected);
    return false;
}

int run_processes(const char* self, long count) {
    const std::string command = "\"" + std::string(self) + "\"";
    for (long i = 0; i < count; ++i) {
        if (std::system(command.c_str()) != 0) {
            std::printf("process %ld of %ld differs\n", i + 1, count);
            return 1;
        }
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 2 && std::strncmp(argv[1], "--processes=", 12) == 0) {
        return run_processes(argv[0], std::strtol(argv[1] + 12, nullptr, 10));
    }
    bool same = true;
    for (const golden& each : all) {
        same =
            compare(each.name, "any", digest_of(each, heddle::sim::level::any), each.any) && same;
        same = compare(each.name, "timing", digest_of(each, heddle::sim::level::timing),
                       each.timing) &&
               same;
    }
    return same ? 0 : 1;
}
