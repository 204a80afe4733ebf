// SPDX-License-Identifier: BSL-1.0
//
// A main() that explores: link heddle::sim, and
//
//     int main(int argc, char** argv) {
//         return heddle::sim::drive(argc, argv, {{"cache", cache_is_filled_once}});
//     }
//
// is a program with options: --help lists them, docs/campaigns.md shows their use. Runs are made in
// worker processes (campaign.hpp says what that means for the program); only --replay makes its
// single run in the process itself, for a debugger to see.
#pragma once

#include <initializer_list>
#include <span>
#include <string>

#include <heddle/sim/explore.hpp>
#include <heddle/sim/simulation.hpp>

namespace heddle::sim {

struct named_program {
    /// One line, of at least one character. No two are the same, nor but for characters that a
    /// tape's name does not have.
    std::string name;
    program main;
    /// Where the command line says nothing. Its `name` is not used.
    explore_options options{};
};

/// What drive() returns: the program's exit status.
enum drive_status : int {
    drive_passed = 0,   ///< nothing failed
    drive_failed = 1,   ///< a run failed; with --merge: a shard has one that did
    drive_refused = 2,  ///< the command line or a file is not to be understood or cannot be used
    drive_stopped = 3,  ///< nothing failed until it was stopped; with --merge: runs are missing
};

/// Does what the command line says with one of the programs, or with each in turn. Reports go to
/// the standard output, complaints (one line each) and progress (if it is a terminal) to the
/// standard error. While it explores, an interrupt or SIGTERM ends the campaign; a second one ends
/// the process. Throws usage_error if there is no program, or a name is not as it should be.
[[nodiscard]] int drive(int argc, char** argv, std::span<const named_program> programs);
[[nodiscard]] int drive(int argc, char** argv, std::initializer_list<named_program> programs);

}  // namespace heddle::sim
