// SPDX-License-Identifier: BSL-1.0
//
// A row of the benchmarks: one workload on one loop. The programs that measure (heddle_bench_post and
// the like, one a theme) and the one whose instructions are counted (heddle_bench_one) run the same
// rows.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace bench {

/// Does `n` operations of a workload. Called again and again on one loop, whose memory is warm
/// from the second call on.
using operations = std::function<void(std::uint64_t n)>;

struct row {
    std::string workload;                 ///< "post_chain"
    std::string side;                     ///< whose loop: one of those below
    std::uint64_t batch;                  ///< operations in one measurement
    std::function<operations()> prepare;  ///< makes the loop
};

inline constexpr const char* heddle_side = "heddle";           ///< on the virtual clock
inline constexpr const char* backend_side = "heddle_on_asio";  ///< on heddle::asio_backend
inline constexpr const char* bare_side = "ideal";              ///< see ideal/bare.hpp
inline constexpr const char* hops_side = "ideal_with_hops";    ///< see ideal/hops.hpp
inline constexpr const char* asio_side = "asio";               ///< plain Boost.Asio
inline constexpr const char* libuv_side = "libuv";

/// Adds the rows of one file: `const rows_of_a_file post(add_post_rows);` in it.
struct rows_of_a_file {
    explicit rows_of_a_file(void (*add)(std::vector<row>& rows));
};

/// Those of all files that are linked in, the sides of each workload together.
[[nodiscard]] std::vector<row> all_rows();

/// Ends the program with one line if a workload did not do what it should have.
void check(bool condition, const char* workload);

/// A row whose operations are `work(world, n)` on a World of its own.
template <class World, class Work>
row make_row(const char* workload, std::uint64_t batch, Work work) {
    return {workload, World::side, batch, [work]() -> operations {
                auto world = std::make_shared<World>();
                return [world, work](std::uint64_t n) { work(*world, n); };
            }};
}

}  // namespace bench
