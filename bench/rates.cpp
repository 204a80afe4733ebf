// SPDX-License-Identifier: BSL-1.0
//
// heddle_bench_rates: how many whole executions a second a user gets to see, in real time, by
// each way of exploring. The program is that of the row "explore", and all choices are recorded.
//
//   explore             sim::explore: in this process
//   campaign/N          sim::run_campaign with N jobs
//   test_case           HEDDLE_TEST_CASE
//   test_case/checked   the same with one BOOST_TEST at the end of the body
//
// On a machine that has anything else to do, "per_processor_second" says more: executions over the
// processor time of this process and of its jobs.
//
// A program of its own, since jobs need more than the one processor that the other rows share, and
// Boost.Test its framework.
#define BOOST_TEST_NO_MAIN
#include <heddle/boost_test.hpp>

#include <sys/resource.h>

#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include <heddle/heddle.hpp>
#include <heddle/sim/campaign.hpp>

#include "racy_program.hpp"

namespace {

constexpr std::uint64_t executions = 400'000;

void require(bool condition, const char* what) {
    if (!condition) {
        std::fprintf(stderr, "heddle_bench_rates: %s did not do what it should have\n", what);
        std::exit(1);
    }
}

using bench::add_three;

heddle::coro<void> racy_program() {
    int shared = 0;
    co_await heddle::gather(add_three(shared), add_three(shared), add_three(shared));
}

heddle::sim::explore_options options() {
    heddle::sim::explore_options all;
    all.schedules = executions;
    return all;
}

/// Of this process and of all its children that have ended.
double processor_seconds() {
    double sum = 0;
    for (const auto who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
        rusage used{};
        ::getrusage(who, &used);
        for (const timeval& each : {used.ru_utime, used.ru_stime}) {
            sum += static_cast<double>(each.tv_sec) + static_cast<double>(each.tv_usec) / 1e6;
        }
    }
    return sum;
}

template <class Work>
void measure(benchmark::State& state, Work work) {
    const double before = processor_seconds();
    for (auto _ : state) {
        work();
    }
    const auto done = executions * static_cast<std::uint64_t>(state.iterations());
    state.SetItemsProcessed(static_cast<std::int64_t>(done));
    state.counters["per_processor_second"] =
        static_cast<double>(done) / (processor_seconds() - before);
}

void explore(benchmark::State& state) {
    measure(state, [] {
        const auto result = heddle::sim::explore(racy_program, options());
        require(!result.found && result.schedules == executions, "explore");
    });
}

void campaign(benchmark::State& state) {
    heddle::sim::campaign_options all;
    all.explore = options();
    all.jobs = static_cast<std::uint64_t>(state.range(0));
    measure(state, [&] {
        const auto result = heddle::sim::run_campaign(racy_program, all).explored;
        require(!result.found && result.schedules == executions, "campaign");
    });
}

std::uint64_t bodies = 0;

HEDDLE_TEST_CASE(plain, *heddle::schedules(executions)) {
    int shared = 0;
    co_await heddle::gather(add_three(shared), add_three(shared), add_three(shared));
    ++bodies;
}

HEDDLE_TEST_CASE(checked, *heddle::schedules(executions)) {
    int shared = 0;
    co_await heddle::gather(add_three(shared), add_three(shared), add_three(shared));
    BOOST_TEST(shared > 0);
    ++bodies;
}

void test_case(benchmark::State& state, const char* name) {
    const auto id = boost::unit_test::framework::master_test_suite().get(name);
    measure(state, [&] {
        bodies = 0;
        boost::unit_test::framework::run(id);
        require(bodies == executions, name);
    });
}

bool nothing_to_add() { return true; }

}  // namespace

int main(int argc, char** argv) {
    char log[] = "--log_level=nothing";
    char report[] = "--report_level=no";
    char* for_boost_test[] = {argv[0], log, report, nullptr};
    boost::unit_test::framework::init(nothing_to_add, 3, for_boost_test);
    boost::unit_test::framework::finalize_setup_phase();

    const auto in_real_time = [](benchmark::internal::Benchmark* row) {
        row->Unit(benchmark::kMillisecond)->UseRealTime();
    };
    in_real_time(benchmark::RegisterBenchmark("explore", explore));
    in_real_time(benchmark::RegisterBenchmark("campaign", campaign)->Arg(1)->Arg(2));
    in_real_time(benchmark::RegisterBenchmark(
        "test_case", [](benchmark::State& state) { test_case(state, "plain"); }));
    in_real_time(benchmark::RegisterBenchmark(
        "test_case/checked", [](benchmark::State& state) { test_case(state, "checked"); }));
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
        return 1;
    }
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
}
