// SPDX-License-Identifier: BSL-1.0
//
// What tasks of every type share: the step that drives a chain of coroutines, and cancellation.
//
// The chain is driven by a trampoline: an await of a coroutine, and its end, only note which
// coroutine is innermost (`leaf`) and return to the task's step, which resumes it. So neither
// depth nor number of awaits grows the stack, and a chain is destroyed in a loop, leaf first.
// A coroutine that returns there without having said so waits, and the step is over.
//
// Cancellation is CPython 3.13's: cancel() counts, and cancels what the task is blocked on, or
// else sets `must cancel`, which the next step turns into a cancelled_error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>

#include <heddle/detail/context_binding.hpp>
#include <heddle/detail/promise_base.hpp>
#include <heddle/future_base.hpp>
#include <heddle/runnable.hpp>

namespace heddle {

class context;

namespace detail {

/// A task's structural id, and what its next ones are made of: tasks, callbacks, timers and
/// operations that it has made so far. In front of tasks that were made on an instrumented loop.
struct alignas(std::max_align_t) task_ids {
    std::uint64_t own = 0;
    std::uint32_t ordinals[4] = {};
};

}  // namespace detail

class task_base : public runnable, private detail::task_links {
public:
    /// Task-1, Task-2, ... in creation order, unless a name was given.
    [[nodiscard]] std::string name() const;
    /// For people only; an empty one brings the default back.
    void set_name(std::string_view name) {
        as_future().own_rare_parts().name = detail::shared_text(name);
    }
    /// The loop's number for it: 1 for the first task made.
    [[nodiscard]] std::uint32_t number() const noexcept { return number_; }
    /// A structural id: (who made it, the how-manieth task that was of it). 0 for a task that was
    /// made on a loop that was not instrumented.
    [[nodiscard]] std::uint64_t structural_id() const noexcept {
        return is(has_ids) ? ids().own : 0;
    }

    /// How many cancellations were asked for and not taken back.
    [[nodiscard]] std::uint32_t cancelling() const noexcept { return cancel_requests_; }
    /// Takes one back; at zero, a cancellation that is not delivered yet is dropped. Returns what
    /// is left.
    std::uint32_t uncancel() noexcept;
    /// asyncio's Task.cancel.
    bool request_cancel(const cancel_message& message);

    /// asyncio's Task.get_context: the context it runs in (see <heddle/context.hpp>).
    [[nodiscard]] context get_context();

    /// What it is blocked on; null if it is ready, running or done.
    [[nodiscard]] const waitable* waiting_on() const noexcept { return waiting_on_; }
    /// Calls `visit(source_location)` for each co_await it is suspended in, innermost first.
    template <class Visitor>
    void for_each_site(Visitor&& visit) const {
        for (detail::promise_base* frame = leaf_; frame != nullptr; frame = frame->awaited_by()) {
            visit(frame->site());
        }
    }

    /// Calls `visit(const promise_base&)` for each coroutine of its chain, innermost first, until
    /// it returns false.
    template <class Visitor>
    void for_each_frame(Visitor&& visit) const {
        detail::promise_base* frame = leaf_;
        while (frame != nullptr && visit(std::as_const(*frame))) {
            frame = frame->awaited_by();
        }
    }

    /// The innermost of these that is not in the library itself; line 0 before the first await.
    [[nodiscard]] std::source_location site() const noexcept;

    void run() override;
    void drop() noexcept override {}
    [[nodiscard]] event_kind kind() const noexcept override;
    [[nodiscard]] std::uint64_t event_id() const noexcept override;
    [[nodiscard]] std::string label() const override;
    [[nodiscard]] std::source_location place() const noexcept override;
    [[nodiscard]] const future_base* on_behalf_of() const noexcept override { return &as_future(); }

    // For awaiters.

