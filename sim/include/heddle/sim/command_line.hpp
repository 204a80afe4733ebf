// SPDX-License-Identifier: BSL-1.0
//
// What command lines of programs that explore have in common, whoever parses them: "--name=value",
// each with one clear line for what cannot be understood, and names of files and words of a shell.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include <heddle/time.hpp>

namespace heddle::sim {

/// Options that cannot be followed: what() is one line.
class option_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// "--name=value", taken apart.
class option {
public:
    explicit option(std::string_view argument) noexcept;
    [[nodiscard]] std::string_view argument() const noexcept { return argument_; }
    [[nodiscard]] std::string_view name() const noexcept { return name_; }

    // These throw option_error if there is no value, or not such a one.
    [[nodiscard]] std::string_view value() const;
    [[nodiscard]] std::uint64_t number(
        std::uint64_t least, std::uint64_t most = std::numeric_limits<std::uint64_t>::max()) const;
    /// "1.5": with nine decimals at most, above zero, at most a thousand million.
    [[nodiscard]] duration seconds() const;
    /// `what` is what names them together: "strategy".
    [[nodiscard]] std::string_view one_of(std::span<const std::string_view> names,
                                          std::string_view what) const;
    [[nodiscard]] bool yes_or_no() const;
    /// For one that has no value.
    void has_none() const;

private:
    [[noreturn]] void refuse(const std::string& expected) const;

    std::string_view argument_;
    std::string_view name_;
    std::string_view value_;
    bool has_value_;
};

/// "1 run", "2 runs".
[[nodiscard]] std::string counted(std::uint64_t count, std::string_view one,
                                  std::string_view several);

/// "a, b, c".
[[nodiscard]] std::string joined(std::span<const std::string_view> words);

/// As one word of a shell's command.
[[nodiscard]] std::string quoted(std::string_view word);

/// Where the tape of a failure of `program` is written: in `folder`, or in the current one if that
/// is empty.
[[nodiscard]] std::string tape_file(std::string_view folder, std::string_view program);

}  // namespace heddle::sim
