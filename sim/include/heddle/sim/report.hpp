// SPDX-License-Identifier: BSL-1.0
//
// What a person reads who has to find the bug: the failure, the minimal schedule, and the command
// that replays it.
#pragma once

#include <string>
#include <string_view>

#include <heddle/sim/explore.hpp>
#include <heddle/time.hpp>

namespace heddle::sim {

/// "5 ms", "1.5 s", "0 s": exact, in the largest unit that needs no more than three decimals.
[[nodiscard]] std::string text_of(duration length);
/// "the wake-up of 'Task-2'".
[[nodiscard]] std::string text_of(const step_record& event);

/// The report of a campaign that failed (DESIGN "Public face" shows the form), without a final
/// line feed. `replay_command` is printed as it is. Empty if nothing was found.
[[nodiscard]] std::string report(const exploration& result, std::string_view replay_command);

}  // namespace heddle::sim
