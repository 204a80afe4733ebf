// SPDX-License-Identifier: BSL-1.0
//
// Exploring: whole executions of a small racy program, one after the other, each with another
// schedule. Asio has nothing beside it.
#include <cstdint>
#include <vector>

#include <heddle/heddle.hpp>
#include <heddle/sim/explore.hpp>

#include "racy_program.hpp"
#include "row.hpp"
#include "worlds.hpp"

namespace bench {

namespace {

/// Three such tasks. What was lost is seen but not complained about: all schedules are run.
heddle::coro<void> racy_program(std::uint64_t& lost) {
    int shared = 0;
    co_await heddle::gather(add_three(shared), add_three(shared), add_three(shared));
    lost += static_cast<std::uint64_t>(9 - shared);
}

struct explore_world {
    static constexpr const char* side = heddle_side;
};

void explore_by(const char* strategy, std::uint64_t n) {
    std::uint64_t lost = 0;
    const heddle::sim::program program = [&lost] { return racy_program(lost); };
    heddle::sim::explore_options options;
    options.schedules = n;
    options.strategy = strategy;
    const heddle::sim::exploration result = heddle::sim::explore(program, options);
    check(!result.found && result.schedules == n && lost > 0, "explore");
}

void explore(explore_world&, std::uint64_t n) { explore_by("portfolio", n); }
void explore_walk(explore_world&, std::uint64_t n) { explore_by("walk", n); }

/// Tasks that take so many turns: a run of many steps, in which setting up counts for nothing.
heddle::coro<void> take_turns(int turns) {
    for (int i = 0; i < turns; ++i) {
        co_await heddle::sleep(heddle::duration::zero());
    }
}
heddle::coro<void> long_program() {
    co_await heddle::gather(take_turns(2'500), take_turns(2'500), take_turns(2'500),
                            take_turns(2'500));
}

/// One operation is one step: four tasks of 2,500 steps each, again and again.
template <const char* strategy>
void explore_steps(explore_world&, std::uint64_t n) {
    constexpr std::uint64_t steps_of_one = 10'000;
    const heddle::sim::program program = [] { return long_program(); };
    heddle::sim::explore_options options;
    options.schedules = n / steps_of_one;
    options.strategy = strategy;
    const heddle::sim::exploration result = heddle::sim::explore(program, options);
    check(!result.found && result.schedules == options.schedules, "explore_steps");
}
constexpr char portfolio[] = "portfolio";
constexpr char walk[] = "walk";

}  // namespace

void add_simulation_rows(std::vector<row>& rows) {
    rows.push_back(make_row<explore_world>("explore", 10'000, explore));
    rows.push_back(make_row<explore_world>("explore_walk", 10'000, explore_walk));
    rows.push_back(make_row<explore_world>("explore_steps", 1'000'000, explore_steps<portfolio>));
    rows.push_back(make_row<explore_world>("explore_steps_walk", 1'000'000, explore_steps<walk>));
}

}  // namespace bench
