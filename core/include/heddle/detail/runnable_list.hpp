// SPDX-License-Identifier: BSL-1.0
//
// A first-in, first-out list of runnables, linked through them: the waiters of a future. One
// pointer wide (it points to the last, which points to the first), so that a pending future stays
// small. The ready queue of a loop is a ready_list, which is wider and faster.
#pragma once

#include <heddle/detail/uninstrumented.hpp>
#include <heddle/runnable.hpp>

namespace heddle::detail {

class runnable_list {
public:
    runnable_list() noexcept = default;
    runnable_list(const runnable_list&) = delete;
    runnable_list& operator=(const runnable_list&) = delete;

    [[nodiscard]] bool empty() const noexcept { return last_ == nullptr; }
    [[nodiscard]] runnable* front() const noexcept { return last_ ? last_->next_ : nullptr; }
    [[nodiscard]] runnable* back() const noexcept { return last_; }

    /// The one behind `item`, or null at the end.
    [[nodiscard]] runnable* after(const runnable& item) const noexcept {
        return &item == last_ ? nullptr : item.next_;
    }

    HEDDLE_UNINSTRUMENTED void push_back(runnable& item) noexcept {
        if (last_ == nullptr) {
            item.next_ = &item;
        } else {
            item.next_ = last_->next_;
            last_->next_ = &item;
        }
        last_ = &item;
    }

    HEDDLE_UNINSTRUMENTED runnable* pop_front() noexcept {
        if (last_ == nullptr) {
            return nullptr;
        }
        runnable* first = last_->next_;
        if (first == last_) {
            last_ = nullptr;
        } else {
            last_->next_ = first->next_;
        }
        first->next_ = nullptr;
        return first;
    }

    /// All of it hangs somewhere else now.
    HEDDLE_UNINSTRUMENTED void forget_all() noexcept { last_ = nullptr; }

    /// Takes `item` out if it is here: a walk from the front. Says whether it was.
    bool remove(runnable& item) noexcept {
        if (last_ == nullptr) {
            return false;
        }
        runnable* before = last_;
        do {
            runnable* current = before->next_;
            if (current == &item) {
                if (current == before) {
                    last_ = nullptr;
                } else {
                    before->next_ = current->next_;
                    if (last_ == current) {
                        last_ = before;
                    }
                }
                current->next_ = nullptr;
                return true;
            }
            before = current;
        } while (before != last_);
        return false;
    }

private:
    runnable* last_ = nullptr;
};

}  // namespace heddle::detail
