// SPDX-License-Identifier: BSL-1.0
#include <heddle/detail/ready_list.hpp>

#include <array>
#include <string>

#include <boost/test/unit_test.hpp>

using heddle::detail::ready_batch;
using heddle::detail::ready_list;
using heddle::detail::runnable_list;

namespace {

class letter final : public heddle::runnable {
public:
    void run() override {}
    void drop() noexcept override {}
    [[nodiscard]] heddle::event_kind kind() const noexcept override { return {}; }
    [[nodiscard]] std::uint64_t event_id() const noexcept override { return 0; }
    [[nodiscard]] std::string label() const override { return std::string(1, name); }

    char name = '?';
};

struct fixture {
    fixture() {
        for (std::size_t i = 0; i < letters.size(); ++i) {
            letters[i].name = static_cast<char>('a' + i);
        }
    }
    letter& operator[](char name) { return letters[static_cast<std::size_t>(name - 'a')]; }
    void push(const std::string& names) {
        for (const char each : names) {
            ready.push_back((*this)[each]);
        }
    }
    /// Takes out everything.
    std::string rest() {
        batch.take(ready);
        std::string names;
        while (heddle::runnable* item = batch.pop_front()) {
            names += item->label();
        }
        BOOST_TEST(batch.empty());
        BOOST_TEST(ready.empty());
        return names;
    }

    std::array<letter, 8> letters;
    ready_list ready;
    ready_batch batch;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(ready_list_suite, fixture)

BOOST_AUTO_TEST_CASE(first_in_first_out_also_after_it_was_empty) {
    BOOST_TEST(rest() == "");
    for (int i = 0; i < 3; ++i) {
        push("abc");
        BOOST_TEST(!ready.empty());
        BOOST_TEST(rest() == "abc");
        push("d");
        BOOST_TEST(rest() == "d");
    }
}

BOOST_AUTO_TEST_CASE(a_batch_takes_more_behind_what_is_left_of_it) {
    push("abc");
    batch.take(ready);
    BOOST_TEST(batch.pop_front()->label() == "a");
    push("d");  // the list goes on beside it
    BOOST_TEST(batch.pop_front()->label() == "b");
    push("e");
    batch.take(ready);
    batch.take(ready);
    BOOST_TEST(rest() == "cde");
}

BOOST_AUTO_TEST_CASE(waiters_of_a_future_go_behind_what_is_ready) {
    runnable_list none;
    ready.splice_back(none);
    runnable_list waiters;
    waiters.push_back((*this)['a']);
    ready.splice_back(waiters);
    BOOST_TEST(waiters.empty());
    for (const char each : {'b', 'c', 'd'}) {
        waiters.push_back((*this)[each]);
    }
    ready.splice_back(waiters);
    BOOST_TEST(waiters.empty());
    push("e");
    BOOST_TEST(rest() == "abcde");
}

BOOST_AUTO_TEST_CASE(any_one_can_be_removed_from_a_list) {
    for (const char gone : {'a', 'b', 'c'}) {
        push("abc");
        BOOST_TEST(!ready.remove((*this)['d']));
        BOOST_TEST(ready.remove((*this)[gone]));
        BOOST_TEST(!ready.remove((*this)[gone]));
        push("d");
        std::string expected = "abcd";
        expected.erase(expected.find(gone), 1);
        BOOST_TEST(rest() == expected);
    }
    push("a");
    BOOST_TEST(ready.remove((*this)['a']));
    BOOST_TEST(ready.empty());
    push("b");
    BOOST_TEST(rest() == "b");
}

BOOST_AUTO_TEST_CASE(any_one_can_be_removed_from_a_batch_under_way) {
    for (const char gone : {'b', 'c', 'd'}) {
        push("abcd");
        batch.take(ready);
        BOOST_TEST(batch.pop_front()->label() == "a");
        BOOST_TEST(!batch.remove((*this)['a']));
        BOOST_TEST(batch.remove((*this)[gone]));
        push("e");
        std::string expected = "bcde";
        expected.erase(expected.find(gone), 1);
        BOOST_TEST(rest() == expected);
    }
    push("ab");
    batch.take(ready);
    BOOST_TEST(batch.pop_front()->label() == "a");
    BOOST_TEST(batch.remove((*this)['b']));
    BOOST_TEST(batch.empty());
    push("c");
    BOOST_TEST(rest() == "c");
}

BOOST_AUTO_TEST_SUITE_END()
