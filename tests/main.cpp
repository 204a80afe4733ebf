// SPDX-License-Identifier: BSL-1.0
//
// main() of the unit tests: Boost.Test's own.
#define BOOST_TEST_MODULE heddle
#include <boost/test/unit_test.hpp>
