// SPDX-License-Identifier: BSL-1.0
//
// A second executable: the arguments of heddle_discover_tests reach its cases.
#define BOOST_TEST_MODULE more_cases
#include <boost/test/unit_test.hpp>
#include <string_view>

BOOST_AUTO_TEST_CASE(knows_its_arguments) {
    auto const& suite = boost::unit_test::framework::master_test_suite();
    BOOST_REQUIRE(suite.argc == 3);
    BOOST_TEST(std::string_view(suite.argv[1]) == "--word");
    BOOST_TEST(std::string_view(suite.argv[2]) == "two words");
}

// A case of this name is in the other executable too; the prefixes keep them apart.
BOOST_AUTO_TEST_CASE(on_top) { BOOST_TEST(true); }
