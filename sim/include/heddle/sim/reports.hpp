// SPDX-License-Identifier: BSL-1.0
//
// Reports of a campaign for other programs, and as a picture. The text for a terminal is in
// report.hpp.
//
// Whatever names and messages the program has, what comes out is valid: UTF-8 (other bytes become
// U+FFFD) with everything escaped that has to be. The same exploration gives the same bytes.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include <heddle/sim/explore.hpp>

namespace heddle::sim {

/// One JSON object, with or without a failure: name, seed, asked, schedules, steps, digest,
/// coverage, and failure, which is null or has its class, message and place, the schedule and the
/// strategy, the deviations of the minimal schedule, the answer about timing and `replay_command`.
/// Digests are texts, "0x...", since not every reader has 64-bit integers.
[[nodiscard]] std::string json_of(const exploration& result, std::string_view replay_command = {});

/// A trace in Chrome's JSON format, for ui.perfetto.dev and chrome://tracing: the minimal
/// schedule's run and the FIFO run as processes, tasks as tracks, each step a slice, and an arrow
/// from the step that scheduled something to it. Steps take no virtual time: each is shown as one
/// microsecond, in their order, and has the virtual time among its arguments. Without a failure
/// there are no events in it.
[[nodiscard]] std::string trace_of(const exploration& result);

/// One page with both runs as a picture. It needs nothing beside itself, and no server.
[[nodiscard]] std::string page_of(const exploration& result, std::string_view replay_command = {});

/// A report that cannot be written: what() is one line with the file's name.
class report_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Throws report_error if write_report would not know what to write into a file of this name.
void check_report_name(const std::string& path);

/// Writes what the end of the name says: ".trace.json", ".json" or ".html". The file appears
/// complete or not at all. Throws report_error.
void write_report(const std::string& path, const exploration& result,
                  std::string_view replay_command = {});

}  // namespace heddle::sim
