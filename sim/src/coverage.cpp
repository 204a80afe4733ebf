// SPDX-License-Identifier: BSL-1.0
#include <heddle/sim/coverage.hpp>

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

#include <heddle/errors.hpp>
#include <heddle/sim/simulation.hpp>

#include "coverage.hpp"

namespace heddle::sim::detail {

namespace {

constinit const coverage_point* latest_point = nullptr;

covered_point unseen(const coverage_place& place) {
    covered_point result;
    result.label = place.label;
    result.file = place.file;
    result.line = place.line;
    result.conditional = place.conditional;
    return result;
}

/// Of several places with one label the first in the sources is named.
void take_place(covered_point& into, const covered_point& other) {
    if (into.file.empty() || (!other.file.empty() &&
                              std::tie(other.file, other.line) < std::tie(into.file, into.line))) {
        into.file = other.file;
        into.line = other.line;
    }
    into.conditional = into.conditional || other.conditional;
}

bool by_label(const covered_point& a, const covered_point& b) { return a.label < b.label; }

/// What the program has under this label; its label is empty if there is none.
covered_point known(std::string_view label) {
    covered_point result;
    for (const coverage_point* each = coverage_point::first(); each != nullptr;
         each = each->next()) {
        if (each->place().label != label) {
            continue;
        }
        covered_point found = unseen(each->place());
        if (result.file.empty()) {
            result = std::move(found);
        } else {
            take_place(result, found);
        }
    }
    return result;
}

std::string text_of_missed(const covered_point& missed, std::uint64_t runs) {
    const std::string what = "'" + missed.label + "' (" +
                             missed.file.substr(missed.file.find_last_of('/') + 1) + ":" +
                             std::to_string(missed.line) + ") ";
    const std::string of_runs =
        runs == 1 ? " in the only run" : " in none of " + std::to_string(runs) + " runs";
    if (missed.conditional && missed.passed > 0) {
        return "sometimes " + what + (runs == 1 ? "did not hold" : "held") + of_runs +
               ", though it was asked " + std::to_string(missed.passed) +
               (missed.passed == 1 ? " time" : " times");
    }
    return what + (runs == 1 ? "was not reached" : "was reached") + of_runs;
}

}  // namespace

coverage_point::coverage_point(const coverage_place& place) noexcept
    : place_(place),
      number_(latest_point != nullptr ? latest_point->number() + 1 : 0),
      next_(std::exchange(latest_point, this)) {}

const coverage_point* coverage_point::first() noexcept { return latest_point; }

void coverage_point::pass(bool held) const {
    if (simulation* const one = simulation::current()) {
        one->pass(number_, held);
    }
}

std::vector<covered_point> known_points() {
    std::vector<covered_point> result;
    for (const coverage_point* each = coverage_point::first(); each != nullptr;
         each = each->next()) {
        merge_coverage(result, {unseen(each->place())});
    }
    return result;
}

void check_must_see(const explore_options& options) {
    for (const std::string& wanted : options.must_see) {
        if (!known(wanted).file.empty()) {
            continue;
        }
        std::vector<std::string_view> labels;
        for (const coverage_point* each = coverage_point::first(); each != nullptr;
             each = each->next()) {
            labels.emplace_back(each->place().label);
        }
        std::sort(labels.begin(), labels.end());
        labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
        std::string text = "must_see: this program has no point with the label '" + wanted + "'";
        constexpr std::size_t most_named = 20;
        for (std::size_t i = 0; i < std::min(labels.size(), most_named); ++i) {
            text.append(i == 0 ? "; its labels: '" : ", '").append(labels[i]).append("'");
        }
        throw usage_error(text + (labels.empty()               ? "; it has none at all"
                                  : labels.size() > most_named ? ", ..."
                                                               : ""));
    }
}

std::size_t coverage_counter::slot_of(std::uint32_t point) {
    if (point >= slot_of_point_.size()) {
        slot_of_point_.resize(point + 1);
    }
    if (slot_of_point_[point] == 0) {
        const coverage_point* found = coverage_point::first();
        while (found->number() != point) {
            found = found->next();
        }
        const std::string_view label = found->place().label;
        auto slot = std::find_if(slots_.begin(), slots_.end(),
                                 [&](const covered_point& each) { return each.label == label; });
        if (slot == slots_.end()) {
            slots_.push_back(known(label));
            last_run_.push_back(0);
            slot = slots_.end() - 1;
        }
        slot_of_point_[point] = static_cast<std::uint32_t>(slot - slots_.begin()) + 1;
    }
    return slot_of_point_[point] - 1;
}

void coverage_counter::count(const run_record& run) {
    ++runs_;
    for (const coverage_hit& hit : run.coverage) {
        const std::size_t slot = slot_of(hit.point);
        slots_[slot].passed += hit.passed;
        slots_[slot].held += hit.held;
        if (hit.held > 0 && last_run_[slot] != runs_) {
            last_run_[slot] = runs_;
            ++slots_[slot].runs;
        }
    }
}

std::vector<covered_point> coverage_counter::counted(
    const std::vector<std::string>& must_see) const {
    std::vector<covered_point> result = slots_;
    std::sort(result.begin(), result.end(), by_label);
    return covered(std::move(result), must_see);
}

std::vector<covered_point> covered(std::vector<covered_point> seen,
                                   const std::vector<std::string>& must_see) {
    for (covered_point& each : seen) {
        take_place(each, known(each.label));  // a campaign's state has no places
    }
    std::vector<covered_point> asked;
    for (const std::string& label : must_see) {
        asked.push_back(known(label));
    }
    std::sort(asked.begin(), asked.end(), by_label);
    merge_coverage(seen, asked);
    return seen;
}

void merge_coverage(std::vector<covered_point>& all, const std::vector<covered_point>& more) {
    for (const covered_point& each : more) {
        const auto place = std::lower_bound(all.begin(), all.end(), each, by_label);
        if (place == all.end() || place->label != each.label) {
            all.insert(place, each);
            continue;
        }
        take_place(*place, each);
        place->runs += each.runs;
        place->held += each.held;
        place->passed += each.passed;
    }
}

void judge_coverage(exploration& result, const explore_options& options) {
    constexpr std::size_t most_named = 10;
    std::size_t missed = 0;
    for (const covered_point& each : result.coverage) {
        const bool wanted = std::find(options.must_see.begin(), options.must_see.end(),
                                      each.label) != options.must_see.end();
        if (each.runs > 0 || !(wanted || each.conditional)) {
            continue;
        }
        ++missed;
        if (!result.found) {
            finding& found = result.found.emplace();
            found.what = {failure_class::coverage, {}, each.file, each.line, each.label};
            found.schedule = result.schedules;
        }
        if (missed <= most_named) {
            std::string& text = result.found->what.message;
            text.append(text.empty() ? "" : "\n").append(text_of_missed(each, result.schedules));
        }
    }
    if (result.found) {
        if (missed > most_named) {
            result.found->what.message += "\nand " + std::to_string(missed - most_named) + " more";
        }
        result.found->minimal_failure = result.found->what;
    }
}

}  // namespace heddle::sim::detail
