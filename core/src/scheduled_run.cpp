// SPDX-License-Identifier: BSL-1.0
//
// The run loop of a loop that has a scheduler. Apart from the order, it does
// what the plain one does.
#include <heddle/event_loop.hpp>
#include <heddle/future_base.hpp>
#include <heddle/ready_events.hpp>

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
    ready_events events(*this, ready_events::extent::run);
    do {
        begin_scheduled_iteration(true);
        run_scheduled_iteration(events);
    } while (!stopping_);
    stopping_ = false;
}

void event_loop::run_one_scheduled_iteration() {
    ready_events events(*this, ready_events::extent::iteration);
    begin_scheduled_iteration(false);
    run_scheduled_iteration(events);
}

void event_loop::run_scheduled_iteration(ready_events& events) {
    while (!scheduled_.iteration_over()) {
        if (!reorders_) {
            run_in_order();
        } else if (offers_more_than_ready()) {
            run_one_of_all();
        } else {
            scheduler_->run_ready(events);
        }
    }
}

/// The first of what is ready; but ties of timers may be open.
void event_loop::run_in_order() {
    const auto options = scheduled_.entries().first(breaks_ties_ ? tied_timers() : 1);
    const std::size_t index = options.size() > 1 ? scheduler_->pick(options) : 0;
    HEDDLE_INVARIANT(index < options.size(), "a scheduler picks one of its options");
    // The scheduler is told before it leaves its queue: if that throws, nothing is lost.
    const std::uint64_t id = scheduler_->about_to_run(*options[index]);
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
