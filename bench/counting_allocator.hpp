// SPDX-License-Identifier: BSL-1.0
//
// How often this program has asked for memory: every operator new is counted, and every
// aligned_alloc, which is what Asio uses (CMakeLists.txt has the linker wrap it). In heddle_bench
// only: heddle_bench_one, whose instructions are counted, keeps the allocator that it has.
#pragma once

#include <cstdint>

namespace bench {

[[nodiscard]] std::uint64_t allocations() noexcept;

}  // namespace bench
