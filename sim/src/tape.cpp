// SPDX-License-Identifier: BSL-1.0
#include <heddle/sim/tape.hpp>

#include <algorithm>
#include <cstdint>

#include "text_file.hpp"

namespace heddle::sim {

namespace {

constexpr std::string_view magic = "heddle-tape 1";

using reader = detail::text_reader<tape_error>;
using detail::next_word;

/// How many kinds of entry a tape may have. The last came later, and only where it was asked for.
constexpr std::size_t kinds_of(bool cancellations) noexcept {
    return cancellations ? choice_kinds : choice_kinds - 1;
}

choice read_choice(reader& in, std::size_t kinds) {
    constexpr const char* expected = "an entry: kind, options, taken, label";
    std::string_view line = in.next_line(expected);
    const std::string_view kind = next_word(line);
    choice entry;
    for (std::size_t i = 0;; ++i) {
        if (i == kinds) {
            in.complain("a kind of entry that line 7 names");
        }
        entry.kind = static_cast<choice_kind>(i);
        if (name_of(entry.kind) == kind) {
            break;
        }
    }
    entry.options = in.number<std::uint32_t>(next_word(line), "a number of options");
    entry.taken = in.number<std::uint32_t>(next_word(line), "the number of the option taken");
    entry.label = in.number<std::uint32_t>(next_word(line), "a label of hexadecimal digits", 16);
    if (!line.empty()) {
        in.complain(expected);
    }
    if (entry.options < 2 || entry.taken >= entry.options) {
        in.complain("two options or more, and one of them taken");
    }
    return entry;
}

/// Which of two forms a departure's line has.
bool has_option(departure::sort what) noexcept {
    return what != departure::sort::hold && what != departure::sort::early;
}

/// "hold e f", where e waits for f; "stall e n", where e takes option n.
departure read_departure(reader& in) {
    constexpr const char* expected =
        "a departure: hold, early, stall, oversleep, pick or cancel, and two numbers";
    std::string_view line = in.next_line(expected);
    const std::string_view name = next_word(line);
    departure result;
    for (std::size_t i = 0;; ++i) {
        if (i == departure_sorts) {
            in.complain(expected);
        }
        result.what = static_cast<departure::sort>(i);
        if (name_of(result.what) == name && result.what != departure::sort::hold_site) {
            break;
        }
    }
    result.event = in.number<std::uint64_t>(next_word(line), "an event of hexadecimal digits", 16);
    const std::string_view last = next_word(line);
    if (has_option(result.what)) {
        result.option = in.number<std::uint32_t>(last, "the number of an option");
    } else {
        result.until = in.number<std::uint64_t>(last, "an event of hexadecimal digits", 16);
    }
    if (!line.empty()) {
        in.complain(expected);
    }
    return result;
}

void append_departures(std::string& text, const std::vector<departure>& departures) {
    text += "departures " + std::to_string(departures.size()) + '\n';
    for (const departure& each : departures) {
        text += name_of(each.what);
        text += ' ' + detail::hexadecimal(each.event) + ' ' +
                (has_option(each.what) ? std::to_string(each.option)
                                       : detail::hexadecimal(each.until)) +
                '\n';
    }
}

}  // namespace

std::string to_text(const tape& recorded) {
    std::string text(magic);
    text += "\nprogram " + detail::line_of(recorded.program) + "\nseed " +
            std::to_string(recorded.seed) + "\nschedule " + std::to_string(recorded.schedule) +
            "\nlevel ";
    text += name_of(recorded.allowed);
    text += "\nlongest-stall " + std::to_string(recorded.longest_stall.count()) + "\nkinds";
    for (std::size_t i = 0; i < kinds_of(recorded.cancellations); ++i) {
        text += ' ';
        text += name_of(static_cast<choice_kind>(i));
    }
    text += "\nchoices " + std::to_string(recorded.choices.size()) + '\n';
    for (const choice& entry : recorded.choices) {
        text += name_of(entry.kind);
        text += ' ' + std::to_string(entry.options) + ' ' + std::to_string(entry.taken) + ' ' +
                detail::hexadecimal(entry.label) + '\n';
    }
    append_departures(text, recorded.departures);
    text += "end " + detail::hexadecimal(detail::checksum(text)) + '\n';
    return text;
}

tape tape_from_text(std::string_view text, std::string_view name) {
    reader in(text, name);
    if (text.empty()) {
        throw tape_error(std::string(name) + ": expected a tape, found an empty file");
    }
    if (in.next_line("'heddle-tape 1'") != magic) {
        in.complain("'heddle-tape 1': this is no tape, or one of another version");
    }
    tape result;
    result.program = in.value_of("program", "'program' and a name");
    if (result.program != detail::line_of(result.program)) {
        in.complain("a name of at most 4096 bytes, without control characters");
    }
    result.seed = in.number<std::uint64_t>(in.value_of("seed", "'seed' and a number"), "a seed");
    result.schedule = in.number<std::uint64_t>(in.value_of("schedule", "'schedule' and a number"),
                                               "a schedule's number");
    const std::string_view allowed = in.value_of("level", "'level' and fifo, timing or any");
    for (const level each : {level::fifo, level::timing, level::any}) {
        if (name_of(each) == allowed) {
            result.allowed = each;
        }
    }
    if (name_of(result.allowed) != allowed) {
        in.complain("'level' and fifo, timing or any");
    }
    result.longest_stall = duration(in.number<std::int64_t>(
        in.value_of("longest-stall", "'longest-stall' and nanoseconds"), "nanoseconds"));
    if (result.longest_stall < duration::zero()) {
        in.complain("nanoseconds, zero or more");
    }
    const std::string_view kinds = in.value_of("kinds", "'kinds' and their names");
    result.cancellations = kinds == "order stall oversleep finish cancel";
    if (!result.cancellations && kinds != "order stall oversleep finish") {
        in.complain(
            "'kinds order stall oversleep finish': this tape has kinds that are not known here");
    }
    const auto count = in.number<std::uint64_t>(
        in.value_of("choices", "'choices' and their number"), "the number of choices");
    // The shortest entry has 12 characters: a count that cannot be true is not allocated for.
    result.choices.reserve(
        static_cast<std::size_t>(std::min<std::uint64_t>(count, in.remaining() / 12)));
    for (std::uint64_t i = 0; i < count; ++i) {
        result.choices.push_back(read_choice(in, kinds_of(result.cancellations)));
    }
    const auto departures = in.number<std::uint64_t>(
        in.value_of("departures", "'departures' and their number"), "the number of departures");
    for (std::uint64_t i = 0; i < departures; ++i) {
        result.departures.push_back(read_departure(in));
    }
    in.end();
    return result;
}

void write_tape(const std::string& path, const tape& recorded) {
    if (const std::string why = detail::write_text_file(path, to_text(recorded)); !why.empty()) {
        throw tape_error(why);
    }
}

tape read_tape(const std::string& path) {
    std::string text;
    if (const std::string why = detail::read_text_file(path, "a tape", text); !why.empty()) {
        throw tape_error(why);
    }
    return tape_from_text(text, path);
}

}  // namespace heddle::sim
