// SPDX-License-Identifier: BSL-1.0
//
// A loop and its scheduler, where what is ready is all that could run. Every case is held of both
// forms: run_ready() as it is by default, by pick() and about_to_run(), and one that runs events.
#include <heddle/ready_events.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <heddle/coro.hpp>
#include <heddle/sleep.hpp>
#include <heddle/task.hpp>

#include "support/virtual_loop.hpp"

using namespace heddle_test;
namespace data = boost::unit_test::data;

// Named: what a data test case has in a lambda may not be of a namespace without one.
namespace heddle_test::ready_events {

/// The latest of what is ready goes first; timers, only where nothing else is left.
class latest_first : public heddle::scheduler {
public:
    explicit latest_first(heddle::sim::virtual_clock& clock) : clock_(clock) {}

    std::size_t asked = 0;          // how often for a choice
    std::size_t calls = 0;          // of run_ready
    std::size_t runs = 0;           // events
    std::size_t throws_before = 0;  // the event of that number, from 1

    [[nodiscard]] bool reorders() const noexcept override { return true; }
    std::size_t pick(std::span<heddle::runnable* const> options) override {
        ++asked;
        const bool last_is_timer = options.back()->kind() == heddle::event_kind::timer;
        return options.size() - (last_is_timer ? 2 : 1);
    }
    std::size_t finish(std::span<heddle::runnable* const>, bool, bool) override { return 0; }
    std::uint64_t about_to_run(heddle::runnable& next) override {
        if (++runs == throws_before) {
            throw std::runtime_error("stopped");
        }
        return next.event_id();
    }
    void run_ready(heddle::ready_events& events) override {
        ++calls;
        heddle::scheduler::run_ready(events);
    }
    void about_to_wait(heddle::time_point deadline) override { clock_.advance_to(deadline); }
    void advance_to(heddle::time_point deadline) override { clock_.advance_to(deadline); }

private:
    heddle::sim::virtual_clock& clock_;
};

/// The same in a loop of its own.
class latest_first_at_once final : public latest_first {
public:
    using latest_first::latest_first;
    void run_ready(heddle::ready_events& events) override {
        ++calls;
        do {
            const auto options = events.options();
            const std::size_t index = options.size() - 1;
            asked += options.size() > 1 ? 1 : 0;
            events.run(index, about_to_run(*options[index]));
        } while (events.go_on());
    }
};

struct scheduled_loop : virtual_loop {
    explicit scheduled_loop(bool at_once) : chooser(at_once ? fast : plain) {
        loop.set_scheduler(&chooser);
    }
    ~scheduled_loop() { loop.close(); }
    scheduled_loop(const scheduled_loop&) = delete;
    scheduled_loop& operator=(const scheduled_loop&) = delete;

    heddle::coro<void> noted_turns(const char* name, int turns) {
        for (int i = 0; i < turns; ++i) {
            if (i > 0) {
                co_await heddle::sleep(0ns);
            }
            note(name);
        }
    }
    /// Of a callback each: those of one callback would keep their order.
    void make_ready(const char* name, int turns = 1) {
        tasks.push_back(loop.create_task(noted_turns(name, turns)));
    }

    latest_first plain{clock};
    latest_first_at_once fast{clock};
    latest_first& chooser;
    std::vector<heddle::task<void>> tasks;
};

/// One that nobody catches but the loop; a callback reports its own errors.
class broken_event final : public heddle::runnable {
public:
    void run() override { throw std::runtime_error("broken event"); }
    void drop() noexcept override {}
    [[nodiscard]] heddle::event_kind kind() const noexcept override {
        return heddle::event_kind::callback;
    }
    [[nodiscard]] std::uint64_t event_id() const noexcept override { return 1; }
    [[nodiscard]] std::string label() const override { return "broken event"; }
};

constexpr bool both[] = {false, true};

}  // namespace heddle_test::ready_events

using namespace heddle_test::ready_events;

BOOST_AUTO_TEST_SUITE(ready_events)

BOOST_DATA_TEST_CASE(the_scheduler_says_which_is_next, data::make(both), at_once) {
    scheduled_loop world(at_once);
    for (const char* name : {"a", "b", "c"}) {
        world.make_ready(name);
    }
    world.loop.run_one_iteration();
    BOOST_TEST(world.log == (words{"c", "b", "a"}));
}

BOOST_DATA_TEST_CASE(one_iteration_is_one, data::make(both), at_once) {
    scheduled_loop world(at_once);
    world.make_ready("a", 2);
    BOOST_TEST((world.loop.run_one_iteration() == heddle::at_once));
    BOOST_TEST(world.log == (words{"a"}));
    world.loop.run_one_iteration();
    BOOST_TEST(world.log == (words{"a", "a"}));
}

BOOST_DATA_TEST_CASE(a_run_is_one_call_where_nothing_else_comes, data::make(both), at_once) {
    scheduled_loop world(at_once);
    world.loop.run_until_complete(world.noted_turns("a", 3));
    BOOST_TEST(world.log == (words{"a", "a", "a"}));
    BOOST_TEST(world.chooser.calls == 1);
}

BOOST_DATA_TEST_CASE(a_loop_that_is_stopped_ends_its_iteration_first, data::make(both), at_once) {
    scheduled_loop world(at_once);
    world.make_ready("a", 2);
    world.loop.call_soon([&world] { world.loop.stop(); });
    world.loop.run_forever();
    BOOST_TEST(world.log == (words{"a"}));
}

BOOST_DATA_TEST_CASE(where_there_is_a_timer_it_is_one_of_the_options, data::make(both), at_once) {
    scheduled_loop world(at_once);
    world.make_ready("a");
    world.make_ready("b");
    world.loop.call_soon([&world] {
        world.loop.call_later(5ns, [&world] {
            world.note("timer");
            world.loop.stop();
        });
    });
    world.loop.run_forever();
    BOOST_TEST(world.log == (words{"b", "a", "timer"}));
    BOOST_TEST(world.chooser.calls == 2);  // and when it has come due
    // Of three, of two and the timer, of one and the timer.
    BOOST_TEST(world.chooser.asked == 3);
}

BOOST_DATA_TEST_CASE(what_a_scheduler_throws_ends_the_run_and_loses_nothing, data::make(both),
                     at_once) {
    scheduled_loop world(at_once);
    for (const char* name : {"a", "b", "c"}) {
        world.make_ready(name);
    }
    world.chooser.throws_before = 2;
    BOOST_CHECK_THROW(world.loop.run_one_iteration(), std::runtime_error);
    BOOST_TEST(world.log == (words{"c"}));
    world.loop.run_one_iteration();
    BOOST_TEST(world.log == (words{"c", "b", "a"}));
}

BOOST_DATA_TEST_CASE(what_an_event_throws_is_reported, data::make(both), at_once) {
    scheduled_loop world(at_once);
    world.make_ready("a");
    world.loop.call_soon([] { throw std::runtime_error("broken"); });
    broken_event latest;
    world.loop.push_ready(latest);
    world.loop.run_one_iteration();
    BOOST_TEST(world.log == (words{"a"}));
    BOOST_TEST(world.reports == (words{"exception in callback: std::runtime_error: broken event",
                                       "exception in callback: std::runtime_error: broken"}));
}

BOOST_AUTO_TEST_SUITE_END()
