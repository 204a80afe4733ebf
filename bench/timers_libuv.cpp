// SPDX-License-Identifier: BSL-1.0
//
// Timers on libuv: see libuv_world.hpp.
#include <cstdint>
#include <vector>

#include "libuv_world.hpp"
#include "random.hpp"
#include "row.hpp"

namespace bench {

namespace {

// ---- timers ---------------------------------------------------------------------------------
//
// As with Asio, deadlines lie in the past, so that it need not wait: the loop's idea of the time is
// put back while timers are set, and is right again when it runs.

constexpr std::uint64_t timer_seed = 4;

class put_back {
public:
    put_back(uv_loop_t& loop, std::uint64_t to) noexcept : loop_(loop), was_(loop.time) {
        loop.time = to;
    }
    put_back(const put_back&) = delete;
    put_back& operator=(const put_back&) = delete;
    ~put_back() { loop_.time = was_; }

private:
    uv_loop_t& loop_;
    std::uint64_t was_;
};

/// How far back deadlines may lie, at most: as long as this machine has been on.
std::uint32_t longest_past(uv_world& world) {
    uv_update_time(&world.loop);
    const std::uint64_t now = uv_now(&world.loop);
    return static_cast<std::uint32_t>(now < 1'000'000'000 ? now : 1'000'000'000);
}

void set_timers(uv_world& world, std::vector<uv_timer_t>& timers, std::uint64_t& fired) {
    random_numbers random(timer_seed);
    const std::uint32_t latest = longest_past(world);
    const put_back past(world.loop, world.loop.time - latest);
    for (uv_timer_t& each : timers) {
        uv_timer_init(&world.loop, &each);
        each.data = &fired;
        uv_timer_start(
            &each, [](uv_timer_t* self) { ++*static_cast<std::uint64_t*>(self->data); },
            static_cast<std::uint64_t>(random.up_to(latest)) - 1, 0);
    }
}

void uv_timers(uv_world& world, std::uint64_t n) {
    std::uint64_t fired = 0;
    std::vector<uv_timer_t> timers(n);
    set_timers(world, timers, fired);
    world.run();
    check(fired == n, "timers");
    close_all(world, timers);
}

void uv_half_cancelled(uv_world& world, std::uint64_t n) {
    std::uint64_t fired = 0;
    std::vector<uv_timer_t> timers(n);
    set_timers(world, timers, fired);
    for (std::size_t i = 0; i < n; i += 2) {
        uv_timer_stop(&timers[i]);
    }
    world.run();
    check(fired == n / 2, "timers_half_cancelled");
    close_all(world, timers);
}

struct uv_rearming {
    uv_timer_t timer;
    struct shared_state {
        random_numbers random{timer_seed};
        std::uint64_t to_set;
        std::uint64_t to_fire;
    }* state;

    void set(std::uint64_t from) {
        const put_back past(*timer.loop, from);
        uv_timer_start(
            &timer,
            [](uv_timer_t* self) {
                auto& here = *static_cast<uv_rearming*>(self->data);
                if (here.state->to_set > 0) {
                    --here.state->to_set;
                    here.set(self->timeout);
                }
                --here.state->to_fire;
            },
            static_cast<std::uint64_t>(here_random()), 0);
    }
    std::int64_t here_random() { return state->random.up_to(10); }
};

void uv_rearm(uv_world& world, std::uint64_t n) {
    constexpr std::size_t rearming = 1'000;
    uv_rearming::shared_state state{.to_set = n - rearming, .to_fire = n};
    std::vector<uv_rearming> timers(rearming);
    const std::uint64_t start = uv_now(&world.loop) - longest_past(world);
    for (uv_rearming& each : timers) {
        uv_timer_init(&world.loop, &each.timer);
        each.timer.data = &each;
        each.state = &state;
        each.set(start);
    }
    world.run();
    check(state.to_fire == 0, "timers_rearming");
    for (uv_rearming& each : timers) {
        uv_close(reinterpret_cast<uv_handle_t*>(&each.timer), nullptr);
    }
    world.run();
}

void add_libuv_rows(std::vector<row>& rows) {
    constexpr std::uint64_t million = 1'000'000;
    rows.push_back(make_row<uv_world>("timers", million, uv_timers));
    rows.push_back(make_row<uv_world>("timers_half_cancelled", million, uv_half_cancelled));
    rows.push_back(make_row<uv_world>("timers_rearming", million, uv_rearm));
}

const rows_of_a_file file(add_libuv_rows);

}  // namespace

}  // namespace bench
