// SPDX-License-Identifier: BSL-1.0
//
// Runs the inner program, by a shell in a folder of its own, and keeps what comes out.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>

#include <sys/wait.h>

inline std::string text_of_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        throw std::runtime_error("cannot read " + path.string());
    }
    return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_file(const std::filesystem::path& path, std::string_view text) {
    std::ofstream(path, std::ios::binary) << text;
}

inline std::size_t count(std::string_view text, std::string_view wanted) {
    std::size_t found = 0;
    for (std::size_t at = text.find(wanted); at != std::string_view::npos;
         at = text.find(wanted, at + wanted.size())) {
        ++found;
    }
    return found;
}

struct outcome {
    int status = -1;  ///< of the exit, or 1000 and the signal
    std::string out;
    std::string err;
    /// Both.
    [[nodiscard]] std::string all() const { return out + err; }
};

/// A folder that goes when it does; what it runs, runs in there.
class inner_program {
public:
    explicit inner_program(std::string_view executable = HEDDLE_INNER) : executable_(executable) {
        std::string pattern = (std::filesystem::temp_directory_path() / "heddle-XXXXXX").string();
        if (mkdtemp(pattern.data()) == nullptr) {
            throw std::runtime_error("cannot make a folder for the test");
        }
        folder_ = pattern;
    }
    inner_program(const inner_program&) = delete;
    inner_program& operator=(const inner_program&) = delete;
    ~inner_program() {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }

    [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_; }

    /// `arguments` as a shell reads them; `before` stands before the program, as VAR=value does.
    [[nodiscard]] outcome run(const std::string& arguments, const std::string& before = {}) const {
        return run_command(before + " '" + executable_ + "' --color_output=no " + arguments);
    }

    [[nodiscard]] outcome run_command(const std::string& command) const {
        const int status = std::system(("cd '" + folder_.string() + "' && unset HEDDLE_ARGS && { " +
                                        command + "\n} > .out 2> .err")
                                           .c_str());
        outcome result;
        result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
        result.out = text_of_file(folder_ / ".out");
        result.err = text_of_file(folder_ / ".err");
        return result;
    }

private:
    std::string executable_;
    std::filesystem::path folder_;
};

/// The number of the line of the inner program that ends in "// line: name".
inline std::string line_of(std::string_view name) {
    std::ifstream source(HEDDLE_INNER_SOURCE);
    std::string line;
    for (int number = 1; std::getline(source, line); ++number) {
        if (line.ends_with("// line: " + std::string(name))) {
            return std::to_string(number);
        }
    }
    throw std::runtime_error("the inner program has no line: " + std::string(name));
}
