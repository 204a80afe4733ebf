// SPDX-License-Identifier: BSL-1.0
//
// Bytes: what the heap holds for one task that is parked or asleep, one pending future, one timer, one
// step of a recording. By what malloc says is in use, over 100,000 of each; the handles that a program
// keeps are not counted. In the counter `bytes`; how long it takes says nothing.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <heddle/heddle.hpp>
#include <heddle/sim/explore.hpp>
#include <heddle/sim/explorers.hpp>
#include <heddle/sim/simulation.hpp>

#include "worlds.hpp"

#if __has_include(<uv.h>)
#include "libuv_world.hpp"
#endif

namespace bench {

namespace {

namespace asio = boost::asio;

constexpr std::size_t many = 100'000;
constexpr std::int64_t hour = 3'600'000'000'000;

class measured {
public:
    explicit measured(benchmark::State& state) noexcept : state_(state), before_(in_use()) {}
    /// What came to be since this was made is `count` of them.
    void done(std::size_t count = many) {
        for (auto _ : state_) {
        }
        state_.counters["bytes"] =
            static_cast<double>(in_use() - before_) / static_cast<double>(count);
    }

private:
    static std::size_t in_use() noexcept {
        const struct mallinfo2 now = mallinfo2();
        return now.uordblks + now.hblkhd;
    }
    benchmark::State& state_;
    std::size_t before_;
};

// ---- heddle ---------------------------------------------------------------------------------

heddle::coro<void> park(const heddle::future<void>& until) { co_await until; }
heddle::coro<void> wait_at(heddle::event& until) { co_await until.wait(); }
heddle::coro<void> rest() { co_await heddle::sleep(heddle::duration(hour)); }

template <class Make>
void heddle_tasks(benchmark::State& state, virtual_world& world, Make make) {
    measured memory(state);
    for (std::size_t i = 0; i < many; ++i) {
        world.loop.create_task(make());
    }
    world.loop.stop();
    world.loop.run_forever();
    memory.done();
}

void heddle_parked(benchmark::State& state) {
    virtual_world world;
    const auto until = world.loop.create_future<void>();
    heddle_tasks(state, world, [&until] { return park(until); });
}
void heddle_at_event(benchmark::State& state) {
    virtual_world world;
    heddle::event until;
    {
        heddle_tasks(state, world, [&until] { return wait_at(until); });
        world.loop.close();
    }
}
void heddle_sleeping(benchmark::State& state) {
    virtual_world world;
    heddle_tasks(state, world, [] { return rest(); });
}

void heddle_future(benchmark::State& state) {
    virtual_world world;
    std::vector<heddle::future<int>> kept;
    kept.reserve(many);
    measured memory(state);
    for (std::size_t i = 0; i < many; ++i) {
        kept.push_back(world.loop.create_future<int>());
    }
    memory.done();
}

void heddle_timer(benchmark::State& state) {
    virtual_world world;
    measured memory(state);
    for (std::size_t i = 0; i < many; ++i) {
        world.loop.call_at(heddle::time_point(heddle::duration(hour)),
                           [&world] { world.loop.stop(); });
    }
    memory.done();
}

heddle::coro<void> turns(int count) {
    for (int i = 0; i < count; ++i) {
        co_await heddle::sleep(heddle::duration::zero());
    }
}
heddle::coro<void> four_tasks(int steps) {
    co_await heddle::gather(turns(steps), turns(steps), turns(steps), turns(steps));
}

/// What a run of an exploration keeps; and one that is traced, for a report.
void recorded(benchmark::State& state, bool traced) {
    constexpr int steps = 25'000;
    const heddle::sim::program program = [] { return four_tasks(steps); };
    const auto chooser = heddle::sim::make_explorer("walk");
    const heddle::sim::run_profile profile;
    chooser->begin(1, heddle::sim::level::any, profile);
    measured memory(state);
    heddle::sim::simulation one;
    memory.done(one.run(program, *chooser, heddle::sim::level::any, traced).steps);
}
void heddle_recorded(benchmark::State& state) { recorded(state, false); }
void heddle_traced(benchmark::State& state) { recorded(state, true); }
void heddle_tape_file(benchmark::State& state) {
    constexpr int steps = 25'000;
    const heddle::sim::program program = [] { return four_tasks(steps); };
    heddle::sim::explore_options options;
    options.strategy = "walk";
    const heddle::sim::run_record record = heddle::sim::run_schedule(program, 1, options);
    heddle::sim::tape tape;
    tape.choices = record.choices;
    const std::string text = heddle::sim::to_text(tape);
    for (auto _ : state) {
    }
    state.counters["bytes"] = static_cast<double>(text.size()) / static_cast<double>(record.steps);
}

// ---- the ideals -----------------------------------------------------------------------------

struct ideal_parking {
    std::vector<std::coroutine_handle<>> parked;
    ideal::node* first = nullptr;

