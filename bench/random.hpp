// SPDX-License-Identifier: BSL-1.0
//
// The same pseudo-random numbers in every run and on every side: splitmix64 (Steele, Lea, Flood,
// "Fast splittable pseudorandom number generators", OOPSLA 2014).
#pragma once

#include <cstdint>

namespace bench {

class random_numbers {
public:
    explicit random_numbers(std::uint64_t seed) noexcept : state_(seed) {}

    std::uint64_t next() noexcept {
        std::uint64_t x = state_ += 0x9e3779b97f4a7c15U;
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
        x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
        return x ^ (x >> 31);
    }

    /// 1 to `most`, which is below 2^32: near enough to uniform for a deadline.
    std::int64_t up_to(std::uint32_t most) noexcept {
        return static_cast<std::int64_t>((next() >> 32) * most >> 32) + 1;
    }

private:
    std::uint64_t state_;
};

}  // namespace bench
