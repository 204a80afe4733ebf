// SPDX-License-Identifier: BSL-1.0
//
// What can be wrong with a run, and the checks by which a program says that it is.
#pragma once

#include <cstdint>
#include <source_location>
#include <stdexcept>
#include <string>
#include <string_view>

namespace heddle::sim {

enum class failure_class : std::uint8_t {
    check,           ///< a check did not hold
    exception,       ///< the program ended with an error
    callback_error,  ///< a callback threw
    deadlock,        ///< nothing can ever run again, and the program has not ended
    limit,           ///< the run reached its limit of steps or of virtual time (a livelock)
    unretrieved,     ///< a task or future failed and nobody looked at its error
    nondeterminism,  ///< the same choices gave another run
    left_task,       ///< main has ended, and a task that it or another made has not
    crash,           ///< the process died: by a signal, a sanitizer, a call of exit
    hang,            ///< one callback did not come back within a limit of real time
    coverage,        ///< something that must happen in some run happened in none: coverage.hpp
};

[[nodiscard]] std::string_view name_of(failure_class what) noexcept;

struct failure {
    failure_class what{};
    /// For people, one line or several.
    std::string message;
    /// Where: a check's own place, or the await that failed; empty and 0 if not known.
    std::string file;
    std::uint32_t line = 0;
    /// What tells two failures of one class apart beside the place: an error's type, a check's
    /// text.
    std::string sort;

    /// Whether it is the same thing that went wrong, whatever values the message shows.
    [[nodiscard]] bool same_as(const failure& other) const noexcept {
        return what == other.what && file == other.file && line == other.line && sort == other.sort;
    }
};

/// What sim::run throws where a run failed without an error of its own to throw: a check, a limit,
/// an error that nobody retrieved.
class run_failed : public std::runtime_error {
public:
    explicit run_failed(failure reason);
    [[nodiscard]] const failure& reason() const noexcept { return reason_; }

private:
    failure reason_;
};

/// Notes that the run under way on this thread has failed; the run ends after the step that runs
/// now, and only the first failure of a run counts. Throws usage_error outside of a simulation.
void fail(failure reason);

/// fail() unless `holds`. `text` says what was checked. Returns `holds`.
bool check(bool holds, std::string_view text,
           std::source_location place = std::source_location::current());

}  // namespace heddle::sim
