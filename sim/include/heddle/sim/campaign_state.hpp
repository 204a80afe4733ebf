// SPDX-License-Identifier: BSL-1.0
//
// What has been done of a campaign, or of one shard of it, as a file: to go on with later, and to
// see which shard has the first failure.
//
// The runs of a campaign are made in blocks of campaign_block. Shard i of n has each n-th block,
// beginning with number i. The file is text, and is written whole or not at all;
// docs/campaigns.md says what is in it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <heddle/sim/explore.hpp>

namespace heddle::sim {

/// How many runs are taken at once. Part of the file's format: shards are made of blocks.
inline constexpr std::uint64_t campaign_block = 64;

/// The runs that one of several machines makes: number `number` (from 1) of `of`.
struct shard {
    std::uint64_t number = 1;
    std::uint64_t of = 1;
    friend bool operator==(const shard&, const shard&) = default;
};
inline constexpr std::uint64_t most_shards = 1'000'000;

/// The number of the campaign's block that is number `index` of a shard.
[[nodiscard]] constexpr std::uint64_t block_of(const shard& part, std::uint64_t index) noexcept {
    return part.number - 1 + index * part.of;
}

/// What runs came to.
struct run_totals {
    std::uint64_t runs = 0;
    std::uint64_t steps = 0;
    std::uint64_t digest = 0;
    run_totals& operator+=(const run_totals& more) noexcept {
        runs += more.runs;
        steps += more.steps;
        digest += more.digest;
        return *this;
    }
    friend bool operator==(const run_totals&, const run_totals&) = default;
};

/// A state that cannot be read, written or used here: what() is one line with the file, and the
/// line in it where there is one.
class campaign_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

struct campaign_state {
    // Which campaign it is.
    std::string program;
    std::uint64_t seed = 0;
    std::string strategy;
    level allowed = level::any;
    bool cancellations = false;
    run_limits limits;
    std::uint64_t schedules = 0;
    shard part;

    // What has been done of it, without a failure.
    std::uint64_t first_run = 0;                ///< digest of run 0; 0 if no run has been made
    std::uint64_t blocks = 0;                   ///< the shard's first so many blocks are done
    run_totals done;                            ///< what they came to
    std::map<std::uint64_t, run_totals> ahead;  ///< later ones that are done too, by index
    /// What their runs have seen of the points of coverage.hpp, by label. Places are not in files.
    std::vector<covered_point> coverage;
    // What was found, if something was: the shard's first failure.
    std::optional<std::uint64_t> failing;
    std::string failure_text;  ///< one line

    /// All runs below this one have been made, or are another shard's, and have passed.
    [[nodiscard]] std::uint64_t passed_below() const noexcept;
    /// Nothing is left to do: all runs have passed.
    [[nodiscard]] bool complete() const noexcept { return passed_below() >= schedules; }
};

[[nodiscard]] std::string to_text(const campaign_state& state);
/// `name` is the file's, for messages. Throws campaign_error.
[[nodiscard]] campaign_state campaign_state_from_text(std::string_view text, std::string_view name);
/// Throw campaign_error.
void write_campaign_state(const std::string& path, const campaign_state& state);
[[nodiscard]] campaign_state read_campaign_state(const std::string& path);

/// Empty if both are of one campaign, whatever has been done of it; else one line that says what
/// differs first. `name` is that of the file of `found`.
[[nodiscard]] std::string difference(const campaign_state& expected, const campaign_state& found,
                                     std::string_view name);

/// What all shards of a campaign came to.
struct merged_campaign {
    std::uint64_t runs = 0;               ///< that passed
    std::uint64_t steps = 0;              ///< of those
    std::vector<covered_point> coverage;  ///< what they have seen, by label
    /// The lowest failing run that was found, its shard, and its text.
    std::optional<std::uint64_t> failing;
    shard where;
    std::string failure_text;
    /// No run below `failing` is missing (or none at all, if nothing failed).
    bool complete = false;
    /// One line: which shards are missing, or have not come so far. Empty if complete.
    std::string missing;
};

struct named_state {
    std::string name;  ///< the file's
    campaign_state state;
};

/// Throws campaign_error unless all are different shards of one campaign.
[[nodiscard]] merged_campaign merge(std::span<const named_state> shards);

}  // namespace heddle::sim
