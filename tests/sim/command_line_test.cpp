// SPDX-License-Identifier: BSL-1.0
#include <heddle/sim/command_line.hpp>

#include <array>
#include <chrono>
#include <string>

#include <boost/test/unit_test.hpp>

namespace sim = heddle::sim;
using namespace std::chrono_literals;

namespace {

template <class Read>
std::string refused(const std::string& argument, Read read) {
    try {
        static_cast<void>(read(sim::option(argument)));
    } catch (const sim::option_error& error) {
        return error.what();
    }
    return {};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(command_line)

BOOST_AUTO_TEST_CASE(numbers) {
    const auto number = [](const sim::option& given) { return given.number(1, 256); };
    BOOST_TEST(sim::option("--jobs=256").number(1, 256) == 256U);
    BOOST_TEST(sim::option("--seed=18446744073709551615").number(0) == ~std::uint64_t{0});
    for (const std::string value :
         {"0", "257", "-1", "+1", "1x", " 1", "0x10", "1.5", "99999999999999999999999"}) {
        BOOST_TEST(refused("--jobs=" + value, number) ==
                   "--jobs: expected a number from 1 to 256, found '" + value + "'");
    }
    for (const char* argument : {"--jobs", "--jobs="}) {
        BOOST_TEST(refused(argument, number) == "--jobs: expected a value: --jobs=...");
    }
}

BOOST_AUTO_TEST_CASE(seconds) {
    const auto read = [](const std::string& text) { return sim::option("--t=" + text).seconds(); };
    BOOST_TEST((read("60") == 60s));
    BOOST_TEST((read("0.5") == 500ms));
    BOOST_TEST((read("1.000000001") == 1s + 1ns));
    BOOST_TEST((read("1000000000") == 1'000'000'000s));
    for (const char* text : {"0", "0.0", "-1", ".5", "1.", "1e3", "1.0000000001", "1000000000.1",
                             "99999999999999999999", "one", "1 "}) {
        BOOST_TEST(!refused(std::string("--t=") + text, [](const sim::option& given) {
                        return given.seconds();
                    }).empty());
    }
}

BOOST_AUTO_TEST_CASE(names_and_flags) {
    static constexpr std::array<std::string_view, 2> names{"walk", "pct"};
    const auto one = [](const sim::option& given) { return given.one_of(names, "strategy"); };
    BOOST_TEST(sim::option("--s=pct").one_of(names, "strategy") == "pct");
    BOOST_TEST(refused("--s=luck", one) == "--s: there is no strategy 'luck', only: walk, pct");
    BOOST_TEST(refused("--list=1", [](const sim::option& given) {
                   given.has_none();
                   return 0;
               }) == "--list: expected no value, found '1'");
}

BOOST_AUTO_TEST_CASE(words_and_files) {
    BOOST_TEST(sim::quoted("a/b-c.d") == "a/b-c.d");
    BOOST_TEST(sim::quoted("") == "''");
    BOOST_TEST(sim::quoted("it's $x") == "'it'\\''s $x'");
    BOOST_TEST(sim::tape_file("", "cache/fills once") == "cache.fills_once.tape");
    BOOST_TEST(sim::tape_file("out", "../x") == "out/__.x.tape");
}

BOOST_AUTO_TEST_SUITE_END()
