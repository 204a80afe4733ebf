// SPDX-License-Identifier: BSL-1.0
//
// The signal handlers of one loop.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <source_location>

#include <heddle/backend.hpp>
#include <heddle/event_loop.hpp>

namespace heddle::detail {

class signal_handlers {
public:
    void add(event_loop& loop, int number, std::function<void()> callback,
             std::source_location place);
    bool remove(int number) { return handlers_.erase(number) > 0; }

private:
    std::map<int, std::unique_ptr<signal_watch>> handlers_;
};

}  // namespace heddle::detail
