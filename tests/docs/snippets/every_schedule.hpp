// SPDX-License-Identifier: BSL-1.0
//
// For docs/other_frameworks.md: exploring under any test framework.
#pragma once

#include <cstdlib>
#include <string>

#include <heddle/sim.hpp>

/// Explores, or replays the tape that HEDDLE_REPLAY names. Returns what to fail with: the report
/// and the command that replays it; empty if all is well.
inline std::string broken_schedule(const heddle::sim::program& program, const std::string& name,
                                   const std::string& run_this_test) {
    heddle::sim::explore_options options;
    options.name = name;
    if (const char* const file = std::getenv("HEDDLE_REPLAY")) {
        const auto run = heddle::sim::replay(program, heddle::sim::read_tape(file), options);
        return run.failed ? "replayed from " + std::string(file) + ": " + run.failed->message : "";
    }
    const heddle::sim::exploration result = heddle::sim::explore(program, options);
    if (!result.found) {
        return "";
    }
    const bool minimal = !result.found->minimal_tape.program.empty();  // not if it is not stable
    heddle::sim::write_tape(name + ".tape",
                            minimal ? result.found->minimal_tape : result.found->full);
    return heddle::sim::report(result, "HEDDLE_REPLAY=" + name + ".tape " + run_this_test);
}
