// SPDX-License-Identifier: BSL-1.0
//
// A test that passes on every plain run, and finds the bug: between asking whether a key is there
// and filling it, fetch() gives up control twice. The README shows this file and what it prints.
#define BOOST_TEST_MODULE cache
#include <heddle/boost_test.hpp>

#include <chrono>
#include <map>
#include <optional>

#include <heddle/heddle.hpp>

using namespace std::chrono_literals;

/// Of squares; it counts how often each was asked for.
class cache {
public:
    std::optional<int> find(int key) const {
        return fills_.contains(key) ? std::optional(key * key) : std::nullopt;
    }
    int fill(int key) {
        ++fills_[key];
        return key * key;
    }
    int fills(int key) const { return fills_.at(key); }

private:
    std::map<int, int> fills_;
};

heddle::coro<int> fetch(cache& c, int key) {
    if (auto hit = c.find(key)) co_return *hit;
    co_await heddle::sleep(5ms);  // ask the backend
    co_await heddle::sleep(5ms);  // decode the answer
    co_return c.fill(key);
}

heddle::coro<int> fetch_later(cache& c, int key) {
    co_await heddle::sleep(13ms);
    co_return co_await fetch(c, key);
}

HEDDLE_TEST_CASE(a_key_is_filled_once, *heddle::schedules(10'000)) {
    cache c;
    heddle::task_group group;
    group.create_task(fetch(c, 1));
    group.create_task(fetch_later(c, 1));
    co_await group.join();
    BOOST_TEST(c.fills(1) == 1);  // plainly, the second comes 3 ms after the first has filled
}
