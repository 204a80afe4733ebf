// SPDX-License-Identifier: BSL-1.0
#include "row.hpp"

#include <cstdio>
#include <cstdlib>

namespace bench {

std::vector<row> all_rows() {
    std::vector<row> rows;
    add_post_rows(rows);
    add_task_rows(rows);
    add_await_rows(rows);
    add_timer_rows(rows);
    add_primitive_rows(rows);
    add_simulation_rows(rows);
    return rows;
}

void check(bool condition, const char* workload) {
    if (!condition) {
        std::fprintf(stderr, "%s: the workload did not do what it should have\n", workload);
        std::exit(1);
    }
}

}  // namespace bench
