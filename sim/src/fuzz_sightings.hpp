// SPDX-License-Identifier: BSL-1.0
//
// What a fuzzer knows of a program's events: those of run 0, by which records are understood, and
// what later runs have shown, on which only mutations draw.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <heddle/runnable.hpp>

#include "fuzz_records.hpp"

namespace heddle::sim::detail {

struct sighting {
    std::uint64_t event = 0;
    std::uint64_t site = 0;  ///< see site_key
    event_kind kind{};
    std::uint64_t task = 0;  ///< of a step: the task's structural id
    std::uint32_t step = 0;  ///< of a step: the how-manieth of its task
};

/// The events of run 0, in the order in which they ran: the same in every process.
class sightings {
public:
    static constexpr std::size_t most = 65'536;

    void note(const runnable& event);
    /// No more are noted.
    void settle();

    [[nodiscard]] std::span<const sighting> all() const noexcept { return all_; }
    /// Where those of a kind stand among all.
    [[nodiscard]] std::span<const std::size_t> timers() const noexcept { return timers_; }
    [[nodiscard]] std::span<const std::size_t> operations() const noexcept { return operations_; }
    /// The first of that name; null if there is none.
    [[nodiscard]] const sighting* find(std::uint16_t key) const noexcept;

private:
    struct task_steps {
        std::uint64_t task = 0;
        std::uint32_t steps = 0;
    };
    std::vector<sighting> all_;
    std::vector<std::size_t> by_key_;  // of one name, the first comes first
    std::vector<std::size_t> timers_;
    std::vector<std::size_t> operations_;
    std::vector<task_steps> tasks_;  // by task
};

/// Pairs of events that were options of one choice, the latest ones.
class enabled_pairs {
public:
    struct pair {
        std::uint16_t first = 0;  ///< would have run first in the plain loop
        std::uint16_t other = 0;
    };
    void note(std::uint64_t first, std::uint64_t other) {
        pairs_[count_++ % pairs_.size()] = {fuzz_key(first), fuzz_key(other)};
    }
    [[nodiscard]] std::span<const pair> all() const noexcept {
        return std::span(pairs_).first(std::min<std::size_t>(count_, pairs_.size()));
    }

private:
    std::array<pair, 4'096> pairs_{};
    std::size_t count_ = 0;
};

}  // namespace heddle::sim::detail
