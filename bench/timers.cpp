// SPDX-License-Identifier: BSL-1.0
//
// Timers at random deadlines: fired; half of them cancelled; and a thousand that set themselves
// again.
//
// heddle's are set ahead and fire in virtual time, one iteration and one turn of the clock for
// each deadline. Asio's lie in the past, so that it need not wait either: it takes all that are
// due at one go, which is less work than it would have in real time.
#include <boost/system/error_code.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <type_traits>
#include <vector>

#include "random.hpp"
#include "row.hpp"
#include "worlds.hpp"

namespace bench {

namespace {

using clock = asio_timer::clock_type;
using plain::tickers;

constexpr std::uint32_t latest = 1'000'000'000;  // nanoseconds
constexpr std::size_t rearming = 1'000;
constexpr std::uint64_t timer_seed = 4;

// ---- set, perhaps cancelled, fired ----------------------------------------------------------

void heddle_timers(virtual_world& world, std::uint64_t n) {
    random_numbers random(timer_seed);
    std::uint64_t fired = 0;
    const heddle::time_point start = world.loop.time();
    for (std::uint64_t i = 0; i < n; ++i) {
        world.loop.call_at(start + heddle::duration(random.up_to(latest)), [&fired] { ++fired; });
    }
    world.loop.call_at(start + heddle::duration(latest), [&world] { world.loop.stop(); });
    world.loop.run_forever();
    check(fired == n, "timers");
}

void asio_timers(asio_world& world, std::uint64_t n) {
    random_numbers random(timer_seed);
    std::uint64_t fired = 0;
    std::vector<asio_timer> timers;
    timers.reserve(n);
    const clock::time_point start = clock::now() - std::chrono::nanoseconds(latest);
    for (std::uint64_t i = 0; i < n; ++i) {
        timers.emplace_back(world.context, start + std::chrono::nanoseconds(random.up_to(latest)));
        timers.back().async_wait([&fired](const boost::system::error_code&) { ++fired; });
    }
    world.run();
    check(fired == n, "timers");
}

template <class Kit>
void ideal_timers(ideal_world<Kit>& world, std::uint64_t n) {
    random_numbers random(timer_seed);
    std::uint64_t fired = 0;
    const std::int64_t start = world.loop.now();
    for (std::uint64_t i = 0; i < n; ++i) {
        world.loop.call_at(start + random.up_to(latest), [&fired] { ++fired; });
    }
    world.loop.run();
    check(fired == n, "timers");
}

void heddle_half_cancelled(virtual_world& world, std::uint64_t n) {
    random_numbers random(timer_seed);
    std::uint64_t fired = 0;
    std::vector<heddle::timer_handle> timers;
    timers.reserve(n);
    const heddle::time_point start = world.loop.time();
    for (std::uint64_t i = 0; i < n; ++i) {
        timers.push_back(world.loop.call_at(start + heddle::duration(random.up_to(latest)),
                                            [&fired] { ++fired; }));
    }
    for (std::size_t i = 0; i < n; i += 2) {
        timers[i].cancel();
    }
    world.loop.call_at(start + heddle::duration(latest), [&world] { world.loop.stop(); });
    world.loop.run_forever();
    check(fired == n / 2, "timers_half_cancelled");
}

void asio_half_cancelled(asio_world& world, std::uint64_t n) {
    random_numbers random(timer_seed);
    std::uint64_t fired = 0;
    std::vector<asio_timer> timers;
    timers.reserve(n);
    const clock::time_point start = clock::now() - std::chrono::nanoseconds(latest);
    for (std::uint64_t i = 0; i < n; ++i) {
        timers.emplace_back(world.context, start + std::chrono::nanoseconds(random.up_to(latest)));
        timers.back().async_wait(
            [&fired](const boost::system::error_code& error) { fired += error ? 0 : 1; });
    }
    for (std::size_t i = 0; i < n; i += 2) {
        timers[i].cancel();
    }
    world.run();
    check(fired == n / 2, "timers_half_cancelled");
}

template <class Kit>
void ideal_half_cancelled(ideal_world<Kit>& world, std::uint64_t n) {
    random_numbers random(timer_seed);
    std::uint64_t fired = 0;
    const auto fire = [&fired] { ++fired; };
    using timer = std::remove_reference_t<decltype(world.loop.call_at(0, fire))>;
    std::vector<timer*> timers;
    timers.reserve(n);
    const std::int64_t start = world.loop.now();
    for (std::uint64_t i = 0; i < n; ++i) {
        timers.push_back(&world.loop.call_at(start + random.up_to(latest), fire));
    }
    for (std::size_t i = 0; i < n; i += 2) {
        world.loop.cancel(*timers[i]);
    }
    world.loop.run();
    check(fired == n / 2, "timers_half_cancelled");
}

// ---- re-arming ------------------------------------------------------------------------------

struct rearming_state {
    random_numbers random{timer_seed};
    std::uint64_t to_set;
    std::uint64_t to_fire;
};

struct heddle_rearming {
    heddle::event_loop* loop;
    rearming_state* state;

