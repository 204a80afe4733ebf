// SPDX-License-Identifier: BSL-1.0
//
// The second small interface: who decides what a loop leaves open. Production has none (a null
// pointer, and the plain loop pays nothing for it); a simulation sets one, and the loop then uses
// a run loop of its own that asks it for each choice with more than one option.
//
// Option 0 is always what the plain loop would have done.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <heddle/crowd.hpp>
#include <heddle/runnable.hpp>
#include <heddle/time.hpp>

namespace heddle {

class ready_events;

class scheduler {
public:
    virtual ~scheduler() = default;

    /// Whether the order of ready work is open at all. Asked once, when a run starts; if not,
    /// pick() is never called and the order is that of the plain loop.
    [[nodiscard]] virtual bool reorders() const noexcept = 0;

    /// Which of `options` runs next: an index. Called only with two or more: what is ready, in the
    /// order of the plain loop; then operations that may finish now (kind() says so), oldest
    /// first; the last may be the earliest timer, not yet due (kind() says so and in_heap()
    /// holds): picking it lets time pass up to its deadline.
    virtual std::size_t pick(std::span<runnable* const> options) = 0;

    /// From how many that are ready on pick_of_crowd() may be asked in place of pick(): a queue then
    /// keeps them otherwise than side by side, some time between so many and twice as many, and
    /// until half as many are left. Asked once, when a run starts whose order is open. At least 1.
    [[nodiscard]] virtual std::size_t crowds_from() const noexcept { return crowd::never; }

    /// pick(), with very many options. Never called unless crowds_from() says so.
    virtual std::size_t pick_of_crowd(crowd& options);

    /// Where the order is not open: whether pick() is to be asked which of several timers that are
    /// due runs next, if they have the same deadline and no order of their own
    /// (timer_entry::ties_are_open). Asked when such a timer is set.
    [[nodiscard]] virtual bool breaks_ties() const noexcept { return false; }

    /// Where the order is not open: which of the `pending` operations, oldest first, finishes now,
    /// before the next iteration; pending.size() for none. Asked again until it is none. If `idle`,
    /// nothing is ready, and the plain loop would finish the oldest; with `idle` and no timer set
    /// (`must`), one has to.
    virtual std::size_t finish(std::span<runnable* const> pending, bool idle, bool must) = 0;

    /// `next` is about to run. The scheduler may let time pass before it does (a callback that
    /// takes long), count it, or stop the run by throwing: the exception leaves the run function.
    /// Returns next.event_id(), which both want: so it is worked out once.
    virtual std::uint64_t about_to_run(runnable& next) = 0;

    /// All order is open, and what is ready is all that could run: no timer, no operation, no crowd.
    /// Has `events` (ready_events.hpp) run one after another, at least one, until it says that there
    /// is something else to be done. By default each by pick(), if there is more than one, and
    /// about_to_run(). A scheduler may do that at less cost; nothing else may differ.
    virtual void run_ready(ready_events& events);

    /// Nothing is ready and the earliest timer is at `deadline`. The scheduler moves its clock
    /// there, or further (a wait that overshoots).
    virtual void about_to_wait(time_point deadline) = 0;

    /// Whether scheduled() is to be called at all. Asked once, when a run starts.
    [[nodiscard]] virtual bool watches() const noexcept { return false; }
    /// `item` was scheduled by what runs now: it is ready, or a timer, or an operation that is
    /// under way. For traces: must change nothing.
    virtual void scheduled(const runnable& item) { static_cast<void>(item); }

    /// Time passes up to `deadline`, because the timer picked is due then.
    virtual void advance_to(time_point deadline) = 0;
};

}  // namespace heddle
