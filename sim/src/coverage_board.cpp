// SPDX-License-Identifier: BSL-1.0
#include "coverage_board.hpp"

#include <algorithm>
#include <new>

#include "coverage.hpp"

namespace heddle::sim::detail {

coverage_board::coverage_board()
    : points_(known_points()),
      memory_(std::max<std::size_t>(points_.size(), 1) * sizeof(counts)),
      counts_(static_cast<counts*>(memory_.data())) {
    for (std::size_t i = 0; i < points_.size(); ++i) {
        new (counts_ + i) counts;
    }
}

void coverage_board::add(const std::vector<covered_point>& seen) const noexcept {
    // Both are by label, and `seen` has no label that is not among the points.
    std::size_t place = 0;
    for (const covered_point& each : seen) {
        while (points_[place].label != each.label) {
            ++place;
        }
        counts_[place].runs.fetch_add(each.runs, std::memory_order_relaxed);
        counts_[place].held.fetch_add(each.held, std::memory_order_relaxed);
        counts_[place].passed.fetch_add(each.passed, std::memory_order_relaxed);
    }
}

std::vector<covered_point> coverage_board::seen() const {
    std::vector<covered_point> result;
    for (std::size_t i = 0; i < points_.size(); ++i) {
        if (const std::uint64_t passed = counts_[i].passed.load(); passed != 0) {
            covered_point& point = result.emplace_back(points_[i]);
            point.passed = passed;
            point.held = counts_[i].held.load();
            point.runs = counts_[i].runs.load();
        }
    }
    return result;
}

}  // namespace heddle::sim::detail
