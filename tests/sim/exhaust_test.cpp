// SPDX-License-Identifier: BSL-1.0
#include <heddle/sim/exhaust.hpp>

#include <heddle/heddle.hpp>
#include <heddle/sim.hpp>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

using heddle::coro;
using namespace std::chrono_literals;
namespace sim = heddle::sim;

namespace {

// ---- closed forms --------------------------------------------------------------------------

std::uint64_t factorial(std::uint64_t n) { return n < 2 ? 1 : n * factorial(n - 1); }

/// `n` tasks of `steps` steps each. Main waits for a future that the last of them sets: that is no
/// choice, while a task_group would be told of each task's end, at some time.
coro<void> independent(std::uint64_t n, std::uint64_t steps) {
    const auto all_done = heddle::get_running_loop().create_future<void>("all");
    std::uint64_t left = n;
    const auto work = [&]() -> coro<void> {
        for (std::uint64_t i = 1; i < steps; ++i) {
            co_await heddle::sleep(0ns);
        }
        if (--left == 0) {
            all_done.set_result();
        }
    };
    std::vector<heddle::task<void>> tasks;
    for (std::uint64_t i = 0; i < n; ++i) {
        tasks.push_back(heddle::create_task(work()));
    }
    co_await all_done;
}

// ---- another enumerator --------------------------------------------------------------------

using picks = std::vector<std::uint32_t>;

/// Follows `given`, then takes 0; notes how many options there were. Shares nothing with the
/// library's own searches.
class follower final : public sim::strategy {
public:
    follower(picks given, bool order_only) : given_(std::move(given)), order_only_(order_only) {}
    std::size_t order(std::span<heddle::runnable* const> options) override {
        return next(options.size());
    }
    std::size_t stall(const heddle::runnable&, std::size_t options) override {
        return order_only_ ? 0 : next(options);
    }
    std::size_t oversleep(std::uint64_t, std::size_t options) override {
        return order_only_ ? 0 : next(options);
    }
    std::size_t finish(const sim::finish_options& options) override {
        return next(options.count());
    }
    std::size_t cancel(const heddle::runnable&, std::size_t options) override {
        return next(options);
    }
    picks taken;
    std::vector<std::size_t> counts;

private:
    std::size_t next(std::size_t count) {
        if (sim::simulation::current()->failed()) {
            return 0;  // the run is about to end
        }
        const std::uint32_t pick = taken.size() < given_.size() ? given_[taken.size()] : 0;
        taken.push_back(pick);
        counts.push_back(count);
        return pick;
    }
    picks given_;
    bool order_only_;
};

struct enumeration {
    std::set<picks> schedules;
    std::uint64_t failed = 0;

