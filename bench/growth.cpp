// SPDX-License-Identifier: BSL-1.0
//
// heddle_bench_growth: what one operation costs when there are few, and when there are many.
//
//   heddle_bench_growth                    lists the series: name and sizes
//   heddle_bench_growth <series> <size>    does it once, for callgrind; with a size of 0 nothing
//   heddle_bench_growth --operations <series> <size>    how many operations that is
//   heddle_bench_growth --measure <series> <size>    prints <series> <size> <nanoseconds an operation>
//
// Time is processor time, the least of three. Nothing here passes or fails by the clock.
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <heddle/heddle.hpp>
#include <heddle/sim/explore.hpp>
#include <heddle/sim/explorers.hpp>
#include <heddle/sim/replayed.hpp>
#include <heddle/sim/simulation.hpp>
#include <heddle/sim/virtual_clock.hpp>

#include "number.hpp"
#include "random.hpp"
#include "row.hpp"

namespace bench {

namespace {

namespace sim = heddle::sim;
using heddle::coro;

/// Does the work of one size, once, and says how many operations that was.
using work = std::function<std::uint64_t(std::uint64_t size)>;

struct series {
    std::string name;
    std::vector<std::uint64_t> sizes;
    work once;
    work operations = nullptr;  // how many, where once() cannot say without more work
};

sim::run_limits no_limits() {
    sim::run_limits limits;
    limits.steps = 1'000'000'000;
    return limits;
}

// ---- the plain loop -------------------------------------------------------------------------

coro<void> turns(std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
        co_await heddle::sleep(heddle::duration::zero());
    }
}

coro<void> gather_many(std::uint64_t tasks, std::uint64_t steps) {
    std::vector<coro<void>> all;
    all.reserve(tasks);
    for (std::uint64_t i = 0; i < tasks; ++i) {
        all.push_back(turns(steps));
    }
    co_await heddle::gather(std::move(all));
}

std::uint64_t tasks(std::uint64_t size) {
    sim::virtual_clock clock;
    heddle::event_loop loop(clock);
    loop.run_until_complete(gather_many(size, 2));
    return size;
}

/// Every other one is cancelled, half of these before others are set.
std::uint64_t timers(std::uint64_t size) {
    sim::virtual_clock clock;
    heddle::event_loop loop(clock);
    random_numbers random(1);
    std::uint64_t fired = 0;
    std::vector<heddle::timer_handle> set;
    for (std::uint64_t i = 0; i < size; ++i) {
        set.push_back(
            loop.call_later(heddle::duration(random.up_to(1'000'000'000)), [&fired] { ++fired; }));
        if (i % 4 == 3) {
            set[i / 2].cancel();
        }
    }
    for (std::uint64_t i = size / 2 + 1; i < size; i += 2) {
        set[i].cancel();
    }
    loop.call_later(std::chrono::seconds(2), [&loop] { loop.stop(); });
    loop.run_forever();
    check(fired > 0, "timers");
    return size;
}

/// A cancelled wait in the middle of many at one event.
coro<void> wait_at(heddle::event& gate) { co_await gate.wait(); }
coro<void> cancel_waiters(std::uint64_t count) {
    heddle::event gate;
    std::vector<heddle::task<void>> all;
    for (std::uint64_t i = 0; i < count; ++i) {
        all.push_back(heddle::create_task(wait_at(gate)));
    }
    co_await heddle::sleep(heddle::duration::zero());
    for (std::uint64_t i = 0; i < count; ++i) {
        all[i * 7919 % count].cancel();
    }
    co_await heddle::sleep(heddle::duration(1));
}
std::uint64_t cancelled_waits(std::uint64_t size) {
    sim::virtual_clock clock;
    heddle::event_loop loop(clock);
    loop.run_until_complete(cancel_waiters(size));
    return size;
}

// ---- simulations ----------------------------------------------------------------------------

/// `size` tasks ready at once, a few steps each: steps of a run that `strategy` orders.
std::uint64_t ready_set(std::string_view strategy, std::uint64_t size) {
    const std::uint64_t steps = size < 1'000 ? 1 + 2'000 / size : 3;
    const sim::program program = [&] { return gather_many(size, steps); };
    sim::simulation runs(no_limits());
    sim::run_profile profile;
    sim::profiler first(profile);
    std::uint64_t all = runs.run(program, first, sim::level::any).steps;
    if (strategy == "fifo") {
        return all;
    }
    const auto chooser = sim::make_explorer(strategy);
    chooser->begin(1, sim::level::any, profile);
    const sim::run_record& record = runs.run(program, *chooser, sim::level::any);
    check(!record.failed, "ready_set");
    return all + record.steps;
}

/// The same of those that draw a strategy for each run: some runs.
std::uint64_t drawn_ready_set(std::string_view strategy, std::uint64_t size) {
    const std::uint64_t steps = size < 1'000 ? 1 + 2'000 / size : 3;
    sim::explore_options options;
    options.strategy = strategy;
    options.limits = no_limits();
    options.schedules = 12;
    const sim::exploration result = sim::explore([&] { return gather_many(size, steps); }, options);
    check(!result.found, "drawn_ready_set");
    return result.steps;
}

sim::explore_options long_options() {
    sim::explore_options options;
    options.strategy = "walk";
    options.limits = no_limits();
    return options;
}

/// Four tasks: recorded, written, read, and replayed.
std::uint64_t tape_length(std::uint64_t size) {
    const sim::program program = [size] { return gather_many(4, size / 4); };
    const sim::explore_options options = long_options();
    sim::run_record record = sim::run_schedule(program, 1, options);
    sim::tape recorded;
    recorded.program = options.name;
    recorded.seed = options.seed;
    recorded.schedule = 1;
    recorded.allowed = options.allowed;
    recorded.longest_stall = options.limits.longest_stall;
    recorded.choices = std::move(record.choices);
    const sim::tape again = sim::tape_from_text(sim::to_text(recorded), "a tape");
    const sim::run_record replayed = sim::replay(program, again, options);
    check(replayed.digest == record.digest, "tape_length");
    return record.steps;
}

/// Fails if the second of two tasks comes first; behind so many steps of two others, in any order.
coro<void> first(bool& begun) {
    begun = true;
    co_return;
}
coro<void> second(const bool& begun) {
    if (!begun) {
        throw std::logic_error("the second came first");
    }
    co_return;
}
coro<void> needle(std::uint64_t steps) {
    bool begun = false;
    co_await heddle::gather(turns(steps / 2), turns(steps / 2));
    co_await heddle::gather(first(begun), second(begun));
}
/// About every fourth event of a run that fails is passed over.
sim::program needle_of(std::uint64_t size) {
    return [size] { return needle(4 * size); };
}
/// All of a campaign up to the minimal schedule.
sim::exploration minimised(std::uint64_t size) {
    sim::explore_options options = long_options();
    options.timing_schedules = 0;
    sim::exploration result = sim::explore(needle_of(size), options);
    check(result.found && !result.found->minimal.empty(), "minimising");
    return result;
}
std::uint64_t minimising(std::uint64_t size) { return minimised(size).schedules; }
/// An operation is a constraint that the failing run obeys: what the minimiser begins with.
std::uint64_t constraints(std::uint64_t size) {
    const sim::exploration result = minimised(size);
    sim::simulation runs(no_limits());
    sim::exact_replay failing(result.found->full);
    const sim::run_record& run = runs.run(needle_of(size), failing, sim::level::any, true);
    return sim::deviations_of(*run.trace).size();
}

std::vector<std::uint64_t> powers(std::uint64_t from, std::uint64_t to) {
    std::vector<std::uint64_t> sizes;
    for (std::uint64_t size = from; size <= to; size *= 10) {
        sizes.push_back(size);
    }
    return sizes;
}

std::vector<series> all_series() {
    constexpr std::uint64_t million = 1'000'000;
    std::vector<series> all{
        {"tasks", powers(100, million), tasks},
        {"timers", powers(100, million), timers},
        {"cancelled_waits", powers(100, million), cancelled_waits},
        {"tape_length", powers(100, million), tape_length},
        {"minimising", powers(10, 10'000), minimising, constraints},
    };
    for (const std::string_view strategy : sim::strategy_names()) {
        if (sim::is_exhaustive(strategy)) {
            continue;  // of so many steps there is no end
        }
        const bool draws = strategy == "portfolio" || strategy == "adaptive";
        all.push_back({"ready_set_" + std::string(strategy), powers(1, 100'000),
                       [strategy, draws](std::uint64_t size) {
                           return draws ? drawn_ready_set(strategy, size)
                                        : ready_set(strategy, size);
                       }});
    }
    return all;
}

double seconds() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// Nanoseconds an operation: of small sizes as often as it takes to see something.
double measure(const series& one, std::uint64_t size) {
    const std::uint64_t counted = one.operations ? one.operations(size) : 0;
    double least = 0;
    for (int repetition = 0; repetition < 3; ++repetition) {
        std::uint64_t operations = 0;
        const double before = seconds();
        double taken = 0;
        do {
            const std::uint64_t done = one.once(size);
            operations += one.operations ? counted : done;
            taken = seconds() - before;
        } while (taken < 0.02);
        const double each = taken * 1e9 / static_cast<double>(operations);
        if (repetition == 0 || each < least) {
            least = each;
        }
        if (taken > 5) {
            break;
        }
    }
    return least;
}

}  // namespace

int grow(int argc, char** argv) {
    const std::vector<series> all = all_series();
    if (argc == 1) {
        for (const series& one : all) {
            std::printf("%s", one.name.c_str());
            for (const std::uint64_t size : one.sizes) {
                std::printf(" %llu", static_cast<unsigned long long>(size));
            }
            std::printf("\n");
        }
        return 0;
    }
    const std::string_view mode = argc == 4 ? argv[1] : "";
    const std::uint64_t size = number(argv[argc - 1]);
    for (const series& one : all) {
        if (argc < 3 || one.name != argv[argc - 2]) {
            continue;
        }
        if (argc == 3 && size == 0) {
            return 0;
        }
        if (mode == "--measure" && size != 0) {
            std::printf("%s %llu %.1f\n", one.name.c_str(), static_cast<unsigned long long>(size),
                        measure(one, size));
            return 0;
        }
        if (argc == 3 || (mode == "--operations" && size != 0)) {
            const work& what = argc == 4 && one.operations ? one.operations : one.once;
            std::printf("%llu\n", static_cast<unsigned long long>(what(size)));
            return 0;
        }
    }
    std::fprintf(stderr,
                 "usage: heddle_bench_growth [[--measure | --operations] <series> <size>]\n");
    return 2;
}

}  // namespace bench

int main(int argc, char** argv) { return bench::grow(argc, argv); }