    void operator()() const {
        if (state->to_set > 0) {
            --state->to_set;
            loop->call_later(heddle::duration(state->random.up_to(1'000'000)), *this);
        }
        if (--state->to_fire == 0) {
            loop->stop();
        }
    }
};

void heddle_rearm(virtual_world& world, std::uint64_t n) {
    rearming_state state{.to_set = n - rearming, .to_fire = n};
    for (std::size_t i = 0; i < rearming; ++i) {
        world.loop.call_later(heddle::duration(state.random.up_to(1'000'000)),
                              heddle_rearming{&world.loop, &state});
    }
    world.loop.run_forever();
    check(state.to_fire == 0, "timers_rearming");
}

struct asio_rearming {
    asio_timer* timer;
    rearming_state* state;

    void set(clock::time_point from) const {
        timer->expires_at(from + std::chrono::nanoseconds(state->random.up_to(1'000'000)));
        timer->async_wait(*this);
    }
    void operator()(const boost::system::error_code&) const {
        if (state->to_set > 0) {
            --state->to_set;
            set(timer->expiry());
        }
        --state->to_fire;
    }
};

void asio_rearm(asio_world& world, std::uint64_t n) {
    rearming_state state{.to_set = n - rearming, .to_fire = n};
    // So far back that the last of them lies in the past as well.
    const clock::time_point start =
        clock::now() - std::chrono::milliseconds(1) * static_cast<std::int64_t>(n / rearming * 4);
    std::deque<asio_timer> timers;
    for (std::size_t i = 0; i < rearming; ++i) {
        asio_rearming{&timers.emplace_back(world.context), &state}.set(start);
    }
    world.run();
    check(state.to_fire == 0, "timers_rearming");
}

template <class Kit>
struct ideal_rearming {
    typename Kit::loop* loop;
    rearming_state* state;

    void operator()() const {
        if (state->to_set > 0) {
            --state->to_set;
            loop->call_at(loop->now() + state->random.up_to(1'000'000), *this);
        }
        --state->to_fire;
    }
};

template <class Kit>
void ideal_rearm(ideal_world<Kit>& world, std::uint64_t n) {
    rearming_state state{.to_set = n - rearming, .to_fire = n};
    for (std::size_t i = 0; i < rearming; ++i) {
        world.loop.call_at(world.loop.now() + state.random.up_to(1'000'000),
                           ideal_rearming<Kit>{&world.loop, &state});
    }
    world.loop.run();
    check(state.to_fire == 0, "timers_rearming");
}

// ---- tickers: 100 of one second -------------------------------------------------------------

template <class Kit>
ideal::coro<void> ideal_tick(std::uint64_t seconds, std::uint64_t& ticks) {
    for (std::uint64_t i = 0; i < seconds; ++i) {
        co_await typename Kit::sleep(1'000'000'000);
        ++ticks;
    }
}

template <class Kit>
void ideal_tickers(ideal_world<Kit>& world, std::uint64_t n) {
    std::uint64_t ticks = 0;
    for (std::uint64_t i = 0; i < tickers; ++i) {
        world.loop.start(ideal_tick<Kit>(n / tickers, ticks));
    }
    world.loop.run();
    check(ticks == n / tickers * tickers, "tickers");
}

template <class Kit>
void add_ideal_rows(std::vector<row>& rows, std::uint64_t n) {
    using world = ideal_world<Kit>;
    rows.push_back(make_row<world>("timers", n, ideal_timers<Kit>));
    rows.push_back(make_row<world>("timers_half_cancelled", n, ideal_half_cancelled<Kit>));
    rows.push_back(make_row<world>("timers_rearming", n, ideal_rearm<Kit>));
    rows.push_back(make_row<world>("tickers", n, ideal_tickers<Kit>));
}

void add_timer_rows(std::vector<row>& rows) {
    constexpr std::uint64_t million = 1'000'000;
    rows.push_back(make_row<virtual_world>("timers", million, heddle_timers));
    rows.push_back(make_row<asio_world>("timers", million, asio_timers));
    rows.push_back(
        make_row<virtual_world>("timers_half_cancelled", million, heddle_half_cancelled));
    rows.push_back(make_row<asio_world>("timers_half_cancelled", million, asio_half_cancelled));
    rows.push_back(make_row<virtual_world>("timers_rearming", million, heddle_rearm));
    rows.push_back(make_row<asio_world>("timers_rearming", million, asio_rearm));
    rows.push_back(heddle_row<virtual_world>("tickers", million));
    add_ideal_rows<bare_kit>(rows, million);
    add_ideal_rows<hops_kit>(rows, million);
}

const rows_of_a_file file(add_timer_rows);

}  // namespace

}  // namespace bench
