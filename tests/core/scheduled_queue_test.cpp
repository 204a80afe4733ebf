// SPDX-License-Identifier: BSL-1.0
#include <heddle/detail/scheduled_queue.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include <heddle/random.hpp>

namespace {

using heddle::detail::scheduled_queue;

class item final : public heddle::runnable {
public:
    explicit item(int number) noexcept : number_(number) {}
    void run() override {}
    void drop() noexcept override {}
    [[nodiscard]] heddle::event_kind kind() const noexcept override {
        return heddle::event_kind::callback;
    }
    [[nodiscard]] std::uint64_t event_id() const noexcept override { return 0; }
    [[nodiscard]] std::string label() const override { return {}; }
    [[nodiscard]] int number() const noexcept { return number_; }

private:
    int number_;
};

int number_of(const heddle::runnable* each) { return static_cast<const item*>(each)->number(); }

std::vector<int> numbers(std::span<heddle::runnable* const> row) {
    std::vector<int> found;
    std::transform(row.begin(), row.end(), std::back_inserter(found), number_of);
    return found;
}

/// The same in a simple way: chains of items, each begun by what is an entry, by the numbers of
/// their first ones, which grow in the order of pushing.
class model {
public:
    void push(int one) { chains_.push_back({one}); }
    void push_behind(int predecessor, int one) {
        for (auto& chain : chains_) {
            if (chain.back() == predecessor) {
                chain.push_back(one);
            }
        }
    }
    int take(std::size_t index) {
        const int taken = chains_[index].front();
        remove(taken);
        return taken;
    }
    void remove(int one) {
        for (std::size_t i = 0; i < chains_.size(); ++i) {
            auto& chain = chains_[i];
            if (const auto place = std::find(chain.begin(), chain.end(), one);
                place != chain.end()) {
                chain.erase(place);
                if (chain.empty()) {
                    chains_.erase(chains_.begin() + static_cast<std::ptrdiff_t>(i));
                }
                break;
            }
        }
        std::sort(chains_.begin(), chains_.end());
    }
    [[nodiscard]] std::vector<int> entries() const {
        std::vector<int> found;
        for (const auto& chain : chains_) {
            found.push_back(chain.front());
        }
        return found;
    }
    [[nodiscard]] std::vector<int> last_ones() const {
        std::vector<int> found;
        for (const auto& chain : chains_) {
            found.push_back(chain.back());
        }
        return found;
    }

    [[nodiscard]] bool has(int one) const {
        return std::any_of(chains_.begin(), chains_.end(), [&](const auto& chain) {
            return std::find(chain.begin(), chain.end(), one) != chain.end();
        });
    }
    /// What it hangs behind; -1 if it is an entry, or not here.
    [[nodiscard]] int before(int one) const {
        for (const auto& chain : chains_) {
            const auto place = std::find(chain.begin(), chain.end(), one);
            if (place != chain.end() && place != chain.begin()) {
                return *(place - 1);
            }
        }
        return -1;
    }

private:
    std::vector<std::vector<int>> chains_;
};

/// A new item: an entry, or, one time in four, behind the last of some chain.
void push_anywhere(scheduled_queue& queue, model& expected, std::deque<item>& items,
                   heddle::random_stream& stream) {
    item& fresh = items.emplace_back(static_cast<int>(items.size()));
    if (!queue.empty() && stream.chance(1, 4)) {
        const std::vector<int> last = expected.last_ones();
        const int before = last[stream.below(last.size())];
        queue.push_behind(items[static_cast<std::size_t>(before)], fresh);
        expected.push_behind(before, fresh.number());
    } else {
        queue.push(fresh);
        expected.push(fresh.number());
    }
}

BOOST_AUTO_TEST_SUITE(scheduled_queue_)

BOOST_AUTO_TEST_CASE(anything_may_be_taken_and_the_rest_keeps_its_order) {
    heddle::random_stream stream(1);
    for (int round = 0; round < 40; ++round) {
        scheduled_queue queue;
        model expected;
        std::deque<item> items;
        // Some rounds stay small, some grow to hundreds, and each is emptied at its end.
        const std::uint64_t most = 1 + stream.below(round % 4 == 0 ? 300 : 12);
        for (int turn = 0; turn < 600; ++turn) {
            const bool ends = turn >= 400;
            if (!ends && queue.size() < most && stream.chance(3, 5)) {
                push_anywhere(queue, expected, items, stream);
            } else if (!queue.empty() && stream.chance(1, 8)) {
                const int gone = expected.last_ones()[stream.below(queue.size())];
                heddle::runnable* predecessor = nullptr;
                BOOST_TEST(queue.remove(items[static_cast<std::size_t>(gone)], predecessor));
                expected.remove(gone);
            } else if (!queue.empty()) {
                const std::size_t index = stream.chance(1, 3) ? 0 : stream.below(queue.size());
                BOOST_TEST(number_of(&queue.take(index)) == expected.take(index));
            }
            BOOST_TEST_REQUIRE((numbers(queue.entries()) == expected.entries()));
        }
        while (heddle::runnable* last = queue.take_any()) {
            BOOST_TEST(number_of(last) == expected.take(0));
        }
        BOOST_TEST(expected.entries().empty());
    }
}

std::uint64_t key_of(int number) { return 1 + static_cast<std::uint64_t>(number) * 7 % 5; }

/// The crowd is what the model says, and its keys are found where they are.
void check_crowd(heddle::detail::crowd_queue& queue, const std::vector<int>& expected,
                 heddle::detail::key_use use, bool forget) {
    heddle::crowd many(queue, {}, nullptr);
    BOOST_TEST_REQUIRE(many.size() == expected.size());
    std::vector<int> found;
    std::uint64_t sum = 0;
    std::uint64_t greatest = 0;
    for (std::size_t i = 0; i < many.size(); ++i) {
        found.push_back(number_of(&many[i]));
        sum += key_of(expected[i]);
        greatest = std::max(greatest, key_of(expected[i]));
    }
    BOOST_TEST_REQUIRE((found == expected));
    BOOST_TEST(number_of(&queue.front()) == expected.front());
    if (forget) {
        many.forget_keys();
    }
    int before = -1;
    std::size_t asked = 0;
    std::uint32_t number = 0;
    many.key_new(use, [&](heddle::runnable& each, std::uint32_t given) {
        BOOST_TEST(number_of(&each) > before);
        before = number_of(&each);
        number = given;
        ++asked;
        return key_of(before);
    });
    BOOST_TEST((!forget || asked == expected.size()));
    if (asked > 0) {
        BOOST_TEST(number_of(&many[many.option_of(number)]) == before);
    }
    if (use == heddle::detail::key_use::sum) {
        BOOST_TEST(many.sum() == sum);
        std::uint64_t up_to = 0;
        for (std::size_t i = 0; i < expected.size(); ++i) {
            BOOST_TEST(many.option_of_sum(up_to) == i);
            up_to += key_of(expected[i]);
            BOOST_TEST(many.option_of_sum(up_to - 1) == i);
        }
        return;
    }
    BOOST_TEST(many.greatest() == greatest);
    std::size_t ties = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        if (key_of(expected[i]) == greatest) {
            BOOST_TEST(many.option_of_greatest(ties) == i);
            ++ties;
        }
    }
    BOOST_TEST(many.greatest_count() == ties);
    // Another key for the last of them, and its own again.
    const std::size_t last = many.option_of_greatest(ties - 1);
    many.set_key(last, greatest + 1);
    BOOST_TEST(many.option_of_greatest(0) == last);
    many.set_key(last, greatest);
    BOOST_TEST(many.greatest_count() == ties);
}

