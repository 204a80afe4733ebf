// SPDX-License-Identifier: BSL-1.0
//
// How many threads this process has: some parts of Asio start one behind one's back.
#pragma once

#include <cstddef>
#include <filesystem>
#include <iterator>

namespace heddle_test {

inline std::ptrdiff_t thread_count() {
    return std::distance(std::filesystem::directory_iterator("/proc/self/task"),
                         std::filesystem::directory_iterator());
}

}  // namespace heddle_test
