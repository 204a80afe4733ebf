// SPDX-License-Identifier: BSL-1.0
//
// How a loop is made, and how its tasks start.
#pragma once

#include <cstdint>

#include <heddle/frame_memory.hpp>

namespace heddle {

struct loop_options {
    frame_memory_options memory;
    bool debug = false;  ///< see event_loop::set_debug
};

/// When the first step of a task runs: as soon as its turn comes, or at once, inside create_task.
enum class task_start : std::uint8_t { loop_default, queued, eager };

}  // namespace heddle
