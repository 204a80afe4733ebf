// SPDX-License-Identifier: BSL-1.0
//
// What a loop's ready queue holds: a step of a task, a callback, or a timer that has come due.
//
// A runnable is linked into at most one list at a time (the ready queue, or the waiters of a
// future), by the link inside it: queueing allocates nothing. Whoever made it owns it; a loop
// that drops one without running it says so by drop().
#pragma once

#include <cstdint>
#include <source_location>
#include <string>

#include <heddle/time.hpp>

namespace heddle {

class future_base;

namespace detail {
class crowd_queue;
class ready_chain;
class runnable_list;
class timer_heap;
class scheduled_queue;
}  // namespace detail

/// What kind of event a runnable is, as schedulers and observers tell them apart.
enum class event_kind : std::uint8_t {
    step,           ///< a task starts, or goes on after a bare yield; of a task_base only
    wakeup,         ///< a task goes on because what it waited for is done; as that
    callback,       ///< call_soon and its like
    done_callback,  ///< a done callback of a future
    timer,          ///< a timer that has come due
    completion,     ///< an operation that a simulation finishes (sim/completion.hpp)
    job,            ///< a job of an executor that has no threads: see executor.hpp
};

class runnable {
public:
    runnable(const runnable&) = delete;
    runnable& operator=(const runnable&) = delete;

    /// Runs it. An exception that leaves it goes to the loop's exception handler.
    virtual void run() = 0;
    /// It will not be run: taken out of its queue for good. Releases what it owns.
    virtual void drop() noexcept = 0;

    [[nodiscard]] virtual event_kind kind() const noexcept = 0;
    /// A structural id: the same in every run in which the same part of the program did the same
    /// thing before. Made of ordinals, never of an address. 0 where no scheduler is set.
    [[nodiscard]] virtual std::uint64_t event_id() const noexcept = 0;
    /// For people: "step of 'Task-2'".
    [[nodiscard]] virtual std::string label() const = 0;
    /// Where in the program it goes on; line 0 where that is not known.
    [[nodiscard]] virtual std::source_location place() const noexcept { return {}; }
    /// As a waiter: whose end depends on what it waits for (a task's own future, the future of a
    /// gather), for call graphs. Null for a plain callback.
    [[nodiscard]] virtual const future_base* on_behalf_of() const noexcept { return nullptr; }

    /// A note of the scheduler's about it, 0 when it has just become an option.
    [[nodiscard]] std::uint32_t mark() const noexcept { return mark_; }
    void set_mark(std::uint32_t mark) noexcept { mark_ = mark; }

protected:
    runnable() noexcept = default;
    ~runnable() = default;

private:
    friend class detail::crowd_queue;
    friend class detail::ready_chain;
    friend class detail::runnable_list;
    friend class detail::scheduled_queue;

    runnable* next_ = nullptr;
    // Position in the ready queue of a loop with a scheduler; unused elsewhere.
    std::uint32_t order_ = 0;
    std::uint32_t mark_ = 0;
};

/// A runnable that waits in a loop's timer heap until its deadline, then becomes ready.
class timer_entry : public runnable {
public:
    [[nodiscard]] time_point when() const noexcept { return when_; }
    [[nodiscard]] bool in_heap() const noexcept { return heap_index_ != not_in_heap; }
    [[nodiscard]] event_kind kind() const noexcept override { return event_kind::timer; }
    /// Whether a real loop may run this and others of this sort with the same deadline in any
    /// order. A scheduler is asked for it then: see scheduler::breaks_ties.
    [[nodiscard]] bool ties_are_open() const noexcept { return ties_are_open_; }

protected:
    enum class ties : bool { in_order, open };
    explicit timer_entry(time_point when, ties equal = ties::in_order) noexcept
        : when_(when), ties_are_open_(equal == ties::open) {}
    ~timer_entry() = default;

    time_point when_;

private:
    friend class detail::timer_heap;
    static constexpr std::uint32_t not_in_heap = ~std::uint32_t{0};
    std::uint32_t heap_index_ = not_in_heap;
    bool ties_are_open_;
};

}  // namespace heddle
