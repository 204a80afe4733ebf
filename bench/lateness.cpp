// SPDX-License-Identifier: BSL-1.0
//
// How late sleeps wake in real time: 100 at once, of up to 100 ms. Never early, which is checked.
// The result is in the counters (microseconds), not in the time taken.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <vector>

#include "random.hpp"
#include "row.hpp"
#include "worlds.hpp"

namespace bench {

namespace {

using real_clock = std::chrono::steady_clock;

constexpr std::size_t sleepers = 100;
constexpr std::uint64_t sleep_seed = 5;

std::chrono::nanoseconds random_length(random_numbers& random) {
    return std::chrono::nanoseconds(random.up_to(100'000'000));
}

void report(benchmark::State& state, std::vector<real_clock::duration>& late) {
    std::sort(late.begin(), late.end());
    check(late.size() == static_cast<std::size_t>(state.iterations()) * sleepers &&
              late.front().count() >= 0,
          "lateness");
    const auto microseconds = [](real_clock::duration each) {
        return std::chrono::duration<double, std::micro>(each).count();
    };
    state.counters["late_min_us"] = microseconds(late.front());
    state.counters["late_median_us"] = microseconds(late[late.size() / 2]);
    state.counters["late_max_us"] = microseconds(late.back());
}

heddle::coro<void> sleep_once(heddle::duration length, std::vector<real_clock::duration>& late) {
    const real_clock::time_point deadline = real_clock::now() + length;
    co_await heddle::sleep(length);
    late.push_back(real_clock::now() - deadline);
}

heddle::coro<void> sleep_all(std::vector<real_clock::duration>& late) {
    random_numbers random(sleep_seed);
    std::vector<heddle::task<void>> tasks;
    for (std::size_t i = 0; i < sleepers; ++i) {
        tasks.push_back(heddle::create_task(sleep_once(random_length(random), late)));
    }
    for (const heddle::task<void>& each : tasks) {
        co_await each;
    }
}

void heddle_lateness(benchmark::State& state) {
    backend_world world;
    std::vector<real_clock::duration> late;
    for (auto _ : state) {
        world.loop.run_until_complete(sleep_all(late));
    }
    report(state, late);
}

void asio_lateness(benchmark::State& state) {
    asio_world world;
    std::vector<real_clock::duration> late;
    for (auto _ : state) {
        random_numbers random(sleep_seed);
        std::deque<asio_timer> timers;
        for (std::size_t i = 0; i < sleepers; ++i) {
            const real_clock::time_point deadline = real_clock::now() + random_length(random);
            timers.emplace_back(world.context, deadline)
                .async_wait([deadline, &late](const boost::system::error_code&) {
                    late.push_back(real_clock::now() - deadline);
                });
        }
        world.run();
    }
    report(state, late);
}

const int registered = [] {
    const auto add = [](const char* name, void (*run)(benchmark::State&)) {
        benchmark::RegisterBenchmark(name, run)
            ->Unit(benchmark::kMillisecond)
            ->Iterations(1)
            ->UseRealTime();
    };
    add("lateness/heddle_on_asio", heddle_lateness);
    add("lateness/asio", asio_lateness);
    return 0;
}();

}  // namespace

}  // namespace bench
