// SPDX-License-Identifier: BSL-1.0
//
// What the decorators say of a case, or of the suites it is in.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/test/tree/test_unit.hpp>

#include <heddle/sim/level.hpp>

namespace heddle::boost_test::detail {

struct case_settings {
    std::optional<std::uint64_t> schedules;
    std::optional<sim::level> allowed;
    std::optional<std::string> strategy;  ///< as it was said: there may be no such one
    std::optional<bool> cancellations;
    std::optional<std::uint64_t> step_limit;
    std::vector<std::string> must_see;  ///< of the unit and of all suites around it
};

/// What was said of `unit`, and where nothing was, of the nearest suite around it.
[[nodiscard]] case_settings settings_of(const boost::unit_test::test_unit& unit);

}  // namespace heddle::boost_test::detail
