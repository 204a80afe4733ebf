// SPDX-License-Identifier: BSL-1.0
//
// What a loop lends its scheduler where all order is open and what is ready is all that could run:
// see scheduler::run_ready. All of it is inline, so that an event costs the scheduler no call but
// the event's own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <heddle/event_loop.hpp>
#include <heddle/runnable.hpp>

namespace heddle {

class ready_events {
public:
    ready_events(const ready_events&) = delete;
    ready_events& operator=(const ready_events&) = delete;

    /// What may run next, at least one, in the order of the plain loop. Until one of them runs.
    [[nodiscard]] std::span<runnable* const> options() const noexcept {
        return loop_.scheduled_.entries();
    }
    /// Runs option number `index` (there must be one), whose event_id() is `id`. What the event
    /// throws is reported, and does not come out of here.
    [[gnu::always_inline]] void run(std::size_t index, std::uint64_t id) {
        loop_.run_chosen(loop_.scheduled_.take(index), id);
    }
    /// To be asked behind each event: whether there are options again. If not, run_ready() returns,
    /// and asks for nothing any more.
    [[nodiscard, gnu::always_inline]] bool go_on() {
        if (loop_.offers_more_than_ready()) [[unlikely]] {
            return false;
        }
        return !loop_.scheduled_.iteration_over() || goes_straight_on();
    }

private:
    friend class event_loop;
    enum class extent : bool { iteration, run };
    ready_events(event_loop& loop, extent until) noexcept
        : loop_(loop), one_iteration_(until == extent::iteration) {}

    /// Whether nothing but a number lies between the iteration that is over and the next, which
    /// begins.
    [[nodiscard]] bool goes_straight_on() {
        if (one_iteration_ || loop_.stopping_ || loop_.scheduled_.empty() ||
            loop_.outside_calls_.waiting()) {
            return false;
        }
        loop_.scheduled_.begin_iteration();
        return true;
    }

    event_loop& loop_;
    const bool one_iteration_;
};

inline bool event_loop::offers_more_than_ready() const noexcept {
    return !timers_.empty() || !completions_.empty() || scheduled_.crowd_is_due();
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

}  // namespace heddle
