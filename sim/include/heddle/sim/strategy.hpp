// SPDX-License-Identifier: BSL-1.0
//
// Who takes the choices of a run. A strategy sees the options, in the plain loop's order, and says
// which is taken; the simulation records it. All of them must be functions of what they were made
// with and of what they have seen in the run, nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <heddle/runnable.hpp>
#include <heddle/sim/level.hpp>
#include <heddle/sim/random_stream.hpp>
#include <heddle/sim/tape.hpp>

namespace heddle::sim {

class strategy {
public:
    virtual ~strategy() = default;

    /// Which of `options`, two or more, runs next.
    virtual std::size_t order(std::span<runnable* const> options) = 0;
    /// How long `next` takes: 0, or until which of the next options-1 deadlines.
    virtual std::size_t stall(const runnable& next, std::size_t options) = 0;
    /// By how much a wait overshoots. `wait` tells the waits of a run apart: 1, 2, ...
    virtual std::size_t oversleep(std::uint64_t wait, std::size_t options) = 0;
    /// `next` is about to run.
    virtual void ran(const runnable& next) { static_cast<void>(next); }
    /// The run is over: a strategy that replays says here if it expected more.
    virtual void finish() {}
};

/// What the plain loop does.
class fifo_strategy final : public strategy {
public:
    std::size_t order(std::span<runnable* const>) override { return 0; }
    std::size_t stall(const runnable&, std::size_t) override { return 0; }
    std::size_t oversleep(std::uint64_t, std::size_t) override { return 0; }
};

/// Uniform random choice among ready work; stalls and overshoots at a rate that is drawn for each
/// run, so that some runs have none and some many.
class random_walk final : public strategy {
public:
    random_walk(std::uint64_t seed, level allowed) noexcept;
    std::size_t order(std::span<runnable* const> options) override {
        return static_cast<std::size_t>(stream_.below(options.size()));
    }
    std::size_t stall(const runnable&, std::size_t options) override { return delay(options); }
    std::size_t oversleep(std::uint64_t, std::size_t options) override { return delay(options); }

private:
    std::size_t delay(std::size_t options) {
        if (delays_in_64_ == 0 || !stream_.chance(delays_in_64_, 64)) {
            return 0;
        }
        return 1 + static_cast<std::size_t>(stream_.below(options - 1));
    }

    random_stream stream_;
    std::uint64_t delays_in_64_;
};

/// Takes exactly what a tape says. An entry that does not fit throws replay_error; behind the end
/// of the tape everything is as in the plain loop.
class exact_replay final : public strategy {
public:
    /// `recorded` outlives it.
    explicit exact_replay(const tape& recorded) noexcept : tape_(recorded) {}
    std::size_t order(std::span<runnable* const> options) override;
    std::size_t stall(const runnable& next, std::size_t options) override;
    std::size_t oversleep(std::uint64_t wait, std::size_t options) override;
    void finish() override;

private:
    const choice* take(choice_kind kind, std::size_t options);
    [[noreturn]] void disagree(const choice& expected, const std::string& found) const;

    const tape& tape_;
    std::size_t position_ = 0;
};

/// The check value of an event in a tape.
[[nodiscard]] inline std::uint32_t label_of(const runnable& event) noexcept {
    return static_cast<std::uint32_t>(event.event_id() >> 32);
}

}  // namespace heddle::sim
