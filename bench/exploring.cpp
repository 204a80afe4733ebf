// SPDX-License-Identifier: BSL-1.0
//
// Exploring: whole executions of a small racy program, one after the other, each with another
// schedule. Asio has nothing of the kind: what stands beside it is the same program, always in the
// order in which Asio runs it, on a context that is kept.
//
// The ideals run the program, pick at random among what is ready, and look at the result. They
// record nothing, so that no run of theirs could be had again.
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <heddle/heddle.hpp>
#include <heddle/sim/exhaust.hpp>
#include <heddle/sim/explore.hpp>

#include "racy_program.hpp"
#include "random.hpp"
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

// ---- three tasks of three steps, or of five -------------------------------------------------

heddle::coro<void> add_each(int& shared, int rounds) {
    for (int i = 0; i < rounds; ++i) {
        const int seen = shared;
        co_await heddle::sleep(heddle::duration::zero());
        shared = seen + 1;
        co_await heddle::sleep(heddle::duration::zero());
    }
}

template <int rounds>
heddle::coro<void> small_program(std::uint64_t& lost) {
    int shared = 0;
    co_await heddle::gather(add_each(shared, rounds), add_each(shared, rounds),
                            add_each(shared, rounds));
    lost += static_cast<std::uint64_t>(3 * rounds - shared);
}

template <int rounds>
void racy(explore_world&, std::uint64_t n) {
    std::uint64_t lost = 0;
    const heddle::sim::program program = [&lost] { return small_program<rounds>(lost); };
    heddle::sim::explore_options options;
    options.schedules = n;
    options.strategy = walk;
    const heddle::sim::exploration result = heddle::sim::explore(program, options);
    check(!result.found && result.schedules == n && lost > 0, "racy");
}

/// Schedule by schedule, none twice; only their number is limited.
void racy_full(explore_world&, std::uint64_t n) {
    std::uint64_t lost = 0;
    const heddle::sim::program program = [&lost] { return small_program<2>(lost); };
    heddle::sim::exhaust_options options;
    options.most_runs = n;
    options.order_only = true;
    options.deviations = 0;
    const heddle::sim::exhaustion result = heddle::sim::exhaust(program, options);
    check(!result.found && result.runs == n && lost > 0, "racy_15_full");
}

// ---- the same on the ideals -----------------------------------------------------------------

template <class Kit>
ideal::coro<void> ideal_add_each(int& shared, int rounds) {
    for (int i = 0; i < rounds; ++i) {
        const int seen = shared;
        co_await typename Kit::yield();
        shared = seen + 1;
        co_await typename Kit::yield();
    }
}

template <class Kit>
ideal::coro<void> ideal_program(int rounds, std::uint64_t& lost) {
    using body = ideal::coro<void>;
    using bodies = std::array<body, 3>;
    int shared = 0;
    bodies tasks{ideal_add_each<Kit>(shared, rounds), ideal_add_each<Kit>(shared, rounds),
                 ideal_add_each<Kit>(shared, rounds)};
    if constexpr (requires { typename Kit::template gather<void, bodies>; }) {
        typename Kit::template gather<void, bodies> all(std::move(tasks));
        co_await all;
    } else {
        typename Kit::template gather<void> all(std::move(tasks));
        co_await all;
    }
    lost += static_cast<std::uint64_t>(3 * rounds - shared);
}

/// One of `options` at random.
struct random_choice {
    random_numbers random{1};
    std::size_t operator()(std::size_t options) noexcept {
        return static_cast<std::size_t>((random.next() >> 32) * options >> 32);
    }
};

/// Each schedule once: the choices of the last one, and the next of the latest that has one.
class depth_first_choice {
public:
    std::size_t operator()(std::size_t options) {
        if (at_ == path_.size()) {
            path_.push_back({0, options});
        }
        return path_[at_++].taken;
    }
    /// False when there is none left.
    bool next() noexcept {
        at_ = 0;
        while (!path_.empty() && path_.back().taken + 1 == path_.back().options) {
            path_.pop_back();
        }
        if (path_.empty()) {
            return false;
        }
        ++path_.back().taken;
        return true;
    }

private:
    struct entry {
        std::size_t taken;
        std::size_t options;
    };
    std::vector<entry> path_;
    std::size_t at_ = 0;
};