    [[nodiscard]] std::uint64_t with_at_most(std::ptrdiff_t deviations) const {
        return static_cast<std::uint64_t>(
            std::count_if(schedules.begin(), schedules.end(), [&](const picks& each) {
                return std::count_if(each.begin(), each.end(),
                                     [](auto pick) { return pick != 0; }) <= deviations;
            }));
    }
};

/// Breadth-first: from each schedule to those that differ from it in one later choice.
enumeration enumerate(const sim::program& main, sim::level allowed, bool order_only,
                      bool cancellations, const sim::run_limits& limits) {
    enumeration result;
    sim::simulation one(limits);
    one.open_cancellations(cancellations);
    std::deque<picks> open{{}};
    while (!open.empty()) {
        const picks given = std::move(open.front());
        open.pop_front();
        follower chooser(given, order_only);
        const sim::run_record& run = one.run(main, chooser, allowed);
        result.failed += run.failed ? 1 : 0;
        BOOST_REQUIRE(result.schedules.insert(chooser.taken).second);
        for (std::size_t i = given.size(); i < chooser.taken.size(); ++i) {
            for (std::uint32_t other = 1; other < chooser.counts[i]; ++other) {
                picks next(chooser.taken.begin(),
                           chooser.taken.begin() + static_cast<std::ptrdiff_t>(i));
                next.push_back(other);
                open.push_back(std::move(next));
            }
        }
    }
    return result;
}

// ---- programs of the corpus' size ----------------------------------------------------------

coro<void> turn() { co_await heddle::sleep(0ns); }

coro<void> lost_update() {
    int balance = 100;
    const auto change = [&](int turns, int amount) -> coro<void> {
        for (int i = 0; i < turns; ++i) {
            co_await turn();
        }
        const int seen = balance;
        co_await turn();
        balance = seen + amount;
    };
    heddle::task_group group;
    group.create_task(change(0, 50));
    group.create_task(change(2, -30));
    co_await group.join();
    sim::check(balance == 120, "balance == 120");
}

coro<void> locked(int tasks, int sections) {
    heddle::lock mutex;
    int inside = 0;
    const auto work = [&]() -> coro<void> {
        for (int i = 0; i < sections; ++i) {
            const auto guard = co_await mutex.scoped();
            sim::check(++inside == 1, "one at a time");
            co_await turn();
            --inside;
        }
    };
    heddle::task_group group;
    for (int i = 0; i < tasks; ++i) {
        group.create_task(work());
    }
    co_await group.join();
}

coro<void> two_locks() {
    heddle::lock a;
    heddle::lock b;
    const auto both = [](heddle::lock& first, heddle::lock& second, int turns) -> coro<void> {
        for (int i = 0; i < turns; ++i) {
            co_await turn();
        }
        const auto outer = co_await first.scoped();
        co_await turn();
        const auto inner = co_await second.scoped();
    };
    heddle::task_group group;
    group.create_task(both(a, b, 0));
    group.create_task(both(b, a, 2));
    co_await group.join();
}

coro<void> queued(std::ptrdiff_t places, int items, int consumers) {
    heddle::queue<int> items_of(places);
    int got = 0;
    const auto produce = [&]() -> coro<void> {
        for (int i = 0; i < items; ++i) {
            co_await items_of.put(i);
        }
    };
    const auto consume = [&](int count) -> coro<void> {
        for (int i = 0; i < count; ++i) {
            co_await items_of.get();
            ++got;
        }
    };
    heddle::task_group group;
    group.create_task(produce());
    for (int i = 0; i < consumers; ++i) {
        group.create_task(consume(items / consumers));
    }
    co_await group.join();
    sim::check(got == items, "all are got");
}

coro<void> timers(std::vector<int> milliseconds) {
    const auto wait = [](int length) -> coro<void> {
        co_await heddle::sleep(std::chrono::milliseconds(length));
    };
    heddle::task_group group;
    for (const int each : milliseconds) {
        group.create_task(wait(each));
    }
    co_await group.join();
}

coro<void> overrun(int work, int limit) {
    const auto slow = [&]() -> coro<int> {
        co_await heddle::sleep(std::chrono::milliseconds(work));
        co_return 1;
    };
    try {
        co_await heddle::wait_for(slow(), std::chrono::milliseconds(limit));
    } catch (const heddle::timeout_error&) {
    }
}

coro<void> cancelled_sleeper() {
    const auto sleeper = []() -> coro<void> { co_await heddle::sleep(5ms); };
    const auto victim = heddle::create_task(sleeper());
    co_await turn();
    victim.cancel();
    try {
        co_await victim;
    } catch (const heddle::cancelled_error&) {
    }
}

coro<void> cancelled_waiter() {
    heddle::lock mutex;
    const auto hold = [&]() -> coro<void> {
        const auto guard = co_await mutex.scoped();
        co_await turn();
    };
    heddle::task_group group;
    group.create_task(hold());
    const auto victim = group.create_task(hold());
    co_await turn();
    victim.cancel();
    co_await group.join();
    sim::check(!mutex.locked(), "the lock is free");
}

coro<void> woken_by_an_event(int waiters) {
    heddle::event opened;
    const auto wait = [&]() -> coro<void> { co_await opened.wait(); };
    const auto open = [&]() -> coro<void> {
        opened.set();
        co_return;
    };
    heddle::task_group group;
    for (int i = 0; i < waiters; ++i) {
        group.create_task(wait());
    }
    group.create_task(open());
    co_await group.join();
}

coro<void> notified() {
    heddle::condition ready;
    bool flag = false;
    const auto wait = [&]() -> coro<void> {
        const auto guard = co_await ready.scoped();
        while (!flag) {
            co_await ready.wait();
        }
    };
    const auto raise = [&]() -> coro<void> {
        const auto guard = co_await ready.scoped();
        flag = true;
        ready.notify_all();
    };
    heddle::task_group group;
    group.create_task(wait());
    group.create_task(raise());
    co_await group.join();
}

coro<void> permits(int tasks) {
    heddle::semaphore two(2);
    int inside = 0;
    const auto work = [&]() -> coro<void> {
        const auto permit = co_await two.scoped();
        sim::check(++inside <= 2, "two at a time");
        co_await turn();
        --inside;
    };
    heddle::task_group group;
    for (int i = 0; i < tasks; ++i) {
        group.create_task(work());
    }
    co_await group.join();
}

coro<void> met_at_a_barrier() {
    heddle::barrier both(2);
    const auto meet = [&]() -> coro<void> { co_await both.wait(); };
    heddle::task_group group;
    group.create_task(meet());
    group.create_task(meet());
    co_await group.join();
}

coro<void> gathered() {
    const auto give = [](int value, int turns) -> coro<int> {
        for (int i = 0; i < turns; ++i) {
            co_await turn();
        }
        co_return value;
    };
    const auto [a, b, c] = co_await heddle::gather(give(1, 0), give(2, 1), give(3, 2));
    sim::check(a + b + c == 6, "all three");
}

coro<void> operations(int count, bool with_timer) {
    const auto read = []() -> coro<void> {
        co_await sim::completion<int>(1, "reading");
        co_await turn();
    };
    const auto nap = []() -> coro<void> { co_await heddle::sleep(1ms); };
    heddle::task_group group;
    for (int i = 0; i < count; ++i) {
        group.create_task(read());
    }
    if (with_timer) {
        group.create_task(nap());
    }
    co_await group.join();
}

coro<void> callbacks_of_two_sources() {
    heddle::event_loop& loop = heddle::get_running_loop();
    const auto future = loop.create_future<void>("a source");
    const auto all = loop.create_future<void>("all five");
    int left = 5;
    const auto count = [&] {
        if (--left == 0) {
            all.set_result();
        }
    };
    for (int i = 0; i < 3; ++i) {
        future.add_done_callback([count](const auto&) { count(); });
    }
    loop.call_soon(count);
    loop.call_soon(count);
    future.set_result();
    co_await all;
}

coro<void> failing_child() {
    const auto fail = []() -> coro<void> {
        co_await turn();
        throw std::runtime_error("on purpose");
    };
    const auto sleeper = []() -> coro<void> { co_await heddle::sleep(1ms); };
    heddle::task_group group;
    group.create_task(fail());
    group.create_task(sleeper());
    try {
        co_await group.join();
    } catch (const heddle::exception_group&) {
    }
}

coro<void> first_of_two() {
    const auto nap = [](int turns) -> coro<void> {
        for (int i = 0; i < turns; ++i) {
            co_await turn();
        }
    };
    const auto a = heddle::create_task(nap(1));
    const auto b = heddle::create_task(nap(2));
    std::vector<heddle::task<void>> both{a, b};
    const auto result = co_await heddle::wait(both, heddle::return_when::first_completed);
    sim::check(!result.done.empty(), "one is done");
    co_await a;
    co_await b;
}

coro<void> shielded() {
    const auto work = []() -> coro<void> {
        co_await turn();
        co_await turn();
    };
    const auto inner = heddle::create_task(work());
    const auto outer = [&]() -> coro<void> { co_await heddle::shield(inner); };
    const auto task = heddle::create_task(outer());
    co_await turn();
    task.cancel();
    try {
        co_await task;
    } catch (const heddle::cancelled_error&) {
    }
    co_await inner;
}

coro<void> left_behind() {
    static const auto sleeper = [](int turns) -> coro<void> {
        for (int i = 0; i < turns; ++i) {
            co_await turn();
        }
        co_await heddle::sleep(1h);
    };
    heddle::create_task(sleeper(1));
    heddle::create_task(sleeper(2));
    co_await turn();
}

/// One of them fails while the others are ready: the run ends there, whoever would be next.
coro<void> failing_in_the_middle() {
    int steps = 0;
    const auto work = [&](bool fails) -> coro<void> {
        co_await turn();
        sim::check(!fails || ++steps != 2, "not the second");
        co_await turn();
        ++steps;
    };
    heddle::task_group group;
    group.create_task(work(false));
    group.create_task(work(true));
    group.create_task(work(false));
    co_await group.join();
}

/// Polls for what the other sets: for ever, if it is always the one that runs.
coro<void> polling() {
    bool set = false;
    const auto setter = [&]() -> coro<void> {
        set = true;
        co_return;
    };
    const auto other = heddle::create_task(setter());
    while (!set) {
        co_await turn();
    }
    co_await other;
}

/// Time may pass beyond all limits while there is something to do.
coro<void> a_far_timer() {
    const auto wait = []() -> coro<void> { co_await heddle::sleep(24h); };
    const auto waiting = heddle::create_task(wait());
    const auto work = []() -> coro<void> {
        co_await turn();
        co_await turn();
    };
    const auto working = heddle::create_task(work());
    co_await turn();
    waiting.cancel();
    co_await working;
}

struct subject {
    const char* name;
    sim::program main;
    bool limited = false;  // some of its runs reach a limit
    bool large = false;    // too many schedules for the other enumerator, unless the order is all
};

std::vector<subject> subjects() {
    return {
        {"lost_update", lost_update},
        {"locked 2x1", [] { return locked(2, 1); }},
        {"locked 2x2", [] { return locked(2, 2); }},
        {"locked 3x1", [] { return locked(3, 1); }},
        {"two_locks", two_locks},
        {"queued 1 place", [] { return queued(1, 3, 1); }},
        {"queued 2 consumers", [] { return queued(0, 2, 2); }},
        {"timers 1 2 3", [] { return timers({1, 2, 3}); }, false, true},
        {"timers 1 1", [] { return timers({1, 1}); }},
        {"timers 2 4", [] { return timers({2, 4}); }},
        {"overrun", [] { return overrun(3, 2); }},
        {"in time", [] { return overrun(1, 2); }},
        {"cancelled_sleeper", cancelled_sleeper},
        {"cancelled_waiter", cancelled_waiter},
        {"event 2", [] { return woken_by_an_event(2); }},
        {"event 3", [] { return woken_by_an_event(3); }},
        {"notified", notified},
        {"permits", [] { return permits(3); }},
        {"met_at_a_barrier", met_at_a_barrier},
        {"gathered", gathered},
        {"operations 2", [] { return operations(2, false); }},
        {"operations 1 and a timer", [] { return operations(1, true); }},
        {"callbacks_of_two_sources", callbacks_of_two_sources},
        {"failing_child", failing_child},
        {"first_of_two", first_of_two},
        {"shielded", shielded},
        {"left_behind", left_behind},
        {"failing_in_the_middle", failing_in_the_middle},
        {"polling", polling, true},
        {"a_far_timer", a_far_timer, true},
    };
}

sim::exhaust_options named(std::string name) {
    sim::exhaust_options options;
    options.name = std::move(name);
    return options;
}

/// Both enumerators say the same of one program, for all bounds.
std::uint64_t compare(const subject& one, sim::level allowed, bool order_only,
                      bool cancellations = false) {
    auto options = named(one.name);
    options.limits.steps = 40;
    options.limits.time = 12h;
    options.allowed = allowed;
    options.order_only = order_only;
    options.past_failures = true;
    options.deviations = 3;
    options.cancellations = cancellations;
    const enumeration expected =
        enumerate(one.main, allowed, order_only, cancellations, options.limits);
    const sim::exhaustion all = sim::exhaust(one.main, options);
    BOOST_TEST(all.exhausted == !(one.limited && expected.failed > 0));
    BOOST_TEST(all.schedules == expected.schedules.size());
    BOOST_TEST(all.failed == expected.failed);
    BOOST_TEST(all.found.has_value() == (expected.failed > 0));
    BOOST_TEST(!all.within.empty());
    for (std::size_t d = 0; d < all.within.size(); ++d) {
        BOOST_TEST(all.within[d] == expected.with_at_most(static_cast<std::ptrdiff_t>(d)));
    }
    if (all.within.size() < 4) {
        BOOST_TEST(all.within.back() == all.schedules);
    }
    return all.schedules;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(exhaust)

BOOST_AUTO_TEST_CASE(tasks_of_one_step_have_n_factorial_schedules) {
    for (std::uint64_t n = 1; n <= 7; ++n) {
        const auto all = sim::exhaust([n] { return independent(n, 1); });
        BOOST_TEST(all.exhausted);
        BOOST_TEST(all.schedules == factorial(n));
        BOOST_TEST(all.longest == n - 1);
        if (n == 1) {
            BOOST_TEST(sim::text_of(all) ==
                       "program: exhausted: the only schedule of level any in 1 run; none failed");
        }
        BOOST_TEST(!all.found.has_value());
    }
}

BOOST_AUTO_TEST_CASE(tasks_of_several_steps_interleave_in_all_ways) {
    struct shape {
        std::uint64_t k, m;  // tasks, and steps of each
    };
    for (const shape& each :
         {shape{1, 4}, shape{2, 2}, shape{2, 5}, shape{3, 2}, shape{3, 3}, shape{4, 2}}) {
        const std::uint64_t k = each.k;
        const std::uint64_t m = each.m;
        std::uint64_t expected = factorial(k * m);
        for (std::uint64_t i = 0; i < k; ++i) {
            expected /= factorial(m);
        }
        const auto all = sim::exhaust([k, m] { return independent(k, m); });
        BOOST_TEST(all.exhausted);
        BOOST_TEST(all.schedules == expected);
    }
}

BOOST_AUTO_TEST_CASE(another_enumerator_finds_as_many_schedules) {
    BOOST_TEST(subjects().size() >= 20U);
    std::uint64_t by_timing = 0;
    std::uint64_t with_cancellations = 0;
    for (const subject& each : subjects()) {
        BOOST_TEST_CONTEXT(each.name) {
            BOOST_TEST(compare(each, sim::level::any, true) > 1U);
            by_timing += compare(each, sim::level::timing, false);
            with_cancellations += compare(each, sim::level::timing, false, true);
            if (!each.large) {
                compare(each, sim::level::any, false);
            }
            BOOST_TEST(compare(each, sim::level::fifo, false) == 1U);
        }
    }
    BOOST_TEST(by_timing > subjects().size());
    BOOST_TEST(with_cancellations > by_timing);
}

BOOST_AUTO_TEST_CASE(a_failure_is_minimised_replayed_and_reported) {
    const auto all = sim::exhaust(lost_update, named("lost_update"));
    BOOST_TEST(!all.exhausted);
    BOOST_TEST(all.failed == 1U);
    BOOST_REQUIRE(all.found.has_value());
    const sim::finding& found = *all.found;
    BOOST_TEST(found.schedule == all.runs - 1);
    BOOST_TEST(found.strategy == "exhaustive");
    BOOST_TEST(found.minimal.size() == 1U);
    BOOST_TEST((found.timing == sim::timing_answer::no));
    sim::explore_options options;
    options.name = "lost_update";
    for (const sim::tape& each : {found.full, found.minimal_tape}) {
        const auto again = sim::replay(lost_update, each, options);
        BOOST_REQUIRE(again.failed.has_value());
        BOOST_TEST(again.failed->same_as(found.what));
    }
    BOOST_TEST(sim::replay(lost_update, found.full, options).digest == found.digest);
    const std::string report = sim::report(all, "./it --replay=t");
    BOOST_TEST(report.find("lost_update failed on schedule " + std::to_string(found.schedule) +
                           " of 1000000 (seed 1)") != std::string::npos);
    BOOST_TEST(report.find("FIFO everywhere, except 1 choice") != std::string::npos);
    BOOST_TEST(report.find("replay:  ./it --replay=t") != std::string::npos);
    BOOST_TEST(sim::text_of(all).find("lost_update: not exhausted: ") == 0U);
    BOOST_TEST(sim::text_of(all).find("; 1 failed") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_first_failure_has_the_fewest_deviations) {
    // In a depth-first search alone, the one with two deviations would come first.
    const auto program = []() -> coro<void> {
        const auto all_done = heddle::get_running_loop().create_future<void>("all");
        std::string order;
        const auto work = [&](char name) -> coro<void> {
            order += name;
            if (order.size() == 4) {
                all_done.set_result();
            }
            co_return;
        };
        std::vector<heddle::task<void>> tasks;
        for (const char name : {'a', 'b', 'c', 'd'}) {
            tasks.push_back(heddle::create_task(work(name)));
        }
        co_await all_done;
        sim::check(order != "acdb", "two deviations");
        sim::check(order != "bacd", "one deviation");
    };
    const auto all = sim::exhaust(program);
    BOOST_REQUIRE(all.found.has_value());
    BOOST_TEST(all.found->what.sort == "one deviation");
    BOOST_TEST(all.within.size() == 1U);
}

BOOST_AUTO_TEST_CASE(exploring_can_be_exhaustive) {
    sim::explore_options options;
    options.name = "program";
    options.schedules = 10'000;
    options.strategy = "exhaustive";
    std::uint64_t told = 0;
    options.on_progress = [&](std::uint64_t runs) { told = runs; };
    const auto clean = sim::explore([] { return locked(3, 1); }, options);
    BOOST_TEST(clean.exhausted);
    BOOST_TEST(!clean.found.has_value());
    BOOST_TEST(clean.schedules < 10'000U);
    BOOST_TEST(clean.schedules >= 1'080U);
    BOOST_TEST(told == clean.schedules / 256 * 256);
    options.schedules = 500;
    BOOST_TEST(!sim::explore([] { return locked(3, 1); }, options).exhausted);
    options.strategy = "walk";
    BOOST_TEST(!sim::explore([] { return locked(3, 1); }, options).exhausted);

    const sim::program sleepers = [] { return timers({2, 4}); };
    options.strategy = "exhaustive";
    const auto with_delays = sim::explore(sleepers, options);
    options.strategy = "exhaustive_order";
    const auto order_only = sim::explore(sleepers, options);
    BOOST_TEST(with_delays.exhausted);
    BOOST_TEST(order_only.exhausted);
    BOOST_TEST(order_only.schedules < with_delays.schedules);
}

BOOST_AUTO_TEST_CASE(so_a_failure_has_its_number_there_too) {
    sim::explore_options options;
    options.name = "lost_update";
    for (const char* strategy : {"exhaustive", "exhaustive_order"}) {
        options.strategy = strategy;
        const auto result = sim::explore(lost_update, options);
        BOOST_REQUIRE(result.found.has_value());
        BOOST_TEST(result.found->strategy == strategy);
        const auto alone = sim::run_schedule(lost_update, result.found->schedule, options);
        BOOST_TEST(alone.digest == result.found->digest);
        BOOST_TEST(alone.trace.has_value());
        BOOST_TEST((alone.choices == result.found->full.choices));
        BOOST_CHECK_EXCEPTION(static_cast<void>(sim::run_schedule(lost_update, 1'000, options)),
                              heddle::usage_error, [](const heddle::usage_error& error) {
                                  return std::string(error.what()) ==
                                         "there is no run 1000: the exhaustive search has fewer";
                              });
    }
}

BOOST_AUTO_TEST_CASE(it_is_no_part_of_the_portfolio) {
    for (const std::string_view name : sim::explorer_names()) {
        BOOST_TEST(name.find("exhaust") == std::string_view::npos);
    }
}

// ---- when it is not exhausted --------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_limit_of_runs_is_no_exhaustion) {
    const sim::program five = [] { return independent(5, 1); };
    auto options = named("five");
    options.deviations = 1;
    const std::uint64_t needed = sim::exhaust(five, options).runs;
    options.most_runs = needed;
    BOOST_TEST(sim::exhaust(five, options).exhausted);
    options.most_runs = needed - 1;
    const auto most = sim::exhaust(five, options);
    BOOST_TEST(!most.exhausted);
    BOOST_TEST(most.schedules == 119U);
    BOOST_TEST(most.within.size() == 2U);
    BOOST_TEST(sim::text_of(most) ==
               "five: not exhausted: 119 schedules of level any in " + std::to_string(needed - 1) +
                   " runs, among them all with at most 1 deviation from FIFO; none failed");
    options.most_runs = 0;
    const auto none = sim::exhaust(five, options);
    BOOST_TEST(!none.exhausted);
    BOOST_TEST(none.schedules == 0U);
}

BOOST_AUTO_TEST_CASE(nor_is_a_bound_that_left_something_out) {
    const sim::program four = [] { return independent(4, 1); };
    auto options = named("four");
    options.unbounded = false;
    options.deviations = 2;
    const auto within_two = sim::exhaust(four, options);
    BOOST_TEST(!within_two.exhausted);
    BOOST_TEST(within_two.within.size() == 3U);
    BOOST_TEST(within_two.schedules == within_two.within.back());
    BOOST_TEST(within_two.schedules < 24U);
    options.deviations = 3;
    const auto within_three = sim::exhaust(four, options);
    BOOST_TEST(within_three.exhausted);
    BOOST_TEST(within_three.schedules == 24U);
    BOOST_TEST(sim::text_of(within_three).find("four: exhausted: all 24 schedules of level any") ==
               0U);
}

BOOST_AUTO_TEST_CASE(nor_is_one_in_which_a_run_reached_a_limit) {
    auto options = named("polling");
    options.limits.steps = 50;
    options.past_failures = true;
    const auto all = sim::exhaust(polling, options);
    BOOST_TEST(all.failed > 0U);
    BOOST_TEST(all.schedules > 40U);
    BOOST_TEST(all.schedules < 60U);
    BOOST_TEST(!all.exhausted);
    BOOST_REQUIRE(all.found.has_value());
    BOOST_TEST((all.found->what.what == sim::failure_class::limit));
}

void expect_nondeterminism(const sim::exhaustion& all, const std::string& said) {
    BOOST_TEST(!all.exhausted);
    BOOST_REQUIRE(all.found.has_value());
    BOOST_TEST((all.found->what.what == sim::failure_class::nondeterminism));
    BOOST_TEST_CONTEXT(all.found->what.message) {
        BOOST_TEST(all.found->what.message.find(said) != std::string::npos);
    }
    BOOST_TEST(sim::text_of(all).find("; not deterministic") != std::string::npos);
    BOOST_TEST(sim::report(all, "").find("the same choices gave another run") != std::string::npos);
}

/// Tasks of one step: as many as `count` says of the number of the call.
sim::program calls_of(std::uint64_t (*count)(int call)) {
    return [calls = std::make_shared<int>(0), count] { return independent(count(++*calls), 1); };
}

BOOST_AUTO_TEST_CASE(another_number_of_options_is_nondeterminism) {
    expect_nondeterminism(
        sim::exhaust(calls_of([](int call) -> std::uint64_t { return call == 4 ? 4 : 3; })),
        "The first step that differs is at choice 1 of the schedule: it was 'order' among 3, and "
        "with the same choices before it now it is 'order' among 4");
}

BOOST_AUTO_TEST_CASE(so_is_an_end_before_the_choices_were_made) {
    expect_nondeterminism(
        sim::exhaust(calls_of([](int call) -> std::uint64_t { return call == 4 ? 1 : 3; })),
        "is at choice 1 of the schedule: it was 'order' among 3, and with the same choices before "
        "it now the program has ended");
}

BOOST_AUTO_TEST_CASE(so_are_other_events) {
    const auto calls = std::make_shared<int>(0);
    const auto program = [calls]() -> coro<void> {
        heddle::event_loop& loop = heddle::get_running_loop();
        const auto both = loop.create_future<void>("both");
        int left = 2;
        const auto count = [&] {
            if (--left == 0) {
                both.set_result();
            }
        };
        const auto step = [&]() -> coro<void> {
            count();
            co_return;
        };
        std::vector<heddle::task<void>> tasks;
        // As many options, but in another order.
        if (++*calls == 3) {
            loop.call_soon(count);
            tasks.push_back(heddle::create_task(step()));
        } else {
            tasks.push_back(heddle::create_task(step()));
            loop.call_soon(count);
        }
        co_await both;
    };
    expect_nondeterminism(sim::exhaust(program), "other events run before it, or are its options");
}

BOOST_AUTO_TEST_CASE(so_is_a_failure_where_there_was_none) {
    const auto calls = std::make_shared<int>(0);
    const auto program = [calls]() -> coro<void> {
        sim::check(++*calls != 4, "not the fourth call");
        co_await independent(3, 1);
    };
    expect_nondeterminism(sim::exhaust(program),
                          "A run failed before it came to choice 1 of the schedule, and with the "
                          "same choices did not fail before. It said: check not the fourth call");
}

BOOST_AUTO_TEST_CASE(a_program_of_one_schedule_is_compared_with_itself) {
    const auto calls = std::make_shared<int>(0);
    const auto program = [calls]() -> coro<void> {
        co_await heddle::sleep(std::chrono::milliseconds(++*calls));
    };
    const auto all = sim::exhaust(program);
    expect_nondeterminism(all, "Plain FIFO, run again at the end, ran other events");
    BOOST_TEST(all.runs == 1U);
    // Two tasks: two schedules in three runs, and the fourth call is the one that compares.
    expect_nondeterminism(
        sim::exhaust(calls_of([](int call) -> std::uint64_t { return call == 4 ? 3 : 2; })),
        "Plain FIFO, run again at the end, is another run: the tape of 'program' does not fit");
}

BOOST_AUTO_TEST_CASE(all_runs_have_the_random_values_of_run_0) {
    const auto values = std::make_shared<std::set<std::uint64_t>>();
    const auto program = [values]() -> coro<void> {
        const std::uint64_t drawn = heddle::random().next();
        values->insert(drawn);
        co_await lost_update();
    };
    auto options = named("values");
    options.seed = 5;
    const auto all = sim::exhaust(program, options);
    BOOST_REQUIRE(all.found.has_value());
    BOOST_TEST(all.found->schedule > 0U);
    BOOST_TEST(all.found->full.schedule == 0U);
    BOOST_TEST(values->size() == 1U);
    sim::explore_options as_explored;
    as_explored.name = "values";
    static_cast<void>(sim::replay(program, all.found->full, as_explored));
    static_cast<void>(sim::replay(program, all.found->minimal_tape, as_explored));
    BOOST_TEST(values->size() == 1U);
    options.seed = 6;
    static_cast<void>(sim::exhaust(program, options));
    BOOST_TEST(values->size() == 2U);

    // A tape that was found by timing has them too.
    const auto late = [values]() -> coro<void> {
        values->insert(heddle::random().next());
        bool done = false;
        const auto writer = [&]() -> coro<void> {
            co_await heddle::sleep(5ms);
            co_await heddle::sleep(5ms);
            done = true;
        };
        const auto task = heddle::create_task(writer());
        co_await heddle::sleep(13ms);
        sim::check(done, "done");
        co_await task;
    };
    const auto by_timing = sim::exhaust(late, options);
    BOOST_REQUIRE(by_timing.found.has_value());
    BOOST_TEST((by_timing.found->timing == sim::timing_answer::yes));
    BOOST_TEST((by_timing.found->minimal_tape.allowed == sim::level::timing));
    BOOST_TEST(sim::replay(late, by_timing.found->minimal_tape, as_explored).failed.has_value());
    BOOST_TEST(values->size() == 2U);
}

/// Loses an update in another order; and if a step takes long, it may go on for ever.
sim::program lost_update_or_late(bool for_ever) {
    return [for_ever]() -> coro<void> {
        co_await lost_update();
        bool done = false;
        const auto writer = [&]() -> coro<void> {
            co_await heddle::sleep(5ms);
            co_await heddle::sleep(5ms);
            done = true;
        };
        const auto task = heddle::create_task(writer());
        co_await heddle::sleep(13ms);
        const bool late = !done;
        co_await task;
        while (for_ever && late) {
            co_await turn();
        }
    };
}

BOOST_AUTO_TEST_CASE(by_timing_no_is_said_only_if_no_run_reached_a_limit) {
    const auto answer = [](bool for_ever) {
        sim::explore_options options;
        options.limits.steps = 100;
        options.timing_schedules = 400;
        options.strategy = "walk";
        options.schedules = 10;
        for (options.seed = 1; options.seed < 20; ++options.seed) {
            const auto result = sim::explore(lost_update_or_late(for_ever), options);
            if (result.found && result.found->what.sort == "balance == 120") {
                return result.found->timing;
            }
        }
        BOOST_ERROR("no update was lost");
        return sim::timing_answer::yes;
    };
    BOOST_TEST((answer(false) == sim::timing_answer::no));
    BOOST_TEST((answer(true) == sim::timing_answer::not_found));
}

BOOST_AUTO_TEST_SUITE_END()
