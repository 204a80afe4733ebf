// SPDX-License-Identifier: BSL-1.0
#include "json.hpp"

#include <array>
#include <cstddef>

namespace heddle::sim::detail {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

/// The length of the character that `text` begins with; 0 if it begins with none. (Unicode 15,
/// table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF.)
std::size_t length_of_character(std::string_view text) {
    const auto byte = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
    const unsigned first = byte(0);
    if (first < 0x80U) {
        return 1;
    }
    if (first >= 0xC2U && first <= 0xDFU) {
        return follows(1) ? 2 : 0;
    }
    if (first >= 0xE0U && first <= 0xEFU) {
        const unsigned least = first == 0xE0U ? 0xA0U : 0x80U;
        const unsigned most = first == 0xEDU ? 0x9FU : 0xBFU;
        return byte(1) >= least && byte(1) <= most && follows(2) ? 3 : 0;
    }
    if (first >= 0xF0U && first <= 0xF4U) {
        const unsigned least = first == 0xF0U ? 0x90U : 0x80U;
        const unsigned most = first == 0xF4U ? 0x8FU : 0xBFU;
        return byte(1) >= least && byte(1) <= most && follows(2) && follows(3) ? 4 : 0;
    }
    return 0;
}

/// `escape` says what stands for a character of one byte; empty if it may stand as it is.
template <class Escape>
std::string escaped(std::string_view text, const Escape& escape) {
    std::string result;
    while (!text.empty()) {
        const std::size_t length = length_of_character(text);
        const std::string instead = length == 1 ? escape(text.front()) : std::string();
        if (length == 0) {
            result += replacement;
        } else if (!instead.empty()) {
            result += instead;
        } else {
            result += text.substr(0, length);
        }
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return result;
}

std::string escape_in_json(char c) {
    switch (c) {
        case '"':
            return "\\\"";
        case '\\':
            return "\\\\";
        case '\n':
            return "\\n";
        case '\t':
            return "\\t";
        default:
            break;
    }
    if (static_cast<unsigned char>(c) >= 0x20 && c != '<' && c != '>' && c != '&' && c != 0x7F) {
        return {};
    }
    constexpr std::string_view digits = "0123456789abcdef";
    const auto code = static_cast<unsigned char>(c);
    return std::string("\\u00") + digits[code / 16] + digits[code % 16];
}

std::string escape_in_html(char c) {
    switch (c) {
        case '<':
            return "&lt;";
        case '>':
            return "&gt;";
        case '&':
            return "&amp;";
        case '"':
            return "&quot;";
        case '\'':
            return "&#39;";
        case '\n':
        case '\t':
            return {};
        default:
            // Other control characters may not stand in a page at all.
            return static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? std::string(replacement)
                                                                     : std::string();
    }
}

}  // namespace

std::string quoted_json(std::string_view text) { return '"' + escaped(text, escape_in_json) + '"'; }

std::string escaped_html(std::string_view text) { return escaped(text, escape_in_html); }

}  // namespace heddle::sim::detail
