// SPDX-License-Identifier: BSL-1.0
//
// The heart of asyncio.timeout: from its making on, the current task is cancelled at a deadline;
// leave() tells its own cancellation from those of others, and turns it into a timeout_error.
#pragma once

#include <cstdint>
#include <exception>

#include <heddle/handle.hpp>
#include <heddle/task_base.hpp>
#include <heddle/time.hpp>

namespace heddle::detail {

class timeout_scope {
public:
    /// Belongs to the task that runs now. A deadline that has passed already takes effect in the
    /// next iteration, so that the body begins in any case.
    explicit timeout_scope(time_point deadline);
    timeout_scope(const timeout_scope&) = delete;
    timeout_scope& operator=(const timeout_scope&) = delete;
    ~timeout_scope() { disarm(); }

    /// The body has ended, with `error` or (null) without. Throws timeout_error in place of a
    /// cancellation that is this scope's own, else `error` as it is; returns if there was none.
    void leave(const std::exception_ptr& error);

private:
    void expire();
    void disarm() noexcept;

    task_base& task_;
    std::uint32_t cancelling_before_;
    handle soon_;
    timer_handle timer_;
    bool expiring_ = false;
};

}  // namespace heddle::detail
