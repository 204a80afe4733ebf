// SPDX-License-Identifier: BSL-1.0
//
// Where very many are ready, strategies are handed a crowd: they choose from it what they choose
// from options side by side, whatever leaves or comes, and from whatever size on they have one.
#include <heddle/crowd.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <heddle/heddle.hpp>
#include <heddle/sim.hpp>

using namespace std::chrono_literals;
using heddle::coro;
namespace sim = heddle::sim;

namespace {

/// Another strategy's answers, but crowds from `from` on, unless that one has none.
class with_crowds final : public sim::strategy {
public:
    with_crowds(sim::strategy& inner, std::size_t from) noexcept : inner_(inner), from_(from) {}
    [[nodiscard]] std::uint64_t crowds() const noexcept { return crowds_; }

    std::size_t order(std::span<heddle::runnable* const> options) override {
        return inner_.order(options);
    }
    [[nodiscard]] std::size_t crowds_from() const noexcept override {
        return inner_.crowds_from() == heddle::crowd::never ? heddle::crowd::never : from_;
    }
    std::size_t order_crowd(heddle::crowd& options) override {
        ++crowds_;
        return inner_.order_crowd(options);
    }
    std::size_t stall(const heddle::runnable& next, std::size_t options) override {
        return inner_.stall(next, options);
    }
    std::size_t oversleep(std::uint64_t wait, std::size_t options) override {
        return inner_.oversleep(wait, options);
    }
    std::size_t finish(const sim::finish_options& options) override {
        return inner_.finish(options);
    }
    std::size_t cancel(const heddle::runnable& next, std::size_t options) override {
        return inner_.cancel(next, options);
    }
    [[nodiscard]] bool watches() const noexcept override { return inner_.watches(); }
    void ran(const heddle::runnable& next) override { inner_.ran(next); }
    void end_run() override { inner_.end_run(); }

private:
    sim::strategy& inner_;
    std::size_t from_;
    std::uint64_t crowds_ = 0;
};

coro<void> turns(std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
        co_await heddle::sleep(0s);
    }
}

/// Some thousand are ready at once, at three sites, of unequal length.
coro<void> thousands() {
    const auto other_site = [](std::uint64_t count) -> coro<void> {
        co_await turns(count);
        co_await heddle::sleep(0s);
    };
    std::vector<coro<void>> all;
    for (std::uint64_t i = 0; i < 3'000; ++i) {
        all.push_back(i % 3 == 0 ? other_site(i % 5) : turns(1 + i % 4));
    }
    co_await heddle::gather(std::move(all));
}

coro<void> wait_for_operation() { co_await sim::completion<int>(1, "operation"); }

/// Callbacks that hang behind others, some of them cancelled; timers and operations, which are
/// options too; waits that are cancelled.
coro<void> all_sorts() {
    heddle::event_loop& loop = heddle::get_running_loop();
    const auto calls = std::make_shared<int>(0);
    const auto with_callbacks = [&loop, calls](int id) -> coro<void> {
        std::vector<heddle::handle> handles;
        for (int i = 0; i < 4; ++i) {
            handles.push_back(loop.call_soon([calls] { ++*calls; }));
        }
        if (id % 2 == 0) {
            handles[0].cancel();
            handles[2].cancel();
        }
        co_await heddle::sleep(0s);
        handles[1].cancel();
        handles[3].cancel();
        co_await heddle::sleep(id % 3 == 0 ? heddle::duration(0) : 1ms * id);
    };
    heddle::event gate;
    const auto waiter = [&gate]() -> coro<void> {
        try {
            co_await heddle::wait_for(gate.wait(), 5ms);
        } catch (const heddle::timeout_error&) {
        }
    };
    heddle::task_group group;
    std::vector<heddle::task<void>> cancelled;
    for (int id = 0; id < 12; ++id) {
        group.create_task(with_callbacks(id));
        group.create_task(waiter());
        group.create_task(wait_for_operation());
        cancelled.push_back(heddle::create_task(turns(6)));
    }
    co_await heddle::sleep(0s);
    for (std::size_t i = 0; i < cancelled.size(); i += 2) {
        cancelled[i].cancel();
    }
    gate.set();
    co_await group.join();
}

struct compared {
    std::uint64_t crowds = 0;
    std::uint64_t steps = 0;
};

/// Some runs by a strategy with and without crowds, and by itself, when a portfolio's drawn one is
/// asked in its place where it can be: the same choices.
compared compare(const sim::program& program, std::string_view name, std::size_t from,
                 std::uint64_t runs, bool cancellations = false) {
    sim::simulation one;
    if (cancellations) {
        one.open_cancellations(true);
    }
    sim::run_profile profile;
    {
        sim::profiler first(profile);
        one.run(program, first, sim::level::any);
    }
    const auto explorer = sim::make_explorer(name);
    compared total;
    for (std::uint64_t seed = 0; seed < runs; ++seed) {
        explorer->begin(seed, sim::level::any, profile);
        with_crowds without(*explorer, heddle::crowd::never);
        const sim::run_record expected = one.run(program, without, sim::level::any);
        BOOST_TEST(without.crowds() == 0U);

        explorer->begin(seed, sim::level::any, profile);
        with_crowds with(*explorer, from);
        const sim::run_record& found = one.run(program, with, sim::level::any);
        BOOST_TEST(found.digest == expected.digest, name << " with seed " << seed);
        BOOST_TEST((found.choices == expected.choices), name << " with seed " << seed);
        BOOST_TEST(found.failed.has_value() == expected.failed.has_value());
        total.crowds += with.crowds();
        total.steps += found.steps;

        explorer->begin(seed, sim::level::any, profile);
        const sim::run_record& by_itself = one.run(program, *explorer, sim::level::any);
        BOOST_TEST(by_itself.digest == expected.digest, name << " with seed " << seed);
        BOOST_TEST((by_itself.choices == expected.choices), name << " with seed " << seed);
    }
    return total;
}

