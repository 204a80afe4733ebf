// SPDX-License-Identifier: BSL-1.0
//
// What a run has done so far, in memory that outlives the process: each choice is stored as it is
// taken, each step is counted before it runs. When the process dies, another one reads it there.
//
// A simulation that nobody watches pays a test of one pointer for it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <heddle/sim/simulation.hpp>

namespace heddle::sim::detail {

/// Lies in shared memory. One process writes it, others read.
struct run_signs {
    std::atomic<std::uint64_t> runs{0};     ///< begun
    std::atomic<std::uint64_t> steps{0};    ///< begun, in the latest run
    std::atomic<std::uint64_t> choices{0};  ///< taken, in the latest run
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

class run_watch {
public:
    /// What is noted in `entries` is at most as much as they hold; both outlive the watch.
    run_watch(run_signs& signs, std::span<choice> entries) noexcept
        : signs_(signs), entries_(entries) {}

    /// `call` is called right before step number `step` (from 1) of a run.
    void stop_before(std::uint64_t step, std::function<void(const run_record&)> call) {
        stop_before_ = step;
        at_stop_ = std::move(call);
    }

    void begin() noexcept {
        // The count first: what is read of a run that has not begun is an empty one.
        signs_.choices.store(0, std::memory_order_relaxed);
        signs_.steps.store(0, std::memory_order_release);
        signs_.runs.store(signs_.runs.load(std::memory_order_relaxed) + 1,
                          std::memory_order_release);
    }
    void chose(const choice& entry) noexcept {
        const std::uint64_t count = signs_.choices.load(std::memory_order_relaxed);
        if (count < entries_.size()) {
            entries_[static_cast<std::size_t>(count)] = entry;
        }
        signs_.choices.store(count + 1, std::memory_order_release);
    }
    void step(const run_record& run) {
        signs_.steps.store(run.steps, std::memory_order_release);
        if (run.steps == stop_before_) {
            at_stop_(run);
        }
    }

private:
    run_signs& signs_;
    std::span<choice> entries_;
    std::uint64_t stop_before_ = 0;
    std::function<void(const run_record&)> at_stop_;
};

}  // namespace heddle::sim::detail
