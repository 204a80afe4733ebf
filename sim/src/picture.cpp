// SPDX-License-Identifier: BSL-1.0
#include "picture.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include <heddle/sim/report.hpp>

namespace heddle::sim::detail {

namespace {

constexpr std::size_t none = ~std::size_t{0};

bool goes_on_a_character(char c) noexcept {
    return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

/// For each step of `left` its place in `right`, or none.
std::vector<std::size_t> places_in(const traced_run& left, const traced_run& right) {
    std::multimap<std::uint64_t, std::size_t> places;
    for (std::size_t i = 0; i < right.steps.size(); ++i) {
        places.emplace(right.steps[i].event, i);
    }
    std::vector<std::size_t> result;
    for (const step_record& step : left.steps) {
        const auto found = places.lower_bound(step.event);
        const bool any = found != places.end() && found->first == step.event;
        result.push_back(any ? found->second : none);
        if (any) {
            places.erase(found);
        }
    }
    return result;
}

/// Which of `values` are in a longest row of them that rises, by patience sorting. None is in none.
std::vector<bool> longest_rise(const std::vector<std::size_t>& values) {
    std::vector<std::size_t> ends;  // of the best row of each length, the place of its last value
    std::vector<std::size_t> before(values.size(), none);
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (values[i] == none) {
            continue;
        }
        const auto place = std::lower_bound(
            ends.begin(), ends.end(), values[i],
            [&](std::size_t end, std::size_t value) { return values[end] < value; });
        if (place != ends.begin()) {
            before[i] = *(place - 1);
        }
        if (place == ends.end()) {
            ends.push_back(i);
        } else {
            *place = i;
        }
    }
    std::vector<bool> chosen(values.size(), false);
    for (std::size_t i = ends.empty() ? none : ends.back(); i != none; i = before[i]) {
        chosen[i] = true;
    }
    return chosen;
}

// ---- the text ------------------------------------------------------------------------------

constexpr std::size_t most_rows = 10;
constexpr std::size_t rows_after_the_end = 2;
constexpr std::size_t width_of_page = 100;
constexpr std::string_view margin = "    ";
constexpr std::string_view divider = " | ";

using cell = std::array<std::string, 4>;  // time, who, place, what is to be said of it

cell cell_of(const step_record* step, const std::string& remark) {
    if (step == nullptr) {
        return {};
    }
    const std::string place = place_of(*step);
    return {text_of(step->when - time_point{}), who_of(*step),
            place.empty() && step->kind == event_kind::step ? "begins" : place, remark};
}

/// What a reader wants to see, and which of it.
class two_columns {
public:
    explicit two_columns(const finding& found) : found_(found) {
        const traced_run* const plain = found.fifo_run ? &*found.fifo_run : nullptr;
        for (const paired_step& each : pair_up(*found.minimal_run, plain)) {
            const step_record& any = each.left != nullptr ? *each.left : *each.right;
            if (!is_internal(any) || (each.left != nullptr && is_marked(*each.left))) {
                rows_.push_back(each);
            }
        }
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            if (rows_[i].left != nullptr) {
                last_ = rows_[i].left;
                end_ = i + 1;
            }
        }
        end_ = std::min(end_ + rows_after_the_end, rows_.size());
    }

    [[nodiscard]] std::string text() const {
        std::vector<std::pair<cell, cell>> cells;
        for (const std::size_t i : chosen()) {
            if (i == none) {
                cells.push_back({{"...", "", "", ""}, {"...", "", "", ""}});
                continue;
            }
            cells.emplace_back(cell_of(rows_[i].left, remark_on(rows_[i].left)),
                               cell_of(rows_[i].right, ""));
        }
        return laid_out(cells);
    }

private:
    [[nodiscard]] bool is_marked(const step_record& step) const {
        return step.stalled != duration{} || deviates(step, found_.minimal);
    }

