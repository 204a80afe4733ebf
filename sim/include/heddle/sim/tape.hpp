// SPDX-License-Identifier: BSL-1.0
//
// The tape: everything in a run that could have gone another way, one entry each.
//
// Option 0 of an entry is always what the plain loop would have done, so that the empty tape is
// plain FIFO. A tape replays exactly: an entry that does not fit the program stops the replay with
// replay_error, which names the first one.
//
// Beside its entries a tape may hold what they amount to: the few departures from FIFO that a
// minimised failure needs. These name events by their structural ids, so that they still mean the
// same when the program is edited elsewhere and the entries no longer fit.
//
// The file is text, one entry a line; docs/tape_format.md describes it. A file is written whole or
// not at all.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <heddle/sim/level.hpp>

namespace heddle::sim {

/// What was decided.
enum class choice_kind : std::uint8_t {
    order,      ///< what runs next: ready work, an operation that finishes, the earliest timer
    stall,      ///< how long a callback took: until which of the next deadlines
    oversleep,  ///< by how much a wait overshot: until which of the next deadlines
    finish,     ///< where the order is not open: which operation finishes now, or none
    cancel,     ///< where cancellations are open: whether the task whose step runs is cancelled
};
inline constexpr std::size_t choice_kinds = 5;

[[nodiscard]] std::string_view name_of(choice_kind kind) noexcept;

struct choice {
    choice_kind kind{};
    std::uint32_t options = 0;
    std::uint32_t taken = 0;
    /// A check value: from the structural id of the event that was chosen, or that took long.
    std::uint32_t label = 0;

    friend bool operator==(const choice&, const choice&) = default;
};

/// One way in which a run departs from FIFO.
struct departure {
    enum class sort : std::uint8_t {
        hold,       ///< `event` waits until `until` has run, although it was ready before
        hold_site,  ///< all events of the site of `event` wait until `until` has run; not in tapes
        stall,      ///< `event` takes long: until the `option`-th of the next deadlines
        early,  ///< the operation `event` finishes when `until` has run, though something is ready
        oversleep,  ///< wait number `event` overshoots: until the `option`-th next deadline
        pick,       ///< entry number `event` of the tape, from 0, takes `option`
        cancel,     ///< the task whose step `event` is gets cancelled behind it
    };
    sort what{};
    std::uint64_t event = 0;
    std::uint64_t until = 0;
    std::uint32_t option = 0;

    friend bool operator==(const departure&, const departure&) = default;
};
inline constexpr std::size_t departure_sorts = 7;

[[nodiscard]] std::string_view name_of(departure::sort what) noexcept;

struct tape {
    std::string program;          ///< what it was recorded from
    std::uint64_t seed = 0;       ///< the campaign's master seed
    std::uint64_t schedule = 0;   ///< the run's number in the campaign
    level allowed = level::fifo;  ///< what was open
    duration longest_stall{};     ///< run_limits::longest_stall, on which options depend
    std::vector<choice> choices;
    bool cancellations = false;         ///< they were open: there are entries of kind `cancel`
    std::vector<departure> departures;  ///< of a minimised run; else none

    friend bool operator==(const tape&, const tape&) = default;
};

/// A tape file that cannot be read or written: what() is one line with the file, the line in it
/// and what was expected.
class tape_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A program that does not agree with the tape that it is replayed from: what() is one line that
/// names the first entry that does not fit.
class replay_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

[[nodiscard]] std::string to_text(const tape& recorded);
/// `name` is the file's, for messages. Throws tape_error.
[[nodiscard]] tape tape_from_text(std::string_view text, std::string_view name);

/// Throws tape_error. The file appears complete, under its own name, or not at all.
void write_tape(const std::string& path, const tape& recorded);
[[nodiscard]] tape read_tape(const std::string& path);

}  // namespace heddle::sim