    /// The loop that drives it; only while it is not done.
    [[nodiscard]] event_loop& loop() const noexcept { return *loop_; }
    /// The step ends, to go on when `target` is done.
    HEDDLE_UNINSTRUMENTED void block_on(future_base& target) {
        if (is(must_cancel_or_watched) || target.done() || target.loop() != loop_ ||
            &target == &as_future()) [[unlikely]] {
            block_on_in_full(target);
            return;
        }
        target.add_waiter_plainly(*this);
        waiting_on_ = &target;
    }
    /// The step ends, to go on in the next iteration.
    void yield() { loop_->push_ready(*this); }
    /// The step ends; `operation` lives in the task's frame and will queue the task.
    HEDDLE_UNINSTRUMENTED void block_on_operation(waitable& operation) {
        if (is(must_cancel_or_watched)) [[unlikely]] {
            block_on_operation_in_full(operation);
            return;
        }
        waiting_on_ = &operation;
    }
    /// Called first by an awaiter that goes on from `source`: delivers a pending cancellation.
    HEDDLE_UNINSTRUMENTED void resume_from(future_base& source) {
        if (is(must_cancel_or_watched | error_pending)) [[unlikely]] {
            resume_from_in_full(source);
        }
    }
    /// The same for an awaiter whose outcome is, or is not, a cancellation already.
    HEDDLE_UNINSTRUMENTED void resume_from_operation(bool outcome_is_cancellation) {
        if (is(must_cancel)) [[unlikely]] {
            deliver_cancellation(outcome_is_cancellation);
        }
    }
    /// The same, which tells the loop's observer.
    HEDDLE_UNINSTRUMENTED void resume_from_operation(const waitable& operation,
                                                     bool outcome_is_cancellation) {
        if (is(must_cancel_or_watched)) [[unlikely]] {
            resume_from_operation_in_full(operation, outcome_is_cancellation);
        }
    }

    /// For test facilities: when its step that is about to run begins, the await it stands in
    /// throws `error` in place of its result. Called by a scheduler in about_to_run() of that step.
    /// Returns false, and does nothing, if the task has not begun or is done, or if the await
    /// throws already: cancellations that are due come first, also that of what it waits for.
    bool throw_at_next_step(std::exception_ptr error) noexcept;

    /// The innermost coroutine is now `leaf`: the trampoline goes on with it.
    void enter(detail::promise_base& leaf) noexcept {
        leaf.task_ = this;
        leaf_ = &leaf;
        after_ = progress::goes_on;
    }

    /// Destroys its frames without running anything of it; it ends cancelled. Not from within.
    void kill() noexcept;

    [[nodiscard]] future_base& as_future() noexcept {
        // It comes next in every task: see task_state.
        return *reinterpret_cast<future_base*>(reinterpret_cast<std::byte*>(this) +
                                               sizeof(task_base));
    }
    [[nodiscard]] const future_base& as_future() const noexcept {
        return const_cast<task_base*>(this)->as_future();
    }

    /// Null if it was made on a loop that was not instrumented.
    [[nodiscard]] detail::task_ids* own_ids() noexcept { return is(has_ids) ? &ids() : nullptr; }

protected:
    task_base() noexcept {}  // the links are set when it joins its loop
    ~task_base() = default;

    /// It is a task of the loop's from now on. `own` is its future, which the loop holds.
    void join_loop(event_loop& loop, future_base& own) noexcept {
        own.add_ref();
        number_ = loop.add_task(*this);
    }
    /// Its first step has not begun.
    void set_root(event_loop& loop, detail::promise_base& root) noexcept {
        loop_ = &loop;
        leaf_ = &root;
        root.task_ = this;
    }
    /// There is a detail::task_ids in front of it. Before start().
    void set_has_ids() noexcept { flags_ |= has_ids; }
    [[nodiscard]] bool comes_with_ids() const noexcept { return is(has_ids); }
    /// set_root() was called. Joins the loop, and queues the first step or, if `eager`, runs it now.
    void start(future_base& own, std::string_view name, bool eager);

    /// For the loop's observer: a step is about to run.
    void tell_step_begins() noexcept;
    /// Moves the outcome of the root coroutine, which has ended, into the future, and leaves the
    /// loop.
    virtual void collect(detail::promise_base& root) noexcept = 0;
    /// For the loop's observer, first thing in collect().
    void tell_returned() noexcept {
        if (loop_->observed()) [[unlikely]] {
            notify(loop_event_kind::task_returned, nullptr);
        }
    }
    /// It is no task of the loop's any more. May destroy it.
    void leave_loop(future_base& own) noexcept {
        detail::task_list::remove(*this);
        own.release();
    }

    /// Whether a result must be turned into a cancellation because one is due; then `message` is
    /// what it carries.
    [[nodiscard]] bool take_must_cancel(cancel_message& message) noexcept;
    /// Whether more is to be done about its end than to hand its value on.
    [[nodiscard]] bool ends_specially() const noexcept { return is(must_cancel_or_watched); }

private:
    friend class event_loop;
    friend class detail::loop_core;
    friend struct detail::final_awaiter;
    friend struct detail::current_context;

