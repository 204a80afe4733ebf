// SPDX-License-Identifier: BSL-1.0
#include "text_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

#include <heddle/detail/mix.hpp>

namespace heddle::sim::detail {

namespace {

constexpr std::size_t largest_file = std::size_t{1} << 30;
constexpr std::size_t longest_name = 4096;

std::string system_error_text() { return std::strerror(errno); }

struct closer {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};
using file_pointer = std::unique_ptr<std::FILE, closer>;

}  // namespace

std::uint64_t checksum(std::string_view text) noexcept {
    std::uint64_t sum = text.size();
    for (const char c : text) {
        sum = heddle::detail::mix(sum, static_cast<unsigned char>(c));
    }
    return sum;
}

std::string hexadecimal(std::uint64_t number) {
    std::array<char, 16> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, 16);
    return {digits.data(), end.ptr};
}

std::string line_of(std::string_view name) {
    std::string line(name.substr(0, longest_name));
    std::replace_if(
        line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
    return line;
}

std::string_view next_word(std::string_view& line) noexcept {
    const std::size_t end = std::min(line.find(' '), line.size());
    const std::string_view word = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
    return word;
}

namespace {

/// Into what is there: a terminal, a pipe, /dev/null.
std::string write_in_place(const std::string& path, std::string_view text) {
    file_pointer file(std::fopen(path.c_str(), "wb"));
    const bool written = file &&
                         std::fwrite(text.data(), 1, text.size(), file.get()) == text.size() &&
                         std::fflush(file.get()) == 0;
    return written ? std::string() : path + ": cannot be written: " + system_error_text();
}

}  // namespace

std::string write_text_file(const std::string& name, std::string_view text) {
    std::error_code none;
    const std::filesystem::file_status there = std::filesystem::status(name, none);
    if (std::filesystem::exists(there) && !std::filesystem::is_regular_file(there)) {
        return write_in_place(name, text);
    }
    // A link stays one.
    const std::string path = std::filesystem::is_symlink(name, none)
                                 ? std::filesystem::weakly_canonical(name, none).string()
                                 : name;
    const std::string partial = path + ".partial";
    file_pointer file(std::fopen(partial.c_str(), "wb"));
    if (!file) {
        return path + ": cannot be written: " + system_error_text();
    }
    const bool written = std::fwrite(text.data(), 1, text.size(), file.get()) == text.size() &&
                         std::fflush(file.get()) == 0;
    const std::string why = written ? std::string() : system_error_text();
    const bool closed = std::fclose(file.release()) == 0;
    if (!written || !closed || std::rename(partial.c_str(), path.c_str()) != 0) {
        const std::string reason = why.empty() ? system_error_text() : why;
        std::remove(partial.c_str());
        return path + ": cannot be written: " + reason;
    }
    return {};
}

std::string read_text_file(const std::string& path, const std::string& what, std::string& text) {
    const file_pointer file(std::fopen(path.c_str(), "rb"));
    if (!file) {
        return path + ": cannot be read: " + system_error_text();
    }
    text.clear();
    std::array<char, 65536> buffer{};
    while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), file.get())) {
        text.append(buffer.data(), count);
        if (text.size() > largest_file) {
            return path + ": expected " + what + " of at most 1 GiB";
        }
    }
    if (std::ferror(file.get()) != 0) {
        return path + ": cannot be read: " + system_error_text();
    }
    return {};
}

}  // namespace heddle::sim::detail
