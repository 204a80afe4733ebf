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
/// line feed: the failure, by which choices the minimal schedule differs from FIFO, and the last
/// steps of both runs side by side, no wider than 100 columns. `replay_command` is printed as it
/// is; where finding::replayable() is false it should be one that explores again. Empty if nothing
/// was found.
[[nodiscard]] std::string report(const exploration& result, std::string_view replay_command);

/// One line for each point in `result.coverage`: in how many runs it was seen, and where it is.
/// Without a final line feed; empty if there are none.
[[nodiscard]] std::string text_of_coverage(const exploration& result);

}  // namespace heddle::sim