    // What is out of the ordinary, in one word: what seldom has anything to do tests it once.
    enum flag : std::uint8_t {
        must_cancel = 1,       // something is due to be thrown: see request_cancel
        injected = 2,          // must_cancel stands for the pending error: see throw_at_next_step
        error_pending = 4,     // in the future's rare parts
        cancel_under_way = 8,  // request_cancel() is going through it
        watched = 16,          // its loop has, or had, an observer or a scheduler
        has_ids = 32,
        must_cancel_or_watched = must_cancel | watched,
    };
    /// What the trampoline finds when a coroutine has returned to it. The first step leaves
    /// `not_begun` there if it waits at once.
    enum class progress : std::uint8_t { waits, goes_on, has_ended, not_begun };
    /// Not while its first step runs.
    [[nodiscard]] bool has_begun() const noexcept { return after_ != progress::not_begun; }
    [[nodiscard]] bool is(unsigned any_of) const noexcept { return (flags_ & any_of) != 0; }
    void set(flag which) noexcept { flags_ = static_cast<std::uint8_t>(flags_ | which); }
    /// Says whether it was set.
    bool clear(flag which) noexcept {
        const bool was_set = is(which);
        flags_ = static_cast<std::uint8_t>(flags_ & ~unsigned{which});
        return was_set;
    }
    [[nodiscard]] detail::task_ids& ids() const noexcept {
        return const_cast<detail::task_ids*>(reinterpret_cast<const detail::task_ids*>(this))[-1];
    }

    void capture_context();
    void destroy_frames() noexcept;
    void block_on_in_full(future_base& target);
    void block_on_operation_in_full(waitable& operation);
    void resume_from_in_full(future_base& source);
    void resume_from_operation_in_full(const waitable& operation, bool outcome_is_cancellation);
    void deliver_cancellation(bool outcome_is_cancellation);
    /// Ends it if its first step was to come: says whether it did.
    bool cancel_before_start() noexcept;
    [[nodiscard]] task_base* passes_cancellation_to() const noexcept;
    void take_cancellation(const cancel_message& message);
    virtual void end_cancelled(std::exception_ptr saved) noexcept = 0;
    /// Its own copy of the context; null while that is empty.
    [[nodiscard]] const detail::context_ptr& context_slot() const noexcept;
    [[nodiscard]] std::exception_ptr take_pending_error() noexcept;
    [[noreturn]] void throw_must_cancel();
    void keep_cancellation() noexcept;
    // Apart, so that who calls it seldom pays nothing for the event on its stack.
    [[gnu::noinline]] void notify(loop_event_kind kind, const waitable* future) noexcept;

    // What each step works on comes first, side by side: with many tasks, a step costs what it takes
    // to fetch this from memory.
    event_loop* loop_ = nullptr;            // valid until the task is done
    detail::promise_base* leaf_ = nullptr;  // the innermost; null when the end is collected
    waitable* waiting_on_ = nullptr;
    std::uint32_t steps_ = 0;  // that have begun, modulo 2^32: a run under a scheduler has fewer
    progress after_ = progress::not_begun;
    std::uint8_t flags_ = 0;
    std::uint32_t number_ = 0;
    std::uint32_t cancel_requests_ = 0;
};

namespace detail {
/// Whether an await is one of the library's own coroutines, which say little to a user.
[[nodiscard]] bool is_library_site(const std::source_location& site) noexcept;
}  // namespace detail

/// One line for people: what a task waits for, and where, innermost await first (a dozen of them),
/// the library's own left out: "'Task-2' waits for a reply at pool.cpp:40 < main.cpp:12".
[[nodiscard]] std::string describe_blocked(const task_base& task);

/// The middle part of that: "waits for a lock that 'Task-1' took", "is ready to run".
[[nodiscard]] std::string describe_state(const task_base& task);

/// The task whose step runs now on this thread. Throws usage_error outside of a task.
[[nodiscard]] task_base& current_task();

template <class Visitor>
void detail::loop_core::for_each_task(Visitor&& visit) const {
    tasks_.for_each([&](const task_links& each) { visit(static_cast<const task_base&>(each)); });
}

}  // namespace heddle
