// SPDX-License-Identifier: BSL-1.0
//
// The plain loop's order, but for a list of deviations: what the minimiser replays.
//
// Deviations name events by their structural ids, so that one still means the same when others
// are taken away. An event whose turn never comes because all that is ready is held is let go.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <heddle/sim/explore.hpp>
#include <heddle/sim/strategy.hpp>

namespace heddle::sim::detail {

class constrained_fifo final : public strategy {
public:
    explicit constrained_fifo(std::span<const deviation> deviations);

    std::size_t order(std::span<runnable* const> options) override;
    std::size_t stall(const runnable& next, std::size_t options) override;
    std::size_t oversleep(std::uint64_t wait, std::size_t options) override;
    std::size_t finish(const finish_options& options) override;
    std::size_t cancel(const runnable& next, std::size_t options) override;
    void ran(const runnable& next) override;

private:
    struct hold {
        std::uint64_t event;
        std::uint64_t until;
        bool over;
    };
    struct numbered {
        std::uint64_t key;
        std::uint32_t option;
    };

    struct early_finish {
        std::uint64_t event;
        std::uint64_t after;
    };

    struct site_hold {
        std::uint64_t site;
        std::uint64_t until;
        bool over;
    };

    [[nodiscard]] bool held(const runnable& event) const;
    [[nodiscard]] bool finishes_early(std::uint64_t event) const;
    [[nodiscard]] bool held(std::uint64_t event) const;
    std::size_t picked(std::size_t options);
    static std::size_t option_of(const std::vector<numbered>& list, std::uint64_t key,
                                 std::size_t options);

    std::vector<hold> holds_;                  // by event
    std::vector<std::size_t> holds_by_until_;  // indexes into holds_, by what is waited for
    std::vector<site_hold> site_holds_;
    std::vector<early_finish> early_;
    std::vector<numbered> stalls_;      // by event
    std::vector<numbered> oversleeps_;  // by wait
    std::vector<numbered> cancels_;     // by event
    std::vector<numbered> picks_;       // by position in the tape
    std::uint64_t position_ = 0;
    std::uint64_t ran_last_ = 0;
};

}  // namespace heddle::sim::detail
