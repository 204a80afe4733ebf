// SPDX-License-Identifier: BSL-1.0
#include "twice.hpp"

#include <algorithm>
#include <string>

#include <heddle/sim/report.hpp>

#include "archive.hpp"
#include "numbered_runs.hpp"
#include "worker.hpp"

namespace heddle::sim::detail {

namespace {

run_record made_in(surroundings where, simulation& one, const program& main,
                   const campaign_options& options, const run_room& room, std::uint64_t schedule) {
    const answer got = ask_child(
        [&](const reply& say) {
            if (where == surroundings::other) {
                move_to_other_surroundings();
            }
            run_watch watch = room.watch();
            one.watch(&watch);
            numbered_runs runs(one, main, options.explore);
            say(to_bytes(runs.run(schedule, true)));
        },
        room.signs(), options.hang);
    if (got.bytes) {
        return from_bytes<run_record>(*got.bytes);
    }
    run_record died;
    died.failed = got.died;
    died.steps = room.signs().steps.load();
    return died;
}

std::string shown(const step_record& step) {
    std::string text = text_of(step) + " at " + text_of(step.when - time_point{});
    if (!step.file.empty()) {
        text += " (" + step.file.substr(step.file.find_last_of('/') + 1) + ":" +
                std::to_string(step.line) + ")";
    }
    return text;
}

bool same_step(const step_record& a, const step_record& b) {
    return a.event == b.event && a.when == b.when && a.stalled == b.stalled;
}

std::string outcome(const run_record& run) {
    return run.failed ? "fails: " + run.failed->message : "passes";
}

bool same_outcome(const run_record& a, const run_record& b) {
    return a.failed ? b.failed && a.failed->same_as(*b.failed) : !b.failed;
}

/// What is different, and where; empty if nothing is.
std::string difference(const run_record& here, const run_record& there, failure& place) {
    static const std::vector<step_record> none;
    const auto& a = here.trace ? here.trace->steps : none;
    const auto& b = there.trace ? there.trace->steps : none;
    const std::size_t common = std::min(a.size(), b.size());
    std::size_t i = 0;
    while (i < common && same_step(a[i], b[i])) {
        ++i;
    }
    if (here.trace && there.trace && (i < a.size() || i < b.size())) {
        const step_record& first = i < a.size() ? a[i] : b[i];
        place.file = first.file;
        place.line = first.line;
        const std::string ended = "none: it has ended";
        return "step " + std::to_string(i + 1) + " is " + (i < a.size() ? shown(a[i]) : ended) +
               "; in the other process it is " + (i < b.size() ? shown(b[i]) : ended);
    }
    if (!same_outcome(here, there)) {
        return "it " + outcome(here) + "; in the other process it " + outcome(there);
    }
    if (here.digest != there.digest || here.steps != there.steps) {
        return "its digest is another one";
    }
    return {};
}

}  // namespace

std::optional<failure> difference_in(simulation& one, const program& main,
                                     const campaign_options& options, const run_room& room,
                                     std::uint64_t schedule) {
    const run_record here = made_in(surroundings::plain, one, main, options, room, schedule);
    const run_record there = made_in(surroundings::other, one, main, options, room, schedule);
    failure result;
    const std::string what = difference(here, there, result);
    if (what.empty()) {
        return std::nullopt;
    }
    result.what = failure_class::nondeterminism;
    result.message =
        "this run goes another way in a second process, where memory lies elsewhere and has "
        "something else in it:\n" +
        what;
    return result;
}

}  // namespace heddle::sim::detail
