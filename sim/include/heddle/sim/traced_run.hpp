// SPDX-License-Identifier: BSL-1.0
//
// What reports keep of a run: its steps, in order, up to a limit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <heddle/sim/simulation.hpp>

namespace heddle::sim {

/// Of longer runs only so many steps are kept.
inline constexpr std::size_t most_steps_kept = 5'000;

struct traced_run {
    std::uint64_t before = 0;  ///< how many steps of the run came before `steps`
    std::uint64_t after = 0;   ///< ... and how many after
    /// Without what each passed over. step_record::woken_by counts from the run's first step.
    std::vector<step_record> steps;
    std::optional<failure> failed;
    time_point ended{};
};

/// The last steps of a run that was traced. Throws usage_error if it was not.
[[nodiscard]] traced_run last_steps(const run_record& run);

/// Of another run of the same program, the steps to be seen beside those of `shown`: from the first
/// event that both have, or else the first ones.
[[nodiscard]] traced_run steps_beside(const traced_run& shown, const run_record& run);

/// One line for each step: its number, the virtual time, what ran, where it went on, how long it
/// took if that was a choice, and which step scheduled it; then how the run ended. Of more than
/// most_steps_kept the last ones. Ends with a line feed. Throws usage_error if the run was not
/// traced.
[[nodiscard]] std::string log_of(const run_record& run);

}  // namespace heddle::sim
