// SPDX-License-Identifier: BSL-1.0
//
// heddle_bench_one <workload> <side> <batches> [<operations in a batch>]: runs one row so many
// times on one loop, and prints nothing. For callgrind (see bench/instructions) and for profilers.
// Without arguments it lists the rows: workload, side and operations in a batch.
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <vector>

#include "number.hpp"
#include "row.hpp"

using bench::number;

int main(int argc, char** argv) {
    const std::vector<bench::row> rows = bench::all_rows();
    if (argc == 1) {
        for (const bench::row& each : rows) {
            std::printf("%s %s %llu\n", each.workload.c_str(), each.side.c_str(),
                        static_cast<unsigned long long>(each.batch));
        }
        return 0;
    }
    const std::uint64_t batches = argc > 3 ? number(argv[3]) : 0;
    if (batches == 0 || argc > 5 || (argc == 5 && number(argv[4]) == 0)) {
        std::fprintf(stderr,
                     "usage: heddle_bench_one [<workload> <side> <batches> [<operations>]]\n"
                     "(numbers from 1 on; some workloads round operations down to whole rounds)\n");
        return 2;
    }
    for (const bench::row& each : rows) {
        if (each.workload == argv[1] && each.side == argv[2]) {
            const bench::operations work = each.prepare();
            const std::uint64_t batch = argc == 5 ? number(argv[4]) : each.batch;
            for (std::uint64_t i = 0; i < batches; ++i) {
                work(batch);
            }
            return 0;
        }
    }
    std::fprintf(stderr, "heddle_bench_one: there is no row %s %s\n", argv[1], argv[2]);
    return 2;
}
