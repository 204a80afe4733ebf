// SPDX-License-Identifier: BSL-1.0
//
// The ideals: two prototypes of an event loop that say how far the machine lets one go. They are not
// usable loops: no cancellation, no errors, no handles, no checks, one thread, one loop at a time.
//
//   bare.hpp  queues, timers, coroutines, and none of the semantics: the physical limit here
//   hops.hpp  the same, with exactly the hops and iterations that CPython 3.13 has, and nothing else
//
// Both are made of the parts in memory.hpp, ready.hpp, timers.hpp and coro.hpp. Whatever is done here
// is done in the cheapest way known; where a way is found to make one of them faster, it belongs here.
//
// What is measured on them is in the files of the themes, beside what is measured on heddle.
//
// This file: where frames and callbacks come from. Cut from chunks one after the other; what is given
// back is handed out again by size. With sizes known to the compiler that is four instructions each.
#pragma once

#include <cstddef>
#include <new>
#include <utility>

namespace ideal {

class memory {
public:
    [[nodiscard]] static void* allocate(std::size_t size) {
        block*& free = free_[(size + granule - 1) / granule];
        if (free != nullptr) [[likely]] {
            return std::exchange(free, free->next);
        }
        return carve((size + granule - 1) / granule * granule);
    }
    static void deallocate(void* where, std::size_t size) noexcept {
        block*& free = free_[(size + granule - 1) / granule];
        free = ::new (where) block{free};
    }

    /// From here on everything comes from fresh chunks: for measuring memory.
    static void forget() noexcept {
        for (block*& each : free_) {
            each = nullptr;
        }
        at_ = end_ = nullptr;
    }

private:
    struct block {
        block* next;
    };
    static constexpr std::size_t granule = 16;
    static constexpr std::size_t most = 1024;
    static constexpr std::size_t chunk = std::size_t{256} * 1024;

    [[gnu::noinline]] static void* carve(std::size_t rounded) {
        if (static_cast<std::size_t>(end_ - at_) < rounded) {
            at_ = static_cast<std::byte*>(::operator new(chunk));  // kept until the program ends
            end_ = at_ + chunk;
        }
        at_ += rounded;
        return at_ - rounded;
    }

    static inline constinit block* free_[most / granule + 1] = {};
    static inline constinit std::byte* at_ = nullptr;
    static inline constinit std::byte* end_ = nullptr;
};

}  // namespace ideal
