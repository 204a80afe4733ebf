// SPDX-License-Identifier: BSL-1.0
//
// The tasks of a loop that are not done, oldest first, linked through them: a
// ring, in which the list's own links stand before the first.
#pragma once

#include <cstdint>

#include <heddle/detail/uninstrumented.hpp>

namespace heddle::detail {

struct task_links {
    task_links* previous_task;
    task_links* next_task;
};

class task_list {
public:
    task_list() noexcept = default;
    task_list(const task_list&) = delete;
    task_list& operator=(const task_list&) = delete;

    [[nodiscard]] bool empty() const noexcept { return ends_.next_task == &ends_; }
    [[nodiscard]] task_links& newest() noexcept { return *ends_.previous_task; }

    /// Gives its number: 1 for the first ever.
    HEDDLE_UNINSTRUMENTED std::uint32_t add(task_links& newcomer) noexcept {
        task_links& last = *ends_.previous_task;
        newcomer.previous_task = &last;
        newcomer.next_task = &ends_;
        last.next_task = &newcomer;
        ends_.previous_task = &newcomer;
        return ++count_;
    }
    HEDDLE_UNINSTRUMENTED static void remove(task_links& done) noexcept {
        done.previous_task->next_task = done.next_task;
        done.next_task->previous_task = done.previous_task;
    }

    /// `visit(const task_links&)`, oldest first.
    template <class Visitor>
    void for_each(Visitor&& visit) const {
        for (const task_links* each = ends_.next_task; each != &ends_; each = each->next_task) {
            visit(*each);
        }
    }
    /// Numbers start over.
    void restart() noexcept { count_ = 0; }

private:
    task_links ends_{&ends_, &ends_};
    std::uint32_t count_ = 0;  // ever added
};

}  // namespace heddle::detail
