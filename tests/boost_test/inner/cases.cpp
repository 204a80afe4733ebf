// SPDX-License-Identifier: BSL-1.0
//
// Cases that pass and cases that fail, for ../boost_test.cpp, which runs this program and looks at
// what comes out. No test by itself. Lines that reports are expected to name end in "// line: x".
#define BOOST_TEST_MODULE inner
#include <heddle/boost_test.hpp>
#include <heddle/conformance.hpp>

#include <boost/test/unit_test_log_formatter.hpp>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <map>
#include <ostream>
#include <stdexcept>
#include <string>
#include <thread>

#include <heddle/heddle.hpp>

namespace {

using namespace std::chrono_literals;
using heddle::coro;

/// A cache that counts how often each key was filled.
struct cache {
    std::map<int, int> filled;
    coro<void> look_up(int key) {
        if (filled.contains(key)) {
            co_return;
        }
        co_await heddle::sleep(5ms);
        ++filled[key];
    }
};

coro<void> look_up_later(cache& c, int key) {
    co_await heddle::sleep(8ms);
    co_await c.look_up(key);
}

/// The same, with a second wait: a stall of 6 ms is enough to fill twice.
coro<void> look_up_slowly(cache& c, int key) {
    if (!c.filled.contains(key)) {
        co_await heddle::sleep(5ms);
        co_await heddle::sleep(5ms);
        ++c.filled[key];
    }
}

coro<void> look_up_slowly_later(cache& c, int key) {
    co_await heddle::sleep(13ms);
    co_await look_up_slowly(c, key);
}

coro<void> sleeps(heddle::duration length) { co_await heddle::sleep(length); }

// Counts that a process keeps from run to run.
int fixtures_made = 0;
int fixtures_alive = 0;
int runs_of_a_suite_of_seven = 0;
int runs_at_fifo = 0;
int runs_by_default = 0;

}  // namespace

BOOST_AUTO_TEST_SUITE(failing)

