// SPDX-License-Identifier: BSL-1.0
//
// The simulation's own random numbers: the same on every machine, compiler and standard library,
// which the standard's distributions and shuffle are not.
#pragma once

#include <cstdint>

#include <heddle/detail/invariant.hpp>
#include <heddle/detail/mix.hpp>

namespace heddle::sim {

/// splitmix64. Streams made with different `purpose`s of one seed are independent of each other.
class random_stream {
public:
    explicit random_stream(std::uint64_t seed, std::uint64_t purpose = 0) noexcept
        : state_(heddle::detail::mix(seed, purpose)) {}

    [[nodiscard]] std::uint64_t next() noexcept {
        state_ += 0x9e3779b97f4a7c15U;
        return heddle::detail::finalise(state_);
    }

    /// Uniform in 0 .. bound-1, without bias: a multiply and a shift, drawn again in the rare case
    /// that falls on an uneven rest (Lemire, "Fast random integer generation in an interval", 2019).
    [[nodiscard]] std::uint64_t below(std::uint64_t bound) noexcept {
        HEDDLE_INVARIANT(bound > 0, "a bound is at least 1");
        for (;;) {
            const std::uint64_t x = next() >> 32;
            if (bound <= 0xffffffffU) {
                const std::uint64_t product = x * bound;
                const auto rest = static_cast<std::uint32_t>(product);
                if (rest >= static_cast<std::uint32_t>((std::uint64_t{1} << 32) % bound)) {
                    return product >> 32;
                }
            } else {
                const std::uint64_t wide = next();
                if (wide < UINT64_MAX - UINT64_MAX % bound) {
                    return wide % bound;
                }
            }
        }
    }

    /// True in `numerator` of `denominator` cases.
    [[nodiscard]] bool chance(std::uint64_t numerator, std::uint64_t denominator) noexcept {
        return below(denominator) < numerator;
    }

private:
    std::uint64_t state_;
};

}  // namespace heddle::sim
