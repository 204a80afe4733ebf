// SPDX-License-Identifier: BSL-1.0
//
// Counts what the runs of a campaign see of the points of <heddle/sim/coverage.hpp>, and judges it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <heddle/sim/explore.hpp>

namespace heddle::sim::detail {

/// Throws usage_error, which lists the labels that there are, for one in must_see that is none.
void check_must_see(const explore_options& options);

/// All points that the program has, by label, none of them seen.
[[nodiscard]] std::vector<covered_point> known_points();

/// Adds up over runs. Runs may be counted in several processes and joined by merge_coverage.
class coverage_counter {
public:
    void add(const run_record& run) {
        if (!run.coverage.empty()) {
            count(run);
        }
    }
    /// By label: what was passed, and `must_see`, with 0 where it was not.
    [[nodiscard]] std::vector<covered_point> counted(
        const std::vector<std::string>& must_see) const;

private:
    void count(const run_record& run);
    [[nodiscard]] std::size_t slot_of(std::uint32_t point);

    std::vector<covered_point> slots_;  // one for each label
    std::vector<std::uint64_t> last_run_;
    std::vector<std::uint32_t> slot_of_point_;  // and one more; 0 if not known yet
    std::uint64_t runs_ = 0;
};

/// `seen` and, of the points whose labels are in `must_see`, those that were not: by label.
[[nodiscard]] std::vector<covered_point> covered(std::vector<covered_point> seen,
                                                 const std::vector<std::string>& must_see);

/// Adds `more`, of other runs of the same campaign, to `all`. Both and the result are by label.
void merge_coverage(std::vector<covered_point>& all, const std::vector<covered_point>& more);

/// The campaign has ended without a failure: makes `result` fail if its coverage says so.
void judge_coverage(exploration& result, const explore_options& options);

}  // namespace heddle::sim::detail
