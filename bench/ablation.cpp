// SPDX-License-Identifier: BSL-1.0
//
// ablation <workload> <batches> <operations>: some workloads of the plain loop in a program with nothing
// else in it. bench/ablation builds it against copies of the library from which one thing each was taken out.
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <vector>

#include <heddle/heddle.hpp>
#include <heddle/sim/virtual_clock.hpp>

namespace {

using heddle::coro;

constexpr std::uint64_t group = 1'000;

coro<int> child(int value) { co_return value; }

coro<std::uint64_t> spawn_join(std::uint64_t n) {
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < n / group; ++i) {
        std::vector<coro<int>> children;
        children.reserve(group);
        for (std::uint64_t j = 0; j < group; ++j) {
            children.push_back(child(1));
        }
        for (const int each : co_await heddle::gather(std::move(children))) {
            sum += static_cast<std::uint64_t>(each);
        }
    }
    co_return sum;
}

coro<std::uint64_t> one() { co_return 1; }
coro<std::uint64_t> task(std::uint64_t n) {
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < n; ++i) {
        const heddle::task<std::uint64_t> each = heddle::create_task(one());
        sum += co_await each;
    }
    co_return sum;
}

coro<void> turns(std::uint64_t count, std::uint64_t& taken) {
    for (std::uint64_t i = 0; i < count; ++i) {
        co_await heddle::sleep(heddle::duration::zero());
        ++taken;
    }
}
coro<std::uint64_t> yield(std::uint64_t n) {
    std::uint64_t taken = 0;
    std::vector<heddle::task<void>> tasks;
    for (std::uint64_t i = 0; i < group; ++i) {
        tasks.push_back(heddle::create_task(turns(n / group, taken)));
    }
    for (const heddle::task<void>& each : tasks) {
        co_await each;
    }
    co_return taken;
}

struct chain_link {
    heddle::event_loop* loop;
    std::uint64_t* left;
    void operator()() const {
        if (--*left == 0) {
            loop->stop();
        } else {
            loop->call_soon(*this);
        }
    }
};

std::uint64_t callbacks(heddle::event_loop& loop, std::string_view workload, std::uint64_t n) {
    std::uint64_t left = n;
    if (workload == "post_chain") {
        loop.call_soon(chain_link{&loop, &left});
    } else {
        for (std::uint64_t i = 0; i < n; ++i) {
            loop.call_soon([&left] { --left; });
        }
        loop.stop();
    }
    loop.run_forever();
    return n - left;
}

std::uint64_t run(heddle::event_loop& loop, std::string_view workload, std::uint64_t n) {
    if (workload == "spawn_join") {
        return loop.run_until_complete(spawn_join(n));
    }
    if (workload == "task") {
        return loop.run_until_complete(task(n));
    }
    return workload == "yield" ? loop.run_until_complete(yield(n)) : callbacks(loop, workload, n);
}

std::uint64_t number(std::string_view text) {
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        std::fprintf(stderr, "usage: ablation <workload> <batches> <operations>\n");
        return 2;
    }
    heddle::sim::virtual_clock clock;
    heddle::event_loop loop(clock);
    for (std::uint64_t i = 0; i < number(argv[2]); ++i) {
        if (run(loop, argv[1], number(argv[3])) != number(argv[3])) {
            std::fprintf(stderr, "ablation: the workload did not do what it should have\n");
            return 1;
        }
    }
    return 0;
}