/// So many of them at once are enough.
std::size_t usual_size(std::string_view name) { return sim::make_explorer(name)->crowds_from(); }

bool needs_none(std::string_view name) { return name == "lifo" || name == "delay"; }

}  // namespace

BOOST_AUTO_TEST_SUITE(crowds)

BOOST_AUTO_TEST_CASE(thousands_are_ordered_as_they_were_side_by_side) {
    for (const std::string_view name : sim::explorer_names()) {
        if (needs_none(name)) {
            BOOST_TEST(usual_size(name) == heddle::crowd::never);
            continue;
        }
        const bool draws = name == "portfolio" || name == "adaptive";
        const compared all = compare(thousands, name, 256, draws ? 12 : 3);
        BOOST_TEST(all.crowds > all.steps / 2, name);
    }
}

BOOST_AUTO_TEST_CASE(whatever_comes_and_leaves) {
    for (const std::string_view name : sim::explorer_names()) {
        if (needs_none(name)) {
            continue;
        }
        for (const std::size_t from : {1U, 2U, 5U, 16U}) {
            BOOST_TEST(compare(all_sorts, name, from, 60).crowds > 0U, name);
            BOOST_TEST(compare(all_sorts, name, from, 40, true).crowds > 0U, name);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_tape_is_replayed_from_crowds) {
    sim::simulation one;
    const auto walk = sim::make_explorer("walk");
    const sim::run_profile profile;
    walk->begin(1, sim::level::any, profile);
    const sim::run_record recorded = one.run(thousands, *walk, sim::level::any);
    sim::tape tape;
    tape.program = "thousands";
    tape.choices = recorded.choices;
    {
        sim::exact_replay again(tape);
        with_crowds with(again, 256);
        BOOST_TEST(one.run(thousands, with, sim::level::any).digest == recorded.digest);
        BOOST_TEST(with.crowds() > 0U);
    }
    tape.choices[tape.choices.size() / 2].label ^= 1;
    sim::exact_replay again(tape);
    with_crowds with(again, 256);
    BOOST_CHECK_THROW(one.run(thousands, with, sim::level::any), sim::replay_error);
}

// Traces say what was overtaken: there are no crowds, and nothing else is different.
BOOST_AUTO_TEST_CASE(a_traced_run_has_none) {
    sim::simulation one;
    const auto walk = sim::make_explorer("site");
    const sim::run_profile profile;
    std::array<std::uint64_t, 2> digests{};
    for (const bool traced : {false, true}) {
        walk->begin(3, sim::level::any, profile);
        with_crowds with(*walk, 4);
        digests[traced ? 1 : 0] = one.run(all_sorts, with, sim::level::any, traced).digest;
        BOOST_TEST((with.crowds() == 0U) == traced);
    }
    BOOST_TEST(digests[0] == digests[1]);
}

BOOST_AUTO_TEST_CASE(a_run_that_is_stopped_leaves_nothing_in_a_crowd) {
    sim::run_limits limits;
    limits.steps = 2'000;
    sim::simulation one(limits);
    const auto site = sim::make_explorer("site");
    const sim::run_profile profile;
    std::uint64_t digest = 0;
    for (int i = 0; i < 3; ++i) {
        site->begin(5, sim::level::any, profile);
        const sim::run_record& run = one.run(thousands, *site, sim::level::any);
        BOOST_TEST(run.failed.has_value());
        BOOST_TEST((digest == 0 || digest == run.digest));
        digest = run.digest;
    }
}

// Who asks for no crowds, and is not an explorer, has them never.
BOOST_AUTO_TEST_CASE(a_strategy_of_ones_own_need_not_know_of_them) {
    class latest final : public sim::strategy {
    public:
        std::size_t order(std::span<heddle::runnable* const> options) override {
            most = std::max(most, options.size());
            return options.size() - 1;
        }
        std::size_t stall(const heddle::runnable&, std::size_t) override { return 0; }
        std::size_t oversleep(std::uint64_t, std::size_t) override { return 0; }
        std::size_t finish(const sim::finish_options&) override { return 0; }
        std::size_t most = 0;
    };
    sim::simulation one;
    const auto site = sim::make_explorer("site");
    const sim::run_profile profile;
    site->begin(5, sim::level::any, profile);
    one.run(thousands, *site, sim::level::any);  // which has a crowd before
    latest last;
    BOOST_TEST(!one.run(thousands, last, sim::level::any).failed.has_value());
    BOOST_TEST(last.most >= 3'000U);
}

BOOST_AUTO_TEST_SUITE_END()
