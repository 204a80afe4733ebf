// SPDX-License-Identifier: BSL-1.0
//
// Who takes the choices of a run. A strategy sees the options, in the plain loop's order, and says
// which is taken; the simulation records it. All of them must be functions of what they were made
// with and of what they have seen in the run, nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <heddle/crowd.hpp>
#include <heddle/runnable.hpp>
#include <heddle/sim/level.hpp>
#include <heddle/sim/tape.hpp>

namespace heddle::sim {

/// The options of a choice of kind `finish`. Where nothing is ready the plain loop finishes the
/// oldest operation: the options are the operations, oldest first, and then (unless one must
/// finish, for there is no timer) none. Else it finishes none, and that comes first.
struct finish_options {
    std::span<runnable* const> pending;  ///< oldest first
    bool idle = false;                   ///< nothing is ready
    bool must = false;                   ///< nor is there a timer

    [[nodiscard]] std::size_t count() const noexcept { return pending.size() + (must ? 0 : 1); }
    /// The operation that option number `option` finishes; null for none.
    [[nodiscard]] runnable* at(std::size_t option) const noexcept {
        const std::size_t place = idle ? option : option - 1;  // option 0 wraps to no place
        return place < pending.size() ? pending[place] : nullptr;
    }
    /// The option that finishes number `place` of the pending ones.
    [[nodiscard]] std::size_t option_of(std::size_t place) const noexcept {
        return idle ? place : place + 1;
    }
};

class strategy {
public:
    virtual ~strategy() = default;

    /// Which of `options`, two or more, runs next.
    virtual std::size_t order(std::span<runnable* const> options) = 0;
    /// Who may be asked order() in place of this one where all that could run is ready: one that it
    /// has drawn for the run. This one's order() must answer the same there, from the same state, for
    /// now the one is asked and now the other. What ran is told to that one alone; whether it is,
    /// this one's watches() says. Asked when a run starts.
    [[nodiscard]] virtual strategy& of_ready() noexcept { return *this; }
    /// From how many that are ready on order_crowd() may be asked in place of order(), which then
    /// costs no more than the logarithm of their number: see scheduler::crowds_from. Asked when a
    /// run starts. Runs that are traced, for a report, ask order() in any case.
    [[nodiscard]] virtual std::size_t crowds_from() const noexcept { return crowd::never; }
    /// What order() would answer, of very many options.
    virtual std::size_t order_crowd(crowd& options) {
        static_cast<void>(options);
        return 0;
    }
    /// How long `next` takes: 0, or until which of the next options-1 deadlines.
    virtual std::size_t stall(const runnable& next, std::size_t options) = 0;
    /// By how much a wait overshoots. `wait` tells the waits of a run apart: 1, 2, ...
    virtual std::size_t oversleep(std::uint64_t wait, std::size_t options) = 0;
    /// Where the order is not open: which operation finishes now. Option 0 is what the plain loop
    /// would do; see finish_options.
    virtual std::size_t finish(const finish_options& options) = 0;
    /// Where cancellations are open (simulation::open_cancellations): `next` is about to run, a
    /// step of a task. Option 1 has the task cancelled, as if somebody called its cancel() behind
    /// what is ready now. It is asked until that was taken once.
    virtual std::size_t cancel(const runnable& next, std::size_t options) {
        static_cast<void>(next);
        static_cast<void>(options);
        return 0;
    }
    /// Whether ran() is to be called in the run that begins: asked once, at its start.
    [[nodiscard]] virtual bool watches() const noexcept { return true; }
    /// `next` is about to run.
    virtual void ran(const runnable& next) { static_cast<void>(next); }
    /// The run is over: a strategy that replays says here if it expected more.
    virtual void end_run() {}
};

/// What the plain loop does.
class fifo_strategy final : public strategy {
public:
    std::size_t order(std::span<runnable* const>) override { return 0; }
    std::size_t stall(const runnable&, std::size_t) override { return 0; }
    std::size_t oversleep(std::uint64_t, std::size_t) override { return 0; }
    std::size_t finish(const finish_options&) override { return 0; }
};

/// Takes exactly what a tape says. An entry that does not fit throws replay_error; behind the end
/// of the tape everything is as in the plain loop.
class exact_replay final : public strategy {
public:
    /// `recorded` outlives it.
    explicit exact_replay(const tape& recorded) noexcept : tape_(recorded) {}
    std::size_t order(std::span<runnable* const> options) override;
    [[nodiscard]] std::size_t crowds_from() const noexcept override { return 4096; }
    std::size_t order_crowd(crowd& options) override;
    std::size_t stall(const runnable& next, std::size_t options) override;
    std::size_t oversleep(std::uint64_t wait, std::size_t options) override;
    std::size_t finish(const finish_options& options) override;
    std::size_t cancel(const runnable& next, std::size_t options) override;
    void end_run() override;

private:
    const choice* take(choice_kind kind, std::size_t options);
    void check(const choice& expected, const runnable& chosen);
    std::size_t of_event(choice_kind kind, const runnable& next, std::size_t options);
    [[noreturn]] void disagree(const choice& expected, const std::string& found) const;

    const tape& tape_;
    std::size_t position_ = 0;
};

/// The check value of an event in a tape.
[[nodiscard]] inline std::uint32_t label_of(std::uint64_t event_id) noexcept {
    return static_cast<std::uint32_t>(event_id >> 32);
}
[[nodiscard]] inline std::uint32_t label_of(const runnable& event) noexcept {
    return label_of(event.event_id());
}

}  // namespace heddle::sim
