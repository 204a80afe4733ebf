// SPDX-License-Identifier: BSL-1.0
//
// How late sleeps wake in real time: 100 at once, of up to 100 ms. Never early, which is checked.
// The result is in the counters (microseconds), not in the time taken.
#pragma once

#include <benchmark/benchmark.h>

namespace bench {

void heddle_lateness(benchmark::State& state);
void asio_lateness(benchmark::State& state);

}  // namespace bench