template <class Kit, int rounds>
void ideal_racy(ideal_world<Kit>& world, std::uint64_t n) {
    std::uint64_t lost = 0;
    random_choice choose;
    for (std::uint64_t i = 0; i < n; ++i) {
        world.loop.start(ideal_program<Kit>(rounds, lost));
        world.loop.run_chosen(choose);
    }
    check(lost > 0, "racy");
}

template <class Kit>
void ideal_racy_full(ideal_world<Kit>& world, std::uint64_t n) {
    std::uint64_t lost = 0;
    depth_first_choice choose;
    for (std::uint64_t i = 0; i < n; ++i) {
        world.loop.start(ideal_program<Kit>(2, lost));
        world.loop.run_chosen(choose);
        if (!choose.next()) {
            choose = {};
        }
    }
    check(lost > 0, "racy_15_full");
}

template <class Kit>
void add_ideal_rows(std::vector<row>& rows, std::uint64_t n) {
    using world = ideal_world<Kit>;
    rows.push_back(make_row<world>("explore_walk", n, ideal_racy<Kit, 3>));
    rows.push_back(make_row<world>("racy_9", n, ideal_racy<Kit, 1>));
    rows.push_back(make_row<world>("racy_15", n, ideal_racy<Kit, 2>));
    rows.push_back(make_row<world>("racy_15_full", n, ideal_racy_full<Kit>));
}

// ---- and on Asio, in its order --------------------------------------------------------------

namespace asio = boost::asio;

struct asio_race {
    int shared = 0;
    int left = 3;
};

asio_awaitable<void> asio_add_each(asio_race& race, int rounds) {
    const auto executor = co_await asio::this_coro::executor;
    for (int i = 0; i < rounds; ++i) {
        const int seen = race.shared;
        co_await asio::post(executor, use_asio_awaitable);
        race.shared = seen + 1;
        co_await asio::post(executor, use_asio_awaitable);
    }
    --race.left;
}

template <int rounds>
void asio_racy(asio_world& world, std::uint64_t n) {
    std::uint64_t lost = 0;
    for (std::uint64_t i = 0; i < n; ++i) {
        asio_race race;
        for (int task = 0; task < 3; ++task) {
            asio::co_spawn(world.context, asio_add_each(race, rounds), asio::detached);
        }
        world.run();
        lost += static_cast<std::uint64_t>(3 * rounds - race.shared);
        check(race.left == 0, "racy");
    }
    check(lost > 0, "racy");
}

void add_exploring_rows(std::vector<row>& rows) {
    constexpr std::uint64_t runs = 10'000;
    rows.push_back(make_row<explore_world>("racy_9", runs, racy<1>));
    rows.push_back(make_row<explore_world>("racy_15", runs, racy<2>));
    rows.push_back(make_row<explore_world>("racy_15_full", runs, racy_full));
    rows.push_back(make_row<explore_world>("explore", runs, explore));
    rows.push_back(make_row<explore_world>("explore_walk", runs, explore_walk));
    rows.push_back(make_row<explore_world>("explore_steps", 1'000'000, explore_steps<portfolio>));
    rows.push_back(make_row<explore_world>("explore_steps_walk", 1'000'000, explore_steps<walk>));
    rows.push_back(make_row<asio_world>("racy_9", runs, asio_racy<1>));
    rows.push_back(make_row<asio_world>("racy_15", runs, asio_racy<2>));
    add_ideal_rows<ideal::bare<ideal::pool>>(rows, runs);
    add_ideal_rows<ideal::hops<ideal::pool>>(rows, runs);
}

const rows_of_a_file file(add_exploring_rows);

}  // namespace

}  // namespace bench
