// SPDX-License-Identifier: BSL-1.0
#include <heddle/asio_sim/strand.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <set>
#include <string>

#include <boost/test/unit_test.hpp>

#include <heddle/asio_sim/context.hpp>
#include <heddle/errors.hpp>
#include <heddle/sim.hpp>

namespace asio = boost::asio;
namespace sim = heddle::sim;
using heddle::coro;
using heddle::asio_sim::sim_context;
using heddle::asio_sim::sim_strand;

namespace {

/// The logs of many schedules in which three functions are in a strand and one is not.
template <class Strand>
std::set<std::string> logs_with() {
    std::set<std::string> seen;
    sim::explore_options options;
    options.schedules = 300;
    const auto program = [&seen]() -> coro<void> {
        std::string log;
        sim_context io;
        Strand strand(io.get_executor());
        for (const char each : {'a', 'b', 'c'}) {
            asio::post(strand, [&log, each] { log += each; });
        }
        asio::post(io, [&] { log += '.'; });
        co_await io.run();
        seen.insert(log);
    };
    BOOST_TEST(!sim::explore(program, options).found.has_value());
    return seen;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(strand)

BOOST_AUTO_TEST_CASE(each_function_is_a_step_of_its_own_in_order) {
    BOOST_TEST((logs_with<sim_strand>() == std::set<std::string>{"abc.", "ab.c", "a.bc", ".abc"}));
    using native = asio::strand<sim_context::executor_type>;
    BOOST_TEST((logs_with<native>() == std::set<std::string>{"abc.", "a.bc", ".abc"}));
}

BOOST_AUTO_TEST_CASE(copies_share_it_and_others_do_not) {
    sim::run([]() -> coro<void> {
        sim_context io;
        sim_strand one(io);
        const sim_strand copy = one;
        const asio::any_io_executor any = one;
        sim_strand other(io);
        BOOST_TEST((one == copy));
        BOOST_TEST((any == asio::any_io_executor(copy)));
        BOOST_TEST((one != other));
        BOOST_TEST((one.get_inner_executor() == io.get_executor()));
        co_return;
    });
}

BOOST_AUTO_TEST_CASE(dispatch_runs_inside_of_the_same_strand_only) {
    sim::run([]() -> coro<void> {
        sim_context io;
        sim_strand one(io);
        sim_strand other(io);
        std::string log;
        asio::post(one, [&] {
            BOOST_TEST(one.running_in_this_thread());
            BOOST_TEST(!other.running_in_this_thread());
            asio::dispatch(other, [&] { log += 'o'; });
            asio::dispatch(one, [&] { log += 'd'; });
            asio::post(one, [&] { log += 'p'; });
            log += '.';
        });
        co_await io.run();
        BOOST_TEST(log == "d.op");
        BOOST_TEST(!one.running_in_this_thread());
    });
}

BOOST_AUTO_TEST_CASE(coroutines_run_on_it) {
    std::set<std::string> seen;
    const auto program = [&seen]() -> coro<void> {
        std::string log;
        sim_context io;
        const asio::any_io_executor executor = io.get_executor();
        sim_strand strand(executor);
        const auto body = [&log](char who) -> asio::awaitable<void> {
            for (int i = 0; i < 2; ++i) {
                log += who;
                co_await asio::post(asio::use_awaitable);
            }
        };
        asio::co_spawn(strand, body('a'), asio::detached);
        asio::co_spawn(strand, body('b'), asio::detached);
        co_await io.run();
        seen.insert(log);
    };
    sim::explore_options options;
    options.schedules = 100;
    BOOST_TEST(!sim::explore(program, options).found.has_value());
    BOOST_TEST((seen == std::set<std::string>{"abab"}));
}

BOOST_AUTO_TEST_CASE(its_functions_go_on_behind_one_that_throws_and_are_destroyed_with_it) {
    const sim::program program = []() -> coro<void> {
        sim_context io;
        sim_strand strand(io);
        for (int i = 0; i < 5; ++i) {
            asio::post(strand, [text = std::string(100, 'x')] {});
        }
        co_await io.run();
    };
    const sim::everywhere_report report = sim::destroy_everywhere(program);
    BOOST_TEST(report.clean(), sim::text_of(report));
    BOOST_TEST(report.points > 5U);
}

BOOST_AUTO_TEST_CASE(another_executor_is_a_clear_error) {
    asio::io_context real;
    BOOST_CHECK_THROW(sim_strand(asio::any_io_executor(real.get_executor())), heddle::usage_error);
}

BOOST_AUTO_TEST_SUITE_END()
