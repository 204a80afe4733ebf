// SPDX-License-Identifier: BSL-1.0
#include <heddle/event_loop.hpp>

#include <thread>

#include <heddle/detail/job.hpp>
#include <heddle/detail/mix.hpp>
#include <heddle/executor.hpp>
#include <heddle/future_base.hpp>

#include "signal_handlers.hpp"

namespace heddle {

namespace {

/// Stops the loop when what run_until_complete waits for is done. Lives on its caller's stack.
class stop_callback final : public runnable {
public:
    explicit stop_callback(event_loop& loop) noexcept : loop_(loop) {}
    void run() override { loop_.stop(); }
    void drop() noexcept override {}
    [[nodiscard]] event_kind kind() const noexcept override { return event_kind::done_callback; }
    [[nodiscard]] std::uint64_t event_id() const noexcept override { return detail::mix(0, 3); }
    [[nodiscard]] std::string label() const override { return "stop of the loop"; }

private:
    event_loop& loop_;
};

}  // namespace

/// Makes a loop the running one of this thread for the length of a scope.
class event_loop::run_scope {
public:
    explicit run_scope(event_loop& loop) : loop_(loop), outer_pool_(detail::current_pool) {
        loop.check_can_run();
        detail::this_thread.running = &loop;
        detail::current_pool = loop.pool_;
        loop.thread_.store(std::this_thread::get_id(), std::memory_order_relaxed);
        loop.running_ = true;
        if (loop.scheduler_ != nullptr) {
            loop.reorders_ = loop.scheduler_->reorders();
            loop.watched_ = loop.scheduler_->watches();
            loop.scheduled_.limit_row(loop.reorders_ ? loop.scheduler_->crowds_from()
                                                     : crowd::never);
        }
        loop.update_instrumented();
    }
    run_scope(const run_scope&) = delete;
    run_scope& operator=(const run_scope&) = delete;
    ~run_scope() {
        loop_.running_ = false;
        loop_.update_instrumented();
        loop_.in_event_ = false;
        loop_.current_task_ = nullptr;
        detail::this_thread.running = nullptr;
        detail::current_pool = outer_pool_;
    }

private:
    event_loop& loop_;
    detail::frame_pool* outer_pool_;
};

event_loop& get_running_loop() {
    event_loop* loop = detail::this_thread.running;
    if (loop == nullptr) {
        throw usage_error("no event loop is running on this thread");
    }
    return *loop;
}

event_loop::event_loop(backend& clock_and_executor, const loop_options& options)
    : loop_core(clock_and_executor, options) {
    pool_->set_loop(this);
    set_debug(options.debug);
}

event_loop::~event_loop() {
    HEDDLE_INVARIANT(!running_, "a loop is not destroyed by what it runs");
    destroy_everything();
    pool_->orphan();
}

void event_loop::check_can_run() const {
    if (closed_) {
        throw usage_error("this event loop is closed");
    }
    if (running_) {
        throw usage_error("this event loop is running already");
    }
    if (detail::this_thread.running != nullptr) {
        throw usage_error("another event loop is running on this thread");
    }
}

time_point event_loop::next_wanted() const noexcept {
    if (!ready_.empty() || !batch_.empty() || !scheduled_.empty() || stopping_ ||
        outside_calls_.waiting()) {
        return at_once;
    }
    return timers_.earliest();
}

void event_loop::run_forever() {
    notify_run(loop_event_kind::run_entered);
    run_to_stop();
}

void event_loop::run_to_stop() {
    {
        const run_scope scope(*this);
        if (scheduler_ != nullptr) {
            run_scheduled();
        } else {
            run_plain();
        }
    }
    notify_run(loop_event_kind::run_left);
}

template <bool Told>
[[gnu::always_inline]] inline void event_loop::run_batch() {
    for (;;) {
        try {
            while (runnable* item = batch_.pop_front()) {
                if constexpr (Told) {
                    run_observed(*item);
                } else {
                    item->run();
                }
            }
            return;
        } catch (...) {
            report_callback_error();
        }
    }
}

/// What comes before an iteration's callbacks: what has come from outside, and the timers.
void event_loop::let_in(time_point now) {
    if (outside_calls_.waiting()) {
        outside_calls_.deliver(*this);
    }
    if (!timers_.empty()) {
        move_due_timers(now);
    }
}

template <bool Told>
[[gnu::always_inline]] inline void event_loop::run_what_is_ready() {
    // What an earlier iteration left, because an exception ended it, comes first.
    batch_.take(ready_);
    run_batch<Told>();
}

time_point event_loop::run_one_iteration() {
    const run_scope scope(*this);
    if (scheduler_ != nullptr) {
        run_one_scheduled_iteration();
    } else {
        let_in(timers_.empty() ? time_point{} : backend_->now());
        if (told_) [[unlikely]] {
            run_what_is_ready<true>();
        } else {
            run_what_is_ready<false>();
        }
    }
    return next_wanted();
}

void event_loop::run_plain() {
    do {
        looks_up_ = stopping_;
        if (told_) [[unlikely]] {
            run_iterations<true>();
        } else {
            run_iterations<false>();
        }
    } while (!stopping_);
    stopping_ = false;
}

template <bool Told>
void event_loop::run_iterations() {
    // Where nothing ever comes in but by what the loop itself runs, and no timer is set, an iteration
    // is what is ready, and nothing else.
    const bool alone = !backend_->polls() && !backend_->accepts_outside_events();
    do {
        if (ready_.empty() || !timers_.empty()) [[unlikely]] {
            let_in(wait_for_work());
        } else if (!alone) {
            backend_->poll();
            let_in({});
        }
        run_what_is_ready<Told>();
    } while (!looks_up_);
}

time_point event_loop::wait_for_work() {
    const time_point deadline = next_wanted();
    if (deadline == at_once && timers_.empty()) {
        backend_->poll();
        return {};
    }
    if (deadline == never && !backend_->accepts_outside_events()) {
        report_deadlock();
    }
    return backend_->wait_until(deadline);
}

void event_loop::move_due_timers(time_point now) {
    while (timers_.earliest() <= now && !timers_.empty()) {
        push_ready(*timers_.pop_front());
    }
}

void event_loop::stop() noexcept {
    stopping_ = true;
    looks_up_ = true;
    notify_run(loop_event_kind::stop_requested);
    wake_if_idle();
}

void event_loop::run_until_done(future_base& main) {
    if (main.loop() != this) {
        throw usage_error("run_until_complete: this future belongs to another loop");
    }
    check_can_run();
    stop_callback stopper(*this);
    main.add_waiter(stopper);
    const auto forget_stopper = [&]() noexcept {
        if (!main.try_remove_waiter(stopper)) {
            remove_ready(stopper);
        }
    };
    try {
        run_to_stop();
    } catch (...) {
        forget_stopper();
        if (main.done()) {
            main.mark_retrieved();
        }
        throw;
    }
    forget_stopper();
    if (!main.done()) {
        throw usage_error("the event loop was stopped before the future was done");
    }
}

random_stream& event_loop::random() {
    if (!random_) {
        random_.emplace(static_cast<std::uint64_t>(time().time_since_epoch().count()));
    }
    return *random_;
}

random_stream& random() { return get_running_loop().random(); }

}  // namespace heddle
