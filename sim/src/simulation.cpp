// SPDX-License-Identifier: BSL-1.0
#include <heddle/sim/simulation.hpp>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include <heddle/detail/job.hpp>
#include <heddle/detail/mix.hpp>
#include <heddle/ready_events.hpp>
#include <heddle/runner.hpp>

#include "chains.hpp"
#include "run_watch.hpp"

namespace heddle::sim {

namespace {

thread_local simulation* current_simulation = nullptr;

/// Ends a run whose outcome is in its record already. No std::exception: it passes through
/// nothing but the loop.
struct run_stopped {};

struct current_scope {
    explicit current_scope(simulation& one, heddle::detail::frame_pool& pool)
        : outer(std::exchange(current_simulation, &one)),
          outer_pool(std::exchange(heddle::detail::current_pool, &pool)) {}
    current_scope(const current_scope&) = delete;
    current_scope& operator=(const current_scope&) = delete;
    ~current_scope() {
        current_simulation = outer;
        heddle::detail::current_pool = outer_pool;
    }
    simulation* outer;
    heddle::detail::frame_pool* outer_pool;
};

std::uint64_t task_of(const runnable& event) noexcept {
    const event_kind kind = event.kind();
    return kind == event_kind::step || kind == event_kind::wakeup
               ? static_cast<const task_base&>(event).structural_id()
               : 0;
}

/// The type of an error, as describe() begins: what tells two errors apart.
std::string sort_of(const std::string& described) {
    return described.substr(0, described.find(": "));
}

}  // namespace

/// Somebody cancels a task: an event like any other, which a choice puts on the loop.
class cancellation final : public runnable {
public:
    /// To be done to `task`, whose step `event` is about to run.
    void aim(const task_base& task, std::uint64_t event) {
        task_ = &task;
        target_ = future_pointer(&const_cast<task_base&>(task).as_future());
        event_ = event;
    }
    /// For tracing: called as it takes place. Null where a run is not traced.
    std::function<void(const task_base&, std::uint64_t event)> on_run;

    void run() override {
        const future_pointer target = std::exchange(target_, future_pointer());
        if (!target->done()) {
            if (on_run) {
                on_run(*task_, event_);
            }
            target->cancel({});
        }
    }
    void drop() noexcept override { target_ = future_pointer(); }
    [[nodiscard]] event_kind kind() const noexcept override { return event_kind::callback; }
    [[nodiscard]] std::uint64_t event_id() const noexcept override {
        return heddle::detail::mix(event_, 0x63616e63656cU);
    }
    [[nodiscard]] std::string label() const override { return "cancellation of " + task_->label(); }
    [[nodiscard]] std::source_location place() const noexcept override { return task_->place(); }

private:
    using future_pointer = heddle::detail::intrusive_ptr<future_base>;
    const task_base* task_ = nullptr;  // kept by target_
    future_pointer target_;
    std::uint64_t event_ = 0;
};

/// Lets a strategy take each choice, records it, counts and digests what runs.
class simulation::chooser_scheduler final : public scheduler {
public:
    explicit chooser_scheduler(simulation& owner)
        : owner_(owner), latest_(later_by(time_point{}, owner.limits_.time)) {}

    void begin(strategy& chooser, level allowed, bool traced) {
        strategy_ = &chooser;
        of_ready_ = &chooser.of_ready();
        allowed_ = allowed;
        picked_ = nullptr;
        cancels_ = allowed != level::fifo && owner_.cancellations_open_;
        quiet_ = !traced && !cancels_;
        hears_ = chooser.watches();
        set_bound();
        cancelled_ = false;
        if (traced || std::exchange(was_traced_, traced)) [[unlikely]] {
            begin_trace(traced);
        }
    }

    /// Main is over: what is left is cancelled anyway.
    void close_cancellations() noexcept { cancels_ = false; }
    /// A choice had a task cancelled in this run.
    [[nodiscard]] bool cancelled() const noexcept { return cancelled_; }

    [[nodiscard]] bool reorders() const noexcept override { return allowed_ == level::any; }
    [[nodiscard]] bool watches() const noexcept override {
        return owner_.record_.trace.has_value();
    }

    [[nodiscard]] bool breaks_ties() const noexcept override { return allowed_ != level::fifo; }

    void scheduled(const runnable& item) override {
        scheduled_by_.try_emplace(item.event_id(), owner_.record_.steps);
    }

    void run_ready(ready_events& events) override {
        if (owner_.watch_ == nullptr) [[likely]] {
            run_quietly<false>(events);
        } else {
            run_quietly<true>(events);
        }
    }

