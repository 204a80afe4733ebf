// SPDX-License-Identifier: BSL-1.0
#include "replayed.hpp"

#include <set>
#include <utility>

#include <heddle/sim/report.hpp>

namespace heddle::boost_test::detail {

namespace {

using sim::deviation;
using sim::run_trace;
using sim::step_record;

deviation deviating(deviation::sort what, const step_record& event, const std::string& how) {
    deviation result;
    result.what = what;
    result.event = event.event;
    result.text =
        "at " + sim::text_of(event.when - time_point{}) + "   " + sim::text_of(event) + how;
    result.file = event.file;
    result.line = event.line;
    return result;
}

/// What was passed over waited for what ran just before it.
deviation held(const run_trace& trace, std::uint64_t event, const step_record* before) {
    const std::string until = before != nullptr ? sim::text_of(*before) : "nothing";
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
                deviating(deviation::sort::stall, step, " took " + sim::text_of(step.stalled)));
        }
        before = &step;
    }
    for (const std::uint64_t pending : passed_over) {
        result.push_back(held(trace, pending, before));
    }
    for (const sim::oversleep_record& late : trace.oversleeps) {
        deviation each;
        each.what = deviation::sort::oversleep;
        each.event = late.wait;
        each.text = "at " + sim::text_of(late.deadline - time_point{}) + "   the loop woke up " +
                    sim::text_of(late.late) + " late";
        result.push_back(std::move(each));
    }
    return result;
}

}  // namespace

sim::exploration as_found(const sim::tape& recorded, const sim::run_record& run,
                          const sim::failure& failed, std::uint64_t asked) {
    sim::exploration result;
    result.name = recorded.program;
    result.seed = recorded.seed;
    result.asked = asked;
    result.schedules = recorded.schedule + 1;
    sim::finding& found = result.found.emplace();
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
    const bool by_timing = recorded.allowed != sim::level::any || found.minimal.empty();
    found.timing = by_timing ? sim::timing_answer::yes : sim::timing_answer::not_found;
    return result;
}

}  // namespace heddle::boost_test::detail
