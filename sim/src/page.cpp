// SPDX-License-Identifier: BSL-1.0
//
// The page with the picture of a failure. Its data:
//
//   tracks      names; the first is that of all that is no task
//   runs        {title, fails} of the minimal schedule, and of FIFO if that is another run
//   rows        one for each moment: a step of each run, or null. A step: number, track, time,
//               what, place, short (what stands in its box), took, marks (which deviations it is),
//               by (the step that led to it, through what the library does itself), from (what that
//               is) and last (it failed there)
//   deviations  {text}
#include <heddle/sim/reports.hpp>

#include <algorithm>
#include <string>

#include <heddle/sim/report.hpp>

#include "json.hpp"
#include "page_parts.hpp"
#include "picture.hpp"
#include "tracks.hpp"

namespace heddle::sim {

namespace {

using detail::escaped_html;
using detail::json_writer;
using detail::paired_step;
using detail::tracks;

class page_data {
public:
    explicit page_data(const finding& found)
        : found_(found),
          left_(*found.minimal_run),
          right_(found.fifo_run ? &*found.fifo_run : nullptr) {
        lines_.add(left_);
        if (right_ != nullptr) {
            lines_.add(*right_);
        }
    }

    void write(json_writer& out) const {
        out.key("tracks").open_array();
        for (const std::string& name : lines_.names()) {
            out.value(name);
        }
        out.close_array().key("runs").open_array();
        write_run(out, right_ != nullptr ? "minimal schedule: fails" : "FIFO: fails", true);
        if (right_ != nullptr) {
            write_run(out, right_->failed ? "FIFO: fails too" : "FIFO: passes",
                      right_->failed.has_value());
        }
        out.close_array().key("rows").open_array();
        for (const paired_step& row : detail::pair_up(left_, right_)) {
            const bool shown = (row.left != nullptr && is_shown(*row.left)) ||
                               (row.right != nullptr && is_shown(*row.right));
            if (shown) {
                out.new_line().open_array();
                write_step(out, row.left, left_, true);
                if (right_ != nullptr) {
                    write_step(out, row.right, *right_, false);
                }
                out.close_array();
            }
        }
        out.close_array();
    }

private:
    [[nodiscard]] bool is_shown(const step_record& step) const {
        return !detail::is_internal(step) || detail::deviates(step, found_.minimal);
    }

    /// With which it failed, as far as a reader is concerned.
    [[nodiscard]] const step_record* last_shown(const traced_run& run) const {
        const auto found = std::find_if(run.steps.rbegin(), run.steps.rend(),
                                        [this](const step_record& each) { return is_shown(each); });
        return run.after == 0 && found != run.steps.rend() ? &*found : nullptr;
    }

    static void write_run(json_writer& out, std::string_view title, bool fails) {
        out.open_object().member("title", title).member("fails", fails).close_object();
    }

    void write_step(json_writer& out, const step_record* step, const traced_run& run,
                    bool minimal) const {
        if (step == nullptr) {
            out.null();
            return;
        }
        const auto place = static_cast<std::uint64_t>(step - run.steps.data());
        out.open_object().member("number", run.before + place + 1);
        out.member("track", std::uint64_t{lines_.of(*step)});
        out.member("time", text_of(step->when - time_point{})).member("what", text_of(*step));
        out.member("place", detail::place_of(*step)).member("short", short_text(*step));
        out.member("took", step->stalled != duration{} ? text_of(step->stalled) : std::string());
        out.key("marks").open_array();
        for (std::size_t i = 0; minimal && i < found_.minimal.size(); ++i) {
            if (detail::deviates(*step, {found_.minimal[i]})) {
                out.value(std::uint64_t{i});
            }
        }
        out.close_array();
        write_waker(out, *step, run);
        out.member("last", run.failed.has_value() && step == last_shown(run));
        out.close_object();
    }

    void write_waker(json_writer& out, const step_record& step, const traced_run& run) const {
        std::uint64_t by = step.woken_by;
        const step_record* waker = detail::waker_of(step, run);
        while (waker != nullptr && !is_shown(*waker)) {
            by = waker->woken_by;
            waker = detail::waker_of(*waker, run);
        }
        out.member("by", by);
        out.member("from", waker != nullptr ? text_of(*waker) : std::string());
    }

    /// At most six characters, for a box.
    static std::string short_text(const step_record& step) {
        constexpr std::size_t most = 5;
        if (step.task != 0) {
            const std::string line = ":" + std::to_string(step.line);
            return step.line == 0 ? "begin" : line.size() <= most ? line : "...";
        }
        switch (step.kind) {
            case event_kind::timer:
                return "timer";
            case event_kind::completion:
                return "done";
            case event_kind::job:
                return "job";
            default:
                return "call";
        }
    }

