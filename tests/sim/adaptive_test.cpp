// SPDX-License-Identifier: BSL-1.0
//
// What "adaptive" learns, and from which runs. That campaigns are the same with it, however they
// are made, is in campaign_test.cpp.
#include "adaptive.hpp"

#include <cstdint>
#include <numeric>
#include <string_view>

#include <boost/test/unit_test.hpp>

namespace sim = heddle::sim;
using sim::detail::adaptive_weights;
using sim::detail::portfolio;

namespace {

constexpr std::uint64_t lesson = adaptive_weights::lesson;
constexpr std::string_view members[] = {"walk", "site",    "site_points", "site_noise", "pct",
                                        "pos",  "uniform", "sticky",      "delay"};

/// Two choices; the same number is the same run.
sim::run_record run_that_shows(std::uint32_t number) {
    sim::run_record run;
    run.choices = {{sim::choice_kind::order, 2, 1, 2 * number},
                   {sim::choice_kind::order, 2, 1, 2 * number + 1}};
    return run;
}

/// Makes what `learning` needs for run number `schedule`; runs of `lucky` show something new.
void make_ready(adaptive_weights& learning, std::uint64_t schedule, std::string_view lucky,
                std::uint32_t& made) {
    while (const auto next = learning.lacks(schedule)) {
        ++made;
        const std::string_view by = *next == 0 ? "fifo" : members[*next % std::size(members)];
        learning.observe(*next, by, run_that_shows(by == lucky ? made : 0));
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(adaptive)

BOOST_AUTO_TEST_CASE(the_first_epoch_is_the_portfolio) {
    const adaptive_weights learning;
    for (const std::uint64_t schedule : {std::uint64_t{0}, std::uint64_t{1}, lesson - 1}) {
        BOOST_TEST(!learning.lacks(schedule).has_value());
        BOOST_TEST((learning.of(schedule) == portfolio::usual));
    }
    for (std::size_t i = 0; i < std::size(members); ++i) {
        BOOST_TEST(portfolio::place_of(members[i]) == i);
    }
    BOOST_TEST(portfolio::place_of("fifo") == portfolio::size);
}

BOOST_AUTO_TEST_CASE(a_later_run_lacks_the_first_ones_of_each_earlier_epoch) {
    adaptive_weights learning;
    // Epochs begin at 0, 64, 128, 256, ...: run 300 needs three lessons.
    std::uint64_t expected = 0;
    const auto made = run_that_shows(1);
    while (const auto next = learning.lacks(300)) {
        BOOST_TEST(*next == expected);
        learning.observe(*next, "walk", made);
        ++expected;
    }
    BOOST_TEST(expected == 3 * lesson);
    BOOST_TEST(!learning.lacks(511).has_value());
    BOOST_TEST(*learning.lacks(512) == 256U);
    std::uint32_t more = 0;
    make_ready(learning, ~std::uint64_t{0}, "walk", more);
    BOOST_TEST(more < 60 * lesson);
    BOOST_TEST(!learning.lacks(~std::uint64_t{0}).has_value());
}

BOOST_AUTO_TEST_CASE(runs_out_of_turn_and_runs_again_teach_nothing) {
    adaptive_weights one;
    adaptive_weights other;
    std::uint32_t made = 0;
    make_ready(one, 200, "pos", made);
    std::uint32_t made_again = 0;
    for (std::uint32_t i = 1'000; i < 1'100; ++i) {
        other.observe(i, "walk", run_that_shows(i));
    }
    make_ready(other, 100, "pos", made_again);
    for (std::uint32_t i = 0; i < 50; ++i) {
        other.observe(i, "walk", run_that_shows(2'000 + i));
    }
    make_ready(other, 200, "pos", made_again);
    BOOST_TEST((one.of(100) == other.of(100)));
    BOOST_TEST((one.of(200) == other.of(200)));
}

BOOST_AUTO_TEST_CASE(who_shows_something_new_is_drawn_more_often_and_the_others_still_are) {
    for (const std::string_view lucky : members) {
        adaptive_weights learning;
        std::uint32_t made = 0;
        make_ready(learning, 100'000, lucky, made);
        const portfolio::weights& learned = learning.of(100'000);
        const std::uint64_t sum = std::accumulate(learned.begin(), learned.end(), std::uint64_t{0});
        const std::size_t place = portfolio::place_of(lucky);
        BOOST_TEST_CONTEXT(lucky) {
            BOOST_TEST(learned[place] * 100 > 2 * portfolio::usual[place] * sum);
            for (const std::uint64_t each : learned) {
                BOOST_TEST(200 * each >= sum);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(where_nothing_is_new_any_more_it_is_the_portfolio_again) {
    adaptive_weights learning;
    std::uint32_t made = 0;
    make_ready(learning, 200, "pos", made);
    make_ready(learning, ~std::uint64_t{0}, "nobody", made);
    const portfolio::weights& learned = learning.of(~std::uint64_t{0});
    for (std::size_t i = 0; i < portfolio::size; ++i) {
        BOOST_TEST(learned[i] == 16 * portfolio::usual[i]);
    }
}

BOOST_AUTO_TEST_SUITE_END()
