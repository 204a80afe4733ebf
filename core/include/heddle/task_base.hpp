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

#include <coroutine>
#include <cstdint>
#include <exception>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>

#include <heddle/detail/context_binding.hpp>
#include <heddle/future_base.hpp>
#include <heddle/runnable.hpp>

namespace heddle {

class context;

namespace detail {

class promise_base;
struct final_awaiter;
class async_step_link;

/// Stands in the frame of an awaiting coroutine: links it to the coroutine it awaits.
struct chain_link {
    std::coroutine_handle<> child;
    promise_base* parent = nullptr;
};

template <class T>
class coro_promise;

/// What every coroutine of the library carries in its frame.
class promise_base {
public:
    promise_base() noexcept = default;
    promise_base(const promise_base&) = delete;
    promise_base& operator=(const promise_base&) = delete;

    static void* operator new(std::size_t size) { return allocate_frame(size); }
    static void operator delete(void* memory, std::size_t size) noexcept {
        deallocate_frame(memory, size);
    }

    /// The task that drives it; null before its first step.
    [[nodiscard]] task_base* current_task() const noexcept { return task_; }
    /// The co_await it is suspended at.
    [[nodiscard]] const std::source_location& site() const noexcept { return site_; }
    /// The coroutine that awaits this one; null for a task's own.
    [[nodiscard]] promise_base* awaited_by() const noexcept { return up_ ? up_->parent : nullptr; }

    /// Says which coroutine function this is an activation of: the same for all of them in one
    /// process. For telling functions apart; never to be ordered by, shown, or kept.
    [[nodiscard]] const void* function() const noexcept {
        // The Itanium C++ ABI, which g++ and clang follow, has the resume function come first.
        return *static_cast<const void* const*>(
            const_cast<promise_base*>(this)->handle().address());
    }

    [[nodiscard]] std::coroutine_handle<> handle() noexcept {
        // Every promise of the library derives from this class first and is aligned no more than
        // the frame's header, so that the address of the frame follows from that of this part.
        return std::coroutine_handle<promise_base>::from_promise(*this);
    }

protected:
    ~promise_base() = default;
    std::source_location site_{};

private:
    friend class heddle::task_base;
    template <class T>
    friend class coro_awaiter;
    friend struct final_awaiter;
    friend class async_step_link;

    chain_link* up_ = nullptr;
    task_base* task_ = nullptr;
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
    /// A structural id: (who made it, the how-manieth task that was of it).
    [[nodiscard]] std::uint64_t structural_id() const noexcept { return id_; }

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
    void block_on(future_base& target);
    /// The step ends, to go on in the next iteration.
    void yield() { loop_->push_ready(*this); }
    /// The step ends; `operation` lives in the task's frame and will queue the task.
    void block_on_operation(waitable& operation);
    /// Called first by an awaiter that goes on from `source`: delivers a pending cancellation.
    void resume_from(future_base& source);
    /// The same for an awaiter whose outcome is, or is not, a cancellation already.
    void resume_from_operation(bool outcome_is_cancellation) {
        if (must_cancel_) [[unlikely]] {
            if (!outcome_is_cancellation) {
                throw_must_cancel();
            }
            keep_cancellation();
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
        goes_on_ = true;
    }

    /// Destroys its frames without running anything of it; it ends cancelled. Not from within.
    void kill() noexcept;

    [[nodiscard]] virtual future_base& as_future() noexcept = 0;
    [[nodiscard]] const future_base& as_future() const noexcept {
        return const_cast<task_base*>(this)->as_future();
    }

    [[nodiscard]] std::uint32_t next_ordinal(std::uint64_t sort) noexcept {
        return ++ordinals_[sort];
    }

protected:
    task_base() noexcept {}  // the links are set when it joins its loop
    ~task_base() = default;

    /// It is a task of the loop's from now on. `own` is its future, which the loop holds.
    void join_loop(event_loop& loop, future_base& own) noexcept {
        own.add_ref();
        number_ = loop.link_task(*this);
    }
    /// Its first step has not begun.
    void set_root(event_loop& loop, detail::promise_base& root) noexcept {
        loop_ = &loop;
        leaf_ = &root;
        root.task_ = this;
    }
    /// set_root() was called. Joins the loop, and queues the first step or, if `eager`, runs it now.
    void start(future_base& own, std::string_view name, bool eager);

    /// For the loop's observer: a step is about to run.
    void tell_step_begins() noexcept;
    /// Moves the outcome of the root coroutine, which has ended, into the future, and leaves the
    /// loop.
    virtual void collect() noexcept = 0;
    /// The same on a loop that is not instrumented.
    virtual void collect_plainly() noexcept = 0;
    /// For the loop's observer, first thing in collect().
    void tell_returned() noexcept {
        if (loop_->observed()) [[unlikely]] {
            notify(loop_event_kind::task_returned, nullptr);
        }
    }
    /// It is no task of the loop's any more. May destroy it.
    void leave_loop(future_base& own) noexcept {
        loop_->unlink_task(*this);
        own.release();
    }

    /// Whether a result must be turned into a cancellation because one is due; then `message` is
    /// what it carries.
    [[nodiscard]] bool take_must_cancel(cancel_message& message) noexcept;
    [[nodiscard]] bool must_cancel() const noexcept { return must_cancel_; }

private:
    friend class event_loop;
    friend struct detail::final_awaiter;
    friend struct detail::current_context;

    void capture_context();
    void destroy_frames() noexcept;
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
    detail::promise_base* leaf_ = nullptr;  // the innermost; null when the root has ended
    waitable* waiting_on_ = nullptr;
    std::uint64_t steps_ = 0;  // that have begun
    bool goes_on_ = false;     // the trampoline has a leaf to resume, or an end to see
    bool must_cancel_ = false;
    bool cancel_under_way_ = false;  // request_cancel() is going through it
    bool injected_ = false;  // must_cancel_ stands for the pending error: see throw_at_next_step
    bool error_pending_ = false;  // in the future's rare parts
    std::uint64_t id_ = 0;
    std::uint32_t number_ = 0;
    std::uint32_t cancel_requests_ = 0;
    std::uint32_t ordinals_[4] = {};  // tasks, callbacks, timers and operations made so far
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

HEDDLE_UNINSTRUMENTED inline std::uint32_t event_loop::link_task(task_base& newcomer) noexcept {
    detail::task_links& last = *tasks_.previous_task;
    newcomer.previous_task = &last;
    newcomer.next_task = &tasks_;
    last.next_task = &newcomer;
    tasks_.previous_task = &newcomer;
    return ++task_count_;
}

HEDDLE_UNINSTRUMENTED inline void event_loop::unlink_task(task_base& done) noexcept {
    done.previous_task->next_task = done.next_task;
    done.next_task->previous_task = done.previous_task;
}

template <class Visitor>
void event_loop::for_each_task(Visitor&& visit) const {
    for (const detail::task_links* each = tasks_.next_task; each != &tasks_;
         each = each->next_task) {
        visit(*static_cast<const task_base*>(each));
    }
}

}  // namespace heddle
