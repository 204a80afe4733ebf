// SPDX-License-Identifier: BSL-1.0
//
// ablation_exploring <workload> <batches> <executions>: whole executions of small racy programs, as the rows racy_9 and
// explore have them, in a program with nothing else in it; or (plain_racy_9, plain_explore) by the plain loop, which
// explores nothing. bench/ablation builds it against copies of the library from which one thing each was taken out.
#include <cstdint>
#include <cstdio>
#include <string_view>

#include <heddle/detail/mix.hpp>
#include <heddle/heddle.hpp>
#include <heddle/sim/explorers.hpp>
#include <heddle/sim/simulation.hpp>
#include <heddle/sim/virtual_clock.hpp>

#include "number.hpp"
#include "racy_program.hpp"

namespace {

using bench::number;
using heddle::coro;
namespace sim = heddle::sim;

coro<void> add_each(int& shared, int rounds) {
    for (int i = 0; i < rounds; ++i) {
        const int seen = shared;
        co_await heddle::sleep(heddle::duration::zero());
        shared = seen + 1;
        co_await heddle::sleep(heddle::duration::zero());
    }
}
coro<void> racy_9() {
    int shared = 0;
    co_await heddle::gather(add_each(shared, 1), add_each(shared, 1), add_each(shared, 1));
}
coro<void> explore() {
    int shared = 0;
    co_await heddle::gather(bench::add_three(shared), bench::add_three(shared),
                            bench::add_three(shared));
}

std::uint64_t simulate(const sim::program& program, std::string_view strategy,
                       std::uint64_t batches, std::uint64_t executions) {
    sim::simulation one;
    sim::run_profile profile;
    {
        sim::profiler first(profile);
        one.run(program, first, sim::level::any);
    }
    const auto explorer = sim::make_explorer(strategy);
    std::uint64_t steps = 0;
    for (std::uint64_t i = 0; i < batches * executions; ++i) {
        explorer->begin(heddle::detail::mix(1, i), sim::level::any, profile);
        one.seed_values(heddle::detail::mix(2, i));
        steps += one.run(program, *explorer, sim::level::any).steps;
    }
    return steps;
}

std::uint64_t in_plain_order(const sim::program& program, std::uint64_t batches,
                             std::uint64_t executions) {
    sim::virtual_clock clock;
    heddle::event_loop loop(clock);
    for (std::uint64_t i = 0; i < batches * executions; ++i) {
        loop.run_until_complete(program());
    }
    return batches * executions;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        std::fprintf(stderr, "usage: ablation_exploring <workload> <batches> <executions>\n");
        return 2;
    }
    const std::string_view workload = argv[1];
    const sim::program program = workload.ends_with("racy_9") ? racy_9 : explore;
    const std::uint64_t done = workload.starts_with("plain_")
                                   ? in_plain_order(program, number(argv[2]), number(argv[3]))
                                   : simulate(program, workload == "racy_9" ? "walk" : "portfolio",
                                              number(argv[2]), number(argv[3]));
    return done > 0 ? 0 : 1;
}
