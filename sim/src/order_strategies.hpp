// SPDX-License-Identifier: BSL-1.0
//
// The single strategies, by name: see order_strategies.cpp.
#pragma once

#include <memory>
#include <string_view>

#include <heddle/sim/explorers.hpp>

namespace heddle::sim::detail {

/// Null if there is none of that name.
[[nodiscard]] std::unique_ptr<explorer> make_order_strategy(std::string_view name);

}  // namespace heddle::sim::detail
