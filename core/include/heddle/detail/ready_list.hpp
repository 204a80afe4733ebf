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

protected:
    ready_chain() noexcept = default;
    ~ready_chain() = default;

    [[nodiscard]] static runnable*& link_of(runnable& item) noexcept { return item.next_; }

    /// The link that holds `item`, or the null at the end: a walk from the front.
    [[nodiscard]] runnable** link_to(const runnable* item) noexcept {
        runnable** link = &first_;
        while (*link != nullptr && *link != item) {
            link = &link_of(**link);
        }
        return link;
    }

    runnable* first_ = nullptr;
};

class ready_list final : public ready_chain {
public:
    /// Takes `item` out if it is here: a walk from the front. Says whether it was.
    bool remove(runnable& item) noexcept {
        runnable** const link = link_to(&item);
        if (*link == nullptr) {
            return false;
        }
        *link = link_of(item);
        if (*link == nullptr) {
            end_ = link;
        }
        return true;
    }

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
    runnable** end_ = &first_;  // the null behind the last
};

/// It is taken from (and seldom put something in front of), and does not know its end.
class ready_batch final : public ready_chain {
public:
    /// As ready_list::remove.
    bool remove(runnable& item) noexcept {
        runnable** const link = link_to(&item);
        if (*link == nullptr) {
            return false;
        }
        *link = link_of(item);
        return true;
    }

    /// Moves all of `ready` behind what is here, in order: a walk where anything is here still.
    HEDDLE_UNINSTRUMENTED void take(ready_list& ready) noexcept {
        if (first_ != nullptr) [[unlikely]] {
            *link_to(nullptr) = ready.first_;
        } else {
            first_ = ready.first_;
        }
        ready.first_ = nullptr;
        ready.end_ = &ready.first_;
    }

    void push_front(runnable& item) noexcept {
        link_of(item) = first_;
        first_ = &item;
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
