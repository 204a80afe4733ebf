// SPDX-License-Identifier: BSL-1.0
//
// What the runs of a conformance case have observed: each line by line, all of them as a tree.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::boost_test::detail {

using observed_lines = std::vector<std::string>;

/// Takes the lines of the runs of one case, one run after another, while it lives: one on a thread.
class observation_log {
public:
    observation_log();
    observation_log(const observation_log&) = delete;
    observation_log& operator=(const observation_log&) = delete;
    ~observation_log();

    /// The lines of the run before, if one is under way, are added to the tree.
    void begin_simulated_run();
    void begin_real_run();
    /// Ends the run under way; the real one's lines.
    observed_lines end_run();

    [[nodiscard]] bool was_simulated(const observed_lines& lines) const;
    /// Whether a run that ends with `lines` can be kept, if it is not yet.
    [[nodiscard]] bool has_room_for(const observed_lines& lines) const;
    /// Whether some simulated run is missing, for want of that.
    [[nodiscard]] bool lacks_some() const noexcept { return lacks_some_; }
    [[nodiscard]] const observed_lines& first_simulated() const noexcept { return first_; }
    /// Where `lines`, which were not simulated, leave what was: a few lines of text.
    [[nodiscard]] std::string difference(const observed_lines& lines, std::string_view whose) const;

    /// Called by observe().
    void add(std::string line);
    [[nodiscard]] static observation_log* current() noexcept;

private:
    struct node {
        std::map<std::string, std::uint32_t> next;  // by line; places in nodes_
        bool ends = false;                          // a run has ended here
    };
    void keep();
    /// The node that `lines` lead to, as far as they do; `known` of them.
    [[nodiscard]] const node& follow(const observed_lines& lines, std::size_t& known) const;

    enum class run : std::uint8_t { none, simulated, real };
    run under_way_ = run::none;
    observed_lines lines_;
    observed_lines first_;
    bool has_first_ = false;
    bool lacks_some_ = false;
    std::vector<node> nodes_;  // the root first
};

}  // namespace heddle::boost_test::detail