    [[nodiscard]] std::string remark_on(const step_record* step) const {
        if (step == nullptr) {
            return {};
        }
        std::string text;
        if (step->stalled != duration{}) {
            text = "took " + text_of(step->stalled);
        } else if (deviates(*step, found_.minimal)) {
            text = "late";
            for (const deviation& each : found_.minimal) {
                if (each.event == step->event && each.what == deviation::sort::early) {
                    text = "early";
                } else if (each.event == step->event && each.what == deviation::sort::cancel) {
                    text = "then cancelled";
                }
            }
        }
        if (step == last_) {
            text.append(text.empty() ? "" : ", ").append(end_of(found_.minimal_failure.what));
        }
        return text;
    }

    static std::string_view end_of(failure_class what) {
        switch (what) {
            case failure_class::deadlock:
                return "then nothing";
            case failure_class::limit:
                return "then the limit";
            default:
                return "fails";
        }
    }

    /// The first row that is not the same in both runs.
    [[nodiscard]] std::size_t first_difference() const {
        for (std::size_t i = 0; i < end_; ++i) {
            const paired_step& row = rows_[i];
            if (row.left == nullptr || row.right == nullptr || is_marked(*row.left) ||
                row.left->when != row.right->when) {
                return i;
            }
        }
        return end_;
    }

    /// The rows to be shown, in order: the last ones, and those where the runs part. `none` is a
    /// gap.
    [[nodiscard]] std::vector<std::size_t> chosen() const {
        std::vector<std::size_t> result;
        const std::size_t begin = end_ - std::min(end_, most_rows);
        const std::size_t parting = found_.fifo_run ? first_difference() : end_;
        constexpr std::size_t half = most_rows / 2;
        if (parting >= begin) {
            if (begin > 0) {
                result.push_back(none);
            }
            for (std::size_t i = begin; i < end_; ++i) {
                result.push_back(i);
            }
            return result;
        }
        const std::size_t before = parting > 0 ? parting - 1 : 0;
        if (before > 0) {
            result.push_back(none);
        }
        for (std::size_t i = before; i < before + half; ++i) {
            result.push_back(i);
        }
        if (before + half < end_ - half) {
            result.push_back(none);
        }
        for (std::size_t i = std::max(before + half, end_ - half); i < end_; ++i) {
            result.push_back(i);
        }
        return result;
    }

    [[nodiscard]] std::string laid_out(const std::vector<std::pair<cell, cell>>& cells) const {
        const bool both = found_.fifo_run.has_value();
        std::array<std::size_t, 4> left_widths{};
        std::array<std::size_t, 4> right_widths{};
        for (const auto& [left, right] : cells) {
            for (std::size_t i = 0; i < left.size(); ++i) {
                left_widths[i] = std::max(left_widths[i], columns_of(left[i]));
                right_widths[i] = both ? std::max(right_widths[i], columns_of(right[i])) : 0;
            }
        }
        narrow(left_widths, right_widths);
        const std::size_t bar =
            std::max(margin.size() + width_of(left_widths), 2 + head_of_left().size());
        const auto line_of = [&](std::string left, const std::string& right) {
            if (both) {
                left.append(bar - std::min(bar, columns_of(left)), ' ');
                left.append(divider).append(right);
            }
            left.erase(left.find_last_not_of(' ') + 1);
            return "\n" + left;
        };
        std::string text = line_of("  " + head_of_left(), both ? head_of_right() : "");
        for (const auto& [left, right] : cells) {
            text += line_of(std::string(margin) + joined(left, left_widths),
                            both ? joined(right, right_widths) : std::string());
        }
        return text;
    }

    static std::size_t width_of(const std::array<std::size_t, 4>& widths) {
        constexpr std::size_t between = 2;
        return widths[0] + widths[1] + widths[2] + widths[3] + between * (widths.size() - 1);
    }

    /// Until both fit the page: the wider ones of the names, and then of the places, give way.
    static void narrow(std::array<std::size_t, 4>& left, std::array<std::size_t, 4>& right) {
        constexpr std::size_t least = 10;
        const auto too_wide = [&] {
            return margin.size() + width_of(left) + divider.size() + width_of(right) >
                   width_of_page;
        };
        for (const std::size_t i : {std::size_t{1}, std::size_t{2}, std::size_t{3}}) {
            while (too_wide() && std::max(left[i], right[i]) > least) {
                --(left[i] >= right[i] ? left[i] : right[i]);
            }
        }
    }