    struct place : ideal::resumption {
        ideal_parking& lot;
        explicit place(ideal_parking& where) noexcept : lot(where) {}
        [[nodiscard]] bool await_ready() const noexcept { return false; }
        void await_suspend(std::coroutine_handle<> awaiting) {
            this->set(awaiting);
            this->next = lot.first;
            lot.first = this;
            lot.parked.push_back(awaiting);
        }
        void await_resume() const noexcept {}
    };
};

ideal::coro<void> ideal_park(ideal_parking& lot) { co_await ideal_parking::place(lot); }

template <class Kit>
ideal::coro<void> ideal_rest(std::vector<std::coroutine_handle<>>&) {
    co_await typename Kit::sleep(hour);
}

template <class Kit>
void ideal_parked(benchmark::State& state) {
    ideal::memory::forget();
    ideal_world<Kit> world;
    ideal_parking lot;
    lot.parked.reserve(many);
    measured memory(state);
    for (std::size_t i = 0; i < many; ++i) {
        world.loop.start(ideal_park(lot));
    }
    world.loop.run();
    memory.done();
    for (const std::coroutine_handle<> each : lot.parked) {
        each.destroy();
    }
}

template <class Kit>
void ideal_sleeping(benchmark::State& state) {
    ideal::memory::forget();
    ideal_world<Kit> world;
    std::vector<std::coroutine_handle<>> none;
    measured memory(state);
    for (std::size_t i = 0; i < many; ++i) {
        world.loop.start(ideal_rest<Kit>(none));
    }
    world.loop.call_soon([&] { memory.done(); });
    world.loop.run();
}

template <class Kit>
void ideal_timer(benchmark::State& state) {
    ideal::memory::forget();
    ideal_world<Kit> world;
    std::uint64_t fired = 0;
    measured memory(state);
    for (std::size_t i = 0; i < many; ++i) {
        world.loop.call_at(hour, [&fired] { ++fired; });
    }
    memory.done();
    world.loop.run();
}

// ---- Boost.Asio -----------------------------------------------------------------------------

using asio_channel =
    asio::experimental::basic_channel<asio_executor, asio::experimental::channel_traits<>,
                                      void(boost::system::error_code)>;

asio_awaitable<void> asio_park(asio_channel& until) {
    co_await until.async_receive(use_asio_awaitable);
}
void asio_parked(benchmark::State& state) {
    asio_world world;
    asio_channel until(world.context.get_executor());
    measured memory(state);
    for (std::size_t i = 0; i < many; ++i) {
        asio::co_spawn(world.context, asio_park(until), asio::detached);
    }
    world.context.poll();
    memory.done();
}

asio_awaitable<void> asio_rest() {
    asio_timer timer(co_await asio::this_coro::executor, std::chrono::hours(1));
    co_await timer.async_wait(use_asio_awaitable);
}
void asio_sleeping(benchmark::State& state) {
    asio_world world;
    measured memory(state);
    for (std::size_t i = 0; i < many; ++i) {
        asio::co_spawn(world.context, asio_rest(), asio::detached);
    }
    world.context.poll();
    memory.done();
}

void asio_set_timer(benchmark::State& state) {
    asio_world world;
    measured memory(state);
    std::vector<asio_timer> timers;
    timers.reserve(many);
    for (std::size_t i = 0; i < many; ++i) {
        timers.emplace_back(world.context, std::chrono::hours(1));
        timers.back().async_wait(
            [&world](const boost::system::error_code&) { world.context.stop(); });
    }
    memory.done();
}

#if __has_include(<uv.h>)
void libuv_timer(benchmark::State& state) {
    uv_world world;
    measured memory(state);
    std::vector<uv_timer_t> timers(many);
    for (uv_timer_t& each : timers) {
        uv_timer_init(&world.loop, &each);
        uv_timer_start(&each, [](uv_timer_t*) {}, 3'600'000, 0);
    }
    memory.done();
    close_all(world, timers);
}
#endif

const int registered = [] {
    struct named {
        const char* name;
        void (*run)(benchmark::State&);
    };
    for (const named& each : std::initializer_list<named>{
             {"parked_task/heddle", heddle_parked},
             {"parked_task/ideal", ideal_parked<bare_kit>},
             {"parked_task/ideal_with_hops", ideal_parked<hops_kit>},
             {"parked_task/asio", asio_parked},
             {"parked_at_event/heddle", heddle_at_event},
             {"sleeping_task/heddle", heddle_sleeping},
             {"sleeping_task/ideal", ideal_sleeping<bare_kit>},
             {"sleeping_task/ideal_with_hops", ideal_sleeping<hops_kit>},
             {"sleeping_task/asio", asio_sleeping},
             {"pending_future/heddle", heddle_future},
             {"timer/heddle", heddle_timer},
             {"timer/ideal", ideal_timer<bare_kit>},
             {"timer/ideal_with_hops", ideal_timer<hops_kit>},
             {"timer/asio", asio_set_timer},
#if __has_include(<uv.h>)
             {"timer/libuv", libuv_timer},
#endif
             {"recorded_step/heddle", heddle_recorded},
             {"traced_step/heddle", heddle_traced},
             {"step_in_a_tape_file/heddle", heddle_tape_file},
         }) {
        benchmark::RegisterBenchmark(each.name, each.run)->Iterations(1);
    }
    return 0;
}();

}  // namespace

}  // namespace bench
