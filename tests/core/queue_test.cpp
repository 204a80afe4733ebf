// SPDX-License-Identifier: BSL-1.0
#include <heddle/queue.hpp>

#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "support/ticking_loop.hpp"

using namespace heddle_test;

namespace {

/// Cannot be moved, and copying it fails.
struct hard_to_copy {
    explicit hard_to_copy(int copies) noexcept : copies_left(copies) {}
    hard_to_copy(const hard_to_copy& other) : copies_left(other.copies_left - 1) {
        if (copies_left < 0) {
            throw std::runtime_error("no copies left");
        }
    }
    hard_to_copy& operator=(const hard_to_copy&) = default;
    int copies_left;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(queue, ticking_loop)

// ---- items ---------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(items_come_out_in_the_order_in_which_they_went_in) {
    heddle::queue<std::string> words_queue;
    // Grows while its items go around the end of its memory.
    int in = 0;
    int out = 0;
    for (int round = 1; round < 30; ++round) {
        for (int i = 0; i < round; ++i) {
            words_queue.put_nowait("a rather long item, number " + std::to_string(in++));
        }
        for (int i = 0; i < round / 2; ++i) {
            BOOST_TEST(words_queue.get_nowait() ==
                       "a rather long item, number " + std::to_string(out++));
        }
    }
    BOOST_TEST(words_queue.qsize() == static_cast<std::size_t>(in - out));
    BOOST_TEST(!words_queue.full());
    while (!words_queue.empty()) {
        BOOST_TEST(words_queue.get_nowait() ==
                   "a rather long item, number " + std::to_string(out++));
    }
    BOOST_TEST(in == out);
}

BOOST_AUTO_TEST_CASE(the_smallest_comes_first_and_of_equals_the_one_put_first) {
    struct job {
        int urgency;
        int number;
        bool operator<(const job& other) const { return urgency < other.urgency; }
    };
    heddle::priority_queue<job> jobs;
    for (int i = 0; i < 60; ++i) {
        jobs.put_nowait(job{(i * 7) % 3, i});
    }
    job last{-1, -1};
    while (!jobs.empty()) {
        const job next = jobs.get_nowait();
        BOOST_TEST((last.urgency < next.urgency ||
                    (last.urgency == next.urgency && last.number < next.number)));
        last = next;
    }
    heddle::priority_queue<int, std::greater<int>> largest_first(2);
    largest_first.put_nowait(1);
    largest_first.put_nowait(2);
    BOOST_TEST(largest_first.full());
    BOOST_TEST(largest_first.get_nowait() == 2);
}

BOOST_AUTO_TEST_CASE(last_in_first_out) {
    heddle::lifo_queue<int> stack;
    stack.put_nowait(1);
    stack.put_nowait(2);
    BOOST_TEST(stack.get_nowait() == 2);
    BOOST_TEST(stack.get_nowait() == 1);
}

BOOST_AUTO_TEST_CASE(items_that_cannot_be_copied_are_moved_through) {
    heddle::queue<std::unique_ptr<int>> fifo(1);
    heddle::lifo_queue<std::unique_ptr<int>> stack;
    heddle::priority_queue<std::unique_ptr<int>> heap;
    const auto through = [](auto& any) -> coro<int> {
        co_await any.put(std::make_unique<int>(5));
        const auto item = co_await any.get();
        co_return *item;
    };
    BOOST_TEST(loop.run_until_complete(through(fifo)) == 5);
    BOOST_TEST(loop.run_until_complete(through(stack)) == 5);
    BOOST_TEST(loop.run_until_complete(through(heap)) == 5);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_done_now_is_an_error_without_waiting) {
    heddle::queue<int> small(1);
    BOOST_TEST(small.maxsize() == 1U);
    BOOST_CHECK_THROW(static_cast<void>(small.get_nowait()), heddle::queue_empty);
    small.put_nowait(1);
    BOOST_TEST(small.full());
    BOOST_CHECK_THROW(small.put_nowait(2), heddle::queue_full);
    BOOST_TEST(small.get_nowait() == 1);
    BOOST_TEST(heddle::queue<int>(-3).maxsize() == 0U);
}

// ---- what put() and get() return is a coroutine --------------------------------------------

BOOST_AUTO_TEST_CASE(a_put_or_get_does_nothing_until_it_is_awaited) {
    heddle::queue<std::shared_ptr<int>> items(1);
    const auto item = std::make_shared<int>(1);
    {
        auto put = items.put(item);
        auto moved = std::move(put);
        BOOST_TEST(!put.valid());
        BOOST_TEST(moved.valid());
        const coro<void> as_coroutine = std::move(moved);
        BOOST_TEST(!moved.valid());
        BOOST_TEST(as_coroutine.valid());
        BOOST_TEST(item.use_count() == 2);
    }
    BOOST_TEST(item.use_count() == 1);
    BOOST_TEST(items.empty());
}

BOOST_AUTO_TEST_CASE(puts_and_gets_are_kept_passed_on_swapped_and_gathered) {
    heddle::queue<int> numbers;
    const auto main = [&]() -> coro<int> {
        coro<void> one = numbers.put(1);
        auto two = numbers.put(2);
        one.swap(two);
        co_await std::move(one);
        co_await std::move(two);
        std::vector<coro<int>> both;
        both.push_back(numbers.get());
        both.push_back(numbers.get());
        const std::vector<int> got = co_await heddle::gather(std::move(both));
        BOOST_TEST(got == (std::vector<int>{2, 1}), boost::test_tools::per_element());
        co_await heddle::gather(numbers.put(3), numbers.put(4));
        const auto [three, four] = co_await heddle::gather(numbers.get(), numbers.get());
        BOOST_TEST(four == 4);
        co_await numbers.put(5);
        const int five = co_await heddle::wait_for(numbers.get(), 1s);
        BOOST_TEST(five == 5);
        co_return three;
    };
    BOOST_TEST(loop.run_until_complete(main()) == 3);
    loop.run_until_complete(numbers.put(6));
    BOOST_TEST(loop.run_until_complete(numbers.get()) == 6);
}

BOOST_AUTO_TEST_CASE(a_put_is_awaited_once) {
    heddle::queue<int> numbers;
    const auto main = [&]() -> coro<void> {
        auto put = numbers.put(1);
        co_await std::move(put);
        BOOST_CHECK_THROW(co_await std::move(put), heddle::usage_error);
    };
    loop.run_until_complete(main());
    BOOST_TEST(numbers.qsize() == 1U);
}

BOOST_AUTO_TEST_CASE(one_that_is_never_awaited_is_told_of_in_debug_mode) {
    loop.set_debug(true);
    heddle::queue<int> numbers;
    const auto main = [&]() -> coro<void> {
        static_cast<void>(numbers.get());
        co_return;
    };
    loop.run_until_complete(main());
    BOOST_TEST(reports.size() == 1U);
}

// ---- who goes on when ----------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(what_is_there_is_got_without_a_hop) {
    heddle::queue<int> numbers(1);
    auto put = loop.create_task(numbers.put(4));
    auto get = loop.create_task(numbers.get());
    loop.run_one_iteration();
    BOOST_TEST(put.done());
    BOOST_TEST(get.result() == 4);
}