    /// What most events of most runs take, as little as can be: neither a trace nor cancellations,
    /// no limit reached, no timer that a callback could take until. Everything that is done here is
    /// done by pick() and about_to_run() too.
    template <bool Watched>
    void run_quietly(ready_events& events) {
        run_record& run = owner_.record_;
        while (run.steps < quiet_bound_) {
            const auto ready = events.options();
            std::size_t taken = 0;
            std::uint64_t id = 0;
            if (ready.size() > 1) {
                taken = of_ready_->order(ready);
                HEDDLE_INVARIANT(taken < ready.size(), "a strategy takes one of the options");
                id = ready[taken]->event_id();
                append(run.choices, {choice_kind::order, static_cast<std::uint32_t>(ready.size()),
                                     static_cast<std::uint32_t>(taken), label_of(id)});
                if constexpr (Watched) {
                    owner_.watch_->chose(run.choices.back());
                }
            } else {
                id = ready.front()->event_id();
            }
            count(run, *ready[taken], id);
            if constexpr (Watched) {
                owner_.watch_->step(run);
            }
            events.run(taken, id);
            if (!events.go_on()) {
                return;
            }
        }
        scheduler::run_ready(events);
    }

    std::size_t pick(std::span<runnable* const> options) override {
        const std::size_t taken = strategy_->order(options);
        HEDDLE_INVARIANT(taken < options.size(), "a strategy takes one of the options");
        picked_ = options[taken];
        picked_id_ = picked_->event_id();
        record(choice_kind::order, options.size(), taken, label_of(picked_id_));
        if (owner_.record_.trace) [[unlikely]] {
            trace_options(options, taken);
        }
        return taken;
    }

    /// Traces say of each step what it overtook: they look at all options.
    [[nodiscard]] std::size_t crowds_from() const noexcept override {
        return owner_.record_.trace ? crowd::never : strategy_->crowds_from();
    }

    std::size_t pick_of_crowd(crowd& options) override {
        const std::size_t taken = strategy_->order_crowd(options);
        HEDDLE_INVARIANT(taken < options.size(), "a strategy takes one of the options");
        picked_ = &options[taken];
        picked_id_ = picked_->event_id();
        record(choice_kind::order, options.size(), taken, label_of(picked_id_));
        return taken;
    }

    std::uint64_t about_to_run(runnable& next) override {
        run_record& run = owner_.record_;
        if (!may_go_on()) [[unlikely]] {
            stop_run();
        }
        const time_point before = owner_.clock_.now();
        duration taken{};
        std::size_t stalled = 0;
        if (owner_.loop_.timer_count() != 0 && allowed_ != level::fifo) {
            stalled = stall(next, taken);
        }
        const bool cancels = cancels_ && cancel(next);
        const std::uint64_t event = count(run, next, id_of(next));
        if (run.trace) [[unlikely]] {
            trace_step(next, event, before, taken, stalled, cancels);
        }
        if (owner_.watch_ != nullptr) [[unlikely]] {
            owner_.watch_->step(run);
        }
        return event;
    }

    void about_to_wait(time_point deadline) override {
        run_record& run = owner_.record_;
        if (run.failed) {
            throw run_stopped{};
        }
        ++run.waits;
        time_point until = deadline;
        if (allowed_ != level::fifo) {
            std::array<time_point, heddle::detail::timer_heap::most_deadlines> found;
            const std::size_t options =
                1 + owner_.loop_.deadlines_between(
                        deadline, later_by(deadline, owner_.limits_.longest_stall), found);
            if (options > 1) {
                const std::size_t taken = strategy_->oversleep(run.waits, options);
                HEDDLE_INVARIANT(taken < options, "a strategy takes one of the options");
                record(choice_kind::oversleep, options, taken,
                       static_cast<std::uint32_t>(run.waits));
                if (taken > 0) {
                    until = found[taken - 1];
                    if (run.trace) {
                        run.trace->oversleeps.push_back({run.waits,
                                                         static_cast<std::uint32_t>(taken),
                                                         deadline, until - deadline});
                    }
                }
            }
        }
        move_clock(until);
    }

    std::size_t finish(std::span<runnable* const> pending, bool idle, bool must) override {
        const finish_options options{pending, idle, must};
        std::size_t taken = 0;
        if (allowed_ != level::fifo && options.count() > 1) {
            taken = strategy_->finish(options);
            HEDDLE_INVARIANT(taken < options.count(), "a strategy takes one of the options");
            const runnable* finished = options.at(taken);
            record(choice_kind::finish, options.count(), taken,
                   finished != nullptr ? label_of(*finished) : 0);
            if (owner_.record_.trace) {
                trace_finish(options, taken);
            }
        }
        const runnable* const finished = options.at(taken);
        std::size_t place = 0;
        while (place < pending.size() && pending[place] != finished) {
            ++place;
        }
        return place;
    }

