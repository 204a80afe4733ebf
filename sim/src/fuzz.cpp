// SPDX-License-Identifier: BSL-1.0
#include <heddle/sim/fuzz.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "examine.hpp"
#include "fuzz_mutator.hpp"
#include "fuzz_records.hpp"
#include "fuzz_sightings.hpp"
#include "fuzz_strategy.hpp"
#include "numbered_runs.hpp"

namespace heddle::sim {

namespace {

using namespace detail;

/// Plain FIFO, noting what runs.
class noting_fifo final : public strategy {
public:
    noting_fifo(run_profile& profile, sightings& known, enabled_pairs& pairs) noexcept
        : profiler_(profile), known_(known), pairs_(pairs) {}
    std::size_t order(std::span<runnable* const> options) override {
        pairs_.note(options[0]->event_id(), options[1]->event_id());
        return profiler_.order(options);
    }
    std::size_t stall(const runnable&, std::size_t) override { return 0; }
    std::size_t oversleep(std::uint64_t, std::size_t) override { return 0; }
    std::size_t finish(const finish_options&) override { return 0; }
    void ran(const runnable& next) override {
        profiler_.ran(next);
        known_.note(next);
    }

private:
    profiler profiler_;
    sightings& known_;
    enabled_pairs& pairs_;
};

/// In place of a run's number: what the records about random values say.
std::uint64_t schedule_of(const fuzz_input& input) {
    std::uint64_t schedule = 0;
    for (const fuzz_record& each : input.records) {
        if (each.operation() == fuzz_operation::value) {
            schedule ^= each.a | static_cast<std::uint64_t>(each.b) << 16 |
                        static_cast<std::uint64_t>(each.a_next) << 32 |
                        static_cast<std::uint64_t>(each.b_next) << 40;
        }
    }
    return schedule;
}

/// Hands on what another strategy chooses.
class telling_strategy final : public strategy {
public:
    telling_strategy(strategy& inner, const std::function<void(const choice*)>& told) noexcept
        : inner_(inner), told_(told) {}
    std::size_t order(std::span<runnable* const> options) override {
        const std::size_t taken = inner_.order(options);
        return say(choice_kind::order, options.size(), taken, label_of(*options[taken]));
    }
    std::size_t stall(const runnable& next, std::size_t options) override {
        return say(choice_kind::stall, options, inner_.stall(next, options), label_of(next));
    }
    std::size_t oversleep(std::uint64_t wait, std::size_t options) override {
        return say(choice_kind::oversleep, options, inner_.oversleep(wait, options),
                   static_cast<std::uint32_t>(wait));
    }
    std::size_t finish(const finish_options& options) override {
        const std::size_t taken = inner_.finish(options);
        const runnable* const finished = options.at(taken);
        return say(choice_kind::finish, options.count(), taken,
                   finished != nullptr ? label_of(*finished) : 0);
    }
    void ran(const runnable& next) override { inner_.ran(next); }

private:
    std::size_t say(choice_kind kind, std::size_t options, std::size_t taken,
                    std::uint32_t label) const {
        const choice made{kind, static_cast<std::uint32_t>(options),
                          static_cast<std::uint32_t>(taken), label};
        told_(&made);
        return taken;
    }
    strategy& inner_;
    const std::function<void(const choice*)>& told_;
};

/// The inputs that have shown something new, for search().
class own_corpus {
public:
    explicit own_corpus(std::size_t counters) : best_(counters) {}

    /// Keeps `input` if the counters of its run have something that no run before had.
    void offer(std::span<const std::uint8_t> counters, const std::vector<std::uint8_t>& input,
               random_stream& random) {
        bool fresh = false;
        for (std::size_t i = 0; i < counters.size(); ++i) {
            // How often something happened counts by powers of two, as fuzzers do it.
            const auto level = static_cast<std::uint8_t>(std::bit_width(counters[i]));
            fresh = fresh || level > best_[i];
            best_[i] = std::max(best_[i], level);
        }
        if (!fresh) {
            return;
        }
        constexpr std::size_t most_inputs = 1'024;
        if (inputs_.size() < most_inputs) {
            inputs_.push_back(input);
        } else {
            inputs_[random.below(inputs_.size())] = input;
        }
    }
    [[nodiscard]] const std::vector<std::uint8_t>& any(random_stream& random) const {
        return inputs_[random.below(inputs_.size())];
    }
    [[nodiscard]] bool empty() const noexcept { return inputs_.empty(); }

private:
    std::vector<std::uint8_t> best_;
    std::vector<std::vector<std::uint8_t>> inputs_;
};

}  // namespace

struct fuzz_target::state {
    state(program main, explore_options options, std::span<std::uint8_t> given)
        : main_(std::move(main)),
          options_(std::move(options)),
          one_(options_.limits),
          own_counters_(given.empty() ? fuzz_counters : 0),
          counters_(given.empty() ? std::span(own_counters_) : given),
          watcher_(counters_, pairs_) {}

    /// Run 0, once.
    void settle() {
        if (settled_) {
            return;
        }
        settled_ = true;
        seed_values(one_, 0, 0);
        noting_fifo chooser(profile_, known_, pairs_);
        static_cast<void>(one_.run(main_, chooser, options_.allowed));
        known_.settle();
    }

    const run_record& run(const fuzz_input& input);
    const run_record& run_once(const fuzz_input& input, bool again, bool& unknown);

