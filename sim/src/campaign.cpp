// SPDX-License-Identifier: BSL-1.0
#include <heddle/sim/campaign.hpp>

#include <poll.h>

#include <algorithm>
#include <memory>
#include <new>
#include <stdexcept>
#include <utility>

#include <heddle/errors.hpp>

#include "archive.hpp"
#include "coverage.hpp"
#include "examine.hpp"
#include "forked_runner.hpp"
#include "numbered_runs.hpp"
#include "text_file.hpp"
#include "twice.hpp"
#include "wall_clock.hpp"
#include "worker.hpp"

namespace heddle::sim {

namespace {

using namespace detail;

void require(bool holds, const char* what) {
    if (!holds) {
        throw usage_error(what);
    }
}

void check_options(const campaign_options& options) {
    require(options.jobs >= 1 && options.jobs <= most_jobs,
            "a campaign has 1 to 256 worker processes");
    require(options.part.of >= 1 && options.part.of <= most_shards && options.part.number >= 1 &&
                options.part.number <= options.part.of,
            "a shard is number 1 to n of n, which is at most 1000000");
    require(options.hang > duration::zero(), "the time after which a callback hangs is above zero");
    require(options.time_limit >= duration::zero(), "a limit of time is not below zero");
    check_must_see(options.explore);
    check_strategy(options.explore.strategy);
}

campaign_state begun(const campaign_options& options) {
    campaign_state state;
    state.program = options.explore.name;
    state.seed = options.explore.seed;
    state.strategy = options.explore.strategy;
    state.allowed = options.explore.allowed;
    state.cancellations = options.explore.cancellations;
    state.limits = options.explore.limits;
    state.schedules = options.explore.schedules;
    state.part = options.part;
    if (options.resume_file.empty()) {
        return state;
    }
    campaign_state found = read_campaign_state(options.resume_file);
    if (const std::string what = difference(state, found, options.resume_file); !what.empty()) {
        throw campaign_error(what);
    }
    if (found.part != state.part) {
        const auto text = [](const shard& part) {
            return std::to_string(part.number) + "/" + std::to_string(part.of);
        };
        throw campaign_error(options.resume_file + ": this is the state of shard " +
                             text(found.part) + ", not of " + text(state.part));
    }
    return found;
}

/// A run that failed, or may have.
struct candidate {
    std::uint64_t run = no_run;
    failure what;
    bool died = false;         // it took its process with it: nothing else is known
    bool out_of_turn = false;  // whoever has it in a block may come by it too, and knows more
    bool differs = false;      // somewhere in its block, two processes did not agree
    std::string strategy;      // empty: not known
    std::uint64_t digest = 0;
    bool whole = true;  // `choices` are all
    std::vector<choice> choices;
    run_totals partial;  // of its block, with it
    std::uint64_t block = 0;
};

/// One worker, as its parent has it.
struct worker_process {
    worker_process(const run_limits& limits, surroundings in)
        : room(limits),
          memory(sizeof(worker_page)),
          page(new(memory.data()) worker_page),
          where(in),
          moving(room.signs()) {}

    run_room room;
    coverage_board coverage;
    shared_memory memory;
    worker_page* page;
    surroundings where;
    pipe_ends pipe;
    std::string said;
    heartbeat moving;
    pid_t process = 0;
    bool alive = false;
};

class campaign {
public:
    campaign(const program& main, const campaign_options& options)
        : main_(main),
          options_(options),
          state_(begun(options)),
          memory_(sizeof(campaign_control)),
          control_(new(memory_.data()) campaign_control),
          resumed_(state_.ahead),
          seen_before_(state_.coverage) {
        for (auto& next : control_->next) {
            next.store(state_.blocks);
        }
    }
    campaign(const campaign&) = delete;
    campaign& operator=(const campaign&) = delete;
    ~campaign() {
        for (const auto& each : workers_) {
            if (each->alive) {
                kill_child(each->process);
            }
        }
    }