BOOST_AUTO_TEST_CASE(a_newcomer_may_take_an_item_first_and_the_woken_getter_waits_anew) {
    heddle::queue<int> numbers;
    const auto putter = [&]() -> coro<void> {
        numbers.put_nowait(1);
        note("put");
        co_return;
    };
    const auto main = [&]() -> coro<void> {
        heddle::create_task(told("a", numbers.get()));
        heddle::create_task(told("b", numbers.get()));
        heddle::create_task(putter());
        heddle::create_task(told("thief", numbers.get()));
        co_await ticks(4);
        numbers.put_nowait(2);
        numbers.put_nowait(3);
        co_await ticks(3);
    };
    BOOST_TEST(play(main) == "put thief=1 | | | | b=2 a=3 | |");
}

BOOST_AUTO_TEST_CASE(a_newcomer_may_take_room_first_and_the_woken_putter_waits_anew) {
    heddle::queue<int> numbers(1);
    numbers.put_nowait(0);
    const auto take = [&] { note("got " + std::to_string(numbers.get_nowait())); };
    const auto getter = [&]() -> coro<void> {
        take();
        co_return;
    };
    const auto main = [&]() -> coro<void> {
        heddle::create_task(told("a", numbers.put(1)));
        heddle::create_task(told("b", numbers.put(2)));
        heddle::create_task(getter());
        heddle::create_task(told("thief", numbers.put(9)));
        co_await ticks(4);
        take();
        co_await ticks(3);
        take();
        co_await ticks(2);
        take();
    };
    BOOST_TEST(play(main) == "got 0 thief | | | got 9 | b | | got 2 | a | got 1");
}

