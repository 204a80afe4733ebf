// SPDX-License-Identifier: BSL-1.0
//
// A number on a command line.
#pragma once

#include <charconv>
#include <cstdint>
#include <string_view>
#include <system_error>

namespace bench {

/// 0 if it is none.
inline std::uint64_t number(std::string_view text) {
    std::uint64_t value = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() ? value : 0;
}

}  // namespace bench
