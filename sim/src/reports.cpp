// SPDX-License-Identifier: BSL-1.0
#include <heddle/sim/reports.hpp>

#include <array>
#include <cstdio>
#include <string>

#include <heddle/sim/report.hpp>

#include "json.hpp"
#include "picture.hpp"
#include "text_file.hpp"
#include "tracks.hpp"

namespace heddle::sim {

namespace {

using detail::json_writer;
using detail::tracks;

std::string hex(std::uint64_t number) {
    std::array<char, 24> text{};
    std::snprintf(text.data(), text.size(), "0x%016llx", static_cast<unsigned long long>(number));
    return text.data();
}

std::string_view name_of(timing_answer answer) {
    switch (answer) {
        case timing_answer::yes:
            return "yes";
        case timing_answer::not_found:
            return "not found";
        case timing_answer::no:
            return "no";
    }
    return "unknown";
}

void write_place(json_writer& out, const std::string& file, std::uint32_t line) {
    if (line == 0) {
        out.key("file").null().key("line").null();
    } else {
        out.member("file", file).member("line", std::uint64_t{line});
    }
}

void write_finding(json_writer& out, const finding& found, std::string_view replay_command) {
    const failure& shown = found.reduced ? found.minimal_failure : found.what;
    out.open_object().member("class", sim::name_of(shown.what)).member("message", shown.message);
    write_place(out, shown.file, shown.line);
    if (found.what.what != failure_class::coverage) {
        out.member("schedule", found.schedule);
        out.key("strategy");
        found.strategy.empty() ? out.null() : out.value(found.strategy);
        out.member("digest", hex(found.digest));
    }
    if (found.reduced) {
        out.member("minimising_runs", found.replays).key("deviations").open_array();
        for (const deviation& each : found.minimal) {
            out.new_line().open_object().member("kind", sim::name_of(each.what));
            out.member("text", each.text);
            write_place(out, each.file, each.line);
            out.close_object();
        }
        out.close_array().new_line().key("by_timing_alone").open_object();
        const bool asked = found.timing != timing_answer::not_found || found.timing_runs > 0;
        out.member("answer", asked ? name_of(found.timing) : "not asked");
        out.member("runs", found.timing_runs).close_object();
    }
    out.key("command");
    replay_command.empty() ? out.null() : out.value(replay_command);
    out.close_object();
}

// ---- the trace -----------------------------------------------------------------------------

void write_name(json_writer& out, std::uint64_t process, std::uint64_t track, const char* what,
                std::string_view name) {
    out.new_line().open_object().member("ph", "M").member("pid", process).member("tid", track);
    out.member("name", what).key("args").open_object().member("name", name).close_object();
    out.close_object();
}

void write_order(json_writer& out, std::uint64_t process, std::uint64_t track) {
    out.new_line().open_object().member("ph", "M").member("pid", process).member("tid", track);
    out.member("name", "thread_sort_index").key("args").open_object();
    out.member("sort_index", track).close_object().close_object();
}

/// One run as a process of the trace. Step number n lasts from n to n + 1 microseconds.
class traced_process {
public:
    traced_process(json_writer& out, std::uint64_t process, const traced_run& run,
                   const tracks& lines, const std::vector<deviation>& minimal)
        : out_(out), process_(process), run_(run), lines_(lines), minimal_(minimal) {}

    void write(std::string_view title, std::uint64_t& flows) {
        write_name(out_, process_, 0, "process_name", title);
        for (std::size_t i = 0; i < lines_.names().size(); ++i) {
            write_name(out_, process_, i, "thread_name", lines_.names()[i]);
            write_order(out_, process_, i);
        }
        for (std::size_t i = 0; i < run_.steps.size(); ++i) {
            const step_record& step = run_.steps[i];
            write_slice(step, run_.before + i + 1);
            if (const step_record* const waker = detail::waker_of(step, run_)) {
                ++flows;
                write_end_of_flow("s", flows, *waker, step.woken_by, ".5");
                write_end_of_flow("f", flows, step, run_.before + i + 1, ".25");
            }
        }
    }

private:
    void write_slice(const step_record& step, std::uint64_t number) {
        const std::string place = detail::place_of(step);
        std::string name = detail::who_of(step);
        if (step.task != 0) {
            name = place.empty() ? "begins" : place;
        }
        begin("X", step, number, "").member("dur", std::uint64_t{1}).member("cat", "step");
        out_.member("name", name).key("args").open_object();
        out_.member("step", number).member("what", text_of(step));
        out_.member("virtual_time", text_of(step.when - time_point{}));
        if (!place.empty()) {
            out_.member("place", step.file + ":" + std::to_string(step.line));
        }
        if (step.stalled != duration{}) {
            out_.member("took", text_of(step.stalled));
        }
        if (step.woken_by != 0) {
            out_.member("scheduled_by_step", step.woken_by);
        }
        if (detail::deviates(step, minimal_)) {
            out_.member("deviates_from_fifo", true);
        }
        out_.close_object().close_object();
    }