    campaign_result run() {
        write_state();
        start_workers();
        while (any_alive()) {
            look_after_workers();
        }
        drop_what_may_not_be_first();
        settle_first_failure();
        if (first_.run != no_run || state_.complete()) {
            ended_ = campaign_end::complete;  // whoever wanted it to end came too late
        }
        campaign_result result;
        result.ended = ended_;
        fill(result.explored);
        write_state();
        return result;
    }

private:
    // ---- workers -----------------------------------------------------------------------

    void start_workers() {
        const std::uint64_t worlds = options_.check_determinism ? 2 : 1;
        for (std::uint64_t i = 0; i < options_.jobs * worlds; ++i) {
            const auto where = i % worlds == 0 ? surroundings::plain : surroundings::other;
            workers_.push_back(std::make_unique<worker_process>(options_.explore.limits, where));
            worker_process& one = *workers_.back();
            const worker_task task{main_,     options_, resumed_,     *control_,
                                   *one.page, one.room, one.coverage, where};
            one.process = start_child([&] { return work(task, one.pipe.write_end); });
            one.alive = true;
            one.pipe.close_write();
        }
    }

    [[nodiscard]] bool any_alive() const {
        return std::any_of(workers_.begin(), workers_.end(),
                           [](const auto& each) { return each->alive; });
    }

    /// Waits until a worker has something to say, or for a moment.
    void look_after_workers() {
        constexpr int milliseconds = 20;
        std::vector<pollfd> files;
        for (const auto& each : workers_) {
            if (each->alive) {
                files.push_back({each->pipe.read_end, POLLIN, 0});
            }
        }
        ::poll(files.data(), files.size(), milliseconds);
        for (const auto& each : workers_) {
            if (each->alive) {
                look_after(*each);
            }
        }
        check_state();
        end_in_time();
        show_progress();
    }

    void look_after(worker_process& one) {
        const bool open = one.pipe.read(one.said);
        std::optional<int> status = ended(one.process);
        if (!status && !open) {
            status = wait_for_end(one.process);
        }
        const bool hangs = !status && !one.page->over.load(std::memory_order_acquire) &&
                           one.moving.stands_still(options_.hang);
        if (hangs) {
            kill_child(one.process);
        }
        take_blocks(one);
        if (!status && !hangs) {
            return;
        }
        one.alive = false;
        one.pipe.read(one.said);
        if (hangs) {
            take_death(one, hanging(options_.hang));
        } else if (!one.page->over.load(std::memory_order_acquire)) {
            take_death(one, death(*status, {}));
        } else {
            take_answer(one);
        }
    }

    void take_answer(worker_process& one) {
        if (one.said.empty()) {
            return;
        }
        const std::string_view bytes = std::string_view(one.said).substr(1);
        if (one.said.front() != 'F') {
            throw std::runtime_error(std::string(bytes));
        }
        auto failed = from_bytes<failed_run>(bytes);
        candidate found = candidate_of(one);
        found.run = failed.schedule;
        found.what = std::move(failed.what);
        found.strategy = std::move(failed.strategy);
        found.digest = failed.digest;
        take(std::move(found));
    }

    void take_death(worker_process& one, failure what) {
        candidate found = candidate_of(one);
        found.died = true;
        found.what = std::move(what);
        if (!found.out_of_turn || found.run == 0) {
            found.partial += {1, one.room.signs().steps.load(), 0};
        }
        take(std::move(found));
    }

    [[nodiscard]] candidate candidate_of(const worker_process& one) const {
        candidate found;
        found.whole = one.room.whole();
        found.choices = one.room.taken();
        found.run = one.page->run.load();
        found.block = one.page->block.load();
        if (found.block == no_run) {
            found.out_of_turn = true;
            found.block = first_block_with(found.run);
        } else {
            found.partial = one.page->in_block;
        }
        return found;
    }

