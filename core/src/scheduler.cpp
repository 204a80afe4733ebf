// SPDX-License-Identifier: BSL-1.0
#include <heddle/scheduler.hpp>

#include <heddle/detail/invariant.hpp>

namespace heddle {

// Not in the header, where g++ would take it for what the loop calls most often.
next_event scheduler::take_ready(std::span<runnable* const> ready) {
    const std::size_t option = ready.size() > 1 ? pick(ready) : 0;
    HEDDLE_INVARIANT(option < ready.size(), "a scheduler picks one of its options");
    return {option, about_to_run(*ready[option])};
}

std::size_t scheduler::pick_of_crowd(crowd&) {
    HEDDLE_INVARIANT(false, "only who asks for crowds is handed one");
    return 0;
}

}  // namespace heddle
