// SPDX-License-Identifier: BSL-1.0
#include "observations.hpp"

#include <algorithm>
#include <utility>

#include <heddle/conformance.hpp>
#include <heddle/errors.hpp>

namespace heddle::boost_test::detail {

namespace {

constexpr std::size_t most_lines = 100'000;    // of one run
constexpr std::size_t most_nodes = 1'000'000;  // runs beyond are not kept: see lacks_some()
constexpr std::size_t lines_before = 5;        // of a report, ahead of the difference
constexpr std::size_t most_alternatives = 5;

thread_local observation_log* current_log = nullptr;

std::string numbered(std::size_t number, const std::string& line) {
    return std::to_string(number) + ": " + line;
}

}  // namespace

void add_observation(std::string line) {
    observation_log* const log = observation_log::current();
    if (log == nullptr) {
        throw usage_error(
            "observe: there is no HEDDLE_CONFORMANCE_TEST_CASE under way on this thread");
    }
    log->add(std::move(line));
}

observation_log::observation_log() : nodes_(1) { current_log = this; }
observation_log::~observation_log() { current_log = nullptr; }
observation_log* observation_log::current() noexcept { return current_log; }

void observation_log::add(std::string line) {
    if (lines_.size() == most_lines) {
        throw usage_error("observe: this run has observed " + std::to_string(most_lines) +
                          " lines; no more are compared");
    }
    lines_.push_back(std::move(line));
}

void observation_log::begin_simulated_run() {
    static_cast<void>(end_run());
    under_way_ = run::simulated;
}

void observation_log::begin_real_run() {
    static_cast<void>(end_run());
    under_way_ = run::real;
}

observed_lines observation_log::end_run() {
    if (std::exchange(under_way_, run::none) == run::simulated) {
        keep();
    }
    return std::exchange(lines_, {});
}

void observation_log::keep() {
    if (!std::exchange(has_first_, true)) {
        first_ = lines_;
    }
    if (!has_room_for(lines_)) {
        lacks_some_ = true;
        return;
    }
    std::uint32_t at = 0;
    for (const std::string& line : lines_) {
        const auto fresh = static_cast<std::uint32_t>(nodes_.size());
        const auto [found, is_new] = nodes_[at].next.try_emplace(line, fresh);
        at = found->second;
        if (is_new) {
            nodes_.emplace_back();
        }
    }
    nodes_[at].ends = true;
}

const observation_log::node& observation_log::follow(const observed_lines& lines,
                                                     std::size_t& known) const {
    const node* at = &nodes_.front();
    for (known = 0; known < lines.size(); ++known) {
        const auto found = at->next.find(lines[known]);
        if (found == at->next.end()) {
            break;
        }
        at = &nodes_[found->second];
    }
    return *at;
}

bool observation_log::has_room_for(const observed_lines& lines) const {
    std::size_t known = 0;
    static_cast<void>(follow(lines, known));
    return nodes_.size() + (lines.size() - known) <= most_nodes;
}

bool observation_log::was_simulated(const observed_lines& lines) const {
    std::size_t known = 0;
    return follow(lines, known).ends && known == lines.size();
}

std::string observation_log::difference(const observed_lines& lines, std::string_view whose) const {
    std::size_t known = 0;
    const node& last = follow(lines, known);
    const std::string real(whose);
    std::string text;
    const std::size_t from = known - std::min(known, lines_before);
    if (from > 0) {
        text += "\n  both: " + std::to_string(from) + " lines";
    }
    for (std::size_t i = from; i < known; ++i) {
        text += "\n  both: " + numbered(i + 1, lines[i]);
    }
    text += "\n  " + real + ": " +
            (known < lines.size() ? numbered(known + 1, lines[known]) : "(ends here)");
    // What FIFO did comes first, if it has come this far.
    const bool fifo_here =
        first_.size() >= known &&
        std::equal(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(known),
                   first_.begin());
    if (fifo_here) {
        text += "\n  simulation (FIFO): " +
                (known < first_.size() ? numbered(known + 1, first_[known]) : "(ends here)");
    }
    std::size_t shown = 0;
    for (const auto& [line, unused] : last.next) {
        static_cast<void>(unused);
        if (fifo_here && known < first_.size() && first_[known] == line) {
            continue;
        }
        if (shown++ == most_alternatives) {
            text += "\n  simulation (timing): and others";
            break;
        }
        text += "\n  simulation (timing): " + numbered(known + 1, line);
    }
    if (last.ends && !(fifo_here && known == first_.size())) {
        text += "\n  simulation (timing): (ends here)";
    }
    return text;
}

}  // namespace heddle::boost_test::detail
