// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <stdexcept>

namespace heddle {

/// An Asio operation that a task awaits with use_task will never complete: its handler was destroyed
/// without being called. Its io_context is gone, or it has a bug.
class operation_abandoned : public std::runtime_error {
public:
    operation_abandoned()
        : std::runtime_error(
              "the Asio operation was abandoned: its handler was destroyed without being called") {}
};

}  // namespace heddle
