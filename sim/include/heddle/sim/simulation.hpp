// SPDX-License-Identifier: BSL-1.0
//
// One simulated run after another: a loop on a virtual clock whose choices a strategy takes and a
// tape records. The loop and its memory are kept from run to run, so that a run of a small program
// makes no system call.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <vector>

#include <heddle/coro.hpp>
#include <heddle/event_loop.hpp>
#include <heddle/sim/failure.hpp>
#include <heddle/sim/level.hpp>
#include <heddle/sim/strategy.hpp>
#include <heddle/sim/tape.hpp>
#include <heddle/sim/virtual_clock.hpp>
#include <heddle/task.hpp>

namespace heddle::sim {

namespace detail {
class run_watch;
}  // namespace detail

/// A program under test: called anew for each run, so that all it works on is fresh.
using program = std::function<coro<void>()>;

/// One callback or step of a run, for reports and for the minimiser.
struct step_record {
    std::uint64_t event = 0;  ///< structural id
    std::uint64_t site = 0;   ///< equal for events of one site; means nothing in another process
    event_kind kind{};
    std::uint64_t task = 0;  ///< structural id of the task whose step or wake-up it is; 0 if none
    /// By which step of the run it was scheduled: made ready, set as a timer, or begun as an
    /// operation. 1 for the first; 0 if by none, but from outside. Not in run_trace::seen.
    std::uint64_t woken_by = 0;
    std::string label;
    std::string file;
    std::uint32_t line = 0;
    time_point when{};                       ///< when it ran
    duration stalled{};                      ///< how long it took, if it was made to take long
    std::uint32_t stall_option = 0;          ///< ... and the option that says so
    bool cancelled = false;                  ///< its task was cancelled behind it, by a choice
    std::vector<std::uint64_t> passed_over;  ///< newly: what was ready before it in plain order
};

/// A wait of a run that was made to overshoot.
struct oversleep_record {
    std::uint64_t wait = 0;  ///< 1 for the first wait of the run
    std::uint32_t option = 0;
    time_point deadline{};
    duration late{};
};

/// An operation that finished although something was ready, in a run whose order was not open.
struct early_finish {
    std::uint64_t event = 0;
    std::uint64_t after = 0;  ///< the event that had run last
};

/// A task that a choice had cancelled, when that took place.
struct cancel_record {
    std::uint64_t event = 0;  ///< the step behind which it was asked for
    std::string task;
    std::uint64_t awaits = 0;  ///< how often the task had been suspended
    time_point when{};
    std::string file;  ///< the await it stood at; empty and 0 if not known
    std::uint32_t line = 0;
};

/// What a traced run tells beside its tape.
struct run_trace {
    std::vector<step_record> steps;
    std::vector<oversleep_record> oversleeps;
    std::vector<early_finish> finished_early;
    std::vector<cancel_record> cancellations;
    /// Every event that was an option or ran, by id: also those that never ran.
    std::map<std::uint64_t, step_record> seen;
};

/// How often a point of coverage.hpp was passed in one run.
struct coverage_hit {
    std::uint32_t point = 0;   ///< its number in this process
    std::uint64_t passed = 0;  ///< how often
    std::uint64_t held = 0;    ///< ... with a condition that held; as `passed` where there is none
};

/// What one run did.
struct run_record {
    std::optional<failure> failed;
    std::exception_ptr error;     ///< what the program ended with, if it was an error
    std::vector<choice> choices;  ///< the tape's entries
    std::uint64_t digest = 0;     ///< of all events and their times, in order
    std::uint64_t steps = 0;
    std::uint64_t waits = 0;
    time_point ended{};
    std::vector<coverage_hit> coverage;  ///< of the points that were passed, in that order
    std::optional<run_trace> trace;      ///< when asked for
};

class simulation {
public:
    explicit simulation(const run_limits& limits = {});
    simulation(const simulation&) = delete;
    simulation& operator=(const simulation&) = delete;
    ~simulation();

    /// Runs `main` once, to its end or its first failure, with what is open at `allowed` decided
    /// by `chooser`. When main has returned, tasks that are left are cancelled and run to their
    /// ends, as asyncio.run does; a run that failed ends where it failed. An error of the replay (replay_error) is thrown; everything else that
    /// goes wrong is in the record, which is valid until the next run.
    const run_record& run(const program& main, strategy& chooser, level allowed,
                          bool traced = false);

    /// Seeds heddle::random() for the runs that follow: 0 unless it is called.
    void seed_values(std::uint64_t seed) noexcept { values_seed_ = seed; }

    /// Whether, in the runs that follow, one task may be cancelled at one of its suspensions: a
    /// choice of each step of a task, where the level is not `fifo`. The first task that a run
    /// makes, which is main's, is left alone. Closed at first, since many programs never cancel
    /// anything: what a cancellation does to them is no mistake of theirs. A run in which a task
    /// was cancelled so may end with cancelled_error: that is no failure.
    void open_cancellations(bool open) noexcept { cancellations_open_ = open; }

    /// The same for those who run the loop by hand, as often as they like: `drive` is called in
    /// place of running a program, and the loop is closed after it. What it throws is thrown.
    const run_record& run_by_hand(const std::function<void(event_loop&)>& drive, strategy& chooser,
                                  level allowed, bool traced = false);

    /// For heddle itself: whom each choice and each step is told to as it is made. Null: nobody. Not
    /// in the middle of a run.
    void watch(detail::run_watch* one) noexcept { watch_ = one; }

    [[nodiscard]] event_loop& loop() noexcept { return loop_; }
    [[nodiscard]] const run_limits& limits() const noexcept { return limits_; }

    /// The one whose run is under way on this thread; null if none.
    [[nodiscard]] static simulation* current() noexcept;
    void note(failure reason);
    [[nodiscard]] bool failed() const noexcept { return record_.failed.has_value(); }
    /// The run under way has passed this point of coverage.hpp.
    void pass(std::uint32_t point, bool held);

private:
    class chooser_scheduler;

    void run_program(const program& main);
    void note_deadlock(const deadlock_error& error);

    run_limits limits_;
    std::uint64_t values_seed_ = 0;
    bool cancellations_open_ = false;
    detail::run_watch* watch_ = nullptr;
    virtual_clock clock_;
    std::unique_ptr<chooser_scheduler> scheduler_;
    event_loop loop_;
    run_record record_;
    std::vector<std::uint32_t>
        places_of_points_;  // in record_.coverage, and one more; 0 if not there
};

}  // namespace heddle::sim
