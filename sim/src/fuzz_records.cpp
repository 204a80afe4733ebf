// SPDX-License-Identifier: BSL-1.0
#include "fuzz_records.hpp"

#include <algorithm>
#include <array>

namespace heddle::sim::detail {

namespace {

std::uint16_t two_bytes(const std::uint8_t* bytes) noexcept {
    return static_cast<std::uint16_t>(bytes[0] | (bytes[1] << 8));
}

void put_two_bytes(std::uint16_t value, std::uint8_t* bytes) noexcept {
    bytes[0] = static_cast<std::uint8_t>(value & 0xff);
    bytes[1] = static_cast<std::uint8_t>(value >> 8);
}

}  // namespace

fuzz_input fuzz_input_from(std::span<const std::uint8_t> bytes) {
    std::array<std::uint8_t, fuzz_head_size> head{};
    std::copy_n(bytes.begin(), std::min(bytes.size(), head.size()), head.begin());
    fuzz_input input;
    input.version = head[0];
    input.base = head[1];
    input.seed = static_cast<std::uint32_t>(two_bytes(&head[4])) |
                 static_cast<std::uint32_t>(two_bytes(&head[6])) << 16;
    for (std::size_t at = fuzz_head_size;
         at + fuzz_record_size <= bytes.size() && input.records.size() < most_fuzz_records;
         at += fuzz_record_size) {
        const std::uint8_t* const from = &bytes[at];
        input.records.push_back(
            {from[0], two_bytes(from + 1), from[3], two_bytes(from + 4), from[6], from[7]});
    }
    return input;
}

std::size_t write_fuzz_input(const fuzz_input& input, std::span<std::uint8_t> out) {
    std::array<std::uint8_t, fuzz_head_size> head{input.version, input.base};
    put_two_bytes(static_cast<std::uint16_t>(input.seed & 0xffff), &head[4]);
    put_two_bytes(static_cast<std::uint16_t>(input.seed >> 16), &head[6]);
    std::size_t size = std::min(out.size(), head.size());
    std::copy_n(head.begin(), size, out.begin());
    for (const fuzz_record& each : input.records) {
        if (size + fuzz_record_size > out.size()) {
            break;
        }
        std::uint8_t* const to = &out[size];
        to[0] = each.op;
        put_two_bytes(each.a, to + 1);
        to[3] = each.a_next;
        put_two_bytes(each.b, to + 4);
        to[6] = each.b_next;
        to[7] = each.arg;
        size += fuzz_record_size;
    }
    return size;
}

std::span<const std::string_view> fuzz_bases() noexcept {
    static constexpr std::array<std::string_view, 8> names{"fifo", "site",    "pct",    "walk",
                                                           "pos",  "uniform", "sticky", "delay"};
    return names;
}

}  // namespace heddle::sim::detail
