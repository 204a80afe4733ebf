// SPDX-License-Identifier: BSL-1.0
//
// The run loop of a loop that has a scheduler. Apart from the order, it does
// what the plain one does. What is for each event of a run is all in one
// function.
#include <heddle/event_loop.hpp>
#include <heddle/future_base.hpp>

namespace heddle {

void event_loop::set_scheduler(scheduler* chooser) {
    if (running_ || next_wanted() != never) {
        throw usage_error(
            "set_scheduler: the loop must be idle, with nothing "
            "ready and no timer");
    }
    scheduler_ = chooser;
    update_instrumented();
    mark_tasks_watched();
}

void event_loop::run_scheduled() {
    do {
        begin_scheduled_iteration(true);
        do {
            run_scheduled_iteration();
        } while (goes_straight_on());
    } while (!stopping_);
    stopping_ = false;
}

/// Whether nothing but a number lies between the iteration that is over and the next, which begins.
[[gnu::always_inline]] inline bool event_loop::goes_straight_on() {
    if (stopping_ || scheduled_.empty() || !timers_.empty() || !completions_.empty() ||
        outside_calls_.waiting()) {
        return false;
    }
    scheduled_.begin_iteration();
    return true;
}

[[gnu::always_inline]] inline void event_loop::run_chosen(runnable& next, std::uint64_t id) {
    origin_id_ = id;
    origin_ordinals_ = 0;
    in_event_ = true;
    try {
        if (told_) [[unlikely]] {
            run_observed(next);
        } else {
            next.run();
        }
    } catch (...) {
        report_callback_error();
    }
    forget_callback_context();
    in_event_ = false;
    last_callback_ = nullptr;
    if (told_ && observed()) [[unlikely]] {
        observer_->between_events();
    }
}

[[gnu::always_inline]] inline void event_loop::run_one_scheduled() {
    const auto ready = scheduled_.entries();
    std::size_t options = ready.size();
    if (reorders_) [[likely]] {
        if (!timers_.empty() || !completions_.empty() || scheduled_.crowd_is_due()) {
            run_one_of_all();
            return;
        }
    } else {
        options = breaks_ties_ ? tied_timers() : 1;
    }
    // The scheduler is told before it leaves its queue: if that throws, nothing is lost.
    const auto [index, id] = scheduler_->take_ready(ready.first(options));
    HEDDLE_INVARIANT(index < options, "a scheduler picks one of its options");
    run_chosen(scheduled_.take(index), id);
}

/// How many of the entries, from the first on, may run in any order among themselves: timers of one
/// deadline whose ties are open.
std::size_t event_loop::tied_timers() const noexcept {
    const auto ready = scheduled_.entries();
    const auto open_tie = [](const runnable& item) {
        const auto* timer =
            item.kind() == event_kind::timer ? static_cast<const timer_entry*>(&item) : nullptr;
        return timer != nullptr && timer->ties_are_open() ? timer : nullptr;
    };
    std::size_t count = 1;
    if (const timer_entry* const first = open_tie(*ready.front()); first != nullptr) {
        while (count < ready.size()) {
            const timer_entry* const next = open_tie(*ready[count]);
            if (next == nullptr || next->when() != first->when()) {
                break;
            }
            ++count;
        }
    }
    return count;
}

void event_loop::begin_scheduled_iteration(bool may_wait) {
    forget_callback_context();
    if (outside_calls_.waiting()) {
        outside_calls_.deliver(*this);
    }
    const bool idle = may_wait && scheduled_.empty() && !stopping_;
    if (!completions_.empty()) {
        if (!reorders_) {
            finish_operations(idle);
        } else if (idle) {
            // One of them is what runs next, or the timer that overtakes them.
            run_one_of_all();
        }
    } else if (idle && timers_.empty()) {
        report_deadlock();
    }
    if (idle && scheduled_.empty() && (completions_.empty() || !reorders_) && !timers_.empty() &&
        timers_.earliest() > backend_->now()) {
        scheduler_->about_to_wait(timers_.earliest());
    }
    if (!timers_.empty()) {
        move_due_timers(backend_->now());
    }
    scheduled_.begin_iteration();
}

void event_loop::finish_operations(bool idle) {
    while (!completions_.empty()) {
        const bool nothing_ready = idle && scheduled_.empty();
        const std::size_t index =
            scheduler_->finish(completions_, nothing_ready, nothing_ready && timers_.empty());
        if (index >= completions_.size()) {
            return;
        }
        runnable& finished = *completions_[index];
        completions_.erase(completions_.begin() + static_cast<std::ptrdiff_t>(index));
        scheduled_.push(finished);
    }
}

void event_loop::run_scheduled_iteration() {
    while (!scheduled_.iteration_over()) {
        run_one_scheduled();
    }
}

/// The options are what is ready, the operations, and the earliest timer.
void event_loop::run_one_of_all() {
    timer_entry* const overtaking = timers_.empty() ? nullptr : timers_.front();
    std::size_t index = 0;
    std::size_t ready = 0;
    runnable* chosen = nullptr;  // of those that are ready
    if (detail::crowd_queue* const many =
            scheduled_.crowd_is_due() ? scheduled_.make_crowd() : nullptr;
        many != nullptr) {
        crowd options(*many, completions_, overtaking);
        ready = options.ready();
        index = options.size() > 1 ? scheduler_->pick_of_crowd(options) : 0;
        chosen = index < ready ? &options[index] : nullptr;
    } else {
        const auto options = scheduled_.with_extras(completions_, overtaking);
        ready = scheduled_.size();
        index = options.size() > 1 ? scheduler_->pick(options) : 0;
        chosen = index < ready ? options[index] : nullptr;
    }
    if (index < ready) {
        const std::uint64_t id = scheduler_->about_to_run(*chosen);
        run_chosen(scheduled_.take_anyhow(index), id);
    } else if (const std::size_t finished = index - ready; finished < completions_.size()) {
        runnable& next = *completions_[finished];
        const std::uint64_t id = scheduler_->about_to_run(next);
        completions_.erase(completions_.begin() + static_cast<std::ptrdiff_t>(finished));
        run_chosen(next, id);
    } else {
        HEDDLE_INVARIANT(finished == completions_.size() && overtaking != nullptr,
                         "a scheduler picks one of its options");
        scheduler_->advance_to(overtaking->when());
        const std::uint64_t id = scheduler_->about_to_run(*overtaking);
        timers_.remove(*overtaking);
        run_chosen(*overtaking, id);
    }
}

}  // namespace heddle
