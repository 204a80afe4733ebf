// SPDX-License-Identifier: BSL-1.0
//
// The default strategy: each run draws one of the others, and how its environment behaves.
//
// A mix finds what each of its members misses. The weights follow what each member finds alone among
// the programs of tests/corpus (docs/corpus.md has the table), rounded, and with something left for
// those that are the best nowhere there but whose chances are proven: what is under test is another
// program.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include <heddle/sim/explorers.hpp>

namespace heddle::sim::detail {

/// The name of a portfolio whose weights numbered_runs learns: see adaptive.hpp.
inline constexpr std::string_view adaptive = "adaptive";

class portfolio final : public explorer {
    struct member {
        std::string_view name;
        std::uint64_t weight;  // in a hundred
    };
    static constexpr std::array<member, 9> members{{{"walk", 20},
                                                    {"site", 22},
                                                    {"site_points", 7},
                                                    {"site_noise", 6},
                                                    {"pct", 15},
                                                    {"pos", 8},
                                                    {"uniform", 17},
                                                    {"sticky", 3},
                                                    {"delay", 2}}};

public:
    static constexpr std::size_t size = members.size();
    using weights = std::array<std::uint64_t, size>;
    static constexpr weights usual = [] {
        weights all{};
        for (std::size_t i = 0; i < size; ++i) {
            all[i] = members[i].weight;
        }
        return all;
    }();
    /// Of the member of that name; `size` if it is none.
    [[nodiscard]] static std::size_t place_of(std::string_view name) noexcept;

    portfolio();
    /// How likely each is drawn, for the runs that follow. Not all of them 0.
    void weigh(const weights& each) noexcept;
    [[nodiscard]] std::string_view name() const noexcept override { return drawn_->name(); }
    [[nodiscard]] strategy& of_ready() noexcept override { return *drawn_; }
    std::size_t order(std::span<runnable* const> options) override;
    std::size_t order_crowd(crowd& options) override;
    std::size_t choose(std::span<runnable* const> options) override;
    [[nodiscard]] std::size_t crowds_from() const noexcept override {
        return drawn_->crowds_from();
    }
    std::size_t choose_crowd(crowd& options) override;
    [[nodiscard]] bool watches() const noexcept override { return drawn_->watches(); }
    void ran(const runnable& next) override { drawn_->ran(next); }

protected:
    void start(const run_profile& profile) override;

private:
    template <class At>
    std::size_t offered(std::size_t count, At at);
    std::array<std::unique_ptr<explorer>, size> strategies_;
    weights weights_{};
    std::uint64_t all_weights_ = 0;
    explorer* drawn_ = nullptr;
    // How often the earliest timer may overtake, and operations may finish while something is
    // ready, in 64. Some bugs need a feature to be off: a timer that always wins hides them.
    std::uint64_t timers_in_64_ = 64;
    std::uint64_t operations_in_64_ = 64;
    bool withholds_nothing_ = true;
};

}  // namespace heddle::sim::detail
