// SPDX-License-Identifier: BSL-1.0
//
// Between Boost.Test's tools and its logs and counts, while a case is explored: nothing is printed
// and nothing counted, each failed check is the failure of the run under way, and what one chosen
// run says is kept, to be issued once in the end.
//
// Boost.Test catches signals and jumps out of what ran, past all destructors. So all that is
// needed to put things right afterwards is in static storage, and the listener does it when it is
// told of the error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/test/unit_test_log.hpp>

namespace heddle::boost_test::detail {

struct log_entry {
    boost::unit_test::log_level level = boost::unit_test::invalid_log_level;
    std::string file;
    std::size_t line = 0;
    std::string text;
    std::vector<std::string> contexts;
};

/// What Boost.Test was told.
struct heard {
    std::vector<log_entry> entries;    ///< those that are no failures, up to a limit
    std::optional<log_entry> failure;  ///< the first check that failed
    std::uint64_t passed = 0;
    std::uint64_t warnings = 0;
};

/// While one lives, the listener listens. One at a time.
class quiet {
public:
    /// `if_it_crashes` is logged should Boost.Test jump out of what runs. The "%" of "in run %"
    /// becomes the number of runs that were begun.
    explicit quiet(std::string if_it_crashes);
    quiet(const quiet&) = delete;
    quiet& operator=(const quiet&) = delete;
    ~quiet();

    /// A run begins. What it says is kept if `kept`, of one run at most.
    void begin_run(bool kept);
    [[nodiscard]] const heard& kept() const noexcept;
    /// The first check that failed while no simulation ran; there should be none.
    [[nodiscard]] const std::optional<log_entry>& stray() const noexcept;
};

/// Whether an earlier case crashed while it was listened to: what it left is not to be relied on.
[[nodiscard]] const std::optional<std::string>& crashed_before() noexcept;

/// Writes to each log.
void issue(const log_entry& entry);
/// Writes to each log, and counts as one failed assertion.
void issue_failure(std::string_view file, std::size_t line, std::string_view text,
                   const std::vector<std::string>& contexts = {});
/// What was kept of a run, without its failure.
void issue(const heard& what);

}  // namespace heddle::boost_test::detail
