// SPDX-License-Identifier: BSL-1.0
//
// task_group: asyncio.TaskGroup, for children that borrow what their parent has.
//
//   heddle::task_group group;
//   group.create_task(fetch(cache, 1));
//   group.create_task(fetch(cache, 2));
//   co_await group.join();
//
// join() waits for all of them. The first that fails cancels the others and the parent's wait;
// when all have ended, join() throws an exception_group of their errors.
//
// Declare what children refer to before the group. If the group is left without join() (an
// exception on the way to it, a parent that is destroyed), children that have not ended are
// destroyed where they are suspended, before anything that was declared before the group: they
// cannot outlive what they borrow, but nothing of theirs runs any more than destructors.
#pragma once

#include <exception>
#include <string_view>
#include <utility>
#include <vector>

#include <heddle/coro.hpp>
#include <heddle/future.hpp>
#include <heddle/task.hpp>

namespace heddle {

class task_group {
public:
    /// Belongs to the task that runs now. Throws usage_error outside of a task.
    task_group();
    task_group(const task_group&) = delete;
    task_group& operator=(const task_group&) = delete;
    ~task_group();

    /// Makes `body` a task of the group. Throws usage_error (and destroys `body`) once the group
    /// is shutting down because of an error, or has been joined.
    template <class T>
    task<T> create_task(coro<T> body, std::string_view name = {}) {
        check_open();
        task<T> child = get_running_loop().create_task(std::move(body), name);
        adopt(child.base());
        return child;
    }

    /// Waits until all children have ended, also those added meanwhile. A cancellation of the
    /// parent cancels the children first, and goes on when they have ended. Once, by the task that
    /// made the group.
    [[nodiscard("children are destroyed where they are if nobody joins them")]] coro<void> join() {
        return join_after(nullptr);
    }

    /// join() for a body that has failed: as the exit of Python's `async with`. The children are
    /// cancelled; the error is thrown as it is if it is a cancellation, else in the group.
    [[nodiscard("children are destroyed where they are if nobody joins them")]] coro<void>
    join_after(std::exception_ptr body_error);

private:
    class member;

    void check_open() const;
    void adopt(task_base& child);
    void abort();
    void child_done(member& done);
    void forget(member& left) noexcept;

    task_base* parent_;
    // The group may be destroyed together with its parent's frame, when the loop is closing.
    detail::intrusive_ptr<future_base> parent_future_;
    member* first_ = nullptr;  // in creation order
    member* last_ = nullptr;
    std::vector<std::exception_ptr> errors_;
    future<void> all_done_;  // while join() waits
    bool joining_ = false;
    bool joined_ = false;
    bool aborting_ = false;
    bool parent_cancel_requested_ = false;
};

}  // namespace heddle
