// SPDX-License-Identifier: BSL-1.0
#include "worker.hpp"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <vector>

#include "archive.hpp"
#include "coverage.hpp"
#include "numbered_runs.hpp"

namespace heddle::sim::detail {

namespace {

class worker {
public:
    explicit worker(const worker_task& task)
        : task_(task),
          one_(task.options.explore.limits),
          watch_(task.room.watch()),
          runs_(one_, task.main, task.options.explore) {
        one_.watch(&watch_);
    }

    /// Until there is no block left, or a run of its own has failed: that one.
    std::optional<failed_run> work() {
        // For its profile.
        const std::uint64_t first = make_out_of_turn(0).digest;
        if (task_.where == surroundings::plain) {
            task_.control.first_run.store(first, std::memory_order_relaxed);
        }
        std::uint64_t index = 0;
        while (next_block(index)) {
            if (auto failed = make_block(index)) {
                return failed;
            }
        }
        return std::nullopt;
    }

private:
    bool next_block(std::uint64_t& index) {
        auto& next = task_.control.next[static_cast<std::size_t>(task_.where)];
        do {
            index = next.fetch_add(1, std::memory_order_relaxed);
        } while (task_.ahead.contains(index));
        // Before it is multiplied: with many shards the product could be too large.
        const shard& part = task_.options.part;
        const std::uint64_t most = task_.options.explore.schedules / campaign_block / part.of;
        return index <= most &&
               block_of(part, index) * campaign_block < task_.options.explore.schedules &&
               may_run(block_of(part, index) * campaign_block);
    }

    [[nodiscard]] bool may_run(std::uint64_t run) const noexcept {
        return run < task_.control.limit.load(std::memory_order_relaxed) &&
               !task_.control.stop.load(std::memory_order_relaxed);
    }

    /// A run that others are made from: it may be another worker's, or another machine's. Whether
    /// it fails is for them to say; but should it kill this process, they know from where.
    const run_record& make_out_of_turn(std::uint64_t run) {
        task_.page.block.store(no_run, std::memory_order_relaxed);
        task_.page.run.store(run, std::memory_order_release);
        return runs_.run(run, false);
    }

    std::optional<failed_run> make_block(std::uint64_t index) {
        worker_page& page = task_.page;
        const std::uint64_t first = block_of(task_.options.part, index) * campaign_block;
        const std::uint64_t runs =
            std::min(campaign_block, task_.options.explore.schedules - first);
        page.in_block = {};
        coverage_counter coverage;
        for (std::uint64_t i = first; i < first + runs; ++i) {
            while (const auto before = may_run(i) ? runs_.lacks(i) : std::nullopt) {
                static_cast<void>(make_out_of_turn(*before));
            }
            if (!may_run(i)) {
                return std::nullopt;  // the block is not done, and next_block() says no
            }
            page.block.store(index, std::memory_order_relaxed);
            page.run.store(i, std::memory_order_release);
            const run_record& run = runs_.run(i, false);
            page.in_block += {1, run.steps, digest_of_run(i, run.digest)};
            coverage.add(run);
            if (run.failed) {
                lower_limit(i);
                return failed_run{*run.failed, i, std::string(runs_.drawn()), run.digest};
            }
        }
        task_.coverage.add(coverage.counted({}));
        tell(index);
        return std::nullopt;
    }

    void lower_limit(std::uint64_t run) noexcept {
        auto& limit = task_.control.limit;
        std::uint64_t before = limit.load(std::memory_order_relaxed);
        while (run < before &&
               !limit.compare_exchange_weak(before, run, std::memory_order_relaxed)) {
        }
    }

    void tell(std::uint64_t index) noexcept {
        worker_page& page = task_.page;
        const std::uint64_t place = page.written.load(std::memory_order_relaxed);
        constexpr unsigned microseconds = 200;
        while (place - page.read.load(std::memory_order_acquire) >= worker_page::ring_size) {
            ::usleep(microseconds);
        }
        page.ring[place % worker_page::ring_size] = {index, page.in_block, runs_.drawn().data(),
                                                     runs_.drawn().size()};
        page.written.store(place + 1, std::memory_order_release);
    }

    const worker_task& task_;
    simulation one_;
    run_watch watch_;
    numbered_runs runs_;
};

}  // namespace

void move_to_other_surroundings() {
    // Blocks of many sizes, every other one given back, and not in order: what is allocated from
    // now on lies in the holes. The rest is never given back, in a process that soon ends.
    ::mallopt(M_PERTURB, 0x5a);
    constexpr std::size_t count = 8'192;
    constexpr std::size_t largest = 1'024;
    static std::vector<void*> kept;
    std::vector<void*> freed;
    random_stream sizes(count);
    for (std::size_t i = 0; i < count; ++i) {
        void* const block = std::malloc(16 + static_cast<std::size_t>(sizes.below(largest)));
        (i % 2 == 0 ? kept : freed).push_back(block);
    }
    for (std::size_t i = freed.size(); i > 1; --i) {
        std::swap(freed[i - 1], freed[static_cast<std::size_t>(sizes.below(i))]);
    }
    for (void* const block : freed) {
        std::free(block);
    }
}

int work(const worker_task& task, int file) noexcept {
    std::string said;
    try {
        if (task.where == surroundings::other) {
            move_to_other_surroundings();
        }
        worker one(task);
        if (auto failed = one.work()) {
            said = "F" + to_bytes(std::move(*failed));
        }
    } catch (const std::exception& error) {
        said = std::string("E") + error.what();
    } catch (...) {
        said =
            "E"
            "an error that is no std::exception came out of a run";
    }
    task.page.over.store(true, std::memory_order_release);
    return write_all(file, said) ? 0 : 1;
}

}  // namespace heddle::sim::detail
