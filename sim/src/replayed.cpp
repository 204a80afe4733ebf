// SPDX-License-Identifier: BSL-1.0
#include <heddle/sim/replayed.hpp>

#include <set>
#include <utility>

#include <heddle/sim/report.hpp>

namespace heddle::sim {

namespace {

deviation deviating(deviation::sort what, const step_record& event, const std::string& how) {
    deviation result;
    result.what = what;
    result.event = event.event;
    result.text = "at " + text_of(event.when - time_point{}) + "   " + text_of(event) + how;
    result.file = event.file;
    result.line = event.line;
    return result;
}

/// What was passed over waited for what ran just before it.
deviation held(const run_trace& trace, std::uint64_t event, const step_record* before) {
    const std::string until = before != nullptr ? text_of(*before) : "nothing";
    return deviating(deviation::sort::hold, trace.seen.at(event), " waited for " + until);
}

std::vector<deviation> deviations_of(const run_trace& trace) {
    std::vector<deviation> result;
    std::set<std::uint64_t> passed_over;
    const step_record* before = nullptr;
    for (const step_record& step : trace.steps) {
        passed_over.insert(step.passed_over.begin(), step.passed_over.end());
        if (passed_over.erase(step.event) != 0) {
            result.push_back(held(trace, step.event, before));
        }
        if (step.stall_option != 0) {
            result.push_back(
                deviating(deviation::sort::stall, step, " took " + text_of(step.stalled)));
        }
        before = &step;
    }
    for (const std::uint64_t pending : passed_over) {
        result.push_back(held(trace, pending, before));
    }
    for (const oversleep_record& late : trace.oversleeps) {
        deviation each;
        each.what = deviation::sort::oversleep;
        each.event = late.wait;
        each.text = "at " + text_of(late.deadline - time_point{}) + "   the loop woke up " +
                    text_of(late.late) + " late";
        result.push_back(std::move(each));
    }
    return result;
}

}  // namespace

exploration as_found(const tape& recorded, const run_record& run, const failure& failed,
                     std::uint64_t asked) {
    exploration result;
    result.name = recorded.program;
    result.seed = recorded.seed;
    result.asked = asked;
    result.schedules = recorded.schedule + 1;
    finding& found = result.found.emplace();
    found.what = failed;
    found.reduced = true;
    found.minimal_failure = failed;
    found.schedule = recorded.schedule;
    found.digest = run.digest;
    found.full = recorded;
    found.minimal_tape = recorded;
    if (run.trace) {
        found.minimal = deviations_of(*run.trace);
    }
    const bool by_timing = recorded.allowed != level::any || found.minimal.empty();
    found.timing = by_timing ? timing_answer::yes : timing_answer::not_found;
    return result;
}

}  // namespace heddle::sim
