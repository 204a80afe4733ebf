// SPDX-License-Identifier: BSL-1.0
#include <heddle/sim/campaign_state.hpp>

#include <chrono>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include <heddle/random.hpp>

#include <boost/test/unit_test.hpp>

namespace sim = heddle::sim;
using namespace std::chrono_literals;

namespace {

sim::campaign_state example() {
    sim::campaign_state state;
    state.program = "cache/fills once";
    state.seed = ~std::uint64_t{0};
    state.strategy = "portfolio";
    state.allowed = sim::level::timing;
    state.limits.steps = 17;
    state.limits.time = 5s;
    state.limits.longest_stall = 3ms;
    state.schedules = 10'000;
    state.part = {2, 3};
    state.first_run = 0x1234;
    state.blocks = 4;
    state.done = {256, 1'000, 0xabcdef};
    state.ahead = {{6, {64, 250, 1}}, {9, {64, 240, 0xffffffffffffffff}}};
    state.cancellations = true;
    state.coverage = {{"a retry", "", 0, false, 3, 4, 9}, {"gives up", "", 0, false, 0, 0, 2}};
    state.failing = 5'000;
    state.failure_text = "check x == 1 has failed";
    return state;
}

bool same(const sim::campaign_state& a, const sim::campaign_state& b) {
    return sim::to_text(a) == sim::to_text(b) && a.ahead == b.ahead && a.done == b.done &&
           a.failing == b.failing && a.part == b.part && a.blocks == b.blocks &&
           a.coverage == b.coverage && a.cancellations == b.cancellations;
}

/// The complaint, which is one line and names the file.
std::string refused(const std::string& text) {
    try {
        static_cast<void>(sim::campaign_state_from_text(text, "name"));
    } catch (const sim::campaign_error& error) {
        const std::string what = error.what();
        BOOST_TEST(what.starts_with("name:"), what);
        BOOST_TEST(what.find('\n') == std::string::npos, what);
        return what;
    }
    return {};
}

sim::named_state shard_of(std::uint64_t number, std::uint64_t blocks) {
    sim::campaign_state state;
    state.program = "p";
    state.strategy = "walk";
    state.schedules = 10 * sim::campaign_block;
    state.part = {number, 3};
    state.blocks = blocks;
    state.done = {blocks * sim::campaign_block, 1, 1};
    return {"shard" + std::to_string(number), state};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(campaign_state)

BOOST_AUTO_TEST_CASE(what_is_written_is_read) {
    const auto state = example();
    BOOST_TEST(same(sim::campaign_state_from_text(sim::to_text(state), "name"), state));
    const sim::campaign_state empty = [] {
        sim::campaign_state one;
        one.program = "p";
        one.strategy = "walk";
        return one;
    }();
    BOOST_TEST(same(sim::campaign_state_from_text(sim::to_text(empty), "name"), empty));
    // Texts of several lines become one.
    auto odd = example();
    odd.failure_text = "two\nlines";
    BOOST_TEST(sim::campaign_state_from_text(sim::to_text(odd), "name").failure_text ==
               "two lines");
}

BOOST_AUTO_TEST_CASE(whatever_is_cut_off_is_refused) {
    const std::string text = sim::to_text(example());
    for (std::size_t i = 0; i < text.size(); ++i) {
        BOOST_TEST(!refused(text.substr(0, i)).empty());
    }
    BOOST_TEST(refused("").find("empty file") != std::string::npos);
    BOOST_TEST(refused(text + "x").find("nothing behind") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(whatever_is_changed_is_refused) {
    const std::string text = sim::to_text(example());
    heddle::random_stream stream(1);
    for (int i = 0; i < 2'000; ++i) {
        std::string changed = text;
        const auto place = static_cast<std::size_t>(stream.below(text.size()));
        changed[place] = static_cast<char>(stream.below(256));
        if (changed != text) {
            BOOST_TEST(!refused(changed).empty());
        }
    }
    for (int i = 0; i < 500; ++i) {
        std::string random(static_cast<std::size_t>(stream.below(300)), ' ');
        for (char& c : random) {
            c = static_cast<char>(stream.below(256));
        }
        BOOST_TEST(!refused(random).empty());
    }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_is_refused_although_the_sum_is_right) {
    const auto with = [](auto change) {
        auto state = example();
        change(state);
        return refused(sim::to_text(state));
    };
    BOOST_TEST(with([](auto& s) { s.blocks = 1'000'000; }).find("blocks") != std::string::npos);
    BOOST_TEST(!with([](auto& s) { s.ahead[2] = {}; }).empty());
    BOOST_TEST(!with([](auto& s) { s.ahead[1'000'000] = {}; }).empty());
    BOOST_TEST(!with([](auto& s) { s.part = {4, 3}; }).empty());
    BOOST_TEST(!with([](auto& s) { s.part = {0, 0}; }).empty());
    BOOST_TEST(!with([](auto& s) { s.limits.time = -1ns; }).empty());
}

BOOST_AUTO_TEST_CASE(how_far_a_shard_has_come) {
    BOOST_TEST(shard_of(1, 0).state.passed_below() == 0U);
    BOOST_TEST(shard_of(2, 0).state.passed_below() == sim::campaign_block);
    BOOST_TEST(shard_of(1, 2).state.passed_below() == 6 * sim::campaign_block);
    // Blocks 0, 3, 6, 9; 1, 4, 7; 2, 5, 8.
    BOOST_TEST(!shard_of(1, 3).state.complete());
    BOOST_TEST(shard_of(1, 4).state.complete());
    BOOST_TEST(shard_of(2, 3).state.complete());
    BOOST_TEST(shard_of(3, 3).state.complete());
}

BOOST_AUTO_TEST_CASE(shards_are_merged) {
    std::vector<sim::named_state> all{shard_of(1, 4), shard_of(2, 3), shard_of(3, 3)};
    BOOST_TEST(sim::merge(all).complete);
    BOOST_TEST(sim::merge(all).runs == 10 * sim::campaign_block);
    all[0].state.blocks = 3;
    BOOST_TEST(!sim::merge(all).complete);
    BOOST_TEST(sim::merge(all).missing == "shard 1/3 has come as far as schedule 576 only");
    all[0].state.blocks = 4;

    all[1].state.failing = 300;
    all[1].state.blocks = 1;
    all[2].state.failing = 150;
    all[2].state.failure_text = "this one";
    all[2].state.blocks = 0;
    auto merged = sim::merge(all);
    BOOST_TEST(*merged.failing == 150U);
    BOOST_TEST(merged.where.number == 3U);
    BOOST_TEST(merged.failure_text == "this one");
    BOOST_TEST(merged.complete);
    std::swap(all[1], all[2]);
    BOOST_TEST(*sim::merge(all).failing == 150U);
    std::swap(all[1], all[2]);

    // One that has not come as far may have a lower one.
    all[0].state.blocks = 0;
    merged = sim::merge(all);
    BOOST_TEST(!merged.complete);
    BOOST_TEST(merged.missing == "shard 1/3 has come as far as schedule 0 only");
    all.erase(all.begin());
    BOOST_TEST(sim::merge(all).missing == "shard 1/3 is missing");
}

BOOST_AUTO_TEST_CASE(what_is_no_shard_of_the_same_campaign_is_not_merged) {
    const auto refuses = [](auto change, const std::string& why) {
        std::vector<sim::named_state> all{shard_of(1, 4), shard_of(2, 3)};
        change(all[1].state);
        BOOST_CHECK_EXCEPTION(static_cast<void>(sim::merge(all)), sim::campaign_error,
                              [&](const sim::campaign_error& error) {
                                  BOOST_TEST_INFO(error.what());
                                  return std::string(error.what()).starts_with("shard2: ") &&
                                         std::string(error.what()).find(why) != std::string::npos;
                              });
    };
    refuses([](auto& s) { s.seed = 9; }, "its seed is 9, not 0");
    refuses([](auto& s) { s.part = {2, 4}; }, "one of 4 shards, not of 3");
    refuses([](auto& s) { s.part = {1, 3}; }, "shard 1 once more, as shard1");
    std::vector<sim::named_state> all{shard_of(1, 4), shard_of(2, 3)};
    all[0].state.first_run = 1;
    all[1].state.first_run = 2;
    BOOST_CHECK_THROW(static_cast<void>(sim::merge(all)), sim::campaign_error);
    BOOST_CHECK_THROW(static_cast<void>(sim::merge({})), sim::campaign_error);
}

BOOST_AUTO_TEST_CASE(files) {
    BOOST_CHECK_THROW(static_cast<void>(sim::read_campaign_state("/")), sim::campaign_error);
    BOOST_CHECK_THROW(static_cast<void>(sim::read_campaign_state("/nowhere/at/all")),
                      sim::campaign_error);
    BOOST_CHECK_THROW(sim::write_campaign_state("/nowhere/at/all", example()), sim::campaign_error);
}

BOOST_AUTO_TEST_SUITE_END()
