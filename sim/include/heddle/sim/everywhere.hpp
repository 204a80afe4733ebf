// SPDX-License-Identifier: BSL-1.0
//
// cancel_everywhere, throw_everywhere, destroy_everywhere: a program is run again and again, in
// virtual time and in FIFO order, and each time it is disturbed at the next of its suspension
// points, until it has been disturbed at all of them.
//
//   cancel_everywhere   one task is cancelled at one point: before its first step (its body never
//                       runs then), right after a suspension, before anything else runs, or right
//                       before its wake-up runs. The last is the window in which what it waits for
//                       has been given to it and it does not know yet: in it permits get lost. So a
//                       suspension with a wake-up of its own is two points; a bare yield is one.
//                       A task that starts eagerly is never unstarted, and its first suspension is
//                       a point when the step that started it is over.
//   throw_everywhere    at one await, one resumption, an error is thrown in place of the result. An
//                       await that ends by a cancellation keeps it.
//   destroy_everywhere  the loop is destroyed when n steps and callbacks have run, n = 0, 1, ...
//
// First the program runs undisturbed. That run tells how many points there are; their numbers (from
// 1; for destroy_everywhere, from 0) are those of their order in it, and point n can be run alone.
//
// These are findings: a deadlock, a limit, an error that was never retrieved (unless the loop was
// destroyed meanwhile), an error in a callback, a failed sim::check, tasks left over when main has
// ended, an error that main ended with and that is not accepted, and a check or epilogue that
// fails. A run that does not come by its point is one too: the program is not deterministic. That a
// cancelled program ends normally is none: let `check` say so if it is.
//
// The number of runs is that of the points, so the time is the square of it: keep programs small.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <heddle/sim/failure.hpp>
#include <heddle/sim/level.hpp>
#include <heddle/sim/simulation.hpp>
#include <heddle/time.hpp>

namespace heddle::sim {

/// What throw_everywhere throws unless it is told otherwise.
class injected_error : public std::runtime_error {
public:
    injected_error() : std::runtime_error("injected by throw_everywhere") {}
};

/// When a run was disturbed.
enum class moment : std::uint8_t {
    never,      ///< it was not
    unstarted,  ///< before the first step of the task
    suspended,  ///< right after the task was suspended
    woken,      ///< right before the wake-up of the task runs
    resumed,    ///< as the task goes on from an await
    between,    ///< before a step or callback, which then never runs
};

/// Where a run was disturbed.
struct everywhere_point {
    std::uint64_t number = 0;
    moment when = moment::never;
    std::string who;         ///< the task's name; for destroy_everywhere, what would run next
    std::string waits_for;   ///< "sleep of 'Task-1'"; empty for a task that is ready
    std::string file;        ///< the await in question; empty and 0 if not known
    std::uint32_t line = 0;  ///< the same
    duration after{};        ///< virtual time since the run began
};

/// How main ended.
enum class ending : std::uint8_t {
    returned,
    cancelled,
    error,
    destroyed,   ///< with the loop, by destroy_everywhere
    unfinished,  ///< it did not: a deadlock, a limit, or a failure that ended the run
};

struct everywhere_run {
    everywhere_point point;
    ending how = ending::unfinished;
    std::exception_ptr error;  ///< what main ended with, if it was an error
    std::optional<failure> failed;
};

struct everywhere_report {
    std::string name;
    std::uint64_t points = 0;  ///< how many there are
    everywhere_run plain;      ///< the undisturbed run; if it failed, there are no others
    std::vector<everywhere_run> runs;
    bool complete = false;  ///< all that was asked for was run: `only`, or all points

    /// Complete, and without findings.
    [[nodiscard]] bool clean() const noexcept;
    /// The runs that failed, the undisturbed one first.
    [[nodiscard]] std::vector<everywhere_run> findings() const;
};

struct everywhere_options {
    std::string name = "program";  ///< in reports
    /// Tasks of this name are disturbed. Empty: the main task. No matter to destroy_everywhere.
    std::string task;
    /// All tasks are, one of them a run: the points are those of all, in their order.
    bool every_task = false;
    /// What throw_everywhere throws; null: an injected_error.
    std::exception_ptr error;
    /// This point alone.
    std::optional<std::uint64_t> only;
    /// At most so many points; if there are more, the report is not complete.
    std::uint64_t most_points = 10'000;
    run_limits limits;  ///< of one run
    /// Tasks may go on when main has ended (a shielded one does). They are cancelled then, and run
    /// to their ends, as asyncio.run does.
    bool tasks_may_be_left = false;
    /// Whether main may end with this error. By default with none; where an error is thrown, with
    /// that one, also in an exception_group.
    std::function<bool(const std::exception_ptr&)> accepts;
    /// Runs on the same loop, undisturbed, when main and the tasks left have ended: it looks whether
    /// a newcomer can still use what they used. Not after a run that failed or was destroyed.
    program epilogue;
    /// Called after each run, also the undisturbed one, when the loop has been closed. What it
    /// finds, it tells by sim::check, sim::fail or an exception.
    std::function<void(const everywhere_run&)> check;
};

// `main` is called anew for each run, and makes anew what it works on. What it, `check` and
// `epilogue` share lives outside of it (a std::optional that main emplaces before it makes its
// coroutine), so that it is still there when the loop is gone.

/// Cancels at every point. Main should end cancelled or normally.
[[nodiscard]] everywhere_report cancel_everywhere(const program& main,
                                                  const everywhere_options& options = {});

/// Throws at every await. Main should end normally, cancelled or with that error.
[[nodiscard]] everywhere_report throw_everywhere(const program& main,
                                                 const everywhere_options& options = {});

/// Destroys the loop after every step. Whether memory is right is for a sanitizer to say.
[[nodiscard]] everywhere_report destroy_everywhere(const program& main,
                                                   const everywhere_options& options = {});

/// "'worker' cancelled right before its wake-up from its wait for a lock at pool.cpp:40".
[[nodiscard]] std::string text_of(const everywhere_point& point);
/// For people: one line if it is clean, else the findings and how each is run alone. Without a
/// final line feed.
[[nodiscard]] std::string text_of(const everywhere_report& report);

}  // namespace heddle::sim