    program main_;
    explore_options options_;
    simulation one_;
    std::vector<std::uint8_t> own_counters_;
    std::span<std::uint8_t> counters_;
    enabled_pairs pairs_;
    sightings known_;
    run_profile profile_;
    fuzz_watcher watcher_;
    std::array<std::unique_ptr<explorer>, 256> bases_;  // made when first used
    std::function<void(const choice*)> told_;
    bool settled_ = false;
    const run_record* latest_ = nullptr;
    std::uint64_t seed_ = 0;  // of the latest run's values
    std::uint64_t schedule_ = 0;
};

const run_record& fuzz_target::state::run_once(const fuzz_input& input, bool again, bool& unknown) {
    const std::size_t number = input.base % fuzz_bases().size();
    std::unique_ptr<explorer>& base = bases_[number];
    if (number != 0) {
        if (!base) {
            base = make_explorer(fuzz_bases()[number]);
        }
        base->begin(input.seed, options_.allowed, profile_);
    }
    watcher_.begin_run();
    record_strategy chooser(input, known_, base.get(), watcher_, again);
    seed_values(one_, seed_, schedule_);
    std::optional<telling_strategy> telling;
    if (told_) {
        told_(nullptr);
        telling.emplace(chooser, told_);
    }
    strategy& chosen = telling ? static_cast<strategy&>(*telling) : chooser;
    const run_record& record = one_.run(main_, chosen, options_.allowed);
    unknown = chooser.has_unknown_names();
    return record;
}

const run_record& fuzz_target::state::run(const fuzz_input& input) {
    settle();
    seed_ = input.seed;
    schedule_ = schedule_of(input);
    bool unknown = false;
    latest_ = &run_once(input, false, unknown);
    if (unknown && !latest_->failed) {
        // Names that neither run had: they stand for some that there are.
        latest_ = &run_once(input, true, unknown);
    }
    return *latest_;
}

fuzz_target::fuzz_target(program main, explore_options options, std::span<std::uint8_t> counters)
    : state_(std::make_unique<state>(std::move(main), std::move(options), counters)) {}

fuzz_target::~fuzz_target() = default;

const program& fuzz_target::main() const noexcept { return state_->main_; }
const explore_options& fuzz_target::options() const noexcept { return state_->options_; }

const run_record* fuzz_target::run(std::span<const std::uint8_t> bytes) {
    const fuzz_input input = fuzz_input_from(bytes);
    return input.version == 0 ? &state_->run(input) : nullptr;
}

tape fuzz_target::recorded() const {
    explore_options options = state_->options_;
    options.seed = state_->seed_;
    return detail::tape_of(
        options, options.allowed, state_->schedule_,
        state_->latest_ != nullptr ? state_->latest_->choices : std::vector<choice>());
}

tape fuzz_target::tape_of(std::span<const std::uint8_t> bytes) const {
    const fuzz_input input = fuzz_input_from(bytes);
    explore_options options = state_->options_;
    options.seed = input.seed;
    return detail::tape_of(options, options.allowed, schedule_of(input), {});
}

exploration fuzz_target::explain() {
    exploration result;
    result.name = state_->options_.name;
    result.seed = state_->seed_;
    if (state_->latest_ == nullptr || !state_->latest_->failed) {
        return result;
    }
    explore_options options = state_->options_;
    options.seed = state_->seed_;
    finding found;
    found.what = *state_->latest_->failed;
    found.schedule = state_->schedule_;
    found.strategy = "fuzz";
    found.digest = state_->latest_->digest;
    found.full = recorded();
    state_->latest_ = nullptr;  // examining makes runs of its own
    runner_here here(state_->one_, state_->main_);
    result.found = examine(here, options, std::move(found));
    return result;
}

void fuzz_target::tell(std::function<void(const choice*)> told) { state_->told_ = std::move(told); }

std::size_t fuzz_target::mutate(std::uint8_t* data, std::size_t size, std::size_t most,
                                std::uint64_t seed) {
    state_->settle();
    random_stream random(seed);
    return fuzz_mutator(state_->known_, state_->pairs_).mutate({data, most}, size, random);
}

std::size_t fuzz_target::cross_over(std::span<const std::uint8_t> first,
                                    std::span<const std::uint8_t> second,
                                    std::span<std::uint8_t> out, std::uint64_t seed) {
    random_stream random(seed);
    return fuzz_mutator::cross_over(first, second, out, random);
}

fuzz_target::searched fuzz_target::search(std::uint64_t runs, std::uint64_t seed) {
    constexpr std::size_t longest_input = 1'024;
    random_stream random(seed);
    own_corpus corpus(state_->counters_.size());
    std::vector<std::uint8_t> input;
    searched result;
    while (result.runs < runs) {
        if (!corpus.empty()) {
            input = corpus.any(random);
            std::size_t size = input.size();
            input.resize(longest_input);
            if (random.chance(1, 8)) {
                const std::vector<std::uint8_t> own(
                    input.begin(), input.begin() + static_cast<std::ptrdiff_t>(size));
                size = cross_over(own, corpus.any(random), input, random.next());
            }
            input.resize(mutate(input.data(), size, longest_input, random.next()));
        }
        std::fill(state_->counters_.begin(), state_->counters_.end(), std::uint8_t{0});
        ++result.runs;
        if (const run_record* record = run(input); record != nullptr && record->failed) {
            result.failing = input;
            return result;
        }
        corpus.offer(state_->counters_, input, random);
    }
    return result;
}

}  // namespace heddle::sim