    void advance_to(time_point deadline) override { move_clock(deadline); }

    /// To be called when anything has changed that may_go_on() asks for, but the count of steps.
    void set_bound() noexcept {
        const bool over = owner_.record_.failed || owner_.clock_.now() > latest_;
        bound_ = over ? 0 : owner_.limits_.steps;
        quiet_bound_ = quiet_ ? bound_ : 0;
    }

private:
    void move_clock(time_point until) noexcept {
        owner_.clock_.advance_to(until);
        set_bound();
    }
    /// It has neither failed nor gone on for too long.
    [[nodiscard]] bool may_go_on() const noexcept { return owner_.record_.steps < bound_; }
    std::uint64_t id_of(const runnable& next) {
        return std::exchange(picked_, nullptr) == &next ? picked_id_ : next.event_id();
    }
    /// `next` runs, whose id is `event`.
    [[gnu::always_inline]] std::uint64_t count(run_record& run, const runnable& next,
                                               std::uint64_t event) const {
        ++run.steps;
        run.digest = heddle::detail::mix(
            run.digest ^ event,
            static_cast<std::uint64_t>(owner_.clock_.now().time_since_epoch().count()));
        if (hears_) {
            of_ready_->ran(next);
        }
        return event;
    }

    void record(choice_kind kind, std::size_t options, std::size_t taken, std::uint32_t label) {
        std::vector<choice>& choices = owner_.record_.choices;
        append(choices, {kind, static_cast<std::uint32_t>(options),
                         static_cast<std::uint32_t>(taken), label});
        if (owner_.watch_ != nullptr) [[unlikely]] {
            owner_.watch_->chose(choices.back());
        }
    }
    [[gnu::always_inline]] static void append(std::vector<choice>& choices, const choice& entry) {
        if (choices.size() == choices.capacity()) [[unlikely]] {
            make_room(choices);
        }
        if (choices.size() == choices.capacity()) {
            __builtin_unreachable();  // said again, or push_back brings its own growing along
        }
        choices.push_back(entry);
    }
    /// Apart, so that what is called at every choice stays small.
    [[gnu::cold, gnu::noinline]] static void make_room(std::vector<choice>& choices) {
        choices.reserve(std::max<std::size_t>(64, 2 * choices.capacity()));
    }

    /// There are timers.
    std::size_t stall(runnable& next, duration& length) {
        const time_point now = owner_.clock_.now();
        std::array<time_point, heddle::detail::timer_heap::most_deadlines> found;
        const std::size_t options =
            1 +
            owner_.loop_.deadlines_between(now, later_by(now, owner_.limits_.longest_stall), found);
        if (options == 1) {
            return 0;
        }
        const std::size_t taken = strategy_->stall(next, options);
        HEDDLE_INVARIANT(taken < options, "a strategy takes one of the options");
        record(choice_kind::stall, options, taken, label_of(next));
        if (taken > 0) {
            length = found[taken - 1] - now;
            if (next.kind() == event_kind::job) {
                // The loop goes on while it runs, and hears of its end later.
                static_cast<heddle::detail::job_base&>(next).end_at(found[taken - 1]);
            } else {
                move_clock(found[taken - 1]);
            }
        }
        return taken;
    }

    /// Whether the task whose step runs next is cancelled behind it.
    bool cancel(runnable& next) {
        const event_kind kind = next.kind();
        if (kind != event_kind::step && kind != event_kind::wakeup) {
            return false;
        }
        const auto& task = static_cast<const task_base&>(next);
        if (owner_.record_.trace) {
            ++suspensions_[task.number()];
        }
        if (task.number() == 1 || cancelled_) {
            return false;
        }
        const std::size_t taken = strategy_->cancel(next, 2);
        HEDDLE_INVARIANT(taken < 2, "a strategy takes one of the options");
        record(choice_kind::cancel, 2, taken, label_of(next));
        if (taken != 0) {
            cancelled_ = true;
            cancellation_.aim(task, next.event_id());
            // At the end of the queue: whatever the loop was about to take keeps its place.
            owner_.loop_.push_ready(cancellation_);
        }
        return taken != 0;
    }

    /// Of a traced run only.
    [[nodiscard]] run_trace& trace_of_run() {
        std::optional<run_trace>& trace = owner_.record_.trace;
        HEDDLE_INVARIANT(trace.has_value(), "only what is traced is asked for its trace");
        return *trace;
    }