    const finding& found_;
    const traced_run& left_;
    const traced_run* right_;
    tracks lines_;
};

std::string place_in_page(const std::string& file, std::uint32_t line) {
    if (line == 0) {
        return {};
    }
    return "<span class=\"place\" title=\"" + escaped_html(file) + "\">" +
           escaped_html(detail::base_name(file)) + ":" + std::to_string(line) + "</span>";
}

std::string head_of_failure(const exploration& result, const finding& found) {
    const failure& shown = found.replayable() ? found.minimal_failure : found.what;
    std::string text = "<h1>" + escaped_html(result.name);
    if (found.what.what == failure_class::coverage) {
        text += " has not seen all that it must</h1>\n<p class=\"soft\">" +
                std::to_string(result.schedules) + " schedules, seed " +
                std::to_string(result.seed) + "</p>\n";
    } else {
        text += " failed on schedule " + std::to_string(found.schedule) + " of " +
                std::to_string(result.asked) + "</h1>\n<p class=\"soft\">" +
                std::string(name_of(shown.what)) + ", seed " + std::to_string(result.seed);
        text += found.strategy.empty() ? "" : ", found by strategy " + escaped_html(found.strategy);
        text += "</p>\n";
    }
    text += "<pre class=\"message\">" + escaped_html(shown.message) + "</pre>\n";
    return text + "<p>" + place_in_page(shown.file, shown.line) + "</p>\n";
}

std::string list_of_deviations(const finding& found) {
    std::string text = "<h2>The minimal schedule: FIFO everywhere";
    if (found.minimal.empty()) {
        return text + ", nothing has to go differently</h2>\n";
    }
    text += ", except</h2>\n<ol class=\"deviations\">\n";
    for (std::size_t i = 0; i < found.minimal.size(); ++i) {
        const deviation& each = found.minimal[i];
        text += "<li><span class=\"badge\">" + std::to_string(i + 1) + "</span><span>" +
                escaped_html(each.text) + " " + place_in_page(each.file, each.line) +
                "</span></li>\n";
    }
    return text + "</ol>\n";
}

std::string table_of_coverage(const exploration& result) {
    if (result.coverage.empty()) {
        return {};
    }
    std::string text =
        "<h2>Coverage</h2>\n<table><tr><th>point</th><th>in "
        "runs</th><th>times</th><th></th></tr>\n";
    for (const covered_point& each : result.coverage) {
        text += "<tr><td>" + escaped_html(each.label) + "</td><td" +
                (each.runs == 0 ? " class=\"none\"" : "") + ">" + std::to_string(each.runs) +
                " of " + std::to_string(result.schedules) + "</td><td>" +
                std::to_string(each.held) + "</td><td>" + place_in_page(each.file, each.line) +
                "</td></tr>\n";
    }
    return text + "</table>\n";
}

std::string notes_on_picture(const finding& found) {
    std::string text =
        "<p class=\"soft\">Each box is a step, in the order in which they ran, with the line at "
        "which it goes on; steps take no virtual time unless it says so. An arrow leads from what "
        "made a task ready to the task. ";
    text += found.fifo_run
                ? "What stands in one column is the same step in both runs; a grey field "
                  "is a step that this run does not have there. "
                : "";
    text += "Timers of sleeps and what the library does itself are left out.";
    if (found.minimal_run->before > 0) {
        text += " The first " + std::to_string(found.minimal_run->before) + " steps are not shown.";
    }
    return text + "</p>\n";
}

}  // namespace

std::string page_of(const exploration& result, std::string_view replay_command) {
    const finding* const found = result.found ? &*result.found : nullptr;
    const bool drawn = found != nullptr && found->minimal_run.has_value();
    std::string text =
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
        escaped_html(result.name) + "</title>\n<style>" + detail::page_style +
        "</style>\n</head>\n<body>\n";
    if (found != nullptr) {
        text += head_of_failure(result, *found);
    } else {
        text += "<h1>" + escaped_html(result.name) + ": no failure</h1>\n<p class=\"soft\">" +
                std::to_string(result.schedules) + " schedules, seed " +
                std::to_string(result.seed) + "</p>\n";
    }
    json_writer data;
    data.open_object();
    if (drawn) {
        text += list_of_deviations(*found) +
                "<div id=\"picture\"><div id=\"names\"></div><div id=\"scroll\"></div></div>\n" +
                notes_on_picture(*found) +
                "<noscript><p>The picture is drawn by a script.</p></noscript>\n";
        page_data(*found).write(data);
    } else {
        data.key("runs").open_array().close_array();
    }
    data.key("deviations").open_array();
    for (std::size_t i = 0; found != nullptr && i < found->minimal.size(); ++i) {
        data.open_object().member("text", found->minimal[i].text).close_object();
    }
    data.close_array().close_object();
    text += table_of_coverage(result);
    if (found != nullptr) {
        text +=
            "<h2>As text</h2>\n<pre>" + escaped_html(report(result, replay_command)) + "</pre>\n";
    }
    return text + "<div id=\"tip\"></div>\n<script type=\"application/json\" id=\"data\">" +
           data.text() + "</script>\n<script>" + detail::page_script +
           "</script>\n</body>\n</html>\n";
}

}  // namespace heddle::sim