BOOST_AUTO_TEST_CASE(a_crowd_is_the_same_in_another_form) {
    using heddle::detail::key_use;
    heddle::random_stream stream(2);
    int crowds = 0;
    for (int round = 0; round < 60; ++round) {
        scheduled_queue queue;
        queue.limit_row(std::vector<std::size_t>{1, 2, 7, 40}[stream.below(4)]);
        const key_use use = stream.chance(1, 2) ? key_use::greatest : key_use::sum;
        const std::uint64_t checks_in_8 = stream.chance(1, 4) ? 1 : 8;
        model expected;
        std::deque<item> items;
        const std::uint64_t most = 1 + stream.below(round % 4 == 0 ? 300 : 40);
        for (int turn = 0; turn < 600; ++turn) {
            const std::size_t held = expected.entries().size();
            BOOST_TEST_REQUIRE(queue.empty() == (held == 0));
            if (turn < 400 && held < most && stream.chance(3, 5)) {
                push_anywhere(queue, expected, items, stream);
            } else if (held != 0 && stream.chance(1, 8)) {
                const int gone = static_cast<int>(stream.below(items.size()));
                const bool is_there = expected.has(gone);
                heddle::runnable* predecessor = nullptr;
                BOOST_TEST(queue.remove(items[static_cast<std::size_t>(gone)], predecessor) ==
                           is_there);
                BOOST_TEST((predecessor == nullptr ? -1 : number_of(predecessor)) ==
                           expected.before(gone));
                expected.remove(gone);
            } else if (held != 0) {
                const std::size_t index = stream.chance(1, 3) ? 0 : stream.below(held);
                BOOST_TEST(number_of(&queue.take_anyhow(index)) == expected.take(index));
            }
            if (queue.crowd_is_due() && stream.chance(checks_in_8, 8)) {
                if (auto* const many = queue.make_crowd(); many != nullptr) {
                    ++crowds;
                    check_crowd(*many, expected.entries(), use, stream.chance(1, 16));
                }
            }
        }
        if (stream.chance(1, 2)) {
            queue.limit_row(heddle::crowd::never);
            BOOST_TEST((numbers(queue.entries()) == expected.entries()));
        }
        while (heddle::runnable* last = queue.take_any()) {
            BOOST_TEST(number_of(last) == expected.take(0));
        }
        BOOST_TEST(expected.entries().empty());
    }
    BOOST_TEST(crowds > 1'000);
}

BOOST_AUTO_TEST_CASE(what_else_may_run_stands_behind_the_entries_for_one_choice) {
    scheduled_queue queue;
    std::deque<item> items;
    for (int i = 0; i < 200; ++i) {
        items.emplace_back(i);
    }
    const std::vector<heddle::runnable*> others{&items[100], &items[101]};
    for (std::size_t i = 0; i < 100; ++i) {
        std::vector<int> expected = numbers(queue.entries());
        expected.insert(expected.end(), {100, 101, 102});
        BOOST_TEST((numbers(queue.with_extras(others, &items[102])) == expected));
        expected.resize(expected.size() - 3);
        BOOST_TEST((numbers(queue.with_extras({}, nullptr)) == expected));
        BOOST_TEST((numbers(queue.entries()) == expected));
        queue.push(items[i]);
    }
}

BOOST_AUTO_TEST_CASE(an_iteration_is_over_when_what_was_ready_at_its_beginning_has_left) {
    scheduled_queue queue;
    item first(1);
    item second(2);
    queue.begin_iteration();
    BOOST_TEST(queue.iteration_over());
    queue.push(first);
    BOOST_TEST(queue.iteration_over());
    queue.begin_iteration();
    queue.push(second);
    BOOST_TEST(!queue.iteration_over());
    queue.take(0);
    BOOST_TEST(queue.iteration_over());
    queue.take(0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
