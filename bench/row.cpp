// SPDX-License-Identifier: BSL-1.0
#include "row.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <utility>

namespace bench {

namespace {

using adders = std::vector<void (*)(std::vector<row>&)>;

adders& files() {
    static adders all;
    return all;
}

}  // namespace

rows_of_a_file::rows_of_a_file(void (*add)(std::vector<row>& rows)) { files().push_back(add); }

std::vector<row> all_rows() {
    std::vector<row> rows;
    for (const auto add : files()) {
        add(rows);
    }
    // Sides of one workload take turns when they are measured.
    std::vector<row> ordered;
    while (!rows.empty()) {
        const std::string workload = rows.front().workload;
        const auto others = std::stable_partition(
            rows.begin(), rows.end(), [&](const row& each) { return each.workload == workload; });
        std::move(rows.begin(), others, std::back_inserter(ordered));
        rows.erase(rows.begin(), others);
    }
    return ordered;
}

void check(bool condition, const char* workload) {
    if (!condition) {
        std::fprintf(stderr, "%s: the workload did not do what it should have\n", workload);
        std::exit(1);
    }
}

}  // namespace bench