    /// The first of this shard's blocks, by index, that has this run or later ones.
    [[nodiscard]] std::uint64_t first_block_with(std::uint64_t run) const noexcept {
        const shard& part = options_.part;
        const std::uint64_t block = run / campaign_block;
        return block < part.number ? 0 : (block - part.number + part.of) / part.of;
    }

    /// A run that was made out of turn is left to whoever has it in a block: that is a worker of
    /// this campaign, or of another shard.
    void take(candidate found) {
        const std::uint64_t limit = found.run + (found.out_of_turn ? 1 : 0);
        control_->limit.store(std::min(control_->limit.load(), limit));
        if (found.run < first_.run || (found.run == first_.run && first_.out_of_turn)) {
            first_ = std::move(found);
        }
    }

    // ---- blocks ------------------------------------------------------------------------

    void take_blocks(worker_process& one) {
        worker_page& page = *one.page;
        const std::uint64_t end = page.written.load(std::memory_order_acquire);
        for (std::uint64_t i = page.read.load(std::memory_order_relaxed); i < end; ++i) {
            const block_report& done = page.ring[i % worker_page::ring_size];
            runs_made_ += done.totals.runs;
            note_strategy({done.strategy, done.strategy_length});
            if (!options_.check_determinism) {
                add_block(done.index, done.totals);
            } else {
                take_once(done);
            }
        }
        page.read.store(end, std::memory_order_release);
    }

    /// A block counts when it is done twice, with the same outcome.
    void take_once(const block_report& done) {
        const auto [place, fresh] = done_once_.emplace(done.index, done.totals);
        if (fresh) {
            return;
        }
        if (place->second == done.totals) {
            add_block(done.index, done.totals);
        } else {
            candidate found;
            found.run = block_of(options_.part, done.index) * campaign_block;
            found.differs = true;
            found.block = done.index;
            take(std::move(found));
        }
        done_once_.erase(place);
    }

    void add_block(std::uint64_t index, const run_totals& totals) {
        state_.ahead.emplace(index, totals);
        for (auto next = state_.ahead.begin();
             next != state_.ahead.end() && next->first == state_.blocks;
             next = state_.ahead.erase(next)) {
            state_.done += next->second;
            ++state_.blocks;
        }
    }

    void note_strategy(std::string_view name) {
        if (std::find(strategies_.begin(), strategies_.end(), name) == strategies_.end()) {
            strategies_.push_back(name);
        }
    }

    // ---- now and then ------------------------------------------------------------------

    /// A worker's first run tells whether this is still the program that the state is of.
    void check_state() {
        const std::uint64_t now = control_->first_run.load();
        if (now == 0) {
            return;
        }
        if (resumed_first_run_ != 0 && resumed_first_run_ != now) {
            throw campaign_error(
                options_.resume_file +
                ": this is the state of another program: its run 0 has the digest " +
                hexadecimal(resumed_first_run_) + ", not " + hexadecimal(now));
        }
        state_.first_run = now;
    }

    void end_in_time() {
        // With a failure at hand, the runs below it are few, and they say whether it is the first.
        if (first_.run != no_run || control_->stop.load()) {
            return;
        }
        const bool late =
            options_.time_limit > duration::zero() && real_time() - start_ >= options_.time_limit;
        const bool stopped = options_.stop && options_.stop();
        if (late || stopped) {
            ended_ = stopped ? campaign_end::stopped : campaign_end::out_of_time;
            control_->stop.store(true);
        }
    }

    void show_progress() {
        constexpr duration between = std::chrono::milliseconds(100);
        constexpr duration between_states = std::chrono::seconds(30);
        const duration now = real_time();
        if (options_.on_progress && now - shown_ >= between) {
            shown_ = now;
            const double seconds = std::chrono::duration<double>(now - start_).count();
            campaign_progress progress;
            progress.runs = earlier_ + runs_made_;
            progress.runs_a_second = seconds > 0 ? static_cast<double>(runs_made_) / seconds : 0;
            progress.strategies = strategies_;
            options_.on_progress(progress);
        }
        if (now - written_ >= between_states) {
            write_state();
        }
    }

