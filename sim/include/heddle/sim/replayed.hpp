// SPDX-License-Identifier: BSL-1.0
//
// What a single run tells that was replayed from a tape, in the words of the report of the campaign
// that the tape is from.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <heddle/sim/explore.hpp>

namespace heddle::sim {

/// In what a run differed from FIFO, in the order of its time, with texts. What was passed over
/// waited for what ran just before it.
[[nodiscard]] std::vector<deviation> deviations_of(const run_trace& trace);

/// What a campaign of `asked` schedules (0: it is not known how many) would have found, had it come to this traced run of
/// `recorded`. `fifo` is the run of the same program and random values in FIFO order, to be shown
/// beside it (see fifo_tape); null if there is none. Without a finding if the run did not fail.
/// What a tape does not tell is left open: the strategy, and where its level is `any`, whether
/// timing alone can do it.
[[nodiscard]] exploration as_found(const tape& recorded, const run_record& run,
                                   const run_record* fifo, std::uint64_t asked);

/// replay_departures() after replay() threw `why`. Adds to that what was done in its place, so that
/// it is one line for people. Throws `why` again if the tape has no departures.
[[nodiscard]] run_record replay_edited(const program& main, const tape& recorded,
                                       const explore_options& options, std::string& why);

/// The tape whose replay is the FIFO run with the random values of `recorded`.
[[nodiscard]] tape fifo_tape(const tape& recorded);

}  // namespace heddle::sim
