// SPDX-License-Identifier: BSL-1.0
#include "forked_runner.hpp"

#include <utility>

#include <heddle/sim/report.hpp>

#include "archive.hpp"
#include "numbered_runs.hpp"

namespace heddle::sim::detail {

forked_runner::forked_runner(simulation& one, const program& main, duration hang)
    : one_(one), main_(main), hang_(hang), room_(one.limits()) {}

const run_record& forked_runner::run(strategy& chooser, level allowed, bool traced) {
    const answer got = ask_child(
        [&](const reply& say) {
            run_watch watch = room_.watch();
            one_.watch(&watch);
            say(to_bytes(one_.run(main_, chooser, allowed, traced)));
        },
        room_.signs(), hang_);
    if (got.bytes) {
        record_ = from_bytes<run_record>(*got.bytes);
        return record_;
    }
    record_ = {};
    record_.failed = got.died;
    record_.choices = room_.taken();
    record_.steps = room_.signs().steps.load();
    if (traced) {
        trace_until_death(chooser, allowed);
    }
    return record_;
}

/// The child that died has taken its trace with it. Another one stops where that one died, right
/// before the step that was its last, and tells of it.
void forked_runner::trace_until_death(strategy& chooser, level allowed) {
    record_.trace.emplace();
    if (record_.steps == 0) {
        return;
    }
    const answer got = ask_child(
        [&](const reply& say) {
            run_watch watch = room_.watch();
            watch.stop_before(record_.steps,
                              [&](const run_record& until_now) { say(to_bytes(until_now)); });
            one_.watch(&watch);
            static_cast<void>(one_.run(main_, chooser, allowed, true));
        },
        room_.signs(), hang_);
    if (!got.bytes) {
        return;
    }
    record_.trace = from_bytes<run_record>(*got.bytes).trace;
    if (record_.trace && !record_.trace->steps.empty()) {
        const step_record& last = record_.trace->steps.back();
        record_.failed->message += "\nin " + text_of(last);
        if (!last.file.empty()) {
            record_.failed->message += " (" + last.file.substr(last.file.find_last_of('/') + 1) +
                                       ":" + std::to_string(last.line) + ")";
        }
    }
}

timing_search forked_runner::search(const explore_options& options, const failure& wanted) {
    const std::uint64_t before = room_.signs().runs.load();
    const answer got = ask_child(
        [&](const reply& say) {
            run_watch watch = room_.watch();
            one_.watch(&watch);
            say(to_bytes(search_timings(one_, main_, options, wanted)));
        },
        room_.signs(), hang_);
    if (got.bytes) {
        return from_bytes<timing_search>(*got.bytes);
    }
    timing_search result;
    result.runs = room_.signs().runs.load() - before;
    if (got.died.same_as(wanted)) {
        result.answer = timing_answer::yes;
        result.failing = tape_of(options, level::timing, 0, room_.taken());
    }
    return result;
}

}  // namespace heddle::sim::detail