    void write_end_of_flow(const char* phase, std::uint64_t flow, const step_record& step,
                           std::uint64_t number, std::string_view fraction) {
        begin(phase, step, number, fraction).member("cat", "schedules");
        out_.member("name", "schedules").member("id", flow);
        if (*phase == 'f') {
            out_.member("bp", "e");
        }
        out_.close_object();
    }

    json_writer& begin(const char* phase, const step_record& step, std::uint64_t number,
                       std::string_view fraction) {
        out_.new_line().open_object().member("ph", phase).member("pid", process_);
        out_.member("tid", std::uint64_t{lines_.of(step)});
        return out_.key("ts").raw(std::to_string(number) + std::string(fraction));
    }

    json_writer& out_;
    std::uint64_t process_;
    const traced_run& run_;
    const tracks& lines_;
    const std::vector<deviation>& minimal_;
};

bool ends_in(std::string_view path, std::string_view end) {
    return path.size() > end.size() && path.ends_with(end) &&
           path[path.size() - end.size() - 1] != '/';
}

}  // namespace

std::string json_of(const exploration& result, std::string_view replay_command) {
    json_writer out;
    out.open_object().member("format", "heddle report 1").new_line();
    out.member("name", result.name).member("seed", result.seed).member("asked", result.asked);
    out.member("schedules", result.schedules).member("steps", result.steps);
    out.member("digest", hex(result.digest)).new_line().key("coverage").open_array();
    for (const covered_point& each : result.coverage) {
        out.new_line().open_object().member("label", each.label);
        write_place(out, each.file, each.line);
        out.member("conditional", each.conditional).member("runs", each.runs);
        out.member("held", each.held).member("passed", each.passed).close_object();
    }
    out.close_array().new_line().key("failure");
    if (result.found) {
        write_finding(out, *result.found, replay_command);
    } else {
        out.null();
    }
    out.close_object();
    return out.text() + "\n";
}

std::string trace_of(const exploration& result) {
    json_writer out;
    out.open_object().member("displayTimeUnit", "ns").key("traceEvents").open_array();
    if (result.found && result.found->minimal_run) {
        const finding& found = *result.found;
        tracks lines;
        lines.add(*found.minimal_run);
        if (found.fifo_run) {
            lines.add(*found.fifo_run);
        }
        std::uint64_t flows = 0;
        traced_process(out, 1, *found.minimal_run, lines, found.minimal)
            .write("minimal schedule: fails", flows);
        if (found.fifo_run) {
            const std::vector<deviation> none;
            traced_process(out, 2, *found.fifo_run, lines, none)
                .write(found.fifo_run->failed ? "FIFO: fails too" : "FIFO: passes", flows);
        }
    }
    out.close_array().new_line().key("otherData").open_object();
    out.member("name", result.name).member("steps", "each takes no virtual time, shown as 1 us");
    out.close_object().close_object();
    return out.text() + "\n";
}

void check_report_name(const std::string& path) {
    if (!ends_in(path, ".json") && !ends_in(path, ".html")) {
        throw report_error(path + ": expected a name that ends in .json, .trace.json or .html");
    }
}

void write_report(const std::string& path, const exploration& result,
                  std::string_view replay_command) {
    check_report_name(path);
    const std::string text = ends_in(path, ".trace.json") ? trace_of(result)
                             : ends_in(path, ".json")     ? json_of(result, replay_command)
                                                          : page_of(result, replay_command);
    if (const std::string why = detail::write_text_file(path, text); !why.empty()) {
        throw report_error(why);
    }
}

}  // namespace heddle::sim
