// SPDX-License-Identifier: BSL-1.0
//
// ablation <workload> <batches> <operations>: a workload of the plain loop in a program with nothing
// else in it. bench/ablation builds it against copies of the library from which one thing each was taken out.
// Without arguments it lists the workloads.
#include <cstdint>
#include <cstdio>
#include <string_view>

#include <heddle/heddle.hpp>
#include <heddle/sim/virtual_clock.hpp>

#include "number.hpp"
#include "workloads.hpp"

using bench::number;

int main(int argc, char** argv) {
    if (argc == 1) {
        for (const bench::workload& each : bench::all_workloads()) {
            std::printf("%s\n", each.name);
        }
        return 0;
    }
    const bench::workload* const workload = argc == 4 ? bench::find_workload(argv[1]) : nullptr;
    if (workload == nullptr) {
        std::fprintf(stderr, "usage: ablation [<workload> <batches> <operations>]\n");
        return 2;
    }
    heddle::sim::virtual_clock clock;
    heddle::event_loop loop(clock);
    for (std::uint64_t i = 0; i < number(argv[2]); ++i) {
        if (!workload->does(loop, number(argv[3]))) {
            std::fprintf(stderr, "ablation: the workload did not do what it should have\n");
            return 1;
        }
    }
    return 0;
}