    /// Of all blocks that are done. Where each run is made twice, the second time counts for nothing.
    void add_up_coverage() {
        state_.coverage = seen_before_;
        for (const auto& each : workers_) {
            if (each->where == surroundings::plain) {
                merge_coverage(state_.coverage, each->coverage.seen());
            }
        }
    }

    void write_state() {
        written_ = real_time();
        add_up_coverage();
        if (!options_.state_file.empty()) {
            write_campaign_state(options_.state_file, state_);
        }
    }

    // ---- the end -----------------------------------------------------------------------

    /// A run may fail that was under way when the campaign was ended: if blocks below it have been
    /// given up, nobody knows whether it is the first. Whoever goes on will come by it again.
    void drop_what_may_not_be_first() {
        if (first_.run == no_run || !control_->stop.load()) {
            return;
        }
        for (std::uint64_t index = state_.blocks; index < first_.block; ++index) {
            if (!state_.ahead.contains(index)) {
                first_ = {};
                return;
            }
        }
    }

    /// Where two processes did not agree on a block, or might not have on the run that failed:
    /// which run it was, and how.
    void settle_first_failure() {
        if (!options_.check_determinism || first_.run == no_run) {
            return;
        }
        const std::uint64_t end =
            first_.differs ? std::min(first_.run + campaign_block, options_.explore.schedules)
                           : first_.run + 1;
        simulation one(options_.explore.limits);
        for (std::uint64_t i = first_.run; i < end; ++i) {
            const run_room room(options_.explore.limits);
            if (auto what = difference_in(one, main_, options_, room, i)) {
                first_.run = i;
                first_.what = std::move(*what);
                first_.differs = true;
                first_.died = false;
                first_.choices = room.taken();
                return;
            }
        }
        if (first_.differs) {
            first_.what.what = failure_class::nondeterminism;
            first_.what.message = "runs " + std::to_string(first_.run) + " to " +
                                  std::to_string(end - 1) +
                                  " did not come out the same in two processes, and did when they "
                                  "were made once more";
        }
    }

    void fill(exploration& result) {
        result.name = options_.explore.name;
        result.seed = options_.explore.seed;
        result.asked = options_.explore.schedules;
        run_totals all = state_.done;
        for (const auto& [index, totals] : state_.ahead) {
            if (first_.run == no_run || index < first_.block) {
                all += totals;
            }
        }
        if (first_.run != no_run) {
            all += first_.partial;
            result.found = examined();
            state_.failing = first_.run;
            state_.failure_text = result.found->what.message;
        }
        if (first_.run == no_run && state_.failing && *state_.failing < state_.passed_below()) {
            state_.failing.reset();  // it has passed this time
        }
        result.schedules = all.runs;
        result.steps = all.steps;
        result.digest = all.digest;
        if (!result.found) {
            add_up_coverage();
            result.coverage = covered(state_.coverage, options_.explore.must_see);
            if (ended_ != campaign_end::stopped && options_.part.of == 1) {
                judge_coverage(result, options_.explore);
            }
        }
    }

    [[nodiscard]] finding examined() {
        finding found;
        found.what = first_.what;
        found.schedule = first_.run;
        found.digest = first_.digest;
        found.full = tape_of(options_.explore, options_.explore.allowed, first_.run,
                             std::move(first_.choices));
        found.minimal_tape = found.full;
        found.minimal_failure = found.what;
        simulation one(options_.explore.limits);
        one.open_cancellations(options_.explore.cancellations);
        found.strategy = first_.strategy.empty() ? strategy_of(one, first_.run) : first_.strategy;
        if (!first_.whole) {
            found.what.message += "\n(the tape is cut off: the run took too many choices)";
            return found;
        }
        if (first_.differs || (!options_.minimise && !first_.died)) {
            return found;
        }
        seed_values(one, options_.explore.seed, first_.run);
        return first_.died ? examined_death(one, std::move(found))
                           : examined_failure(one, std::move(found));
    }

