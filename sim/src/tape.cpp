// SPDX-License-Identifier: BSL-1.0
#include <heddle/sim/tape.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <limits>
#include <memory>

#include <heddle/detail/mix.hpp>

namespace heddle::sim {

namespace {

constexpr std::string_view magic = "heddle-tape 1";
constexpr std::size_t largest_file = std::size_t{1} << 30;
constexpr std::size_t longest_name = 4096;

std::uint64_t checksum(std::string_view text) noexcept {
    std::uint64_t sum = text.size();
    for (const char c : text) {
        sum = detail::mix(sum, static_cast<unsigned char>(c));
    }
    return sum;
}

/// Reads a tape's text line by line; every complaint names the file, the line, and what should
/// have been there.
class reader {
public:
    reader(std::string_view text, std::string_view name) : rest_(text), name_(name) {}

    [[noreturn]] void complain(const std::string& expected) const {
        throw tape_error(std::string(name_) + ":" + std::to_string(line_number_) + ": expected " +
                         expected);
    }

    std::string_view next_line(const char* expected) {
        ++line_number_;
        const std::size_t end = rest_.find('\n');
        if (end == std::string_view::npos) {
            complain(std::string(expected) + ", found the end of the file");
        }
        line_ = rest_.substr(0, end);
        rest_.remove_prefix(end + 1);
        return line_;
    }

    /// A line "key value": the value.
    std::string_view value_of(std::string_view key, const char* expected) {
        std::string_view line = next_line(expected);
        if (line.substr(0, key.size()) != key || line.size() <= key.size() ||
            line[key.size()] != ' ') {
            complain(expected);
        }
        return line.substr(key.size() + 1);
    }

    template <class Number>
    Number number(std::string_view text, const char* expected, int base = 10) const {
        Number value{};
        const auto [end, error] =
            std::from_chars(text.data(), text.data() + text.size(), value, base);
        if (error != std::errc{} || end != text.data() + text.size() || text.empty()) {
            complain(expected);
        }
        return value;
    }

    [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }
    [[nodiscard]] std::size_t remaining() const noexcept { return rest_.size(); }

private:
    std::string_view rest_;
    std::string_view line_;
    std::string_view name_;
    std::size_t line_number_ = 0;
};

std::string_view next_word(std::string_view& line) {
    const std::size_t end = std::min(line.find(' '), line.size());
    const std::string_view word = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
    return word;
}

choice read_choice(reader& in) {
    constexpr const char* expected = "an entry: kind, options, taken, label";
    std::string_view line = in.next_line(expected);
    const std::string_view kind = next_word(line);
    choice entry;
    for (std::size_t i = 0;; ++i) {
        if (i == choice_kinds) {
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
        "a departure: hold, early, stall, oversleep or pick, and two numbers";
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

template <class Number>
void append_hexadecimal(std::string& text, Number value) {
    std::array<char, 16> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16);
    text.append(digits.data(), end.ptr);
}

void append_departures(std::string& text, const std::vector<departure>& departures) {
    text += "departures " + std::to_string(departures.size()) + '\n';
    for (const departure& each : departures) {
        text += name_of(each.what);
        text += ' ';
        append_hexadecimal(text, each.event);
        text += ' ';
        if (has_option(each.what)) {
            text += std::to_string(each.option);
        } else {
            append_hexadecimal(text, each.until);
        }
        text += '\n';
    }
}

std::string system_error_text() { return std::strerror(errno); }

struct closer {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};
using file_pointer = std::unique_ptr<std::FILE, closer>;

}  // namespace

std::string to_text(const tape& recorded) {
    std::string name = recorded.program.substr(0, longest_name);
    std::replace_if(
        name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
    std::string text(magic);
    text += "\nprogram " + name + "\nseed " + std::to_string(recorded.seed) + "\nschedule " +
            std::to_string(recorded.schedule) + "\nlevel ";
    text += name_of(recorded.allowed);
    text += "\nlongest-stall " + std::to_string(recorded.longest_stall.count()) + "\nkinds";
    for (std::size_t i = 0; i < choice_kinds; ++i) {
        text += ' ';
        text += name_of(static_cast<choice_kind>(i));
    }
    text += "\nchoices " + std::to_string(recorded.choices.size()) + '\n';
    for (const choice& entry : recorded.choices) {
        text += name_of(entry.kind);
        text += ' ' + std::to_string(entry.options) + ' ' + std::to_string(entry.taken) + ' ';
        append_hexadecimal(text, entry.label);
        text += '\n';
    }
    append_departures(text, recorded.departures);
    const std::uint64_t sum = checksum(text);
    text += "end ";
    append_hexadecimal(text, sum);
    text += '\n';
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
    if (in.value_of("kinds", "'kinds' and their names") != "order stall oversleep finish") {
        in.complain(
            "'kinds order stall oversleep finish': this tape has kinds that are not known here");
    }
    const auto count = in.number<std::uint64_t>(
        in.value_of("choices", "'choices' and their number"), "the number of choices");
    // The shortest entry has 12 characters: a count that cannot be true is not allocated for.
    result.choices.reserve(
        static_cast<std::size_t>(std::min<std::uint64_t>(count, in.remaining() / 12)));
    for (std::uint64_t i = 0; i < count; ++i) {
        result.choices.push_back(read_choice(in));
    }
    const auto departures = in.number<std::uint64_t>(
        in.value_of("departures", "'departures' and their number"), "the number of departures");
    for (std::uint64_t i = 0; i < departures; ++i) {
        result.departures.push_back(read_departure(in));
    }
    const std::string_view before_end = text.substr(0, text.size() - in.remaining());
    const auto sum =
        in.number<std::uint64_t>(in.value_of("end", "'end' and a check sum"), "a check sum", 16);
    if (sum != checksum(before_end)) {
        in.complain("the check sum of what stands above: the file was changed or damaged");
    }
    if (!in.at_end()) {
        in.complain("nothing behind the last line");
    }
    return result;
}

void write_tape(const std::string& path, const tape& recorded) {
    const std::string text = to_text(recorded);
    const std::string partial = path + ".partial";
    file_pointer file(std::fopen(partial.c_str(), "wb"));
    if (!file) {
        throw tape_error(path + ": cannot be written: " + system_error_text());
    }
    const bool written = std::fwrite(text.data(), 1, text.size(), file.get()) == text.size() &&
                         std::fflush(file.get()) == 0;
    const std::string why = written ? std::string() : system_error_text();
    const bool closed = std::fclose(file.release()) == 0;
    if (!written || !closed || std::rename(partial.c_str(), path.c_str()) != 0) {
        const std::string reason = why.empty() ? system_error_text() : why;
        std::remove(partial.c_str());
        throw tape_error(path + ": cannot be written: " + reason);
    }
}

tape read_tape(const std::string& path) {
    const file_pointer file(std::fopen(path.c_str(), "rb"));
    if (!file) {
        throw tape_error(path + ": cannot be read: " + system_error_text());
    }
    std::string text;
    std::array<char, 65536> buffer{};
    while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), file.get())) {
        text.append(buffer.data(), count);
        if (text.size() > largest_file) {
            throw tape_error(path + ": expected a tape of at most 1 GiB");
        }
    }
    if (std::ferror(file.get()) != 0) {
        throw tape_error(path + ": cannot be read: " + system_error_text());
    }
    return tape_from_text(text, path);
}

}  // namespace heddle::sim
