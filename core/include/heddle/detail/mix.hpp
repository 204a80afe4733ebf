// SPDX-License-Identifier: BSL-1.0
//
// 64-bit mixing with fixed constants: the same on every machine, compiler and standard library.
// The finaliser is that of splitmix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number
// generators", OOPSLA 2014).
#pragma once

#include <cstdint>

namespace heddle::detail {

[[nodiscard]] constexpr std::uint64_t finalise(std::uint64_t x) noexcept {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31);
}

/// Order matters: mix(a, b) differs from mix(b, a).
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
    return finalise(a * 0x9e3779b97f4a7c15U + b + 0x632be59bd9b4e019U);
}

}  // namespace heddle::detail
