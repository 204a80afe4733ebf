// SPDX-License-Identifier: BSL-1.0
#include <heddle/asio_sim/timer.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <set>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <heddle/asio_sim/context.hpp>
#include <heddle/errors.hpp>
#include <heddle/heddle.hpp>
#include <heddle/sim.hpp>

using namespace std::chrono_literals;
namespace asio = boost::asio;
namespace sim = heddle::sim;
using boost::system::error_code;
using heddle::coro;
using heddle::asio_sim::basic_sim_timer;
using heddle::asio_sim::sim_clock;
using heddle::asio_sim::sim_context;
using heddle::asio_sim::sim_executor;
using heddle::asio_sim::sim_timer;

namespace {

heddle::duration elapsed() { return heddle::get_running_loop().time() - heddle::time_point{}; }

/// Written for either timer: what it sees is the same.
template <class Timer, class Context>
void use_all_members(Context& io, Timer& timer, std::vector<std::string>& log) {
    const auto note = [&log](const char* who) {
        return [&log, who](error_code error) {
            log.push_back(std::string(who) +
                          (error == asio::error::operation_aborted ? " aborted" : " in time"));
        };
    };
    const auto count = [&log](const char* what, std::size_t n) {
        log.push_back(what + std::to_string(n));
    };
    timer.expires_after(5ms);
    timer.async_wait(note("a"));
    timer.async_wait(note("b"));
    timer.async_wait(note("c"));
    count("cancel_one ", timer.cancel_one());
    count("expires_at ", timer.expires_at(timer.expiry() + 1ms));
    timer.async_wait(note("d"));
    timer.async_wait(note("e"));
    Timer moved(std::move(timer));
    timer = Timer(io.get_executor());
    count("cancel of a new one ", timer.cancel());
    count("cancel ", moved.cancel());
    moved.expires_after(-1ms);
    moved.async_wait(note("f"));
    count("expires_after ", moved.expires_after(1ms));
    moved.async_wait(note("g"));
    moved.async_wait(note("h"));
    timer = std::move(moved);
    timer.async_wait([&log, &timer](error_code) {
        log.push_back("cancel at its end " + std::to_string(timer.cancel()));
    });
}

coro<void> two_at_the_same_time(std::string& log) {
    sim_context io;
    const auto wait = [&io, &log](char who) -> asio::awaitable<void> {
        sim_timer timer(io, 5ms);
        co_await timer.async_wait(asio::use_awaitable);
        log += who;
    };
    for (const char who : {'a', 'b', 'c'}) {
        asio::co_spawn(io.get_executor(std::string(1, who)), wait(who), asio::detached);
    }
    co_await io.run();
}

std::set<std::string> orders_at(sim::level allowed) {
    std::set<std::string> seen;
    sim::explore_options options;
    options.allowed = allowed;
    options.schedules = 500;
    const auto program = [&seen]() -> coro<void> {
        std::string log;
        co_await two_at_the_same_time(log);
        seen.insert(log);
    };
    BOOST_TEST(!sim::explore(program, options).found.has_value());
    return seen;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(timer)

BOOST_AUTO_TEST_CASE(has_the_members_of_steady_timer_and_they_do_the_same) {
    std::vector<std::string> real;
    {
        asio::io_context io(1);
        asio::steady_timer timer(io);
        use_all_members(io, timer, real);
        io.run();
    }
    std::vector<std::string> simulated;
    sim::run([&]() -> coro<void> {
        sim_context io;
        sim_timer timer(io);
        use_all_members(io, timer, simulated);
        co_await io.run();
        BOOST_TEST((elapsed() == 1ms));
    });
    BOOST_TEST(real.size() == 14U);
    BOOST_TEST(simulated == real, boost::test_tools::per_element());

    using other = sim_timer::rebind_executor<sim_executor>::other;
    static_assert(std::is_same_v<other, basic_sim_timer<sim_executor>>);
    static_assert(std::is_convertible_v<basic_sim_timer<sim_executor>&&, sim_timer>);
    static_assert(std::is_same_v<sim_timer::clock_type::time_point, sim_timer::time_point>);
}

BOOST_AUTO_TEST_CASE(runs_on_the_virtual_time_of_the_loop) {
    sim::run([]() -> coro<void> {
        sim_context io;
        heddle::duration fired{};
        sim_timer timer(io, 24h);
        BOOST_TEST((timer.expiry() - sim_clock::now() == 24h));
        timer.async_wait([&](error_code) { fired = elapsed(); });
        co_await heddle::sleep(1s);
        BOOST_TEST((fired == 0s));
        co_await io.run();
        BOOST_TEST((fired == 24h));
        timer.expires_after(heddle::duration::max());
        BOOST_TEST((timer.expiry() < heddle::never));
    });
    BOOST_CHECK_THROW(static_cast<void>(sim_clock::now()), heddle::usage_error);
}

BOOST_AUTO_TEST_CASE(a_slot_cancels_its_own_wait_and_no_other) {
    sim::run([]() -> coro<void> {
        sim_context io;
        sim_timer timer(io, 5ms);
        asio::cancellation_signal first;
        asio::cancellation_signal late;
        std::string log;
        const auto note = [&log](char who) {
            return [&log, who](error_code error) { log += {who, error ? '!' : '.'}; };
        };
        timer.async_wait(asio::bind_cancellation_slot(first.slot(), note('a')));
        timer.async_wait(asio::bind_cancellation_slot(late.slot(), note('b')));
        first.emit(asio::cancellation_type::total);
        first.emit(asio::cancellation_type::total);
        BOOST_TEST(log.empty());
        co_await io.run();
        BOOST_TEST(log == "a!b.");
        late.emit(asio::cancellation_type::terminal);  // there is nothing behind it any more
        co_await io.run();
        BOOST_TEST(log == "a!b.");
    });
}

BOOST_AUTO_TEST_CASE(a_wait_that_is_cancelled_with_its_coroutine_ends) {
    sim::run([]() -> coro<void> {
        sim_context io;
        asio::cancellation_signal signal;
        bool aborted = false;
        const auto body = [&]() -> asio::awaitable<void> {
            sim_timer timer(co_await asio::this_coro::executor, 1h);
            try {
                co_await timer.async_wait(asio::use_awaitable);
            } catch (const boost::system::system_error& error) {
                aborted = error.code() == asio::error::operation_aborted;
                throw;
            }
        };
        asio::co_spawn(io.get_executor(), body(),
                       asio::bind_cancellation_slot(signal.slot(), asio::detached));
        sim_timer later(io, 1ms);
        later.async_wait([&](error_code) { signal.emit(asio::cancellation_type::terminal); });
        co_await io.run();
        BOOST_TEST(aborted);
        BOOST_TEST((elapsed() == 1ms));
    });
}

BOOST_AUTO_TEST_CASE(destroying_it_aborts_its_waits) {
    sim::run([]() -> coro<void> {
        sim_context io;
        std::string log;
        {
            sim_timer timer(io, 1h);
            timer.async_wait([&](error_code error) {
                log += error == asio::error::operation_aborted ? "aborted" : "?";
            });
        }
        BOOST_TEST(log.empty());  // never within the call
        co_await io.run();
        BOOST_TEST(log == "aborted");
        BOOST_TEST((elapsed() == 0s));
    });
}

BOOST_AUTO_TEST_CASE(a_deferred_wait_begins_when_it_is_launched) {
    sim::run([]() -> coro<void> {
        sim_context io;
        sim_timer timer(io, 1ms);
        auto wait = timer.async_wait(asio::deferred);
        BOOST_TEST(io.outstanding_work() == 0U);
        bool done = false;
        std::move(wait)([&](error_code) { done = true; });
        BOOST_TEST(io.outstanding_work() != 0U);
        co_await io.run();
        BOOST_TEST(done);
    });
}

BOOST_AUTO_TEST_CASE(what_has_come_due_cannot_be_cancelled) {
    // The other timer's handler runs in the same turn, when both have come due.
    sim::run([]() -> coro<void> {
        sim_context io;
        sim_timer one(io, 1ms);
        sim_timer two(io, 1ms);
        std::size_t cancelled = 7;
        std::string log;
        one.async_wait([&](error_code) {
            cancelled = two.cancel();
            two.async_wait([&](error_code error) { log += error ? "new!" : "new."; });
        });
        two.async_wait([&](error_code error) { log += error ? "old!" : "old."; });
        co_await io.run();
        BOOST_TEST(cancelled == 0U);
        BOOST_TEST(log == "old.new.");
    });
}

BOOST_AUTO_TEST_CASE(ties_are_broken_either_way_by_timing) {
    BOOST_TEST((orders_at(sim::level::fifo) == std::set<std::string>{"abc"}));
    const std::set<std::string> all{"abc", "acb", "bac", "bca", "cab", "cba"};
    BOOST_TEST((orders_at(sim::level::timing) == all));
    BOOST_TEST((orders_at(sim::level::any) == all));
}

BOOST_AUTO_TEST_CASE(a_failure_by_a_tie_is_a_production_bug_and_replays) {
    const auto program = []() -> coro<void> {
        std::string log;
        co_await two_at_the_same_time(log);
        sim::check(log != "cab", "c comes after a or b");
    };
    for (const sim::level allowed : {sim::level::timing, sim::level::any}) {
        sim::explore_options options;
        options.allowed = allowed;
        const sim::exploration result = sim::explore(program, options);
        BOOST_REQUIRE(result.found.has_value());
        const sim::finding& found = *result.found;
        BOOST_TEST((found.timing == sim::timing_answer::yes));
        BOOST_TEST(found.minimal.size() <= 2U);
        BOOST_REQUIRE(!found.minimal.empty());
        BOOST_TEST(found.minimal.front().text.find("wait for a timer of 'a'") != std::string::npos,
                   found.minimal.front().text);
        BOOST_TEST(found.minimal.front().file.find("timer_test.cpp") != std::string::npos);
        const sim::run_record again = sim::replay(program, found.minimal_tape, options);
        BOOST_REQUIRE(again.failed.has_value());
        BOOST_TEST(again.failed->same_as(found.what));
    }
    sim::explore_options all;
    all.allowed = sim::level::timing;
    all.strategy = "exhaustive";
    BOOST_TEST(sim::explore(program, all).found.has_value());
}

BOOST_AUTO_TEST_CASE(sleeps_of_the_loop_keep_their_order_by_timing) {
    std::set<std::string> seen;
    sim::explore_options options;
    options.allowed = sim::level::timing;
    options.schedules = 200;
    const auto program = [&seen]() -> coro<void> {
        std::string log;
        sim_context io;
        sim_timer timer(io, 5ms);
        timer.async_wait([&](error_code) { log += 't'; });
        const auto sleeper = [&log](char who) -> coro<void> {
            co_await heddle::sleep(5ms);
            log += who;
        };
        heddle::task_group group;
        group.create_task(sleeper('x'));
        group.create_task(sleeper('y'));
        co_await group.join();
        co_await io.run();
        seen.insert(log);
    };
    BOOST_TEST(!sim::explore(program, options).found.has_value());
    BOOST_TEST((seen == std::set<std::string>{"txy"}));
}

BOOST_AUTO_TEST_CASE(another_executor_is_a_clear_error) {
    asio::io_context io;
    BOOST_CHECK_EXCEPTION(sim_timer(io.get_executor()), heddle::usage_error, [](const auto& error) {
        return std::string(error.what()).find("sim_context") != std::string::npos;
    });
}

BOOST_AUTO_TEST_CASE(it_may_be_destroyed_after_any_step) {
    const sim::program program = []() -> coro<void> {
        sim_context io;
        asio::cancellation_signal signal;
        sim_timer timer(io, 5ms);
        sim_timer other(io, 5ms);
        for (int i = 0; i < 3; ++i) {
            timer.async_wait([](error_code) {});
            other.async_wait(asio::bind_cancellation_slot(signal.slot(), [](error_code) {}));
        }
        const auto body = [&]() -> asio::awaitable<void> {
            sim_timer own(co_await asio::this_coro::executor, 5ms);
            co_await own.async_wait(asio::use_awaitable);
            signal.emit(asio::cancellation_type::all);
            timer.cancel();
            own.expires_after(1ms);
            co_await own.async_wait(asio::use_awaitable);
        };
        asio::co_spawn(io.get_executor(), body(), asio::detached);
        co_await io.run();
    };
    const sim::everywhere_report report = sim::destroy_everywhere(program);
    BOOST_TEST(report.clean(), sim::text_of(report));
    BOOST_TEST(report.points > 8U);
}

BOOST_AUTO_TEST_SUITE_END()
