// SPDX-License-Identifier: BSL-1.0
//
// The code of basic_own_context, for those who give it a clock of their own. With the real clock
// it is in the library.
//
// When does a busy loop look for what has come from outside? Asking the system costs as much as
// some hundred callbacks, so doing it in each iteration would be most of what a loop with little
// ready does. Nor may it be never. So:
//
// * The system is asked at most once in `look_every`: asking takes one or two per cent of that.
//   What comes in from outside waits that long, plus the iteration under way. A loop that has
//   nothing ready waits inside the system and hears of it at once.
// * While no timer is set, the clock is not read in each iteration either. `stride_` iterations
//   pass between two readings; it doubles while they take little time, up to `longest_stride`,
//   and falls back to 1 when they take long and after every wait. With timers set the loop reads
//   the clock each time anyway, and that reading is used. A wait without a deadline reads it once.
// * A wait lets in all that came together, and only asking the system once more tells that this
//   was all. Where each wait lets in as much as the one before (a question and its answer, to and
//   fro), that is taken for all, but for one time in 64. Were it not all, the rest is let in by the
//   next iteration, which asks first.
// * call_soon_threadsafe does not depend on any of this: the loop looks at its own flag in each
//   iteration.
//
// The order of an iteration stays what it must be: all that is let in is let in before the loop
// looks at its timers, so it lands behind the old ready queue and before the timers due. An event
// that is let in an iteration later is one that came later, as far as anybody can tell.
//
// Wake-ups are io_context::stop: it allocates nothing, cannot fail, ends a wait under way and
// stays until restart(). Whoever wakes sets a flag first, so that no wake-up is lost to a restart():
// the flag is looked at after each restart() and before each wait. (A wait that finds the context
// stopped is over at once; it may be that the flag was seen earlier, and the wait is over for nothing.)
#pragma once

#include <boost/system/error_code.hpp>
#include <chrono>
#include <utility>

#include <heddle/asio/detail/signals.hpp>
#include <heddle/asio/executor.hpp>
#include <heddle/asio/own_context.hpp>

namespace heddle::asio_backend {

namespace detail {

inline constexpr duration look_every = std::chrono::microseconds(50);
inline constexpr int longest_stride = 32;
// As many handlers run at one go: handlers that post themselves must not starve the loop.
inline constexpr int most_handlers = 256;
// So many waits that let in the same number of handlers make the next one expected to.
inline constexpr unsigned alike_waits = 16;
inline constexpr unsigned ask_again_every = 64;

}  // namespace detail

template <class Clock>
basic_own_context<Clock>::basic_own_context(Clock clock)
    : clock_(std::move(clock)), context_(1), work_(context_.get_executor()) {}

template <class Clock>
basic_own_context<Clock>::~basic_own_context() = default;

template <class Clock>
time_point basic_own_context<Clock>::wait_until(time_point deadline) {
    time_point now{};
    if (deadline != never) {
        now = clock_.now();
        if (deadline <= now) {  // something is ready, or a timer is due
            if (now < next_look_) {
                return now;
            }
            look();
            return clock_read_at_;
        }
    }
    if (woken_.load(std::memory_order_acquire)) [[unlikely]] {
        look();  // which takes the flag back
    } else {
        if (deadline != never) {
            arm(deadline, now);
        }
        if (context_.run_one() != 0) [[likely]] {
            run_handlers_of_wait();
        } else {  // stopped
            look();
        }
    }
    stride_ = 1;
    iterations_to_skip_ = 0;
    return clock_read_at_;
}

template <class Clock>
std::unique_ptr<executor> basic_own_context<Clock>::make_default_executor() {
    // Jobs of other threads come back from outside.
    if constexpr (Clock::outside_events) {
        return std::make_unique<pool_executor>(default_pool_size());
    } else {
        return nullptr;
    }
}

template <class Clock>
std::unique_ptr<signal_watch> basic_own_context<Clock>::watch_signal(
    int number, std::function<void()> on_signal) {
    if constexpr (Clock::outside_events) {
        return detail::watch_signal(context_, number, std::move(on_signal));
    } else {
        return nullptr;
    }
}

template <class Clock>
void basic_own_context<Clock>::look_if_time_has_come() {
    const time_point now = clock_.now();
    const duration taken = now - clock_read_at_;
    if (taken >= detail::look_every) {
        stride_ = 1;
    } else if (taken < detail::look_every / 4 && stride_ < detail::longest_stride) {
        stride_ *= 2;
    }
    clock_read_at_ = now;
    iterations_to_skip_ = stride_ - 1;
    if (now >= next_look_) {
        look();
    }
}

template <class Clock>
void basic_own_context<Clock>::look() {
    context_.restart();
    woken_.exchange(false);  // an exchange, to see what was queued before each wake-up
    run_ready_handlers(detail::most_handlers);
}

template <class Clock>
int basic_own_context<Clock>::run_ready_handlers(int enough) {
    // If a handler throws, or there may be more, the rest is looked for in the next iteration.
    next_look_ = {};
    iterations_to_skip_ = 0;
    int handlers = 0;
    bool all = false;
    while (!all && handlers < enough) {
        all = context_.poll_one() == 0;
        handlers += all ? 0 : 1;
    }
    clock_read_at_ = clock_.now();
    if (all) {
        next_look_ = clock_read_at_ + detail::look_every;
        iterations_to_skip_ = stride_ - 1;
    }
    return handlers;
}

/// The first has run.
template <class Clock>
void basic_own_context<Clock>::run_handlers_of_wait() {
    const bool expected =
        waits_alike_ >= detail::alike_waits && waits_alike_ % detail::ask_again_every != 0;
    const int handlers =
        1 + run_ready_handlers((expected ? usual_handlers_ : detail::most_handlers) - 1);
    waits_alike_ = handlers == usual_handlers_ ? waits_alike_ + 1 : 0;
    usual_handlers_ = handlers;
}

template <class Clock>
void basic_own_context<Clock>::arm(time_point deadline, time_point now) {
    // One that fires too early does no harm, the loop waits on; so a later deadline leaves it.
    if (armed_ && armed_for_ <= deadline) {
        return;
    }
    if (!timer_) {
        timer_.emplace(context_);
    }
    armed_ = false;
    timer_->expires_at(clock_.when(deadline, now));
    timer_->async_wait([this](const boost::system::error_code& error) {
        // A wait that was replaced ends with an error. One that had ended well already, and only
        // then was replaced, makes the next arm() set the timer once more.
        if (!error) {
            armed_ = false;
        }
    });
    armed_for_ = deadline;
    armed_ = true;
}

template <class Clock>
void basic_own_context<Clock>::wake_up() noexcept {
    // Only the first to wake need stop it: whoever takes the flag back sees what was queued before
    // the others' calls too.
    if (!woken_.exchange(true)) {
        context_.stop();
    }
}

}  // namespace heddle::asio_backend