    void trace_cancellation(const task_base& task, std::uint64_t event) {
        const std::source_location site = task.site();
        trace_of_run().cancellations.push_back(
            {event, task.label(), suspensions_[task.number()], owner_.clock_.now(),
             site.line() != 0 ? site.file_name() : "", static_cast<std::uint32_t>(site.line())});
    }

    void trace_finish(const finish_options& options, std::size_t taken) {
        run_trace& trace = trace_of_run();
        const runnable* const finished = options.at(taken);
        for (const runnable* each : options.pending) {
            see(*each);
            if (each == finished) {
                break;
            }
            if (options.idle) {
                pass_over(each->event_id());
            }
        }
        if (finished != nullptr && !options.idle) {
            trace.finished_early.push_back(
                {finished->event_id(), trace.steps.empty() ? 0 : trace.steps.back().event});
        }
    }

    /// What only traced runs use is emptied before one, and behind one.
    [[gnu::cold, gnu::noinline]] void begin_trace(bool traced) {
        was_traced_ = traced;
        passed_over_.clear();
        held_.clear();
        scheduled_by_.clear();
        suspensions_.clear();
        cancellation_.on_run = nullptr;
        if (cancels_ && traced) {
            cancellation_.on_run = [this](const task_base& task, std::uint64_t event) {
                trace_cancellation(task, event);
            };
        }
    }

    /// Noted once, not for each step that comes before it: of very many that are ready most are
    /// passed over again and again.
    void pass_over(std::uint64_t event) {
        if (held_.insert(event).second) {
            passed_over_.push_back(event);
        }
    }

    [[gnu::cold, gnu::noinline]] void trace_options(std::span<runnable* const> options,
                                                    std::size_t taken) {
        for (std::size_t i = 0; i < options.size(); ++i) {
            see(*options[i]);
            if (i < taken) {
                pass_over(options[i]->event_id());
            }
        }
    }

    [[gnu::cold, gnu::noinline]] void trace_step(const runnable& next, std::uint64_t event,
                                                 time_point before, duration taken,
                                                 std::size_t stalled, bool cancels) {
        see(next);
        run_trace& trace = trace_of_run();
        step_record step = trace.seen[event];
        step.when = before;
        step.stalled = taken;
        step.stall_option = static_cast<std::uint32_t>(stalled);
        step.cancelled = cancels;
        step.passed_over = std::exchange(passed_over_, {});
        held_.erase(event);
        if (const auto by = scheduled_by_.find(event); by != scheduled_by_.end()) {
            step.woken_by = by->second;
            scheduled_by_.erase(by);  // an id may come again, scheduled by another step
        }
        trace.steps.push_back(std::move(step));
    }

    /// It has failed, or gone on for too long.
    [[noreturn, gnu::cold, gnu::noinline]] void stop_run() {
        const run_record& run = owner_.record_;
        if (run.failed) {
            throw run_stopped{};
        }
        if (run.steps >= owner_.limits_.steps) {
            owner_.note({failure_class::limit,
                         "the run reached its limit of " + std::to_string(owner_.limits_.steps) +
                             " steps: it goes on for ever, or the limit is too low",
                         {},
                         0,
                         "steps"});
        } else {
            owner_.note({failure_class::limit,
                         "the run reached its limit of virtual time: it goes on for ever, or the "
                         "limit is too low",
                         {},
                         0,
                         "time"});
        }
        throw run_stopped{};
    }

    void see(const runnable& event) {
        const std::uint64_t id = event.event_id();
        auto [place, fresh] = trace_of_run().seen.try_emplace(id);
        if (fresh) {
            const std::source_location site = event.place();
            place->second.event = id;
            place->second.site = detail::site_key(event);
            place->second.kind = event.kind();
            place->second.task = task_of(event);
            place->second.label = event.label();
            place->second.file = site.line() != 0 ? site.file_name() : "";
            place->second.line = static_cast<std::uint32_t>(site.line());
            place->second.when = owner_.clock_.now();
        }
    }

