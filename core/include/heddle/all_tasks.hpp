// SPDX-License-Identifier: BSL-1.0
//
// asyncio.all_tasks: handles of tasks whose results one does not know the types of.
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include <heddle/detail/intrusive_ptr.hpp>
#include <heddle/event_loop.hpp>
#include <heddle/future_base.hpp>
#include <heddle/task.hpp>
#include <heddle/task_base.hpp>

namespace heddle {

/// A handle of a task of any type. Keeps it as task<T> does; not for other threads.
class any_task {
public:
    explicit any_task(task_base& task) noexcept : task_(&task), future_(&task.as_future()) {}
    template <class T>
    any_task(const task<T>& task) : any_task(task.base()) {}  // throws usage_error if not valid

    [[nodiscard]] std::string name() const { return task_->name(); }
    void set_name(std::string_view name) const { task_->set_name(name); }
    [[nodiscard]] bool done() const noexcept { return future_->done(); }
    [[nodiscard]] bool cancelled() const noexcept { return future_->cancelled(); }
    /// As task<T>: see there, and task_base.
    bool cancel(std::string_view message = {}) const {
        return future_->cancel(cancel_message(message));
    }
    [[nodiscard]] std::uint32_t cancelling() const noexcept { return task_->cancelling(); }
    [[nodiscard]] std::exception_ptr exception() const { return future_->exception(); }

    [[nodiscard]] const task_base& base() const noexcept { return *task_; }

    friend bool operator==(const any_task& a, const any_task& b) noexcept {
        return a.task_ == b.task_;
    }

private:
    task_base* task_;
    detail::intrusive_ptr<future_base> future_;
};

/// The tasks of `loop` that are not done, in creation order, eagerly started ones too.
[[nodiscard]] inline std::vector<any_task> all_tasks(event_loop& loop) {
    std::vector<any_task> found;
    loop.for_each_task(
        [&](const task_base& each) { found.emplace_back(const_cast<task_base&>(each)); });
    return found;
}

/// Those of the running loop. Throws usage_error if none runs on this thread.
[[nodiscard]] inline std::vector<any_task> all_tasks() { return all_tasks(get_running_loop()); }

}  // namespace heddle
