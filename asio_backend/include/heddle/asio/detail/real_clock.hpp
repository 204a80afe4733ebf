// SPDX-License-Identifier: BSL-1.0
//
// A loop's time in real time: nanoseconds of the steady clock since the backend was made. And the
// Asio timer that waits for it.
#pragma once

#include <algorithm>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>

#include <heddle/time.hpp>

namespace heddle::asio_backend::detail {

/// steady_timer without the indirection of any_io_executor.
using timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                boost::asio::wait_traits<std::chrono::steady_clock>,
                                                boost::asio::io_context::executor_type>;

class real_clock {
public:
    using timer = detail::timer;
    static constexpr bool outside_events = true;

    [[nodiscard]] time_point now() const {
        return time_point(
            std::chrono::duration_cast<duration>(std::chrono::steady_clock::now() - start_));
    }

    /// `deadline`, which is not before `now`, on the system's clock, rounded up to its tick: a
    /// wait never ends before the deadline. No further off than a day, since `start + deadline`
    /// must not overflow; who wakes up too early just waits on.
    [[nodiscard]] std::chrono::steady_clock::time_point when(time_point deadline,
                                                             time_point now) const {
        using ticks = std::chrono::steady_clock::duration;
        const duration length = std::min<duration>(deadline - now, std::chrono::hours(24));
        return start_ + std::chrono::ceil<ticks>(now.time_since_epoch() + length);
    }

private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace heddle::asio_backend::detail
