// SPDX-License-Identifier: BSL-1.0
//
// Two runs side by side, for everything that shows them: the text report, the page and the trace.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <heddle/sim/explore.hpp>

namespace heddle::sim::detail {

/// The name without its folder.
[[nodiscard]] std::string base_name(const std::string& path);

/// With a space for each line feed and other control character: names may hold anything.
[[nodiscard]] std::string one_line(std::string text);
/// How wide it is on a terminal, as far as its characters are one column wide each.
[[nodiscard]] std::size_t columns_of(std::string_view text) noexcept;

/// One moment: the same event in both runs, or an event of one of them.
struct paired_step {
    const step_record* left = nullptr;
    const step_record* right = nullptr;
};

/// Keeps the order of each run, and pairs as many events as that allows. Points into the runs;
/// `right` may be null.
[[nodiscard]] std::vector<paired_step> pair_up(const traced_run& left, const traced_run* right);

/// The library's own: the timer of a sleep, a callback that hands on a child's end. What a reader
/// wants to see is the task that goes on then.
[[nodiscard]] bool is_internal(const step_record& step);

/// Who: the task's name in quotes, "timer", "callback", an operation's name.
[[nodiscard]] std::string who_of(const step_record& step);
/// Where it went on: "file.cpp:12"; empty if that is not known, as of a task that begins.
[[nodiscard]] std::string place_of(const step_record& step);

/// Whether a step of the minimal run is one of those by which it differs from FIFO.
[[nodiscard]] bool deviates(const step_record& step, const std::vector<deviation>& minimal);

/// The last steps before a failure, beside the FIFO run if there is one: lines for the report, each
/// with a line feed before it, none longer than 100 columns. Empty if the run is not there.
[[nodiscard]] std::string text_of_last_steps(const finding& found);

}  // namespace heddle::sim::detail
