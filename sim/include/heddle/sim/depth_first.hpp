// SPDX-License-Identifier: BSL-1.0
//
// sim::depth_first: a strategy that takes every schedule of a program once, run by run.
//
//   heddle::sim::depth_first all;
//   do {
//       const auto& run = one.run(main, all, heddle::sim::level::any);
//       ...
//   } while (all.advance(one_run));
//
// The first run is plain FIFO. Each next one repeats the choices of the one before up to the last
// that has an option left, takes that, and is FIFO behind it. What is kept between runs is one
// record a choice of the latest run, and nothing else.
//
// Repeating choices only makes sense if the program then offers the same options. Each run compares
// them, and the events that ran before them, with those of the run before; where they differ, the
// run fails there as failure_class::nondeterminism.
//
// exhaust() does all of this and knows what to do with failures. This class is for those who run
// the loop by hand (simulation::run_by_hand) or look at each run themselves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <heddle/sim/simulation.hpp>
#include <heddle/sim/strategy.hpp>

namespace heddle::sim {

class depth_first final : public strategy {
public:
    static constexpr std::uint32_t no_bound = std::numeric_limits<std::uint32_t>::max();

    /// `order_only`: no callback takes time and no wait overshoots. `most_deviations`: only
    /// schedules in which at most so many choices are not option 0.
    explicit depth_first(bool order_only = false, std::uint32_t most_deviations = no_bound) noexcept
        : order_only_(order_only), most_deviations_(most_deviations) {}

    /// Begins again, with FIFO. Memory is kept.
    void restart(std::uint32_t most_deviations) noexcept;

    /// To be called after each run, with its record: whether there is another schedule. False too
    /// when the program was seen not to be deterministic.
    [[nodiscard("without another schedule, a run would repeat the latest")]] bool advance(
        const run_record& run);

    /// What is wrong with a run that failed, to be asked before advance(): the record's failure,
    /// or nondeterminism if it failed where the runs with the same choices before it did not.
    [[nodiscard]] failure verdict(const run_record& failed) const;

    /// How many choices of the run that comes next, or was made last if advance() has not been
    /// called since, were given to it as not option 0. (Behind those given it takes option 0.)
    [[nodiscard]] std::uint32_t deviations() const noexcept { return deviations_; }
    /// An option was left out because of most_deviations.
    [[nodiscard]] bool cut() const noexcept { return cut_; }
    /// The program was seen not to be deterministic.
    [[nodiscard]] bool strayed() const noexcept { return strayed_; }

    std::size_t order(std::span<runnable* const> options) override;
    std::size_t stall(const runnable& next, std::size_t options) override;
    std::size_t oversleep(std::uint64_t wait, std::size_t options) override;
    std::size_t finish(const finish_options& options) override;
    std::size_t cancel(const runnable& next, std::size_t options) override;
    void ran(const runnable& next) override;
    void end_run() override;

private:
    struct entry {
        std::uint64_t seen;  // digest of what ran before and of the options
        std::uint32_t options;
        std::uint32_t taken;
        choice_kind kind;
    };

    std::size_t take(choice_kind kind, std::size_t options, std::uint64_t seen);
    std::size_t stray(const std::string& found);
    /// Of the choices given to a run that failed, whether all had their effect before it did.
    [[nodiscard]] bool reached_all_given(const run_record& failed) const noexcept;

    bool order_only_;
    bool cut_ = false;
    bool strayed_ = false;
    std::uint32_t most_deviations_;
    std::uint32_t deviations_ = 0;
    std::uint64_t history_ = 0;  // digest of what ran in this run
    std::vector<entry> path_;    // the choices of the latest run
    std::size_t given_ = 0;      // so many of them are given to the run; the rest it adds
    std::size_t position_ = 0;   // of the next choice
    std::size_t settled_ = 0;    // so many had been taken when something ran last
};

}  // namespace heddle::sim
