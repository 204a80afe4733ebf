// SPDX-License-Identifier: BSL-1.0
#include <heddle/sim/traced_run.hpp>

#include <algorithm>
#include <set>

#include <heddle/errors.hpp>
#include <heddle/sim/report.hpp>

#include "picture.hpp"

namespace heddle::sim {

namespace {

const run_trace& trace_of(const run_record& run, const char* who) {
    if (!run.trace) {
        throw usage_error(std::string(who) + ": this run was not traced");
    }
    return *run.trace;
}

traced_run cut(const run_record& run, std::size_t first) {
    const std::vector<step_record>& all = run.trace->steps;
    traced_run result;
    const std::size_t count = std::min(all.size() - first, most_steps_kept);
    result.before = first;
    result.after = all.size() - first - count;
    for (std::size_t i = first; i < first + count; ++i) {
        result.steps.push_back(all[i]);
        result.steps.back().passed_over.clear();
        result.steps.back().passed_over.shrink_to_fit();
    }
    result.failed = run.failed;
    result.ended = run.ended;
    return result;
}

std::string padded(std::string text, std::size_t width, bool right) {
    const std::string space(width - std::min(width, detail::columns_of(text)), ' ');
    return right ? space + text : text + space;
}

}  // namespace

traced_run last_steps(const run_record& run) {
    const std::size_t count = trace_of(run, "last_steps").steps.size();
    return cut(run, count - std::min(count, most_steps_kept));
}

traced_run steps_beside(const traced_run& shown, const run_record& run) {
    const std::vector<step_record>& all = trace_of(run, "steps_beside").steps;
    if (shown.before == 0) {
        return cut(run, 0);
    }
    std::set<std::uint64_t> events;
    for (const step_record& step : shown.steps) {
        events.insert(step.event);
    }
    const auto first = std::find_if(all.begin(), all.end(), [&](const step_record& step) {
        return events.contains(step.event);
    });
    return cut(run, first == all.end() ? 0 : static_cast<std::size_t>(first - all.begin()));
}

std::string log_of(const run_record& run) {
    trace_of(run, "log_of");
    const traced_run shown = last_steps(run);
    std::string text;
    if (shown.before > 0) {
        text += "... " + std::to_string(shown.before) + " steps before\n";
    }
    std::size_t time_width = 0;
    std::size_t what_width = 0;
    constexpr std::size_t widest = 60;
    for (const step_record& step : shown.steps) {
        time_width = std::max(time_width, text_of(step.when - time_point{}).size());
        what_width = std::max(what_width, std::min(detail::columns_of(text_of(step)), widest));
    }
    const std::size_t number_width = std::to_string(shown.before + shown.steps.size()).size();
    for (std::size_t i = 0; i < shown.steps.size(); ++i) {
        const step_record& step = shown.steps[i];
        std::string line = padded(std::to_string(shown.before + i + 1), number_width, true) + "  " +
                           padded(text_of(step.when - time_point{}), time_width, true) + "  " +
                           padded(text_of(step), what_width, false);
        if (const std::string place = detail::place_of(step); !place.empty()) {
            line += "  " + place;
        }
        if (step.stalled != duration{}) {
            line += "  took " + text_of(step.stalled);
        }
        if (step.woken_by != 0) {
            line += "  (from " + std::to_string(step.woken_by) + ")";
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + "\n";
    }
    text += "ended at " + text_of(run.ended - time_point{}) + ": " +
            (run.failed ? run.failed->message : std::string("passes")) + "\n";
    return text;
}

}  // namespace heddle::sim
