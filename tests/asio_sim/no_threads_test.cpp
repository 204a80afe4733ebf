// SPDX-License-Identifier: BSL-1.0
//
// heddle::no_threads, which is linked into this program; and what Asio does without a sim_context.
#include <boost/asio/detail/scheduler.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/system_executor.hpp>
#include <filesystem>
#include <iterator>
#include <string>
#include <system_error>
#include <thread>

#include <boost/test/unit_test.hpp>

#include <heddle/asio_sim/context.hpp>
#include <heddle/sim.hpp>

namespace asio = boost::asio;
namespace sim = heddle::sim;
using heddle::coro;
using heddle::asio_sim::sim_context;

// By its name in the backtrace.
[[gnu::noinline]] void start_a_thread_here() {
    std::thread([] {}).join();
}

namespace {

auto threads() {
    return std::distance(std::filesystem::directory_iterator("/proc/self/task"),
                         std::filesystem::directory_iterator());
}

class bare_context : public asio::execution_context {
public:
    asio::system_executor get_executor() const noexcept { return {}; }
};

sim::failure failure_of(const sim::program& program) {
    sim::explore_options options;
    options.schedules = 1;
    const sim::exploration result = sim::explore(program, options);
    BOOST_REQUIRE(result.found.has_value());
    return result.found->what;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(no_threads)

BOOST_AUTO_TEST_CASE(outside_of_a_simulation_threads_start) {
    int value = 0;
    std::thread([&] { value = 1; }).join();
    BOOST_TEST(value == 1);
}

BOOST_AUTO_TEST_CASE(within_one_it_is_refused_and_the_run_fails_with_a_backtrace) {
    const auto before = threads();
    bool refused = false;
    const sim::failure failed = failure_of([&]() -> coro<void> {
        try {
            start_a_thread_here();
        } catch (const std::system_error&) {
            refused = true;
        }
        co_return;
    });
    BOOST_TEST(refused);
    BOOST_TEST(failed.sort == "a thread");
    BOOST_TEST(failed.message.find("simulated code starts a thread") == 0U, failed.message);
    BOOST_TEST(failed.message.find("start_a_thread_here()") != std::string::npos, failed.message);
    BOOST_TEST(failed.message.find("heddle::event_loop") == std::string::npos, failed.message);
    BOOST_TEST(threads() == before);
}

BOOST_AUTO_TEST_CASE(the_system_thread_pool_is_refused) {
    // A handler without an executor. (The pool is the process's own, and tried again each time.)
    const sim::failure failed = failure_of([]() -> coro<void> {
        sim_context io;
        asio::post(io, [] { asio::post([] {}); });
        co_await io.run();
    });
    BOOST_TEST(failed.sort == "a thread");
}

BOOST_AUTO_TEST_CASE(a_resolver_gets_no_thread) {
    const sim::failure failed = failure_of([]() -> coro<void> {
        sim_context io;
        asio::post(io, [&] {
            asio::ip::tcp::resolver resolver(asio::any_io_executor(io.get_executor()));
            resolver.async_resolve("localhost", "80", [](auto&&...) {});
        });
        co_await io.run();
    });
    BOOST_TEST(failed.sort == "a thread");
}

BOOST_AUTO_TEST_CASE(a_timer_of_asio_starts_none_in_a_sim_context_and_one_elsewhere) {
    const auto before = threads();
    {
        bare_context bare;
        asio::basic_waitable_timer<std::chrono::steady_clock,
                                   asio::wait_traits<std::chrono::steady_clock>,
                                   asio::system_executor>
            timer(bare);
        asio::use_service<asio::detail::scheduler>(bare);
        BOOST_TEST(threads() == before + 1);
    }
    BOOST_TEST(threads() == before);
    const sim::failure failed = failure_of([&]() -> coro<void> {
        sim_context io;
        asio::steady_timer timer(io);
        BOOST_TEST(threads() == before);
        co_await io.run();
    });
    BOOST_TEST(failed.sort == "foreign service");  // and not "a thread"
}

BOOST_AUTO_TEST_SUITE_END()
