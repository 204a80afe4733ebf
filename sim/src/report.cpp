// SPDX-License-Identifier: BSL-1.0
#include <heddle/sim/report.hpp>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "picture.hpp"

namespace heddle::sim {

namespace {

constexpr std::size_t place_column = 64;

/// A line with a place in the source behind it, in a column of its own.
std::string with_place(std::string line, const std::string& file, std::uint32_t number) {
    if (file.empty() || number == 0) {
        return line;
    }
    // Of several lines, the place belongs to the first.
    std::string rest;
    if (const std::size_t end = line.find('\n'); end != std::string::npos) {
        rest = line.substr(end);
        line.resize(end);
    }
    line.resize(std::max(line.size() + 2, place_column), ' ');
    return line + detail::base_name(file) + ":" + std::to_string(number) + rest;
}

std::string indented(const std::string& text, const std::string& margin) {
    std::string result = margin;
    for (const char c : text) {
        result += c;
        if (c == '\n') {
            result += margin;
        }
    }
    return result;
}

std::string text_of_timing(const finding& found) {
    switch (found.timing) {
        case timing_answer::yes:
            return "yes";
        case timing_answer::not_found:
            return "not found in " + std::to_string(found.timing_runs) + " runs";
        case timing_answer::no:
            return "no (all " + std::to_string(found.timing_runs) + " timings were tried)";
    }
    return "unknown";
}

}  // namespace

std::string text_of(duration length) {
    struct unit {
        std::int64_t nanoseconds;
        const char* name;
    };
    constexpr std::array<unit, 4> units{
        {{1'000'000'000, "s"}, {1'000'000, "ms"}, {1'000, "us"}, {1, "ns"}}};
    const std::int64_t count = length.count();
    if (count == 0) {
        return "0 s";
    }
    const bool negative = count < 0;
    const std::uint64_t size =
        negative ? ~static_cast<std::uint64_t>(count) + 1 : static_cast<std::uint64_t>(count);
    for (const unit& each : units) {
        const auto per = static_cast<std::uint64_t>(each.nanoseconds);
        // Three decimals at most, or none are lost: else a smaller unit says it exactly.
        if (size < per || size % std::max<std::uint64_t>(per / 1000, 1) != 0) {
            continue;
        }
        std::string text = (negative ? "-" : "") + std::to_string(size / per);
        if (const std::uint64_t rest = size % per; rest != 0) {
            std::string decimals = std::to_string(rest / (per / 1000) + 1000).substr(1);
            decimals.erase(decimals.find_last_not_of('0') + 1);
            text += "." + decimals;
        }
        return text + " " + each.name;
    }
    return std::to_string(count) + " ns";
}

std::string text_of(const step_record& event) {
    const std::string label = detail::one_line(event.label);
    switch (event.kind) {
        case event_kind::step:
            return "the step of " + label;
        case event_kind::wakeup:
            return "the wake-up of " + label;
        case event_kind::timer:
            return (label.starts_with("timer") ? "the " : "the timer of the ") + label;
        case event_kind::completion:
            return "the end of " + label;
        case event_kind::callback:
        case event_kind::done_callback:
        case event_kind::job:
            return "the " + label;
    }
    return label;
}

namespace {

/// "FIFO everywhere, except 2 choices:", and these.
std::string text_of_schedule(const finding& found) {
    std::string text = found.as_it_was ? "\n  schedule, not made minimal: FIFO everywhere"
                                       : "\n  minimal schedule: FIFO everywhere";
    if (found.minimal.empty()) {
        text += ": nothing has to go differently";
        return found.schedule == 0 ? text
                                   : text + ", with the random values of schedule " +
                                         std::to_string(found.schedule);
    }
    text += ", except " + std::to_string(found.minimal.size()) +
            (found.minimal.size() == 1 ? " choice:" : " choices:");
    for (const deviation& each : found.minimal) {
        text += "\n" + with_place("    " + each.text, each.file, each.line);
    }
    return text;
}

std::string report_of_coverage(const exploration& result, const finding& found) {
    return "error: " + result.name + " has not seen all that it must in " +
           std::to_string(result.schedules) + (result.schedules == 1 ? " schedule" : " schedules") +
           " (seed " + std::to_string(result.seed) + ")\n" + indented(found.what.message, "  ");
}

std::string report_of_failure(const exploration& result, const finding& found) {
    std::string text =
        "error: " + result.name + " failed on schedule " + std::to_string(found.schedule);
    if (result.asked != 0) {
        text += " of " + std::to_string(result.asked);
    }
    text += " (seed " + std::to_string(result.seed) + ")";
    if (!found.strategy.empty()) {
        text += ", found by strategy " + found.strategy;
    }
    const failure& shown = found.reduced ? found.minimal_failure : found.what;
    text += "\n" + with_place(indented(shown.message, "  "), shown.file, shown.line);
    if (!found.reduced) {
        return text;
    }
    text += text_of_schedule(found) + detail::text_of_last_steps(found);
    if (found.timing != timing_answer::not_found || found.timing_runs > 0) {
        text += "\n  on a real loop, by timing alone: " + text_of_timing(found);
    }
    return text;
}

}  // namespace

std::string report(const exploration& result, std::string_view replay_command) {
    if (!result.found) {
        return {};
    }
    const finding& found = *result.found;
    std::string text = found.what.what == failure_class::coverage
                           ? report_of_coverage(result, found)
                           : report_of_failure(result, found);
    if (!replay_command.empty()) {
        text +=
            (found.replayable() ? "\n  replay:  " : "\n  again:   ") + std::string(replay_command);
    }
    return text;
}

std::string text_of_coverage(const exploration& result) {
    constexpr std::size_t most_points = 50;
    std::string text;
    for (std::size_t i = 0; i < std::min(result.coverage.size(), most_points); ++i) {
        const covered_point& each = result.coverage[i];
        text += (i == 0 ? "" : "\n") +
                with_place("  in " + std::to_string(each.runs) + " of " +
                               std::to_string(result.schedules) + " runs: " + each.label,
                           each.file, each.line);
    }
    if (result.coverage.size() > most_points) {
        text += "\n  and " + std::to_string(result.coverage.size() - most_points) + " more";
    }
    return text;
}

}  // namespace heddle::sim
