// SPDX-License-Identifier: BSL-1.0
#include <heddle/detail/timer_heap.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include <heddle/random.hpp>

#include <boost/test/unit_test.hpp>

using heddle::detail::timer_heap;

namespace {

class plain_timer final : public heddle::timer_entry {
public:
    explicit plain_timer(std::int64_t when)
        : timer_entry(heddle::time_point(heddle::duration(when))) {}
    void run() override {}
    void drop() noexcept override {}
    [[nodiscard]] std::uint64_t event_id() const noexcept override { return 0; }
    [[nodiscard]] std::string label() const override { return "timer"; }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(timers)

// A heap and a sorted map do the same thousands of pushes, removals and pops; many deadlines are
// equal, so that insertion order matters.
BOOST_AUTO_TEST_CASE(it_does_what_a_sorted_map_does) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        heddle::random_stream random(seed);
        timer_heap heap;
        std::map<std::pair<heddle::time_point, int>, std::unique_ptr<plain_timer>> model;
        int insertions = 0;
        for (int step = 0; step < 2'000; ++step) {
            const auto action = random.below(10);
            if (action < 5 || model.empty()) {
                auto timer =
                    std::make_unique<plain_timer>(static_cast<std::int64_t>(random.below(50)));
                heap.push(*timer);
                const auto when = timer->when();
                model.emplace(std::pair(when, insertions++), std::move(timer));
            } else if (action < 8) {
                BOOST_REQUIRE(heap.pop_front() == model.begin()->second.get());
                BOOST_REQUIRE(!model.begin()->second->in_heap());
                model.erase(model.begin());
            } else {
                const auto victim = std::next(
                    model.begin(), static_cast<std::ptrdiff_t>(random.below(model.size())));
                heap.remove(*victim->second);
                BOOST_REQUIRE(!victim->second->in_heap());
                model.erase(victim);
            }
            BOOST_REQUIRE(heap.size() == model.size());
            BOOST_REQUIRE(
                (heap.earliest() == (model.empty() ? heddle::never : model.begin()->first.first)));
        }
    }
}

BOOST_AUTO_TEST_CASE(it_finds_the_next_distinct_deadlines) {
    timer_heap heap;
    std::vector<std::unique_ptr<plain_timer>> timers;
    for (const int when : {70, 30, 10, 30, 50, 10, 20, 40, 60}) {
        timers.push_back(std::make_unique<plain_timer>(when));
        heap.push(*timers.back());
    }
    const auto at = [](std::int64_t when) { return heddle::time_point(heddle::duration(when)); };
    std::array<heddle::time_point, timer_heap::most_deadlines> found;
    BOOST_TEST(heap.deadlines_between(at(10), at(100), found) == 3U);
    BOOST_TEST((found[0] == at(20) && found[1] == at(30) && found[2] == at(40)));
    BOOST_TEST(heap.deadlines_between(at(9), at(20), found) == 2U);
    BOOST_TEST((found[0] == at(10) && found[1] == at(20)));
    BOOST_TEST(heap.deadlines_between(at(0), at(9), found) == 0U);
    while (!heap.empty()) {
        heap.pop_front();
    }
}

BOOST_AUTO_TEST_SUITE_END()
