// SPDX-License-Identifier: BSL-1.0
//
// Takes the choices of a run as a fuzzer's records say, and where they say nothing as the strategy
// does on which the input stands.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include <heddle/sim/explorers.hpp>
#include <heddle/sim/strategy.hpp>

#include "fuzz_records.hpp"
#include "fuzz_sightings.hpp"

namespace heddle::sim::detail {

/// Events that a record names.
struct fuzz_slot {
    bool by_site = false;
    std::uint16_t key = 0;
    std::uint64_t site = 0;
    std::uint32_t skipped = 0;  ///< by site: so many of them go first, unharmed
    std::uint32_t ran = 0;      ///< by site: so many of them have run

    [[nodiscard]] bool is(const runnable& event) const;
};

struct fuzz_rule {
    fuzz_operation what{};
    fuzz_slot a;
    fuzz_slot b;
    std::uint8_t arg = 0;
    bool over = false;
};

/// What is done beside choosing, in every run.
class fuzz_watcher {
public:
    /// Both outlive it.
    fuzz_watcher(std::span<std::uint8_t> counters, enabled_pairs& pairs) noexcept
        : counters_(counters), pairs_(pairs) {}
    void begin_run() noexcept { site_before_ = 0; }
    void saw_choice(std::span<runnable* const> options, std::size_t taken);
    void saw_run(const runnable& next);

private:
    /// 1, 2, ... in the order in which sites are first seen: the same in every process, as site
    /// keys are not.
    [[nodiscard]] std::uint64_t number_of_site(const runnable& event);
    /// Counts up, and stays at the top.
    void count(std::uint64_t feature) noexcept {
        std::uint8_t& one = counters_[feature % counters_.size()];
        one = static_cast<std::uint8_t>(one + (one != 0xff ? 1 : 0));
    }
    std::span<std::uint8_t> counters_;
    enabled_pairs& pairs_;
    std::map<std::uint64_t, std::uint64_t> numbers_;  // looked up only, never walked through
    std::uint64_t site_before_ = 0;
};

class record_strategy final : public strategy {
public:
    /// All outlive it. `again`: names that run 0 has not stand for an event that it has.
    record_strategy(const fuzz_input& input, const sightings& known, explorer* base,
                    fuzz_watcher& watcher, bool again);

    std::size_t order(std::span<runnable* const> options) override;
    std::size_t stall(const runnable& next, std::size_t options) override;
    std::size_t oversleep(std::uint64_t wait, std::size_t options) override;
    std::size_t finish(const finish_options& options) override;
    void ran(const runnable& next) override;

    /// Whether a record names an event that neither run 0 nor this run had.
    [[nodiscard]] bool has_unknown_names() const noexcept;

private:
    struct unknown_name {
        std::uint16_t key = 0;
        bool seen = false;
    };
    void add(const fuzz_record& record, const sightings& known);
    bool resolve(std::uint16_t key, std::uint8_t next, bool by_site, fuzz_operation what,
                 const sightings& known, fuzz_slot& slot);
    void see(const runnable& event);
    [[nodiscard]] bool held(const runnable& event, bool but_idle) const;
    [[nodiscard]] std::size_t choose(std::span<runnable* const> options);
    [[nodiscard]] std::size_t first_when_idle(std::span<runnable* const> options) const;
    [[nodiscard]] bool first_of_two(std::span<runnable* const> options, std::size_t& taken) const;

    explorer* base_;
    fuzz_watcher& watcher_;
    bool again_;
    std::vector<fuzz_rule> rules_;
    std::vector<unknown_name> unknown_;  // by key
    std::uint64_t passed_over_ = 0;      // in a row
    // Kept from choice to choice for their memory.
    std::vector<std::size_t> free_;
    std::vector<runnable*> offered_;
};

}  // namespace heddle::sim::detail
