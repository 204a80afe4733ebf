// SPDX-License-Identifier: BSL-1.0
#include "describe.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include <heddle/sim/replayed.hpp>
#include <heddle/sim/report.hpp>
#include <heddle/sim/traced_run.hpp>

#include "picture.hpp"

namespace heddle::sim {

namespace detail {

namespace {

using deviations = std::vector<deviation>;

std::string at(time_point when) { return "at " + text_of(when - time_point{}) + "   "; }

void describe_place(deviation& each, const step_record& event) {
    each.file = event.file;
    each.line = event.line;
}

/// What a done callback of the library hears of is a task's end.
std::string text_of_until(const step_record& until) {
    constexpr std::string_view before = "'s callback for ";
    const std::size_t place = until.label.find(before);
    if (until.kind == event_kind::done_callback && until.line == 0 && place != std::string::npos) {
        return one_line("the end of " + until.label.substr(place + before.size()));
    }
    return text_of(until);
}

void describe_hold(deviation& each, const run_trace& trace) {
    const auto held = trace.seen.find(each.event);
    const auto until = trace.seen.find(each.until);
    if (held == trace.seen.end()) {
        each.text = "an event that never became ready waited";
        return;
    }
    const std::string who = each.what == deviation::sort::hold_site
                                ? "all like " + text_of(held->second) + " waited "
                                : text_of(held->second) + " waited ";
    // What is held back for an event that never comes goes on when nothing else is ready.
    each.text = at(held->second.when) + who +
                (until != trace.seen.end() ? "for " + text_of_until(until->second)
                                           : std::string("behind everything else"));
    describe_place(each, held->second);
}

void describe_early(deviation& each, const run_trace& trace) {
    if (const auto finished = trace.seen.find(each.event); finished != trace.seen.end()) {
        each.text = at(finished->second.when) + text_of(finished->second) + " came before its turn";
        describe_place(each, finished->second);
    }
}

std::string ordinal(std::uint64_t number) {
    const std::uint64_t tens = number / 10 % 10;
    const std::uint64_t last = tens == 1 ? 0 : number % 10;
    return std::to_string(number) + (last == 1 ? "st" : last == 2 ? "nd" : last == 3 ? "rd" : "th");
}

void describe_cancel(deviation& each, const run_trace& trace) {
    for (const cancel_record& done : trace.cancellations) {
        if (done.event == each.event) {
            each.text = at(done.when) + done.task + " was cancelled at its " +
                        ordinal(done.awaits) + " await";
            each.file = done.file;
            each.line = done.line;
        }
    }
}

const char* text_of_pick(choice_kind kind) {
    return kind == choice_kind::order    ? " ran before its turn"
           : kind == choice_kind::cancel ? " ran, and its task was cancelled"
                                         : " took longer";
}

void describe_delay(deviation& each, const run_trace& trace) {
    if (each.what == deviation::sort::oversleep) {
        for (const oversleep_record& late : trace.oversleeps) {
            if (late.wait == each.event) {
                each.text = at(late.deadline) + "the loop woke up " + text_of(late.late) + " late";
            }
        }
        return;
    }
    for (const step_record& step : trace.steps) {
        if (step.event == each.event) {
            each.text = at(step.when) + text_of(step) + " took " + text_of(step.stalled);
            describe_place(each, step);
        }
    }
}

}  // namespace

deviations derive_constraints(const run_trace& trace) {
    deviations result;
    std::set<std::uint64_t> passed_over;
    std::uint64_t before = 0;
    for (const step_record& step : trace.steps) {
        passed_over.insert(step.passed_over.begin(), step.passed_over.end());
        if (passed_over.erase(step.event) != 0) {
            result.push_back(make_deviation(deviation::sort::hold, step.event, before, 0));
        }
        if (step.stall_option != 0) {
            result.push_back(
                make_deviation(deviation::sort::stall, step.event, 0, step.stall_option));
        }
        if (step.cancelled) {
            result.push_back(make_deviation(deviation::sort::cancel, step.event, 0, 1));
        }
        before = step.event;
    }
    for (const std::uint64_t pending : passed_over) {
        result.push_back(make_deviation(deviation::sort::hold, pending, before, 0));
    }
    for (const early_finish& early : trace.finished_early) {
        result.push_back(make_deviation(deviation::sort::early, early.event, early.after, 0));
    }
    for (const oversleep_record& late : trace.oversleeps) {
        result.push_back(make_deviation(deviation::sort::oversleep, late.wait, 0, late.option));
    }
    return result;
}

void sort_by_time(deviations& all, const run_trace& trace) {
    std::map<std::uint64_t, std::size_t> places;  // of events among the steps
    for (std::size_t i = 0; i < trace.steps.size(); ++i) {
        places.emplace(trace.steps[i].event, i);
    }
    std::vector<std::tuple<time_point, std::size_t, std::size_t>> order;
    for (std::size_t i = 0; i < all.size(); ++i) {
        time_point when = never;
        std::size_t place = trace.steps.size();
        if (all[i].what == deviation::sort::oversleep) {
            for (const oversleep_record& late : trace.oversleeps) {
                when = late.wait == all[i].event ? late.deadline : when;
            }
        } else if (const auto seen = trace.seen.find(all[i].event); seen != trace.seen.end()) {
            when = seen->second.when;
            const auto found = places.find(all[i].event);
            place = found != places.end() ? found->second : place;
        }
        order.emplace_back(when, place, i);
    }
    std::sort(order.begin(), order.end());
    deviations sorted;
    for (const auto& [when, place, i] : order) {
        sorted.push_back(std::move(all[i]));
    }
    all = std::move(sorted);
}

void describe_deviations(deviations& all, const run_trace& trace,
                         const std::vector<choice>& choices) {
    for (deviation& each : all) {
        switch (each.what) {
            case deviation::sort::hold:
            case deviation::sort::hold_site:
                describe_hold(each, trace);
                break;
            case deviation::sort::early:
                describe_early(each, trace);
                break;
            case deviation::sort::stall:
            case deviation::sort::oversleep:
                describe_delay(each, trace);
                break;
            case deviation::sort::cancel:
                describe_cancel(each, trace);
                break;
            case deviation::sort::pick: {
                const std::size_t entry = static_cast<std::size_t>(each.event);
                each.text = "entry " + std::to_string(entry + 1) + " of the tape took option " +
                            std::to_string(each.option + 1);
                if (entry < choices.size()) {
                    for (const auto& [id, seen] : trace.seen) {
                        if (static_cast<std::uint32_t>(id >> 32) == choices[entry].label) {
                            each.text =
                                at(seen.when) + text_of(seen) + text_of_pick(choices[entry].kind);
                            describe_place(each, seen);
                        }
                    }
                }
                break;
            }
        }
    }
}

}  // namespace detail

std::vector<deviation> deviations_of(const run_trace& trace) {
    std::vector<deviation> result = detail::derive_constraints(trace);
    detail::sort_by_time(result, trace);
    detail::describe_deviations(result, trace, {});
    return result;
}

run_record replay_edited(const program& main, const tape& recorded, const explore_options& options,
                         std::string& why) {
    if (recorded.departures.empty()) {
        throw replay_error(why);
    }
    departed_run result = replay_departures(main, recorded, options);
    why += "; replayed as FIFO except what the tape was made minimal to";
    if (result.unknown > 0) {
        why += " (of which " + std::to_string(result.unknown) + " of " +
               std::to_string(recorded.departures.size()) +
               " names an event that there is no more)";
    }
    return std::move(result.run);
}

tape fifo_tape(const tape& recorded) {
    tape result = recorded;
    result.choices.clear();
    return result;
}

exploration as_found(const tape& recorded, const run_record& run, const run_record* fifo,
                     std::uint64_t asked) {
    exploration result;
    result.name = recorded.program;
    result.seed = recorded.seed;
    result.asked = asked;
    result.schedules = recorded.schedule + 1;
    if (!run.failed) {
        return result;
    }
    finding& found = result.found.emplace();
    found.what = *run.failed;
    found.reduced = true;
    found.minimal_failure = *run.failed;
    found.schedule = recorded.schedule;
    found.digest = run.digest;
    found.full = recorded;
    found.minimal_tape = recorded;
    if (run.trace) {
        found.minimal = deviations_of(*run.trace);
        found.minimal_run = last_steps(run);
        if (fifo != nullptr && !found.minimal.empty()) {
            found.fifo_run = steps_beside(*found.minimal_run, *fifo);
        }
    }
    found.as_it_was = recorded.departures.empty() && !found.minimal.empty();
    const bool by_timing = recorded.allowed != level::any || found.minimal.empty();
    found.timing = by_timing ? timing_answer::yes : timing_answer::not_found;
    return result;
}

}  // namespace heddle::sim
