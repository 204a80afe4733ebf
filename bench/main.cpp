// SPDX-License-Identifier: BSL-1.0
//
// The rows that are linked in, measured by Google Benchmark. Names are workload/side; bench/run lays the
// sides of a workload beside each other. Nothing here passes or fails by the clock.
#include <benchmark/benchmark.h>

#include <boost/version.hpp>
#include <cstdint>
#include <vector>

#include "counting_allocator.hpp"
#include "row.hpp"

namespace {

void measure(benchmark::State& state, const bench::row& each) {
    const bench::operations work = each.prepare();
    work(each.batch);  // so that every side has its memory
    const std::uint64_t before = bench::allocations();
    for (auto _ : state) {
        work(each.batch);
    }
    const std::uint64_t done = static_cast<std::uint64_t>(state.iterations()) * each.batch;
    state.SetItemsProcessed(static_cast<std::int64_t>(done));
    state.counters["allocations"] =
        static_cast<double>(bench::allocations() - before) / static_cast<double>(done);
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<bench::row> rows = bench::all_rows();
    for (const bench::row& each : rows) {
        const std::string name = each.workload + "/" + each.side;
        benchmark::RegisterBenchmark(name.c_str(), [&each](benchmark::State& state) {
            measure(state, each);
        })->Unit(benchmark::kMillisecond);
    }

#if defined(__clang__)
    benchmark::AddCustomContext("compiler", __VERSION__);  // says that it is Clang
#else
    benchmark::AddCustomContext("compiler", "g++ " __VERSION__);
#endif
    benchmark::AddCustomContext("boost", BOOST_LIB_VERSION);
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
        return 1;
    }
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
}