    /// Its name, found out in a child: run 0, which it may depend on, is not made in this process.
    [[nodiscard]] std::string strategy_of(simulation& one, std::uint64_t schedule) const {
        const run_room room(options_.explore.limits);
        const answer got = ask_child(
            [&](const reply& say) {
                run_watch watch = room.watch();
                one.watch(&watch);
                say(numbered_runs(one, main_, options_.explore).strategy_of(schedule));
            },
            room.signs(), options_.hang);
        return got.bytes.value_or("");
    }

    /// In one child, which is fast. Should one of the runs that this takes kill it, once more with
    /// a child for each.
    [[nodiscard]] finding examined_failure(simulation& one, finding found) const {
        const run_room room(options_.explore.limits);
        const answer got = ask_child(
            [&](const reply& say) {
                run_watch watch = room.watch();
                one.watch(&watch);
                runner_here here(one, main_);
                say(to_bytes(examine(here, options_.explore, found)));
            },
            room.signs(), options_.hang);
        if (got.bytes) {
            return from_bytes<finding>(*got.bytes);
        }
        forked_runner forked(one, main_, options_.hang);
        return examine(forked, options_.explore, std::move(found));
    }

    [[nodiscard]] finding examined_death(simulation& one, finding found) const {
        // Each replay of a run that hangs takes that long: one second is enough for those.
        constexpr duration long_enough = std::chrono::seconds(1);
        const bool hung = found.what.what == failure_class::hang;
        forked_runner forked(one, main_,
                             hung ? std::min(options_.hang, long_enough) : options_.hang);
        std::string again;
        try {
            exact_replay chooser(found.full);
            const run_record& run = forked.run(chooser, found.full.allowed, true);
            if (run.failed && run.failed->what == found.what.what) {
                // What it wrote on its standard error is known now, and the step.
                found.what = *run.failed;
                found.minimal_failure = found.what;
                return options_.minimise ? examine(forked, options_.explore, std::move(found))
                                         : found;
            }
            again = run.failed ? "failed otherwise: " + run.failed->message : "passed";
        } catch (const replay_error& error) {
            again = std::string("went another way: ") + error.what();
        }
        found.what.message +=
            "\nmade again by itself, with the same choices, the run " + again +
            ":\nit was killed from outside, or an earlier run in its process had damaged memory,"
            "\nor it depends on something that the simulation does not control";
        return found;
    }

    static std::uint64_t runs_of(const campaign_state& state) {
        std::uint64_t runs = state.done.runs;
        for (const auto& [index, totals] : state.ahead) {
            runs += totals.runs;
        }
        return runs;
    }

    const program& main_;
    const campaign_options& options_;
    campaign_state state_;
    shared_memory memory_;
    campaign_control* control_;
    const std::map<std::uint64_t, run_totals> resumed_;         // what workers need not do
    const std::vector<covered_point> seen_before_;              // by the runs of earlier sittings
    const std::uint64_t resumed_first_run_ = state_.first_run;  // 0: none
    std::vector<std::unique_ptr<worker_process>> workers_;
    std::map<std::uint64_t, run_totals> done_once_;
    candidate first_;
    campaign_end ended_ = campaign_end::complete;
    std::uint64_t runs_made_ = 0;  // in this sitting
    std::uint64_t earlier_ = runs_of(state_);
    std::vector<std::string_view> strategies_;
    duration start_ = real_time();
    duration shown_ = start_;
    duration written_ = start_;
};

}  // namespace

campaign_result run_campaign(const program& main, const campaign_options& options) {
    check_options(options);
    return campaign(main, options).run();
}

}  // namespace heddle::sim
