// SPDX-License-Identifier: BSL-1.0
//
// What a simulation may change, and how far a run may go.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include <heddle/time.hpp>

namespace heddle::sim {

/// How much of the schedule is open. A failure found at `timing` can happen on a real loop; one
/// found at `any` only shows that the program leans on the order in which a loop runs ready work.
enum class level : std::uint8_t {
    fifo,    ///< nothing: the order and the times of the plain loop
    timing,  ///< callbacks take time, waits overshoot; the order is that of the plain loop then
    any,     ///< and any ready work may run next, and the earliest timer may overtake it
};

[[nodiscard]] std::string_view name_of(level which) noexcept;

/// Limits of one run: a single choice can make a program endless.
struct run_limits {
    std::uint64_t steps = 1'000'000;                          ///< callbacks and task steps
    duration time = std::chrono::hours(24 * 365);             ///< of virtual time
    duration longest_stall = std::chrono::milliseconds(100);  ///< of one callback, or overshoot
};

}  // namespace heddle::sim
