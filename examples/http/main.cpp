// SPDX-License-Identifier: BSL-1.0
//
// http.hpp at work: a few requests; or, with --stress, many at a time, each of which is left alone,
// cancelled or timed out at random. Then everything that was begun must have ended, one way or the
// other, and nothing may be left open. The only file that includes Beast, which is slow to compile.
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

#include "http.hpp"

namespace {

using namespace std::chrono_literals;
using heddle::coro;
using http_example::server;

struct options {
    std::uint64_t stress = 0;  // seconds
    std::uint64_t seed = 1;
    std::uint64_t clients = 1000;
};

/// Waits for as many microseconds as the target says, then answers with as many bytes as it says.
coro<std::string> wait_and_fill(std::string target) {
    std::uint64_t pause = 0;
    std::uint64_t size = 0;
    const char* const end = target.data() + target.size();
    const auto first = std::from_chars(target.data() + 1, end, pause);
    if (first.ptr != end) {
        std::from_chars(first.ptr + 1, end, size);
    }
    co_await heddle::sleep(std::chrono::microseconds(pause));
    co_return std::string(static_cast<std::size_t>(size), '.');
}

// ---- a few requests ------------------------------------------------------------------------

coro<std::string> greet(std::string target) {
    if (target == "/slow") {
        co_await heddle::sleep(1h);
    }
    co_return "hello from " + target;
}

coro<void> show() {
    server hall(heddle::asio_backend::running_io_context(), greet);
    const auto serving = heddle::create_task(hall.run());

    const auto [a, b] = co_await heddle::gather(http_example::get(hall.endpoint(), "/a"),
                                                http_example::get(hall.endpoint(), "/b"));
    std::cout << a << '\n' << b << '\n';
    try {
        co_await heddle::wait_for(http_example::get(hall.endpoint(), "/slow"), 50ms);
    } catch (const heddle::timeout_error&) {
        std::cout << "/slow was too slow\n";
    }

    serving.cancel();
    try {
        co_await serving;
    } catch (const heddle::cancelled_error&) {
        std::cout << "the server has closed " << hall.connections().closed << " connections of "
                  << hall.connections().opened << '\n';
    }
}

// ---- many ----------------------------------------------------------------------------------

struct counts {
    std::uint64_t started = 0;
    std::uint64_t finished = 0;
    std::uint64_t cancelled = 0;
    std::uint64_t timed_out = 0;
    std::uint64_t failed = 0;
    [[nodiscard]] std::uint64_t ended() const { return finished + cancelled + timed_out + failed; }
};

std::ptrdiff_t open_files() {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                         std::filesystem::directory_iterator());
}

heddle::duration up_to(std::chrono::microseconds most) {
    return std::chrono::microseconds(
        heddle::random().below(static_cast<std::uint64_t>(most.count()) + 1));
}

coro<void> request(http_example::tcp::endpoint where, std::string target, std::uint64_t size) {
    const std::string body = co_await http_example::get(where, target);
    if (body.size() != size) {
        throw std::runtime_error("an answer of another length");
    }
}

/// One request, which is left alone, timed out or cancelled; then it has ended.
coro<void> try_one(http_example::tcp::endpoint where, counts& all) {
    const auto pause = up_to(20ms);
    const std::uint64_t size = heddle::random().below(50'000);
    const std::string target = "/" + std::to_string(pause / 1us) + "/" + std::to_string(size);
    const std::uint64_t fate = heddle::random().below(3);
    ++all.started;
    try {
        if (fate == 0) {
            co_await request(where, target, size);
        } else if (fate == 1) {
            co_await heddle::wait_for(request(where, target, size), up_to(40ms));
        } else {
            const auto task = heddle::create_task(request(where, target, size));
            co_await heddle::sleep(up_to(40ms));
            task.cancel();
            co_await task;
        }
        ++all.finished;
    } catch (const heddle::cancelled_error&) {
        ++all.cancelled;
    } catch (const heddle::timeout_error&) {
        ++all.timed_out;
    } catch (const std::exception& error) {
        if (++all.failed <= 10) {
            std::cout << "failed: " << error.what() << '\n';
        }
    }
}

coro<void> client(http_example::tcp::endpoint where, heddle::time_point end, counts& all) {
    while (heddle::get_running_loop().time() < end) {
        co_await try_one(where, all);
    }
}

coro<bool> stress(const options& chosen) {
    heddle::event_loop& loop = heddle::get_running_loop();
    loop.seed_random(chosen.seed);
    co_await heddle::sleep(5ms);  // what the loop itself opens is open now
    const std::ptrdiff_t files_before = open_files();
    counts all;
    http_example::connection_count connections;
    {
        server hall(heddle::asio_backend::running_io_context(), wait_and_fill);
        const auto serving = heddle::create_task(hall.run());
        const heddle::time_point end = loop.time() + std::chrono::seconds(chosen.stress);
        heddle::task_group group;
        for (std::uint64_t i = 0; i < chosen.clients; ++i) {
            group.create_task(client(hall.endpoint(), end, all));
        }
        co_await group.join();
        serving.cancel();
        try {
            co_await serving;
        } catch (const heddle::cancelled_error&) {
        }
        connections = hall.connections();
    }
    const std::ptrdiff_t files_left = open_files() - files_before;
    std::cout << "seed " << chosen.seed << ": " << all.started << " requests, " << all.finished
              << " finished, " << all.cancelled << " cancelled, " << all.timed_out << " timed out, "
              << all.failed << " failed\n"
              << "connections: " << connections.opened << " opened, " << connections.closed
              << " closed; files left open: " << files_left << '\n';
    co_return all.started == all.ended() && all.failed == 0 && all.finished > 0 &&
        all.cancelled > 0 && all.timed_out > 0 &&
        connections.opened == connections.closed&& files_left == 0;
}

// ---- the command line ----------------------------------------------------------------------

constexpr const char* usage =
    "usage: http [--stress=<seconds>] [--seed=<number>] [--clients=<number>]\n";

/// Whether `argument` is `key` with a number, from 1 to a day's seconds, which goes into `value`.
bool read_option(std::string_view argument, std::string_view key, std::uint64_t& value) {
    if (!argument.starts_with(key)) {
        return false;
    }
    const std::string_view digits = argument.substr(key.size());
    const char* const end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, value);
    return read.ec == std::errc() && read.ptr == end && value > 0 && value <= 86'400;
}

}  // namespace

int main(int count, char** arguments) {
    options chosen;
    for (int i = 1; i < count; ++i) {
        const std::string_view argument = arguments[i];
        if (argument == "--help") {
            std::fputs(usage, stdout);
            return 0;
        }
        if (!read_option(argument, "--stress=", chosen.stress) &&
            !read_option(argument, "--seed=", chosen.seed) &&
            !read_option(argument, "--clients=", chosen.clients)) {
            std::fprintf(stderr,
                         "http: '%s' is not understood; a number from 1 to 86400 is expected. %s",
                         arguments[i], usage);
            return 2;
        }
    }
    try {
        if (chosen.stress == 0) {
            heddle::run(show);
            return 0;
        }
        return heddle::run(stress(chosen)) ? 0 : 1;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "http: %s\n", error.what());
        return 1;
    }
}
