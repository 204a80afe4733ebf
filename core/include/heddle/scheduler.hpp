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

#include <heddle/runnable.hpp>
#include <heddle/time.hpp>

namespace heddle {

class scheduler {
public:
    virtual ~scheduler() = default;

    /// Whether the order of ready work is open at all. Asked once, when a run starts; if not,
    /// pick() is never called and the order is that of the plain loop.
    [[nodiscard]] virtual bool reorders() const noexcept = 0;

    /// Which of `options` runs next: an index. Called only with two or more, in the order of the
    /// plain loop; the last may be the earliest timer, not yet due (kind() says so and
    /// in_heap() holds): picking it lets time pass up to its deadline.
    virtual std::size_t pick(std::span<runnable* const> options) = 0;

    /// `next` is about to run. The scheduler may let time pass before it does (a callback that
    /// takes long), count it, or stop the run by throwing: the exception leaves the run function.
    virtual void about_to_run(runnable& next) = 0;

    /// Nothing is ready and the earliest timer is at `deadline`. The scheduler moves its clock
    /// there, or further (a wait that overshoots).
    virtual void about_to_wait(time_point deadline) = 0;

    /// Time passes up to `deadline`, because the timer picked is due then.
    virtual void advance_to(time_point deadline) = 0;
};

}  // namespace heddle
