// SPDX-License-Identifier: BSL-1.0
//
// Time as a loop sees it: a 64-bit count of nanoseconds of the loop's own clock.
//
// The clock has no now(): only a loop knows what time it is (event_loop::time), since the same
// program runs in virtual time and in real time. Where a clock starts is its backend's business;
// programs compare and subtract time points, nothing else.
#pragma once

#include <chrono>
#include <cstdint>
#include <ratio>

namespace heddle {

/// The tag of a loop's clock. It gives time points a type of their own, so that they cannot be
/// mixed up with those of a system clock.
struct loop_clock {
    using rep = std::int64_t;
    using period = std::nano;
    using duration = std::chrono::duration<rep, period>;
    using time_point = std::chrono::time_point<loop_clock, duration>;
    static constexpr bool is_steady = true;
};

using duration = loop_clock::duration;
using time_point = loop_clock::time_point;

/// A deadline that never comes.
inline constexpr time_point never = time_point::max();
/// A deadline that has always passed: "do not wait".
inline constexpr time_point at_once = time_point::min();

/// `start` plus `length`, kept within the range that deadlines have: never overflows.
[[nodiscard]] constexpr time_point later_by(time_point start, duration length) noexcept {
    // One below `never` and one above `at_once`: both have a meaning of their own.
    constexpr time_point last = never - duration{1};
    constexpr time_point first = at_once + duration{1};
    if (length > duration::zero()) {
        return start > last - length ? last : start + length;
    }
    return start < time_point{} && length < first - start ? first : start + length;
}

}  // namespace heddle
