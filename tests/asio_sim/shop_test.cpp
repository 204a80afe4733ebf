// SPDX-License-Identifier: BSL-1.0
//
// A native program with a planted mistake of order (shop.hpp, which includes nothing of heddle) is
// explored: the mistake is found, made minimal and replayed; the repaired program is clean.
#include "shop.hpp"

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <string>

#include <boost/test/unit_test.hpp>

#include <heddle/asio_sim.hpp>
#include <heddle/sim.hpp>

namespace asio = boost::asio;
namespace sim = heddle::sim;
using heddle::asio_sim::sim_context;

namespace {

sim::program program(bool careful) {
    return [careful]() -> heddle::coro<void> {
        sim_context io;
        shop::counter counter(io.get_executor("books"), careful);
        asio::co_spawn(io.get_executor("producer"), counter.produce(4), asio::detached);
        asio::co_spawn(io.get_executor("consumer"), counter.consume(), asio::detached);
        co_await io.run();
        sim::check(counter.refused() == 0, "no order is refused");
        sim::check(counter.served() + counter.refused() == 4, "each order is answered");
    };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(shop)

BOOST_AUTO_TEST_CASE(on_an_io_context_the_mistake_does_not_show) {
    asio::io_context io(1);
    shop::counter counter(io.get_executor(), false);
    asio::co_spawn(io, counter.produce(4), asio::detached);
    asio::co_spawn(io, counter.consume(), asio::detached);
    io.run();
    BOOST_TEST(counter.served() == 4);
    BOOST_TEST(counter.refused() == 0);
    BOOST_CHECK_NO_THROW(sim::run(program(false)));  // nor in plain order
}

BOOST_AUTO_TEST_CASE(the_mistake_is_found_made_minimal_and_replayed) {
    sim::explore_options options;
    options.name = "shop";
    const sim::exploration result = sim::explore(program(false), options);
    BOOST_REQUIRE(result.found.has_value());
    const sim::finding& found = *result.found;
    BOOST_TEST(found.what.sort == "no order is refused");
    BOOST_TEST(found.minimal.size() == 1U);
    BOOST_TEST(found.minimal.front().text.find(" of 'books'") != std::string::npos,
               found.minimal.front().text);
    BOOST_TEST(found.minimal.front().text.find(" of 'consumer'") != std::string::npos,
               found.minimal.front().text);

    // From the seed and the number of the run; from its tape; from the minimal one.
    BOOST_TEST(sim::run_schedule(program(false), found.schedule, options).digest == found.digest);
    const sim::run_record full = sim::replay(program(false), found.full, options);
    BOOST_REQUIRE(full.failed.has_value());
    BOOST_TEST(full.digest == found.digest);
    const sim::run_record minimal = sim::replay(program(false), found.minimal_tape, options);
    BOOST_REQUIRE(minimal.failed.has_value());
    BOOST_TEST(minimal.failed->same_as(found.what));
}

BOOST_AUTO_TEST_CASE(the_repaired_program_is_clean) {
    sim::explore_options options;
    options.schedules = 3'000;
    const sim::exploration result = sim::explore(program(true), options);
    BOOST_TEST(!result.found.has_value());
    BOOST_TEST(result.schedules == 3'000U);
}

BOOST_AUTO_TEST_CASE(it_may_be_destroyed_after_any_step) {
    for (const bool careful : {false, true}) {
        const sim::everywhere_report report = sim::destroy_everywhere(program(careful));
        BOOST_TEST(report.clean(), sim::text_of(report));
        BOOST_TEST(report.points > 15U);
    }
}

BOOST_AUTO_TEST_SUITE_END()
