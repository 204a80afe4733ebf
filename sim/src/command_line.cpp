// SPDX-License-Identifier: BSL-1.0
#include <heddle/sim/command_line.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>

namespace heddle::sim {

option::option(std::string_view argument) noexcept
    : argument_(argument), name_(argument), has_value_(false) {
    if (const std::size_t separator = argument.find('='); separator != std::string_view::npos) {
        name_ = argument.substr(0, separator);
        value_ = argument.substr(separator + 1);
        has_value_ = true;
    }
}

void option::refuse(const std::string& expected) const {
    throw option_error(std::string(name_) + ": expected " + expected + ", found '" +
                       std::string(value_) + "'");
}

std::string_view option::value() const {
    if (!has_value_ || value_.empty()) {
        throw option_error(std::string(name_) + ": expected a value: " + std::string(name_) +
                           "=...");
    }
    return value_;
}

std::uint64_t option::number(std::uint64_t least, std::uint64_t most) const {
    const std::string_view text = value();
    std::uint64_t result = 0;
    const auto [stopped, error] = std::from_chars(text.data(), text.data() + text.size(), result);
    if (error != std::errc{} || stopped != text.data() + text.size() || result < least ||
        result > most) {
        refuse("a number from " + std::to_string(least) + " to " + std::to_string(most));
    }
    return result;
}

duration option::seconds() const {
    const std::string_view text = value();
    const std::size_t point = std::min(text.find('.'), text.size());
    std::string digits(text.substr(0, point));
    std::string decimals(text.substr(std::min(point + 1, text.size())));
    constexpr std::size_t most_decimals = 9;
    constexpr std::int64_t most = 1'000'000'000;
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    const bool plain = !digits.empty() && digits.size() <= 10 && decimals.size() <= most_decimals &&
                       (point == text.size() || !decimals.empty()) &&
                       std::all_of(digits.begin(), digits.end(), is_digit) &&
                       std::all_of(decimals.begin(), decimals.end(), is_digit);
    constexpr const char* expected = "seconds, above 0 and at most 1000000000";
    if (!plain || std::stoll(digits) > most) {
        refuse(expected);
    }
    decimals.resize(most_decimals, '0');
    const duration result =
        std::chrono::seconds(std::stoll(digits)) + std::chrono::nanoseconds(std::stoll(decimals));
    if (result <= duration::zero() || result > std::chrono::seconds(most)) {
        refuse(expected);
    }
    return result;
}

std::string_view option::one_of(std::span<const std::string_view> names,
                                std::string_view what) const {
    const std::string_view text = value();
    if (std::find(names.begin(), names.end(), text) == names.end()) {
        throw option_error(std::string(name_) + ": there is no " + std::string(what) + " '" +
                           std::string(text) + "', only: " + joined(names));
    }
    return text;
}

bool option::yes_or_no() const {
    static constexpr std::array<std::string_view, 2> answers{"yes", "no"};
    return one_of(answers, "answer") == "yes";
}

void option::has_none() const {
    if (has_value_) {
        throw option_error(std::string(name_) + ": expected no value, found '" +
                           std::string(value_) + "'");
    }
}

std::string counted(std::uint64_t count, std::string_view one, std::string_view several) {
    return std::to_string(count).append(" ").append(count == 1 ? one : several);
}

std::string joined(std::span<const std::string_view> words) {
    std::string text;
    for (const std::string_view each : words) {
        text.append(text.empty() ? "" : ", ").append(each);
    }
    return text;
}

std::string quoted(std::string_view word) {
    constexpr std::string_view plain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,+@%";
    if (!word.empty() && word.find_first_not_of(plain) == std::string_view::npos) {
        return std::string(word);
    }
    std::string result = "'";
    for (const char c : word) {
        result += c == '\'' ? std::string("'\\''") : std::string(1, c);
    }
    return result + "'";
}

std::string tape_file(std::string_view folder, std::string_view program) {
    std::string file(program);
    for (char& c : file) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '_' || c == '-';
        c = plain ? c : c == '/' ? '.' : '_';
    }
    file += ".tape";
    return folder.empty() ? file : std::string(folder) + "/" + file;
}

}  // namespace heddle::sim
