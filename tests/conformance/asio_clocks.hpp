// SPDX-License-Identifier: BSL-1.0
//
// Two clocks for loops on Boost.Asio, under which a program's trace can be told beforehand.
//
// A loop orders callbacks by deadlines, and deadlines are sums of times that were read from the
// clock. On a clock that never stands still, sleep(1) twice ends after a sleep(2) that began with
// it, by as much as the first one was late; in the model they end in the same iteration. So both
// clocks stand still while callbacks run, one of them always, the other unless they take too long.
#pragma once

#include <algorithm>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>

#include <heddle/asio/own_context.hpp>

namespace conformance {

/// A clock, one for each thread, that moves when Asio asks how long it must wait for a timer:
/// then it jumps to that timer's time. (With epoll, Asio asks when the timer is set, which the
/// backend does when it has nothing else to do but wait for it.)
struct jumping_clock {
    using duration = heddle::duration;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<jumping_clock, duration>;
    static constexpr bool is_steady = true;

    static time_point now() noexcept { return current; }
    static void restart() noexcept { current = {}; }

    static inline thread_local time_point current{};
};

struct jumping_wait_traits {
    using duration = jumping_clock::duration;
    static duration to_wait_duration(const duration& left) {
        jumping_clock::current += std::max(left, duration::zero());
        return duration::zero();
    }
    static duration to_wait_duration(const jumping_clock::time_point& until) {
        return to_wait_duration(until - jumping_clock::current);
    }
};

/// See heddle/asio/own_context.hpp for what a clock of a backend has.
class injected_clock {
public:
    using timer = boost::asio::basic_waitable_timer<jumping_clock, jumping_wait_traits,
                                                    boost::asio::io_context::executor_type>;
    static constexpr bool outside_events = false;

    injected_clock() noexcept { jumping_clock::restart(); }

    [[nodiscard]] heddle::time_point now() const noexcept {
        return heddle::time_point(jumping_clock::now().time_since_epoch());
    }
    [[nodiscard]] jumping_clock::time_point when(heddle::time_point deadline,
                                                 heddle::time_point) const noexcept {
        return jumping_clock::time_point(deadline.time_since_epoch());
    }
};

/// The steady clock, slowed down and cut into whole milliseconds of the program: each lasts
/// `stretch`. Programs count in whole milliseconds, so a timer that fires less than `stretch` too
/// late is on time.
class stretched_clock {
public:
    using timer = heddle::asio_backend::detail::timer;
    static constexpr bool outside_events = false;

    explicit stretched_clock(std::chrono::milliseconds stretch) noexcept : stretch_(stretch) {}

    [[nodiscard]] heddle::time_point now() noexcept {
        const auto passed = (std::chrono::steady_clock::now() - start_) / stretch_;
        const heddle::time_point now{std::chrono::milliseconds(passed)};
        if (now > expected_) {
            expected_ = now;
            late_ = true;
        }
        return now;
    }
    /// Called before each wait, for what it waits for.
    [[nodiscard]] std::chrono::steady_clock::time_point when(heddle::time_point deadline,
                                                             heddle::time_point now) noexcept {
        expected_ = deadline;
        const auto until = std::min<heddle::duration>(deadline - now, std::chrono::hours(24)) +
                           now.time_since_epoch();
        return start_ + std::chrono::ceil<std::chrono::milliseconds>(until).count() * stretch_;
    }

    /// Whether the clock moved at any time but in a wait, or further than was waited for.
    [[nodiscard]] bool late() const noexcept { return late_; }

private:
    std::chrono::milliseconds stretch_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    heddle::time_point expected_{};
    bool late_ = false;
};

}  // namespace conformance