    simulation& owner_;
    const time_point latest_;  // the limit of virtual time
    strategy* strategy_ = nullptr;
    strategy* of_ready_ = nullptr;   // it, or the one that it has drawn: see strategy::of_ready
    bool quiet_ = false;             // neither a trace nor cancellations: see run_ready
    bool hears_ = false;             // the strategy is told of each event
    bool was_traced_ = false;        // this run, or the latest
    std::uint64_t bound_ = 0;        // as many steps as there may be; 0 when the run has to end
    std::uint64_t quiet_bound_ = 0;  // the same of run_ready(); 0 if that has to do more
    level allowed_ = level::fifo;
    // The event of the latest choice, and its id, until it runs.
    const runnable* picked_ = nullptr;
    std::uint64_t picked_id_ = 0;
    std::vector<std::uint64_t> passed_over_;  // for the first time, by the step that is next
    std::set<std::uint64_t> held_;            // passed over, and not run yet
    std::map<std::uint64_t, std::uint64_t> scheduled_by_;  // of a traced run: event, step
    bool cancels_ = false;
    bool cancelled_ = false;
    cancellation cancellation_;                           // at most one a run
    std::map<std::uint32_t, std::uint64_t> suspensions_;  // steps begun, by task; of a traced run
};

simulation::simulation(const run_limits& limits)
    : limits_(limits), scheduler_(std::make_unique<chooser_scheduler>(*this)), loop_(clock_) {
    loop_.set_scheduler(scheduler_.get());
    loop_.set_exception_handler([this](event_loop&, const exception_context& context) {
        const std::string what = describe(context.error);
        note({context.message == "exception in callback" ? failure_class::callback_error
                                                         : failure_class::unretrieved,
              std::string(context.message) + ": " + what + " (" + context.source + ")",
              {},
              0,
              sort_of(what)});
    });
}

simulation::~simulation() = default;

simulation* simulation::current() noexcept { return current_simulation; }

void simulation::note(failure reason) {
    if (!record_.failed) {
        record_.failed = std::move(reason);
        scheduler_->set_bound();
    }
}

void simulation::pass(std::uint32_t point, bool held) {
    if (point >= places_of_points_.size()) {
        places_of_points_.resize(std::max<std::size_t>(point + 1, 2 * places_of_points_.size()));
    }
    std::uint32_t& place = places_of_points_[point];
    if (place == 0) {
        record_.coverage.push_back({point, 0, 0});
        place = static_cast<std::uint32_t>(record_.coverage.size());
    }
    coverage_hit& hit = record_.coverage[place - 1];
    ++hit.passed;
    hit.held += held ? 1 : 0;
}

void simulation::note_deadlock(const deadlock_error& error) {
    failure reason{failure_class::deadlock, error.what(), {}, 0, {}};
    // The place of a deadlock is where the oldest task, main's, waits.
    loop_.for_each_task([&](const task_base& each) {
        if (const std::source_location site = each.site(); reason.line == 0 && site.line() != 0) {
            reason.file = site.file_name();
            reason.line = static_cast<std::uint32_t>(site.line());
        }
    });
    note(std::move(reason));
}

const run_record& simulation::run(const program& main, strategy& chooser, level allowed,
                                  bool traced) {
    return run_by_hand([&](event_loop&) { run_program(main); }, chooser, allowed, traced);
}

const run_record& simulation::run_by_hand(const std::function<void(event_loop&)>& drive,
                                          strategy& chooser, level allowed, bool traced) {
    // Vectors keep their memory from run to run.
    record_.choices.clear();
    for (const coverage_hit& each : record_.coverage) {
        places_of_points_[each.point] = 0;
    }
    record_.coverage.clear();
    record_.failed.reset();
    record_.error = nullptr;
    record_.digest = 0;
    record_.steps = 0;
    record_.waits = 0;
    record_.trace.reset();
    if (traced) {
        record_.trace.emplace();
    }
    if (watch_ != nullptr) {
        watch_->begin();
    }
    clock_.restart();
    if (loop_.is_closed()) {
        loop_.reopen();
    }
    loop_.seed_random(values_seed_);
    scheduler_->begin(chooser, allowed, traced);
    const current_scope scope(*this, loop_.pool());
    struct closing {
        event_loop& loop;
        ~closing() { loop.close(); }
    };
    {
        const closing at_end{loop_};
        drive(loop_);
        record_.ended = clock_.now();
    }
    if (!record_.failed) {
        chooser.end_run();
    }
    return record_;
}

void simulation::run_program(const program& main) {
    try {
        try {
            loop_.run_until_complete(main());
        } catch (const cancelled_error&) {
            if (!scheduler_->cancelled()) {
                throw;
            }
        }
        scheduler_->close_cancellations();
        cancel_remaining_tasks(loop_);
        // What stopped it is in the record. NOLINTNEXTLINE(bugprone-empty-catch)
    } catch (const run_stopped&) {
    } catch (const replay_error&) {
        throw;
    } catch (const deadlock_error& error) {
        record_.error = std::current_exception();
        note_deadlock(error);
    } catch (...) {
        record_.error = std::current_exception();
        const std::string what = describe(record_.error);
        note({failure_class::exception, what, {}, 0, sort_of(what)});
    }
}

}  // namespace heddle::sim
