// SPDX-License-Identifier: BSL-1.0
//
// A fuzzer's input: a head of eight bytes, then records of eight bytes, in any order.
//
// No byte's meaning depends on what stands before it, and a record that means nothing to a program
// does nothing: so inputs can be cut, mixed and mutated anywhere. docs/fuzzing.md has the format.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace heddle::sim::detail {

/// What a record asks for. Numbers are part of the format.
enum class fuzz_operation : std::uint8_t {
    none,
    hold,       ///< a waits until b has run
    hold_idle,  ///< a waits until nothing else is ready
    boost,      ///< a runs as soon as it is ready
    fire,       ///< the timer a fires before b runs
    complete,   ///< the operation a finishes before b runs
    stall,      ///< a takes long: until the arg-th of the next deadlines
    oversleep,  ///< wait number a overshoots: until the arg-th of the next deadlines
    value,      ///< other values out of heddle::random()
};
inline constexpr std::uint8_t fuzz_operations = 9;

struct fuzz_record {
    static constexpr std::uint8_t operation_mask = 0x0f;
    static constexpr std::uint8_t site_a = 0x10;  ///< a stands for all events of its site
    static constexpr std::uint8_t site_b = 0x20;

    std::uint8_t op = 0;
    std::uint16_t a = 0;
    std::uint8_t a_next = 0;
    std::uint16_t b = 0;
    std::uint8_t b_next = 0;
    std::uint8_t arg = 0;

    [[nodiscard]] fuzz_operation operation() const noexcept {
        const auto number = static_cast<std::uint8_t>(op & operation_mask);
        return number < fuzz_operations ? static_cast<fuzz_operation>(number)
                                        : fuzz_operation::none;
    }
    void set_operation(fuzz_operation what) noexcept {
        op = static_cast<std::uint8_t>((op & ~operation_mask) | static_cast<std::uint8_t>(what));
    }
};

struct fuzz_input {
    std::uint8_t version = 0;
    std::uint8_t base = 0;
    std::uint32_t seed = 0;
    std::vector<fuzz_record> records;
};

inline constexpr std::size_t fuzz_head_size = 8;
inline constexpr std::size_t fuzz_record_size = 8;
/// Those behind are not looked at.
inline constexpr std::size_t most_fuzz_records = 512;

/// What is missing of the head is zero; a record that is cut off is none.
[[nodiscard]] fuzz_input fuzz_input_from(std::span<const std::uint8_t> bytes);
/// Returns how many bytes were written: as many records as there is room for.
std::size_t write_fuzz_input(const fuzz_input& input, std::span<std::uint8_t> out);

/// The strategies that an input can stand on, by number: "fifo" first. The order is part of the
/// format.
[[nodiscard]] std::span<const std::string_view> fuzz_bases() noexcept;

/// An event's name in a record.
[[nodiscard]] constexpr std::uint16_t fuzz_key(std::uint64_t event) noexcept {
    return static_cast<std::uint16_t>(event >> 48);
}

}  // namespace heddle::sim::detail