HEDDLE_TEST_CASE(race, *heddle::schedules(2'000)) {
    cache c;
    heddle::task_group group;
    group.create_task(c.look_up(1));
    group.create_task(look_up_later(c, 1));
    co_await group.join();
    BOOST_TEST(c.filled[1] == 1);  // line: race
}

HEDDLE_TEST_CASE(race_by_timing, *heddle::schedules(2'000)) {
    cache c;
    heddle::task_group group;
    group.create_task(look_up_slowly(c, 1));
    group.create_task(look_up_slowly_later(c, 1));
    co_await group.join();
    BOOST_TEST(c.filled[1] == 1);  // line: race_by_timing
}

coro<void> checks_something_wrong(int two) {
    co_await heddle::sleep(1ms);
    BOOST_TEST(two == 3);  // line: child_check
}

HEDDLE_TEST_CASE(child_check) {
    co_await heddle::create_task(checks_something_wrong(2));
    BOOST_TEST(true);
}

coro<void> requires_something_wrong(int two) {
    BOOST_REQUIRE(two == 3);  // line: child_require
    co_return;
}

HEDDLE_TEST_CASE(child_require) {
    auto lost = heddle::create_task(requires_something_wrong(2));
    co_await heddle::sleep(1ms);
    BOOST_TEST(true);
}

HEDDLE_TEST_CASE(catches_everything) {
    try {
        co_await requires_something_wrong(2);
    } catch (...) {
        // A program that carries on whatever happens.
    }
    BOOST_TEST(true);
}

HEDDLE_TEST_CASE(says_error) {
    co_await heddle::sleep(1ms);
    BOOST_ERROR("this went wrong");  // line: says_error
}

HEDDLE_TEST_CASE(throws_nothing) {
    co_await heddle::sleep(1ms);
    BOOST_CHECK_THROW(static_cast<void>(0), std::logic_error);  // line: throws_nothing
}

HEDDLE_TEST_CASE(lets_an_error_escape) {
    co_await heddle::sleep(1ms);
    throw std::runtime_error("the body threw this");
}

coro<void> throws() {
    co_await heddle::sleep(1ms);
    throw std::runtime_error("a child threw this");
}

HEDDLE_TEST_CASE(loses_an_error) {
    static_cast<void>(heddle::create_task(throws()));
    co_await heddle::sleep(5ms);
}

HEDDLE_TEST_CASE(waits_for_ever) {
    auto never = heddle::get_running_loop().create_future<int>();
    co_await never;  // line: waits_for_ever
}

HEDDLE_TEST_CASE(goes_on_for_ever, *heddle::step_limit(500)) {
    for (;;) {
        co_await heddle::sleep(0ns);
    }
}

HEDDLE_TEST_CASE(fails_twice) {
    BOOST_TEST(1 == 2);  // line: fails_twice
    BOOST_TEST(3 == 4);
    co_return;
}

HEDDLE_TEST_CASE(talks) {
    cache c;
    heddle::task_group group;
    BOOST_TEST_MESSAGE("talks: begins");
    BOOST_WARN(c.filled.size() == 1);
    group.create_task(c.look_up(1));
    group.create_task(look_up_later(c, 1));
    co_await group.join();
    BOOST_TEST_CONTEXT("the context of the failure") { BOOST_TEST(c.filled[1] == 1); }
}

HEDDLE_TEST_CASE(knows_how_often_it_ran) {
    static int runs = 0;
    BOOST_TEST(++runs != 4);
    co_return;
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(passing)

HEDDLE_TEST_CASE(checks_three_things, *heddle::schedules(50)) {
    BOOST_TEST_MESSAGE("this is said once");
    BOOST_TEST(true);
    BOOST_TEST(1 + 1 == 2);
    BOOST_WARN(1 == 2);
    heddle::task_group group;
    group.create_task(sleeps(1ms));
    group.create_task(sleeps(1ms));
    co_await group.join();
    BOOST_REQUIRE_THROW(throw std::runtime_error("x"), std::runtime_error);
}

// Only when asked for: an expected failure changes the exit status of all that fail.
bool expecting_failure() { return std::getenv("HEDDLE_INNER_EXPECTED") != nullptr; }

HEDDLE_TEST_CASE(is_expected_to_fail,
                 *boost::unit_test::expected_failures(expecting_failure() ? 1 : 0)) {
    BOOST_TEST(!expecting_failure());
    co_return;
}

HEDDLE_TEST_CASE(has_decorators, *heddle::schedules(3) * boost::unit_test::label("labelled"),
                 *boost::unit_test::description("of several kinds")) {
    BOOST_TEST(true);
    co_return;
}

HEDDLE_TEST_CASE(counts_default) {
    BOOST_TEST(++runs_by_default > 0);
    co_return;
}

BOOST_AUTO_TEST_CASE(default_is_as_stated,
                     *boost::unit_test::depends_on("passing/counts_default")) {
    BOOST_TEST(runs_by_default == static_cast<int>(heddle::sim::default_schedules));
}

HEDDLE_TEST_CASE(counts_fifo, *heddle::at_level(heddle::sim::level::fifo)) {
    BOOST_TEST(++runs_at_fifo > 0);
    co_return;
}

BOOST_AUTO_TEST_CASE(fifo_is_one_run, *boost::unit_test::depends_on("passing/counts_fifo")) {
    BOOST_TEST(runs_at_fifo == 1);
}

// By timing alone, two tasks that are ready together run in their order.
HEDDLE_TEST_CASE(keeps_order, *heddle::at_level(heddle::sim::level::timing)) {
    std::string order;
    const auto writes = [&](char c) -> coro<void> {
        order += c;
        co_return;
    };
    heddle::task_group group;
    group.create_task(writes('a'));
    group.create_task(writes('b'));
    co_await group.join();
    BOOST_TEST(order == "ab");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(of_seven, *heddle::schedules(7))

HEDDLE_TEST_CASE(counts_runs) {
    BOOST_TEST(++runs_of_a_suite_of_seven > 0);
    co_return;
}

BOOST_AUTO_TEST_CASE(counted_seven, *boost::unit_test::depends_on("of_seven/counts_runs")) {
    BOOST_TEST(runs_of_a_suite_of_seven == 7);
}

BOOST_AUTO_TEST_SUITE_END()

// ---- fixtures

namespace {

struct with_history {
    int touched = 0;
    std::string history;
    coro<void> setup() {
        co_await heddle::sleep(1ms);
        history += "setup ";
    }
    void teardown() { BOOST_TEST(history == "setup body "); }
};

struct counted : with_history {
    counted() {
        ++fixtures_made;
        ++fixtures_alive;
    }
    counted(const counted&) = delete;
    counted& operator=(const counted&) = delete;
    ~counted() { --fixtures_alive; }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(fixtures)

HEDDLE_FIXTURE_TEST_CASE(is_fresh, counted, *heddle::schedules(25)) {
    BOOST_TEST(++touched == 1);
    BOOST_TEST(fixtures_alive == 1);
    co_await heddle::sleep(1ms);
    history += "body ";
}

BOOST_AUTO_TEST_CASE(was_fresh, *boost::unit_test::depends_on("fixtures/is_fresh")) {
    BOOST_TEST(fixtures_made == 25);
    BOOST_TEST(fixtures_alive == 0);
}

struct bad_teardown {
    void teardown() { BOOST_TEST(false); }  // line: fails_in_teardown
};

HEDDLE_FIXTURE_TEST_CASE(fails_in_teardown, bad_teardown) { co_return; }

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(fixture_of_a_suite, with_history, *heddle::schedules(2))

HEDDLE_TEST_CASE(has_it) {
    BOOST_TEST(++touched == 1);
    history += "body ";
    co_return;
}

BOOST_AUTO_TEST_SUITE_END()

// ---- what only runs when it is asked for

BOOST_AUTO_TEST_SUITE(crashing, *boost::unit_test::disabled())

HEDDLE_TEST_CASE(aborts) {
    static int runs = 0;
    co_await heddle::sleep(1ms);
    if (++runs == 3) {
        std::raise(SIGABRT);
    }
    BOOST_TEST(true);
}

HEDDLE_TEST_CASE(comes_after) {
    BOOST_TEST(true);
    co_return;
}

BOOST_AUTO_TEST_CASE(is_none_of_heddles) { BOOST_TEST(true); }

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(timed, *boost::unit_test::disabled())

HEDDLE_TEST_CASE(passing_checks, *heddle::schedules(1)) {
    const char* const count = std::getenv("HEDDLE_INNER_CHECKS");
    for (int i = count != nullptr ? std::atoi(count) : 1; i > 0; --i) {
        BOOST_TEST(i > 0);
    }
    co_return;
}

BOOST_AUTO_TEST_CASE(plain_passing_checks) {
    const char* const count = std::getenv("HEDDLE_INNER_CHECKS");
    for (int i = count != nullptr ? std::atoi(count) : 1; i > 0; --i) {
        BOOST_TEST(i > 0);
    }
}

BOOST_AUTO_TEST_SUITE_END()

// ---- a log of the program's own

namespace {

class own_log final : public boost::unit_test::unit_test_log_formatter {
    using text = boost::unit_test::const_string;
    void log_start(std::ostream&, boost::unit_test::counter_t) override {}
    void log_finish(std::ostream&) override {}
    void log_build_info(std::ostream&, bool) override {}
    void test_unit_start(std::ostream&, const boost::unit_test::test_unit&) override {}
    void test_unit_finish(std::ostream&, const boost::unit_test::test_unit&,
                          unsigned long) override {}
    void log_exception_start(std::ostream&, const boost::unit_test::log_checkpoint_data&,
                             const boost::execution_exception&) override {}
    void log_exception_finish(std::ostream&) override {}
    void log_entry_start(std::ostream&, const boost::unit_test::log_entry_data&,
                         log_entry_types) override {}
    using boost::unit_test::unit_test_log_formatter::log_entry_value;
    void log_entry_value(std::ostream& out, text value) override { out << "own: " << value; }
    void log_entry_finish(std::ostream& out) override { out << std::endl; }
    void entry_context_start(std::ostream&, boost::unit_test::log_level) override {}
    void log_entry_context(std::ostream&, boost::unit_test::log_level, text) override {}
    void entry_context_finish(std::ostream&, boost::unit_test::log_level) override {}
};

struct sets_own_log {
    sets_own_log() {
        if (std::getenv("HEDDLE_INNER_OWN_LOG") != nullptr) {
            boost::unit_test::unit_test_log.set_formatter(new own_log);
        }
    }
};
BOOST_TEST_GLOBAL_CONFIGURATION(sets_own_log);

}  // namespace

BOOST_AUTO_TEST_CASE(plain) { BOOST_TEST(true); }

BOOST_AUTO_TEST_SUITE(covered, *heddle::must_see("inner: it begins"))

coro<void> begins(bool goes_on) {
    HEDDLE_REACHABLE("inner: it begins");
    if (goes_on) {
        HEDDLE_REACHABLE("inner: it goes on");
    }
    co_return;
}

HEDDLE_TEST_CASE(sees_it_all, *heddle::must_see("inner: it goes on") * heddle::schedules(20)) {
    co_await begins(true);
}

HEDDLE_TEST_CASE(misses_something, *heddle::must_see("inner: it goes on")) {
    co_await begins(false);
}

HEDDLE_TEST_CASE(asks_for_what_is_not_there, *heddle::must_see("inner: it ends")) {
    co_await begins(true);
}

BOOST_AUTO_TEST_SUITE_END()

// ---- one case, both worlds

BOOST_AUTO_TEST_SUITE(conforming)

coro<void> wakes(const char* name, heddle::duration length) {
    co_await heddle::sleep(length);
    heddle::observe("woke", name, length.count() > 0);
}

HEDDLE_CONFORMANCE_TEST_CASE(by_fifo, *heddle::schedules(20)) {
    heddle::task_group group;
    group.create_task(wakes("a", 30ms));
    group.create_task(wakes("b", 1ms));
    co_await group.join();
    BOOST_TEST(true);
}

/// Its first step takes 20 ms, of which virtual time knows nothing.
coro<void> works_and_wakes(const char* name) {
    std::this_thread::sleep_for(heddle::sim::simulation::current() == nullptr ? 20ms : 0ms);
    co_await wakes(name, 1ms);
}

HEDDLE_CONFORMANCE_TEST_CASE(by_timing, *heddle::schedules(200)) {
    heddle::task_group group;
    group.create_task(wakes("early", 10ms));
    group.create_task(works_and_wakes("late"));
    co_await group.join();
}

HEDDLE_CONFORMANCE_TEST_CASE(by_a_schedule_that_is_searched_for, *heddle::schedules(1)) {
    heddle::task_group group;
    group.create_task(wakes("early", 10ms));
    group.create_task(works_and_wakes("late"));
    co_await group.join();
}

// At level fifo, nothing else is simulated.
HEDDLE_CONFORMANCE_TEST_CASE(not_by_fifo, *heddle::at_level(heddle::sim::level::fifo)) {
    heddle::task_group group;
    group.create_task(wakes("early", 10ms));
    group.create_task(works_and_wakes("late"));
    co_await group.join();
}

HEDDLE_CONFORMANCE_TEST_CASE(unfaithful, *heddle::schedules(50)) {
    heddle::observe("begins");
    const auto before = std::chrono::steady_clock::now();
    co_await heddle::sleep(30ms);
    const bool waited = std::chrono::steady_clock::now() - before >= 30ms;
    heddle::observe("it has really waited:", waited);
    heddle::observe("ends");
}

HEDDLE_CONFORMANCE_TEST_CASE(observes_too_much, *heddle::schedules(12)) {
    heddle::observe("in the simulation:", heddle::sim::simulation::current() != nullptr);
    heddle::observe("of this schedule alone:", heddle::random().next());
    for (int i = 0; i < 99'000; ++i) {
        heddle::observe("line", i);
    }
    co_return;
}

HEDDLE_CONFORMANCE_TEST_CASE(fails_in_the_simulation, *heddle::schedules(50)) {
    BOOST_TEST(heddle::sim::simulation::current() == nullptr);
    heddle::observe("never compared");
    co_return;
}

HEDDLE_CONFORMANCE_TEST_CASE(fails_for_real, *heddle::schedules(50)) {
    BOOST_TEST(heddle::sim::simulation::current() != nullptr);  // line: fails_for_real
    co_return;
}

HEDDLE_TEST_CASE(observes_in_vain) {
    heddle::observe("nobody compares this");
    co_return;
}

BOOST_AUTO_TEST_SUITE_END()

// ---- strategies and cancellations

namespace {

/// A lock by hand: whoever is cancelled while he holds it never gives it back.
coro<void> holds(bool& held) {
    held = true;
    co_await heddle::sleep(1ms);
    held = false;
}

/// Ends well, but for a task that is cancelled.
coro<void> one_holds() {
    bool held = false;
    auto task = heddle::create_task(holds(held));
    try {
        co_await task;
    } catch (const heddle::cancelled_error&) {
        // It ends all the same.
    }
    BOOST_TEST(!held);  // line: one_holds
}

}  // namespace

BOOST_AUTO_TEST_SUITE(searched, *heddle::with_strategy("exhaustive_order"))

HEDDLE_TEST_CASE(keeps_sum) {
    int sum = 0;
    const auto adds = [&](int n) -> coro<void> {
        sum += n;
        co_return;
    };
    heddle::task_group group;
    group.create_task(adds(1));
    group.create_task(adds(2));
    co_await group.join();
    BOOST_TEST(sum == 3);
}

HEDDLE_TEST_CASE(has_too_few, *heddle::schedules(3)) {
    heddle::task_group group;
    group.create_task(sleeps(1ms));
    group.create_task(sleeps(1ms));
    group.create_task(sleeps(1ms));
    co_await group.join();
    BOOST_TEST(true);
}

HEDDLE_TEST_CASE(is_found, *heddle::with_strategy("exhaustive")) {
    cache c;
    heddle::task_group group;
    group.create_task(c.look_up(1));
    group.create_task(look_up_later(c, 1));
    co_await group.join();
    BOOST_TEST(c.filled[1] == 1);  // line: is_found
}

HEDDLE_TEST_CASE(by_another, *heddle::with_strategy("walk")) {
    cache c;
    heddle::task_group group;
    group.create_task(c.look_up(1));
    group.create_task(look_up_later(c, 1));
    co_await group.join();
    BOOST_TEST(c.filled[1] == 1);  // line: by_another
}

HEDDLE_TEST_CASE(by_luck, *heddle::with_strategy("luck")) {
    BOOST_TEST(true);
    co_return;
}

HEDDLE_TEST_CASE(is_cancelled, *heddle::with_cancellations()) { co_await one_holds(); }
HEDDLE_TEST_CASE(is_not_cancelled) { co_await one_holds(); }

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(all_cancelled, *heddle::with_cancellations() * heddle::schedules(200))

HEDDLE_TEST_CASE(is_cancelled) { co_await one_holds(); }
HEDDLE_TEST_CASE(says_otherwise, *heddle::with_cancellations(false)) { co_await one_holds(); }

BOOST_AUTO_TEST_SUITE_END()
