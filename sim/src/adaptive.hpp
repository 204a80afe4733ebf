// SPDX-License-Identifier: BSL-1.0
//
// What the strategy "adaptive" learns: weights for the portfolio that follow which of its members
// still shows something new.
//
// Runs are divided into epochs, each as long as all before it. The weights of an epoch are a
// function of the first `lesson` runs of each earlier one, which are made again by whoever has
// not made them: another worker, another machine, a replay by number. So run i stays a function of
// the program, the options, the master seed, i and the profile of run 0, at the price of at most
// `lesson` runs for each doubling of i.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string_view>

#include <heddle/sim/simulation.hpp>

#include "portfolio.hpp"

namespace heddle::sim::detail {

class adaptive_weights {
public:
    /// Runs of an epoch that are learned from; the first epoch has no others.
    static constexpr std::uint64_t lesson = 64;

    /// The run to be observed before run number `schedule` can be drawn; nothing if there is none.
    [[nodiscard]] std::optional<std::uint64_t> lacks(std::uint64_t schedule) const noexcept;

    /// How likely each member is drawn for run number `schedule`, which lacks nothing.
    [[nodiscard]] const portfolio::weights& of(std::uint64_t schedule) const noexcept;

    /// Run number `schedule` has been made, by the member `strategy`: once, and in the order in
    /// which they are asked for, each run is learned from that any later one lacks. Others are not.
    void observe(std::uint64_t schedule, std::string_view strategy, const run_record& run);

private:
    static constexpr std::size_t most_epochs = 60;

    [[nodiscard]] std::uint64_t news_in(const run_record& run);
    void end_lesson();

    struct score {
        std::uint64_t runs = 0;
        std::uint64_t news = 0;
    };
    std::uint64_t observed_ = 0;
    std::array<score, portfolio::size> scores_{};  // of the members, in units of adaptive.cpp
    std::set<std::uint64_t> seen_;                 // pairs of events
    std::array<portfolio::weights, most_epochs> weights_ = {portfolio::usual};
};

}  // namespace heddle::sim::detail
