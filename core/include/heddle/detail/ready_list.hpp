// SPDX-License-Identifier: BSL-1.0
//
// The ready queue of a plain loop, in two parts: `ready_list` is what has become ready, and
// `ready_batch` what the iteration under way has still to run. First in, first out, linked through
// the runnables.
//
// The waiters of a future are kept in a list of one pointer (runnable_list), of which there is one
// for each future. There is one of these for each loop, and each callback goes through both: two
// pointers and a null at the end save a quarter of what it takes to post and run one. For the same
// reason each part does only its own half: only a list is added to, only a batch is taken from.
#pragma once

#include <heddle/detail/runnable_list.hpp>
#include <heddle/detail/uninstrumented.hpp>
#include <heddle/runnable.hpp>

namespace heddle::detail {

/// What both parts share.
class ready_chain {
public:
    ready_chain(const ready_chain&) = delete;
    ready_chain& operator=(const ready_chain&) = delete;

    [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }

    /// Takes `item` out if it is here: a walk from the front. Says whether it was.
    bool remove(runnable& item) noexcept {
        for (runnable** link = &first_; *link != nullptr; link = &(*link)->next_) {
            if (*link == &item) {
                *link = item.next_;
                if (item.next_ == nullptr) {
                    end_ = link;
                }
                return true;
            }
        }
        return false;
    }

protected:
    ready_chain() noexcept = default;
    ~ready_chain() = default;

    [[nodiscard]] static runnable*& link_of(runnable& item) noexcept { return item.next_; }

    runnable* first_ = nullptr;
    runnable** end_ = &first_;  // the null behind the last
};

class ready_list final : public ready_chain {
public:
    HEDDLE_UNINSTRUMENTED void push_back(runnable& item) noexcept {
        link_of(item) = nullptr;
        *end_ = &item;
        end_ = &link_of(item);
    }

    /// Moves all of `others` behind what is here, in order and at once.
    HEDDLE_UNINSTRUMENTED void splice_back(runnable_list& others) noexcept {
        if (runnable* last = others.back(); last != nullptr) {
            *end_ = others.front();
            link_of(*last) = nullptr;
            end_ = &link_of(*last);
            others.forget_all();
        }
    }

private:
    friend class ready_batch;
};

/// While it is empty its end is not kept up to date.
class ready_batch final : public ready_chain {
public:
    /// Moves all of `ready` behind what is here, in order and at once.
    HEDDLE_UNINSTRUMENTED void take(ready_list& ready) noexcept {
        if (ready.first_ == nullptr) {
            return;
        }
        (first_ == nullptr ? first_ : *end_) = ready.first_;
        end_ = ready.end_;
        ready.first_ = nullptr;
        ready.end_ = &ready.first_;
    }

    /// Null when it is empty.
    HEDDLE_UNINSTRUMENTED runnable* pop_front() noexcept {
        runnable* item = first_;
        if (item != nullptr) {
            first_ = link_of(*item);
        }
        return item;
    }
};

}  // namespace heddle::detail
