// SPDX-License-Identifier: BSL-1.0
//
// Text files of lines "key value" with a check sum at the end: tapes, and states of campaigns. They
// are read with one clear complaint for whatever does not fit, and written whole or not at all.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace heddle::sim::detail {

[[nodiscard]] std::uint64_t checksum(std::string_view text) noexcept;

/// As a number in hexadecimal, without leading zeros.
[[nodiscard]] std::string hexadecimal(std::uint64_t number);

/// A name as one line holds it: without control characters, and not too long.
[[nodiscard]] std::string line_of(std::string_view name);

/// Empty, or why `path` cannot be written: one line that begins with the path. The file appears
/// complete, under its own name, or not at all.
[[nodiscard]] std::string write_text_file(const std::string& path, std::string_view text);

/// Empty, or why `path` cannot be read. `what` is what was expected there: "a tape".
[[nodiscard]] std::string read_text_file(const std::string& path, const std::string& what,
                                         std::string& text);

/// Reads a text line by line; every complaint is an Error that names the file, the line, and what
/// should have been there. What it is given outlives it.
template <class Error>
class text_reader {
public:
    text_reader(std::string_view text, std::string_view name)
        : all_(text), rest_(text), name_(name) {}

    [[noreturn]] void complain(const std::string& expected) const {
        throw Error(std::string(name_) + ":" + std::to_string(line_number_) + ": expected " +
                    expected);
    }

    std::string_view next_line(const char* expected) {
        ++line_number_;
        const std::size_t end = rest_.find('\n');
        if (end == std::string_view::npos) {
            complain(std::string(expected) + ", found the end of the file");
        }
        const std::string_view line = rest_.substr(0, end);
        rest_.remove_prefix(end + 1);
        return line;
    }

    /// A line "key value": the value.
    std::string_view value_of(std::string_view key, const char* expected) {
        const std::string_view line = next_line(expected);
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

    /// The last line: the check sum of all that stands above it.
    void end() {
        const std::string_view above = all_.substr(0, all_.size() - rest_.size());
        const auto sum =
            number<std::uint64_t>(value_of("end", "'end' and a check sum"), "a check sum", 16);
        if (sum != checksum(above)) {
            complain("the check sum of what stands above: the file was changed or damaged");
        }
        if (!rest_.empty()) {
            complain("nothing behind the last line");
        }
    }

    [[nodiscard]] std::size_t remaining() const noexcept { return rest_.size(); }

private:
    std::string_view all_;
    std::string_view rest_;
    std::string_view name_;
    std::size_t line_number_ = 0;
};

/// The text up to the next space, which is taken from `line`.
[[nodiscard]] std::string_view next_word(std::string_view& line) noexcept;

}  // namespace heddle::sim::detail
