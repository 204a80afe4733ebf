// SPDX-License-Identifier: BSL-1.0
#include <heddle/sim/depth_first.hpp>

#include <heddle/heddle.hpp>
#include <heddle/sim.hpp>

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

using heddle::coro;
using namespace std::chrono_literals;
namespace sim = heddle::sim;

namespace {

std::uint64_t factorial(std::uint64_t n) { return n < 2 ? 1 : n * factorial(n - 1); }

/// (km)!/(m!)^k: in how many ways k chains of m events interleave.
std::uint64_t interleavings(std::uint64_t k, std::uint64_t m) {
    std::uint64_t result = factorial(k * m);
    for (std::uint64_t i = 0; i < k; ++i) {
        result /= factorial(m);
    }
    return result;
}

/// Runs the loop by hand until nothing is ready.
void run_what_is_ready(heddle::event_loop& loop) {
    while (loop.run_one_iteration() <= loop.time()) {
    }
}

struct counts {
    std::uint64_t runs = 0;
    std::set<std::string> orders;  // different ones
};

/// All schedules of what `prepare` puts on a loop that does not run yet; it is given a text on which
/// to note what happens.
counts all_orders(const std::function<void(heddle::event_loop&, std::string&)>& prepare) {
    counts result;
    sim::simulation one;
    sim::depth_first all;
    const sim::run_record* run = nullptr;
    do {
        std::string order;
        const auto drive = [&](heddle::event_loop& loop) {
            prepare(loop, order);
            run_what_is_ready(loop);
        };
        run = &one.run_by_hand(drive, all, sim::level::any);
        BOOST_REQUIRE(!run->failed.has_value());
        ++result.runs;
        result.orders.insert(order);
    } while (all.advance(*run));
    return result;
}

/// A callback that notes `name` and posts the next of its chain.
struct chain_link {
    heddle::event_loop& loop;
    std::string& order;
    char name;
    std::uint64_t left;
    void operator()() const {
        order += name;
        if (left > 1) {
            loop.call_soon(chain_link{loop, order, name, left - 1});
        }
    }
};

coro<void> note(std::string& order, char name) {
    order += name;
    co_return;
}

coro<void> note_often(std::string& order, char name, std::uint64_t steps) {
    for (std::uint64_t i = 1; i < steps; ++i) {
        order += name;
        co_await heddle::sleep(0ns);
    }
    order += name;
}

char letter(std::uint64_t i) { return static_cast<char>('a' + i); }

}  // namespace

BOOST_AUTO_TEST_SUITE(depth_first)

BOOST_AUTO_TEST_CASE(n_tasks_of_one_step_have_n_factorial_schedules) {
    for (std::uint64_t n = 1; n <= 7; ++n) {
        const counts found = all_orders([n](heddle::event_loop& loop, std::string& order) {
            for (std::uint64_t i = 0; i < n; ++i) {
                static_cast<void>(loop.create_task(note(order, letter(i))));
            }
        });
        BOOST_TEST(found.runs == factorial(n));
        BOOST_TEST(found.orders.size() == factorial(n));
    }
}

BOOST_AUTO_TEST_CASE(chains_of_callbacks_interleave_in_all_ways) {
    struct shape {
        std::uint64_t k, m;  // chains, and callbacks of each
    };
    for (const shape& each : {shape{1, 5}, shape{2, 1}, shape{2, 2}, shape{2, 6}, shape{3, 2},
                              shape{3, 3}, shape{4, 2}, shape{5, 1}}) {
        const std::uint64_t k = each.k;
        const std::uint64_t m = each.m;
        const counts found = all_orders([k, m](heddle::event_loop& loop, std::string& order) {
            for (std::uint64_t i = 0; i < k; ++i) {
                loop.call_soon(chain_link{loop, order, letter(i), m});
            }
        });
        BOOST_TEST(found.runs == interleavings(k, m));
        BOOST_TEST(found.orders.size() == interleavings(k, m));
    }
}

BOOST_AUTO_TEST_CASE(so_do_tasks_of_several_steps) {
    for (const std::uint64_t k : {2U, 3U}) {
        for (const std::uint64_t m : {2U, 3U}) {
            const counts found = all_orders([k, m](heddle::event_loop& loop, std::string& order) {
                for (std::uint64_t i = 0; i < k; ++i) {
                    static_cast<void>(loop.create_task(note_often(order, letter(i), m)));
                }
            });
            BOOST_TEST(found.runs == interleavings(k, m));
            BOOST_TEST(found.orders.size() == interleavings(k, m));
        }
    }
}

BOOST_AUTO_TEST_CASE(callbacks_of_one_source_have_one_order) {
    const counts found = all_orders([](heddle::event_loop& loop, std::string& order) {
        loop.call_soon([&] {
            for (const char name : {'a', 'b', 'c', 'd'}) {
                loop.call_soon([&order, name] { order += name; });
            }
        });
    });
    BOOST_TEST(found.runs == 1U);
    BOOST_TEST((found.orders == std::set<std::string>{"abcd"}));
}

BOOST_AUTO_TEST_CASE(the_first_run_is_fifo_and_a_bound_limits_the_deviations) {
    // Four callbacks: of the three choices, among 4, 3 and 2, at most one is not the first.
    sim::simulation one;
    sim::depth_first all(false, 1);
    std::vector<std::string> orders;
    const sim::run_record* run = nullptr;
    do {
        std::string order;
        const auto drive = [&](heddle::event_loop& loop) {
            for (std::uint64_t i = 0; i < 4; ++i) {
                loop.call_soon(chain_link{loop, order, letter(i), 1});
            }
            run_what_is_ready(loop);
        };
        run = &one.run_by_hand(drive, all, sim::level::any);
        std::uint32_t deviations = 0;
        for (const sim::choice& each : run->choices) {
            deviations += each.taken != 0 ? 1 : 0;
        }
        BOOST_TEST(deviations == all.deviations());
        BOOST_TEST(deviations <= 1U);
        orders.push_back(order);
    } while (all.advance(*run));
    BOOST_TEST(all.cut());
    BOOST_TEST(!all.strayed());
    BOOST_TEST(orders.front() == "abcd");
    BOOST_TEST(orders.size() == 1U + 3U + 2U + 1U);
    BOOST_TEST(std::set<std::string>(orders.begin(), orders.end()).size() == orders.size());
    all.restart(sim::depth_first::no_bound);
    BOOST_TEST(!all.cut());
    BOOST_TEST(all.deviations() == 0U);
}

BOOST_AUTO_TEST_CASE(with_the_order_alone_nothing_takes_time) {
    const auto schedules = [](bool order_only) {
        sim::simulation one;
        sim::depth_first all(order_only);
        const sim::program main = []() -> coro<void> {
            const auto sleeper =
                heddle::create_task([]() -> coro<void> { co_await heddle::sleep(1ms); }());
            co_await heddle::sleep(2ms);
            co_await sleeper;
        };
        std::uint64_t runs = 1;
        const sim::run_record* run = &one.run(main, all, sim::level::any);
        while (all.advance(*run)) {
            run = &one.run(main, all, sim::level::any);
            ++runs;
            for (const sim::choice& each : run->choices) {
                BOOST_TEST(
                    (!order_only || each.kind == sim::choice_kind::order || each.taken == 0));
            }
        }
        return runs;
    };
    BOOST_TEST(schedules(true) > 1U);
    BOOST_TEST(schedules(true) < schedules(false));
}

BOOST_AUTO_TEST_SUITE_END()
