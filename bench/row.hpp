// SPDX-License-Identifier: BSL-1.0
//
// A row of the benchmarks: one workload on one loop. Both programs here, the one that measures
// (heddle_bench) and the one whose instructions are counted (heddle_bench_one), run the same rows.
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
    std::string side;                     ///< whose loop: one of the three below
    std::uint64_t batch;                  ///< operations in one measurement
    std::function<operations()> prepare;  ///< makes the loop
};

inline constexpr const char* heddle_side = "heddle";           ///< on the virtual clock
inline constexpr const char* backend_side = "heddle_on_asio";  ///< on heddle::asio_backend
inline constexpr const char* asio_side = "asio";               ///< plain Boost.Asio

/// The rows, by theme.
void add_post_rows(std::vector<row>& rows);
void add_task_rows(std::vector<row>& rows);
void add_await_rows(std::vector<row>& rows);
void add_primitive_rows(std::vector<row>& rows);
void add_timer_rows(std::vector<row>& rows);
void add_simulation_rows(std::vector<row>& rows);

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