    [[nodiscard]] static std::string head_of_left() { return "the last steps:"; }
    [[nodiscard]] std::string head_of_right() const {
        return found_.fifo_run->failed ? "FIFO, which fails in another way:"
                                       : "FIFO, which passes:";
    }

    static std::string joined(const cell& each, const std::array<std::size_t, 4>& widths) {
        std::string line;
        for (std::size_t i = 0; i < each.size(); ++i) {
            const std::string word = shortened(each[i], widths[i]);
            const std::string space(widths[i] - columns_of(word), ' ');
            line += i == 0 ? space + word : "  " + word + space;
        }
        return line;
    }

    /// The end is what tells names apart.
    static std::string shortened(const std::string& word, std::size_t width) {
        constexpr std::string_view dots = "...";
        if (columns_of(word) <= width) {
            return word;
        }
        std::size_t left_out = columns_of(word) - (width - dots.size());
        std::size_t from = 0;
        while (from < word.size() && (left_out > 0 || goes_on_a_character(word[from]))) {
            left_out -= goes_on_a_character(word[from]) ? 0 : 1;
            ++from;
        }
        return std::string(dots) + word.substr(from);
    }

    const finding& found_;
    std::vector<paired_step> rows_;
    std::size_t end_ = 0;
    const step_record* last_ = nullptr;  // with which it failed
};

}  // namespace

std::string base_name(const std::string& path) {
    const std::size_t slash = path.find_last_of('/');
    return slash == std::string::npos ? path : path.substr(slash + 1);
}

std::string one_line(std::string text) {
    for (char& c : text) {
        c = static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
    }
    return text;
}

std::size_t columns_of(std::string_view text) noexcept {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return !goes_on_a_character(c); }));
}

std::vector<paired_step> pair_up(const traced_run& left, const traced_run* right) {
    std::vector<paired_step> rows;
    if (right == nullptr) {
        for (const step_record& step : left.steps) {
            rows.push_back({&step, nullptr});
        }
        return rows;
    }
    const std::vector<std::size_t> places = places_in(left, *right);
    const std::vector<bool> paired = longest_rise(places);
    std::size_t next = 0;  // of the right
    for (std::size_t i = 0; i < left.steps.size(); ++i) {
        const step_record* partner = nullptr;
        if (paired[i]) {
            while (next < places[i]) {
                rows.push_back({nullptr, &right->steps[next++]});
            }
            partner = &right->steps[next++];
        }
        rows.push_back({&left.steps[i], partner});
    }
    while (next < right->steps.size()) {
        rows.push_back({nullptr, &right->steps[next++]});
    }
    return rows;
}

bool is_internal(const step_record& step) {
    return (step.kind == event_kind::done_callback && step.line == 0) ||
           (step.kind == event_kind::timer && step.label.starts_with("sleep of "));
}

std::string who_of(const step_record& step) {
    // The place tells who has set it.
    if (step.label.starts_with("callback set by ")) {
        return "callback";
    }
    if (step.label.starts_with("timer set by ")) {
        return "timer";
    }
    return one_line(step.label);
}

std::string place_of(const step_record& step) {
    return step.line == 0 ? std::string() : base_name(step.file) + ":" + std::to_string(step.line);
}

bool deviates(const step_record& step, const std::vector<deviation>& minimal) {
    return std::any_of(minimal.begin(), minimal.end(), [&](const deviation& each) {
        switch (each.what) {
            case deviation::sort::hold:
            case deviation::sort::stall:
            case deviation::sort::early:
            case deviation::sort::cancel:
                return each.event == step.event;
            case deviation::sort::hold_site:
                return each.site == step.site;
            case deviation::sort::oversleep:
            case deviation::sort::pick:
                return false;
        }
        return false;
    });
}

std::string text_of_last_steps(const finding& found) {
    if (!found.minimal_run || found.minimal_run->steps.empty()) {
        return {};
    }
    return two_columns(found).text();
}

}  // namespace heddle::sim::detail