BOOST_AUTO_TEST_CASE(a_getter_cancelled_after_its_wakeup_passes_it_on) {
    heddle::queue<int> numbers;
    const auto main = [&]() -> coro<void> {
        auto a = heddle::create_task(told("a", numbers.get()));
        heddle::create_task(told("b", numbers.get()));
        co_await ticks(2);
        numbers.put_nowait(1);
        a.cancel("late");
        co_await ticks(4);
    };
    BOOST_TEST(play(main) == "| | a!late | b=1 | |");
}

BOOST_AUTO_TEST_CASE(a_putter_cancelled_after_its_wakeup_passes_it_on) {
    heddle::queue<int> numbers(1);
    numbers.put_nowait(0);
    const auto main = [&]() -> coro<void> {
        auto a = heddle::create_task(told("a", numbers.put(1)));
        heddle::create_task(told("b", numbers.put(2)));
        co_await ticks(2);
        BOOST_TEST(numbers.get_nowait() == 0);
        a.cancel("late");
        co_await ticks(4);
        BOOST_TEST(numbers.get_nowait() == 2);
    };
    BOOST_TEST(play(main) == "| | a!late | b | |");
}

BOOST_AUTO_TEST_CASE(waiters_cancelled_before_their_wakeup_are_passed_over) {
    heddle::queue<int> numbers(1);
    const auto main = [&]() -> coro<void> {
        auto a = heddle::create_task(told("a", numbers.get()));
        heddle::create_task(told("b", numbers.get()));
        co_await ticks(2);
        a.cancel("early");
        numbers.put_nowait(1);
        co_await ticks(2);
        numbers.put_nowait(2);
        auto c = heddle::create_task(told("c", numbers.put(3)));
        heddle::create_task(told("d", numbers.put(4)));
        co_await ticks(2);
        c.cancel("early");
        BOOST_TEST(numbers.get_nowait() == 2);
        co_await ticks(2);
        BOOST_TEST(numbers.get_nowait() == 4);
    };
    BOOST_TEST(play(main) == "| | a!early b=1 | | | | c!early d |");
}

BOOST_AUTO_TEST_CASE(a_woken_waiter_that_is_destroyed_passes_it_on) {
    heddle::queue<int> numbers(1);
    const auto main = [&]() -> coro<void> {
        {
            heddle::task_group group;
            group.create_task(told("getter", numbers.get()));
            co_await ticks(1);
            heddle::create_task(told("b", numbers.get()));
            co_await ticks(1);
            numbers.put_nowait(1);
        }
        co_await ticks(2);
        numbers.put_nowait(2);
        {
            heddle::task_group group;
            group.create_task(told("putter", numbers.put(3)));
            co_await ticks(1);
            heddle::create_task(told("d", numbers.put(4)));
            co_await ticks(1);
            BOOST_TEST(numbers.get_nowait() == 2);
        }
        co_await ticks(2);
        BOOST_TEST(numbers.get_nowait() == 4);
    };
    BOOST_TEST(play(main) == "| | b=1 | | | | d |");
}

