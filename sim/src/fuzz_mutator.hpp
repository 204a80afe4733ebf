// SPDX-License-Identifier: BSL-1.0
//
// Changes inputs by what their records mean.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <heddle/random.hpp>

#include "fuzz_records.hpp"
#include "fuzz_sightings.hpp"

namespace heddle::sim::detail {

class fuzz_mutator {
public:
    /// Both outlive it.
    fuzz_mutator(const sightings& known, const enabled_pairs& pairs) noexcept
        : known_(known), pairs_(pairs) {}

    /// One to three changes to the input in `bytes`, of which `size` are used. Returns the new size.
    std::size_t mutate(std::span<std::uint8_t> bytes, std::size_t size,
                       random_stream& random) const;

    /// Records of both, in `out`. Returns the size.
    static std::size_t cross_over(std::span<const std::uint8_t> first,
                                  std::span<const std::uint8_t> second, std::span<std::uint8_t> out,
                                  random_stream& random);

private:
    void change(fuzz_input& input, random_stream& random) const;
    void change_one(fuzz_record& record, random_stream& random) const;
    [[nodiscard]] fuzz_record fresh(random_stream& random) const;
    void draw_pair(fuzz_record& record, random_stream& random) const;
    void draw_of_kind(std::span<const std::size_t> places, fuzz_record& record,
                      random_stream& random) const;
    [[nodiscard]] std::uint16_t any_key(random_stream& random) const;

    const sightings& known_;
    const enabled_pairs& pairs_;
};

}  // namespace heddle::sim::detail
