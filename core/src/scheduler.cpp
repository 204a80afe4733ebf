// SPDX-License-Identifier: BSL-1.0
#include <heddle/scheduler.hpp>

#include <heddle/detail/invariant.hpp>
#include <heddle/ready_events.hpp>

namespace heddle {

void scheduler::run_ready(ready_events& events) {
    do {
        const auto options = events.options();
        const std::size_t index = options.size() > 1 ? pick(options) : 0;
        HEDDLE_INVARIANT(index < options.size(), "a scheduler picks one of its options");
        // It is told before the event leaves its queue: if that throws, nothing is lost.
        events.run(index, about_to_run(*options[index]));
    } while (events.go_on());
}

std::size_t scheduler::pick_of_crowd(crowd&) {
    HEDDLE_INVARIANT(false, "only who asks for crowds is handed one");
    return 0;
}

}  // namespace heddle
