// SPDX-License-Identifier: BSL-1.0
//
// Random numbers: the same on every machine, compiler and standard library, which the standard's
// distributions and shuffle are not.
//
// heddle::random() is for a program's own values. In a simulation they come from the campaign's
// seed and the run's number, which are in every tape; heddle::run seeds them by the system. Code
// under test that draws from anywhere else cannot be replayed.
#pragma once

#include <cstdint>

#include <heddle/detail/invariant.hpp>
#include <heddle/detail/mix.hpp>

namespace heddle {

/// splitmix64. Streams made with different `purpose`s of one seed are independent of each other.
/// A uniform random bit generator, for std::shuffle and its like where their results need not be
/// the same with another standard library.
class random_stream {
public:
    using result_type = std::uint64_t;

    explicit random_stream(std::uint64_t seed, std::uint64_t purpose = 0) noexcept
        : state_(detail::mix(seed, purpose)) {}

    [[nodiscard]] std::uint64_t next() noexcept {
        state_ += 0x9e3779b97f4a7c15U;
        return detail::finalise(state_);
    }
    [[nodiscard]] std::uint64_t operator()() noexcept { return next(); }
    [[nodiscard]] static constexpr std::uint64_t min() noexcept { return 0; }
    [[nodiscard]] static constexpr std::uint64_t max() noexcept { return UINT64_MAX; }

    /// Uniform in 0 .. bound-1, without bias: a multiply and a shift, drawn again in the rare case
    /// that falls on an uneven rest (Lemire, "Fast random integer generation in an interval", 2019).
    [[nodiscard]] std::uint64_t below(std::uint64_t bound) noexcept {
        HEDDLE_INVARIANT(bound > 0, "a bound is at least 1");
        if (bound > 0xffffffffU) {
            return below_wide(bound);
        }
        std::uint64_t product = (next() >> 32) * bound;
        if (static_cast<std::uint32_t>(product) < bound) [[unlikely]] {
            const auto rest = static_cast<std::uint32_t>((std::uint64_t{1} << 32) % bound);
            while (static_cast<std::uint32_t>(product) < rest) {
                product = (next() >> 32) * bound;
            }
        }
        return product >> 32;
    }

    /// True in `numerator` of `denominator` cases.
    [[nodiscard]] bool chance(std::uint64_t numerator, std::uint64_t denominator) noexcept {
        return below(denominator) < numerator;
    }

private:
    [[nodiscard]] std::uint64_t below_wide(std::uint64_t bound) noexcept {
        for (;;) {
            if (const std::uint64_t wide = next(); wide < UINT64_MAX - UINT64_MAX % bound) {
                return wide % bound;
            }
        }
    }

    std::uint64_t state_;
};

/// The running loop's stream, for the program's own values. Throws usage_error if no loop runs.
[[nodiscard]] random_stream& random();

}  // namespace heddle