BOOST_AUTO_TEST_CASE(the_item_of_a_put_that_is_cancelled_or_destroyed_goes_with_it) {
    const auto item = std::make_shared<int>(1);
    heddle::queue<std::shared_ptr<int>> full(1);
    full.put_nowait(nullptr);
    const auto main = [&]() -> coro<void> {
        auto cancelled = heddle::create_task(full.put(item));
        {
            heddle::task_group group;
            group.create_task(full.put(item));
            co_await ticks(1);
            BOOST_TEST(item.use_count() == 3);
            cancelled.cancel();
        }
        co_await ticks(2);
    };
    play(main);
    BOOST_TEST(item.use_count() == 1);
    BOOST_TEST(full.qsize() == 1U);
}

// ---- join and shutdown ---------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(join_waits_until_all_items_are_done) {
    heddle::queue<int> numbers;
    numbers.put_nowait(1);
    numbers.put_nowait(2);
    const auto main = [&]() -> coro<void> {
        heddle::create_task(told("join", numbers.join()));
        co_await ticks(2);
        static_cast<void>(numbers.get_nowait());
        numbers.task_done();
        static_cast<void>(numbers.get_nowait());
        co_await ticks(2);
        numbers.task_done();
        note("done");
        co_await ticks(2);
        co_await told("join again", numbers.join());
    };
    BOOST_TEST(play(main) == "| | | done | join | join again");
    BOOST_CHECK_THROW(numbers.task_done(), heddle::value_error);
}

BOOST_AUTO_TEST_CASE(after_a_shutdown_what_is_there_can_still_be_got) {
    heddle::queue<int> numbers(1);
    const auto main = [&]() -> coro<void> {
        heddle::create_task(told("a", numbers.get()));
        heddle::create_task(told("b", numbers.get()));
        co_await ticks(2);
        numbers.put_nowait(1);
        numbers.shutdown();
        BOOST_CHECK_THROW(numbers.put_nowait(2), heddle::queue_shut_down);
        heddle::create_task(told("p", numbers.put(1)));
        co_await ticks(3);
        BOOST_CHECK_THROW(static_cast<void>(numbers.get_nowait()), heddle::queue_shut_down);
    };
    BOOST_TEST(play(main) == "| | a=1 b!shut p!shut | |");
}

BOOST_AUTO_TEST_CASE(an_immediate_shutdown_drops_what_is_there) {
    const auto item = std::make_shared<int>(1);
    heddle::queue<std::shared_ptr<int>> items(1);
    items.put_nowait(item);
    const auto main = [&]() -> coro<void> {
        heddle::create_task(told("put", items.put(item)));
        heddle::create_task(told("join", items.join()));
        co_await ticks(2);
        items.shutdown(true);
        BOOST_TEST(items.empty());
        co_await ticks(2);
    };
    BOOST_TEST(play(main) == "| | join put!shut |");
    BOOST_TEST(item.use_count() == 1);
}

BOOST_AUTO_TEST_CASE(a_shutdown_wakes_putters_and_leaves_joiners) {
    heddle::queue<int> numbers(1);
    numbers.put_nowait(1);
    const auto main = [&]() -> coro<void> {
        heddle::create_task(told("put", numbers.put(2)));
        heddle::create_task(told("join", numbers.join()));
        co_await ticks(2);
        numbers.shutdown();
        co_await ticks(3);
        BOOST_TEST(numbers.get_nowait() == 1);
        numbers.task_done();
        co_await ticks(2);
    };
    BOOST_TEST(play(main) == "| | put!shut | | | join |");
}

BOOST_AUTO_TEST_CASE(an_item_that_cannot_be_moved_into_the_coroutine_is_an_error) {
    int errors = 0;
    int put = 0;
    const auto main = [&]() -> coro<void> {
        for (int copies = 0; copies < 12; ++copies) {
            heddle::queue<hard_to_copy> items;
            const hard_to_copy item(copies);
            try {
                co_await heddle::create_task(items.put(item));
                ++put;
            } catch (const std::runtime_error&) {
                ++errors;
            }
        }
    };
    play(main);
    BOOST_TEST(errors > 1);
    BOOST_TEST(put > 1);
    BOOST_TEST(errors + put == 12);
}

BOOST_AUTO_TEST_SUITE_END()
