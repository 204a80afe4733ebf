// SPDX-License-Identifier: BSL-1.0
#include "fuzz_mutator.hpp"

#include <algorithm>
#include <utility>

namespace heddle::sim::detail {

namespace {

void change_bytes(std::span<std::uint8_t> bytes, random_stream& random) {
    if (bytes.empty()) {
        return;
    }
    std::uint8_t& one = bytes[random.below(bytes.size())];
    one = static_cast<std::uint8_t>(random.chance(1, 2) ? one ^ (1U << random.below(8))
                                                        : random.below(256));
}

/// Small distances are likelier: 1 in half of the cases, 2 in a quarter, ...
std::size_t near_distance(random_stream& random) {
    std::size_t distance = 1;
    while (distance < 256 && random.chance(1, 2)) {
        distance += distance < 4 ? 1 : distance;
    }
    return distance;
}

void step_by_one(std::uint8_t& next, random_stream& random) {
    next = static_cast<std::uint8_t>(random.chance(1, 2) ? next + 1 : next - (next > 0 ? 1 : 0));
}

std::uint32_t any_seed(random_stream& random) {
    return static_cast<std::uint32_t>(random.next() >> 32);
}

}  // namespace

std::uint16_t fuzz_mutator::any_key(random_stream& random) const {
    const auto all = known_.all();
    return all.empty() ? std::uint16_t{0} : fuzz_key(all[random.below(all.size())].event);
}

/// Two events of which the second could come first: options of one choice, or of run 0, not far
/// from each other.
void fuzz_mutator::draw_pair(fuzz_record& record, random_stream& random) const {
    const auto pairs = pairs_.all();
    const auto all = known_.all();
    if (!pairs.empty() && (all.empty() || random.chance(1, 2))) {
        const auto& pair = pairs[random.below(pairs.size())];
        record.a = pair.first;
        record.b = pair.other;
    } else if (!all.empty()) {
        const std::size_t place = random.below(all.size());
        const std::size_t later =
            random.chance(1, 4) ? random.below(all.size()) : place + near_distance(random);
        record.a = fuzz_key(all[place].event);
        record.b = fuzz_key(all[std::min(later, all.size() - 1)].event);
    }
    // A later step of the same task, at times.
    if (random.chance(1, 6)) {
        record.b_next = static_cast<std::uint8_t>(near_distance(random) & 0xff);
    }
}

void fuzz_mutator::draw_of_kind(std::span<const std::size_t> places, fuzz_record& record,
                                random_stream& random) const {
    const std::size_t place = places[random.below(places.size())];
    record.a = fuzz_key(known_.all()[place].event);
    record.b = any_key(random);
}

fuzz_record fuzz_mutator::fresh(random_stream& random) const {
    fuzz_record record;
    record.arg = static_cast<std::uint8_t>(random.below(4));
    if (random.chance(3, 10)) {
        record.op |= fuzz_record::site_a;
    }
    if (random.chance(1, 10)) {
        record.op |= fuzz_record::site_b;
    }
    draw_pair(record, random);
    const std::uint64_t ticket = random.below(100);
    if (ticket < 50) {
        record.set_operation(fuzz_operation::hold);
    } else if (ticket < 62) {
        record.set_operation(fuzz_operation::hold_idle);
    } else if (ticket < 74) {
        record.set_operation(fuzz_operation::boost);
    } else if (ticket < 84 && !known_.timers().empty()) {
        record.set_operation(fuzz_operation::fire);
        draw_of_kind(known_.timers(), record, random);
    } else if (ticket < 92 && !known_.operations().empty()) {
        record.set_operation(fuzz_operation::complete);
        draw_of_kind(known_.operations(), record, random);
    } else if (ticket < 96) {
        record.set_operation(fuzz_operation::stall);
    } else if (ticket < 98) {
        record.set_operation(fuzz_operation::oversleep);
        record.a = static_cast<std::uint16_t>(near_distance(random));
    } else {
        record.set_operation(fuzz_operation::value);
        record.a = static_cast<std::uint16_t>(random.below(0x10000));
    }
    return record;
}

void fuzz_mutator::change_one(fuzz_record& record, random_stream& random) const {
    switch (random.below(6)) {
        case 0:
            std::swap(record.a, record.b);
            std::swap(record.a_next, record.b_next);
            break;
        case 1:
            record.op ^= random.chance(3, 4) ? fuzz_record::site_a : fuzz_record::site_b;
            break;
        case 2:
            step_by_one(random.chance(1, 2) ? record.a_next : record.b_next, random);
            break;
        case 3:
            record.b = any_key(random);
            break;
        case 4:
            record.a = any_key(random);
            break;
        default: {
            const fuzz_record drawn = fresh(random);
            record.set_operation(drawn.operation());
            record.arg = drawn.arg;
        }
    }
}

void fuzz_mutator::change(fuzz_input& input, random_stream& random) const {
    auto& records = input.records;
    const std::uint64_t ticket = random.below(100);
    if (records.empty() ? ticket < 70 : ticket < 35) {
        if (records.size() < most_fuzz_records) {
            const auto place = static_cast<std::ptrdiff_t>(random.below(records.size() + 1));
            records.insert(records.begin() + place, fresh(random));
        }
    } else if (records.empty() || ticket < 65) {
        if (random.chance(1, 2)) {
            input.base = static_cast<std::uint8_t>(random.below(fuzz_bases().size()));
        }
        input.seed = any_seed(random);
    } else if (ticket < 80) {
        records.erase(records.begin() + static_cast<std::ptrdiff_t>(random.below(records.size())));
    } else {
        change_one(records[random.below(records.size())], random);
    }
}

std::size_t fuzz_mutator::mutate(std::span<std::uint8_t> bytes, std::size_t size,
                                 random_stream& random) const {
    size = std::min(size, bytes.size());
    if (size > fuzz_head_size && random.chance(1, 10)) {
        change_bytes(bytes.first(size).subspan(1), random);
        return size;
    }
    fuzz_input input = fuzz_input_from(bytes.first(size));
    input.version = 0;
    for (std::uint64_t left = 1 + random.below(3); left > 0; --left) {
        change(input, random);
    }
    return write_fuzz_input(input, bytes);
}

std::size_t fuzz_mutator::cross_over(std::span<const std::uint8_t> first,
                                     std::span<const std::uint8_t> second,
                                     std::span<std::uint8_t> out, random_stream& random) {
    const fuzz_input a = fuzz_input_from(first);
    const fuzz_input b = fuzz_input_from(second);
    fuzz_input both = random.chance(1, 2) ? a : b;
    both.version = 0;
    both.records.clear();
    const bool all = random.chance(1, 2);
    for (const fuzz_input* parent : {&a, &b}) {
        for (const fuzz_record& each : parent->records) {
            if ((all || random.chance(1, 2)) && both.records.size() < most_fuzz_records) {
                both.records.push_back(each);
            }
        }
    }
    return write_fuzz_input(both, out);
}

}  // namespace heddle::sim::detail
