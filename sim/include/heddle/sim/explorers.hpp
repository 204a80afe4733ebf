// SPDX-License-Identifier: BSL-1.0
//
// The strategies that explore: each run of a campaign begins one of them with a seed of its own.
//
// What a run does depends on its seed, on the level and on the profile of run 0, and on nothing
// that an earlier run has left: run i is the same in whatever order runs are made. No strategy
// alone is good at everything; the portfolio draws one of them for each run.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <heddle/random.hpp>
#include <heddle/sim/level.hpp>
#include <heddle/sim/strategy.hpp>

namespace heddle::sim {

/// What run 0, plain FIFO, tells of a program.
struct run_profile {
    struct task_steps {
        std::uint64_t task = 0;  ///< structural id
        std::uint32_t steps = 0;
    };
    std::uint64_t choices = 0;      ///< where more than one thing could have run next
    std::vector<task_steps> tasks;  ///< by id
    [[nodiscard]] std::uint32_t steps_of(std::uint64_t task) const noexcept;
};

/// A strategy that can be begun again and again.
class explorer : public strategy {
public:
    /// A run begins. `profile` outlives it.
    void begin(std::uint64_t seed, level allowed, const run_profile& profile);
    /// Its name, or that of the one that was drawn for this run.
    [[nodiscard]] virtual std::string_view name() const noexcept = 0;

    /// Which of `options` runs next, two or more: the strategy's own answer, but what comes first in
    /// FIFO order is passed over only so often. No task starves for ever, or each one that waits for
    /// another by polling would.
    std::size_t order(std::span<runnable* const> options) override {
        return unless_starved(choose(options), options.size());
    }
    std::size_t order_crowd(crowd& options) override {
        return unless_starved(choose_crowd(options), options.size());
    }
    /// The strategy's own answer.
    virtual std::size_t choose(std::span<runnable* const> options) = 0;
    /// The same of very many: equal to choose()'s. Only of those whose crowds_from() says so.
    virtual std::size_t choose_crowd(crowd& options) {
        static_cast<void>(options);
        return 0;
    }

    std::size_t stall(const runnable&, std::size_t options) final { return delay(options); }
    std::size_t oversleep(std::uint64_t, std::size_t options) final { return delay(options); }
    std::size_t finish(const finish_options& options) final;
    std::size_t cancel(const runnable& next, std::size_t options) final;

    /// `taken`, one of so many options, or the first of them when its time has come: the rest of
    /// order(), for those that know which choose() that calls.
    [[nodiscard]] std::size_t unless_starved(std::size_t taken, std::size_t options) noexcept {
        if (taken == 0 || ++passed_over_ > most_passed_over + 16 * options) {
            passed_over_ = 0;
            return 0;
        }
        return taken;
    }

protected:
    /// The strategy's own state, for a new run.
    virtual void start(const run_profile& profile) { static_cast<void>(profile); }
    [[nodiscard]] random_stream& stream() noexcept { return stream_; }

private:
    std::size_t delay(std::size_t options);
    void draw_cancellation();

    static constexpr std::uint64_t most_passed_over = 500;

    random_stream stream_{0};
    std::uint64_t passed_over_ = 0;  // in a row, what came first was not taken
    // How often something takes time or comes early, in 64: drawn for each run, so that some runs
    // have none and some many.
    std::uint64_t delays_in_64_ = 0;
    std::uint64_t finishes_in_64_ = 0;
    // Which task is cancelled in this run, 0 for any, and how many of its steps before it are let
    // go: drawn when it is first asked, from a stream of its own.
    const run_profile* profile_ = nullptr;
    std::uint64_t seed_ = 0;
    std::uint64_t cancelled_task_ = 0;
    std::uint64_t let_go_ = 0;
    bool cancellation_drawn_ = false;
};

/// The strategies' names, "portfolio" first, then those that it draws from and the rest.
[[nodiscard]] std::span<const std::string_view> explorer_names() noexcept;

/// What explore_options::strategy may say: these; "fifo"; and "exhaustive" and "exhaustive_order",
/// which are no strategies of a run but of the whole campaign (exhaust.hpp).
[[nodiscard]] std::span<const std::string_view> strategy_names() noexcept;

/// Whether it is one of those two.
[[nodiscard]] bool is_exhaustive(std::string_view strategy) noexcept;

/// Throws usage_error, which lists the names, for one that is none.
[[nodiscard]] std::unique_ptr<explorer> make_explorer(std::string_view name);

/// Plain FIFO that notes the profile: run 0. Steps are noted when the run is over, or, if it
/// failed, when the profiler is destroyed; `noted` outlives it.
class profiler final : public strategy {
public:
    explicit profiler(run_profile& noted) noexcept : noted_(noted) {}
    profiler(const profiler&) = delete;
    profiler& operator=(const profiler&) = delete;
    ~profiler() override { end_run(); }
    std::size_t order(std::span<runnable* const> options) override;
    std::size_t stall(const runnable&, std::size_t) override { return 0; }
    std::size_t oversleep(std::uint64_t, std::size_t) override { return 0; }
    std::size_t finish(const finish_options&) override { return 0; }
    void ran(const runnable& next) override;
    void end_run() override;

private:
    run_profile& noted_;
    std::vector<run_profile::task_steps> tasks_;  // by the tasks' numbers
};

}  // namespace heddle::sim
