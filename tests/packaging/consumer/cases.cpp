// SPDX-License-Identifier: BSL-1.0
//
// What Boost.Test can put into its list of cases. The names that CTest is to make of it are in
// expected_cases.txt. A case that is disabled fails if it is run all the same.
#define BOOST_TEST_MODULE cases
#include <boost/mpl/list.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <utility>

namespace utf = boost::unit_test;

BOOST_AUTO_TEST_CASE(on_top) { BOOST_TEST(true); }
BOOST_AUTO_TEST_CASE(described, *utf::description("what it does: this, *and* that : too")) {
    BOOST_TEST(true);
}
BOOST_AUTO_TEST_CASE(off, *utf::disabled()) { BOOST_TEST(false); }
BOOST_AUTO_TEST_CASE(off_and_described,
                     *utf::disabled() * utf::description("not now: *later* : perhaps")) {
    BOOST_TEST(false);
}

BOOST_AUTO_TEST_SUITE(outer)
BOOST_AUTO_TEST_CASE(same_name) { BOOST_TEST(true); }
BOOST_AUTO_TEST_SUITE(inner, *utf::description("a suite in a suite"))
BOOST_AUTO_TEST_CASE(same_name) { BOOST_TEST(true); }
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_CASE(after_inner) { BOOST_TEST(true); }
BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(suite_off, *utf::disabled())
BOOST_AUTO_TEST_CASE(off_with_it) { BOOST_TEST(false); }
BOOST_AUTO_TEST_CASE(on_again, *utf::enabled()) { BOOST_TEST(true); }
BOOST_AUTO_TEST_SUITE_END()

BOOST_DATA_TEST_CASE(numbers, utf::data::xrange(2), n) { BOOST_TEST(n < 2); }

using types = boost::mpl::list<int, std::pair<int, long>, char const*>;
BOOST_AUTO_TEST_CASE_TEMPLATE(typed, T, types) { BOOST_TEST(sizeof(T) > 0U); }

namespace {

// A name with everything that CMake would read as its own.
[[maybe_unused]] bool const added = [] {
    utf::framework::master_test_suite().add(utf::make_test_case(
        [] { BOOST_TEST(true); }, R"(a; b [c $d ${e} "f" \g ]] #h)", __FILE__, __LINE__));
    return true;
}();

}  // namespace
