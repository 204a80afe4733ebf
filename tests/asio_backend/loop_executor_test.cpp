// SPDX-License-Identifier: BSL-1.0
//
// A loop as an Asio executor: where and when functions run that are given to it.
#include <heddle/asio/loop_executor.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>

#include <heddle/asio/io_context.hpp>
#include <heddle/heddle.hpp>

#include "io_runners.hpp"
#include "threads.hpp"

namespace {

using namespace std::chrono_literals;
using heddle::asio_backend::loop_executor;
using heddle_test::both;
namespace asio = boost::asio;

static_assert(asio::execution::is_executor_v<loop_executor>);
static_assert(std::is_convertible_v<loop_executor, asio::any_io_executor>);

/// Runs `posted` on the loop and what it posts in turn.
template <class Runner>
void run(Runner& runner) {
    const auto main = []() -> heddle::coro<void> { co_await heddle::sleep(2ms); };
    runner.run(main());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(loop_executor_test)

BOOST_AUTO_TEST_CASE_TEMPLATE(what_is_posted_runs_as_a_callback_in_order, Runner, both) {
    Runner runner;
    const loop_executor executor(runner.loop());
    std::string log;
    asio::post(executor, [&] {
        BOOST_TEST(&heddle::get_running_loop() == &runner.loop());
        log += 'a';
        asio::post(executor, [&] { log += 'd'; });
        asio::dispatch(executor, [&] { log += 'b'; });  // at once
        log += 'c';
    });
    BOOST_TEST(log.empty());
    run(runner);
    BOOST_TEST(log == "abcd");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_dispatch_outside_of_the_loops_run_is_queued, Runner, both) {
    Runner runner;
    bool ran = false;
    asio::dispatch(loop_executor(runner.loop()), [&] { ran = true; });
    BOOST_TEST(!ran);
    run(runner);
    BOOST_TEST(ran);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(other_threads_may_post, Runner, both) {
    Runner runner;
    const loop_executor executor(runner.loop());
    const std::thread::id here = std::this_thread::get_id();
    int ran = 0;
    std::thread other([&] {
        for (int i = 0; i < 100; ++i) {
            asio::dispatch(executor, [&] {
                BOOST_TEST((std::this_thread::get_id() == here));
                ++ran;
            });
        }
    });
    other.join();
    run(runner);
    BOOST_TEST(ran == 100);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(timers_and_strands_can_be_made_on_it_and_start_no_thread, Runner,
                              both) {
    Runner runner;
    const auto threads = heddle_test::thread_count();
    const loop_executor executor(runner.loop());
    BOOST_TEST(&asio::query(executor, asio::execution::context) == &runner.io());
    BOOST_TEST(&heddle::asio_backend::io_context_of(runner.loop()) == &runner.io());
    asio::steady_timer timer(executor, 100us);
    int fired = 0;
    timer.async_wait([&](const boost::system::error_code& error) {
        BOOST_TEST(!error);
        BOOST_TEST(&heddle::get_running_loop() == &runner.loop());
        asio::post(asio::make_strand(executor), [&] { ++fired; });
    });
    run(runner);
    BOOST_TEST(fired == 1);
    BOOST_TEST(heddle_test::thread_count() == threads);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(it_may_outlive_its_loop_which_destroys_what_was_queued, Runner,
                              both) {
    const auto token = std::make_shared<int>();
    std::optional<loop_executor> executor;
    {
        Runner runner;
        executor.emplace(runner.loop());
        asio::post(*executor, [token] { BOOST_ERROR("it ran"); });
        BOOST_TEST(token.use_count() == 2);
        runner.destroy_loop();
        BOOST_TEST(token.use_count() == 1);
        asio::post(*executor, [token] { BOOST_ERROR("it ran"); });
        BOOST_TEST(token.use_count() == 1);
        BOOST_CHECK_THROW(static_cast<void>(asio::query(*executor, asio::execution::context)),
                          heddle::usage_error);
    }
    // Another loop, perhaps in the same place, is another's.
    Runner later;
    BOOST_TEST((*executor != loop_executor(later.loop())));
    asio::post(*executor, [token] { BOOST_ERROR("it ran"); });
    run(later);
    BOOST_TEST(token.use_count() == 1);
}

BOOST_AUTO_TEST_CASE(what_it_throws_goes_to_the_exception_handler_when_it_was_queued) {
    heddle_test::on_own_context runner;
    std::string report;
    runner.loop().set_exception_handler(
        [&](heddle::event_loop&, const heddle::exception_context& context) {
            report = heddle::describe(context.error);
        });
    asio::post(loop_executor(runner.loop()), [] { throw std::runtime_error("oops"); });
    run(runner);
    BOOST_TEST(report.find("oops") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_closed_loop_has_none) {
    heddle::asio_backend::own_context backend;
    heddle::event_loop loop(backend);
    loop.close();
    BOOST_CHECK_THROW(static_cast<void>(loop_executor(loop)), heddle::usage_error);
}

BOOST_AUTO_TEST_SUITE_END()
