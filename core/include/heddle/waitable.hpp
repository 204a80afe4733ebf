// SPDX-License-Identifier: BSL-1.0
//
// What a task can be blocked on: a future, or an operation that lives in the task's own frame.
#pragma once

#include <cstdint>
#include <string>

#include <heddle/errors.hpp>
#include <heddle/runnable.hpp>

namespace heddle {

class task_base;

class waitable {
public:
    waitable(const waitable&) = delete;
    waitable& operator=(const waitable&) = delete;

    /// asyncio's Future.cancel: false if it was done already; else it is cancelled now, and
    /// whoever waits is woken in the next iteration. A task passes it on instead.
    virtual bool cancel(const cancel_message& message) = 0;
    /// Forgets that `waiter` waits: it is about to be destroyed.
    virtual void remove_waiter(runnable& waiter) noexcept = 0;
    /// For people: "sleep of 'Task-2'".
    [[nodiscard]] virtual std::string label() const = 0;
    /// The task that this is the future of; null if it is none's.
    [[nodiscard]] virtual const task_base* as_task() const noexcept { return nullptr; }
    /// The number of the task on which the end of this depends, for call graphs: who holds the lock
    /// that is waited for. 0 if there is none.
    [[nodiscard]] virtual std::uint32_t holder() const noexcept { return 0; }

protected:
    waitable() noexcept = default;
    ~waitable() = default;
};

}  // namespace heddle
