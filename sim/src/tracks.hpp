// SPDX-License-Identifier: BSL-1.0
//
// The lines of a picture of runs: one for each task, and one for everything else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <heddle/sim/traced_run.hpp>

namespace heddle::sim::detail {

/// Numbers from 0: "the loop", where callbacks, timers and operations are, then tasks as they
/// appear. A task has the same number in every run that is added.
class tracks {
public:
    void add(const traced_run& run) {
        for (const step_record& step : run.steps) {
            if (step.task != 0 && numbers_.try_emplace(step.task, names_.size()).second) {
                names_.push_back(step.label);
            }
        }
    }
    [[nodiscard]] std::size_t of(const step_record& step) const {
        const auto place = numbers_.find(step.task);
        return place == numbers_.end() ? 0 : place->second;
    }
    [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }

private:
    std::map<std::uint64_t, std::size_t> numbers_;
    std::vector<std::string> names_{"the loop"};
};

/// The step that scheduled `step`; null if none did, or it is not among those kept.
[[nodiscard]] inline const step_record* waker_of(const step_record& step, const traced_run& run) {
    const std::uint64_t place = step.woken_by - run.before - 1;  // wraps if it is not there
    return step.woken_by > run.before && place < run.steps.size() ? &run.steps[place] : nullptr;
}

}  // namespace heddle::sim::detail
