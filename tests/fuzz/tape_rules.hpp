// SPDX-License-Identifier: BSL-1.0
//
// What must hold of every text that somebody gives as a tape, and texts to try it with. Shared by
// the fuzzer of the tape reader and by the test that runs it for some seconds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace heddle_fuzz {

/// Reads `text` as a tape. What is one must be the same when it is written and read again, and
/// replaying it must give a run or a replay_error; all else must be a tape_error; either complaint
/// is one line. Empty if all that holds, else what does not.
[[nodiscard]] std::string broken_rule_of_tape(std::string_view text);

/// Texts for broken_rule_of_tape(), one after the other: each is a valid tape of the program that
/// the rules replay, or another text that was given, changed in one to four places. The check sum
/// is right in most of them.
[[nodiscard]] std::string mutated_tape(std::string_view text, std::uint64_t seed);

/// A valid tape: number `which` of very many.
[[nodiscard]] std::string valid_tape(std::uint64_t which);

}  // namespace heddle_fuzz
