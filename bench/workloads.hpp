// SPDX-License-Identifier: BSL-1.0
//
// The workloads of a plain heddle loop, as the rows of the benchmarks and bench/ablation run them. bench/README.md says
// what each does. They are compiled by themselves: beside much else in one file g++ inlines less of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <heddle/event_loop.hpp>

namespace bench {

/// One of them: does `n` operations, rounded down to whole rounds, and says how many it did.
struct workload {
    const char* name;
    std::uint64_t (*run)(heddle::event_loop& loop, std::uint64_t n);
    std::uint64_t round = 1;

    /// Whether it did what it should have.
    [[nodiscard]] bool does(heddle::event_loop& loop, std::uint64_t n) const {
        return run(loop, n) == n / round * round;
    }
};

namespace plain {

inline constexpr std::uint64_t group = 1'000;   // tasks at a time
inline constexpr std::uint64_t depth = 10'000;  // of a chain of awaits
inline constexpr std::uint64_t tickers = 100;
inline constexpr std::ptrdiff_t queue_size = 64;

// ---- awaits in place: of any type of coroutine ----------------------------------------------

template <class Coro>
Coro ready_child(std::uint64_t value) {
    co_return value;
}
template <class Coro>
Coro await_ready_children(std::uint64_t n) {
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < n; ++i) {
        sum += co_await ready_child<Coro>(1);
    }
    co_return sum;
}

template <class Coro>
Coro chain(std::uint64_t below) {
    if (below == 0) {
        co_return std::uint64_t{1};
    }
    co_return 1 + co_await chain<Coro>(below - 1);
}
template <class Coro>
Coro await_chains(std::uint64_t n) {
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < n / depth; ++i) {
        sum += co_await chain<Coro>(depth - 1);
    }
    co_return sum;
}

}  // namespace plain

[[nodiscard]] std::span<const workload> all_workloads() noexcept;

/// The one of that name; null if there is none.
[[nodiscard]] const workload* find_workload(std::string_view name) noexcept;

}  // namespace bench
