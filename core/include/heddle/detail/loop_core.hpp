// SPDX-License-Identifier: BSL-1.0
//
// The part of a loop that its futures, tasks and awaiters work with: queues,
// timers, the tasks that there are, and who watches. How it runs them, and what
// users see, is in event_loop.hpp.
//
// One flag, `instrumented`, stands for all that is seldom so: an observer, a
// scheduler, debug mode, a closed loop, eager starts, a guest that sleeps.
// Where it is not set, becoming ready is a link.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include <heddle/backend.hpp>
#include <heddle/detail/close_hook.hpp>
#include <heddle/detail/context_binding.hpp>
#include <heddle/detail/ready_list.hpp>
#include <heddle/detail/runnable_list.hpp>
#include <heddle/detail/scheduled_queue.hpp>
#include <heddle/detail/task_list.hpp>
#include <heddle/detail/timer_heap.hpp>
#include <heddle/frame_memory.hpp>
#include <heddle/handle.hpp>
#include <heddle/loop_options.hpp>
#include <heddle/observer.hpp>
#include <heddle/scheduler.hpp>
#include <heddle/time.hpp>
#include <heddle/waitable.hpp>

namespace heddle {
class event_loop;
class task_base;
}  // namespace heddle

namespace heddle::detail {

struct current_context;

struct thread_state {
    event_loop* running = nullptr;
};
extern constinit thread_local thread_state this_thread;

class loop_core {
public:
    loop_core(const loop_core&) = delete;
    loop_core& operator=(const loop_core&) = delete;

    /// The task whose step runs now; null in callbacks and outside.
    [[nodiscard]] task_base* current_task() const noexcept { return current_task_; }
    /// Calls `visit(const task_base&)` for each task that is not done, in creation order.
    template <class Visitor>
    void for_each_task(Visitor&& visit) const;

    [[nodiscard]] std::size_t timer_count() const noexcept { return timers_.size(); }
    /// The earliest distinct deadlines after `after`, not after `until`: for schedulers.
    std::size_t deadlines_between(
        time_point after, time_point until,
        std::array<time_point, timer_heap::most_deadlines>& found) const noexcept {
        return timers_.deadlines_between(after, until, found);
    }

    // The rest is for the library's own futures, tasks and backends.

    [[nodiscard]] frame_pool& pool() noexcept { return *pool_; }
    [[nodiscard]] bool has_tasks() const noexcept { return !tasks_.empty(); }
    [[nodiscard]] backend& clock_and_executor() noexcept { return *backend_; }

    /// Whether this is the thread of the latest run. Before the first, none is; where nothing comes
    /// from outside, the one that made the loop. From any thread.
    [[nodiscard]] bool on_own_thread() const noexcept;
    [[nodiscard]] bool instrumented() const noexcept { return instrumented_; }
    [[nodiscard]] bool closing() const noexcept { return closing_; }

    /// Queues something that may run in any order relative to others (a task's step).
    HEDDLE_UNINSTRUMENTED void push_ready(runnable& item) {
        if (instrumented_) [[unlikely]] {
            push_ready_instrumented(item);
        } else {
            ready_.push_back(item);
        }
    }
    /// The same on a loop that is not instrumented.
    HEDDLE_UNINSTRUMENTED void push_ready_plainly(runnable& item) noexcept {
        ready_.push_back(item);
    }
    /// Queues all done callbacks of one future.
    HEDDLE_UNINSTRUMENTED void push_done_callbacks(runnable_list& callbacks,
                                                   const waitable& source) {
        if (instrumented_) [[unlikely]] {
            push_done_callbacks_instrumented(callbacks, source);
        } else {
            ready_.splice_back(callbacks);
        }
    }
    /// The same on a loop that is not instrumented.
    HEDDLE_UNINSTRUMENTED void push_done_callbacks_plainly(runnable_list& callbacks) noexcept {
        ready_.splice_back(callbacks);
    }
    /// `operation` finishes (runs) when the scheduler says, once. Throws usage_error without one.
    void add_completion(runnable& operation);
    /// Takes it back, if it has not run.
    void remove_completion(runnable& operation) noexcept;
    void add_timer(timer_entry& timer) {
        if (instrumented_) [[unlikely]] {
            add_timer_instrumented(timer);
        } else {
            timers_.push(timer);
        }
    }
    /// Takes a timer out of the heap or, if it has come due, out of the ready queue.
    void remove_timer(timer_entry& timer) noexcept;
    /// Takes something out of the ready queue: a walk through it on a plain loop.
    void remove_ready(runnable& item) noexcept;
    void forget_cancelled(runnable& callback) noexcept;

    [[nodiscard]] std::uint64_t new_callback_id() {
        return instrumented_ ? new_id_on_own_thread(1) : 0;
    }
    [[nodiscard]] std::uint64_t new_timer_id() {
        return instrumented_ ? new_id_on_own_thread(2) : 0;
    }
    /// In debug mode, throws usage_error on another thread than the running loop's.
    void check_thread() const;
    void notify(const loop_event& event) noexcept {
        if (observer_ != nullptr) {
            observer_->on_event(event);
        }
    }
    /// An event that is about a future and nothing else.
    void tell(loop_event_kind kind, const waitable& future) noexcept;
    [[nodiscard]] bool observed() const noexcept { return observer_ != nullptr; }
    /// Whether its tasks have more to do than to run: then it is instrumented, too.
    [[nodiscard]] bool is_watched() const noexcept {
        return observer_ != nullptr || scheduler_ != nullptr || closed_;
    }
    void add_close_hook(close_hook& hook) noexcept { close_hooks_.add(hook); }
    /// Its number. Whoever adds a task holds it for the loop: see
    /// task_base::leave_loop.
    HEDDLE_UNINSTRUMENTED std::uint32_t add_task(task_links& newcomer) noexcept {
        return tasks_.add(newcomer);
    }
    [[nodiscard]] std::uint64_t new_structural_id(std::uint64_t sort) noexcept;

protected:
    class context_end final : public runnable {
    public:
        explicit context_end(loop_core& loop) noexcept : loop_(loop) {}
        void run() override { loop_.drop_callback_context(); }
        void drop() noexcept override { loop_.drop_callback_context(); }
        [[nodiscard]] event_kind kind() const noexcept override { return event_kind::completion; }
        [[nodiscard]] std::uint64_t event_id() const noexcept override { return 0; }
        [[nodiscard]] std::string label() const override { return "end of a context"; }

    private:
        loop_core& loop_;
    };

    loop_core(backend& clock_and_executor, const loop_options& options);
    ~loop_core() = default;

    // A closed loop's pushes, an idle guest's, and tasks that start eagerly, take the instrumented
    // path, so that others pay nothing for the test. To be called when anything changes that is
    // asked for here.
    void update_instrumented() noexcept {
        told_ = observer_ != nullptr || debug_;
        schedules_untold_ = scheduler_ != nullptr && !closing_ && !watched_;
        instrumented_ = closed_ || observer_ != nullptr || scheduler_ != nullptr || debug_ ||
                        task_start_ != task_start::queued || (wakes_when_idle_ && !running_);
    }
    /// The tasks that there are already are told that the loop is watched from
    /// now on.
    void mark_tasks_watched() noexcept;
    void wake_if_idle() noexcept {
        if (wakes_when_idle_ && !running_) [[unlikely]] {
            backend_->wake_up();
        }
    }
    void forget_callback_context() noexcept {
        if (callback_context_) [[unlikely]] {
            drop_callback_context();
        }
    }
    void drop_callback_context() noexcept;
    /// Where a callback that was registered in an empty context keeps one that it makes.
    context_ptr& begin_callback_context() noexcept;
    void tell_scheduled(const runnable& item) {
        if (watched_ && in_event_) [[unlikely]] {
            scheduler_->scheduled(item);
        }
    }
    void push_ready_instrumented(runnable& item);
    void push_ready_in_full(runnable& item);
    void add_timer_instrumented(timer_entry& timer);
    void push_callback_instrumented(callback_base<runnable>& item);
    void push_done_callbacks_instrumented(runnable_list& callbacks, const waitable& source);
    [[nodiscard]] std::uint64_t new_id_on_own_thread(std::uint64_t sort);
    void drop_queued() noexcept;

    // The resume path's state first.
    ready_list ready_;
    ready_batch batch_;              // what is left of the iteration under way
    bool instrumented_ = false;      // a push has more to do: see update_instrumented
    bool schedules_untold_ = false;  // ... but only to go into the scheduler's queue
    bool told_ = false;              // somebody is told what runs
    bool stopping_ = false;
    bool looks_up_ = false;  // run_plain() is to see, after this iteration, how it goes on
    bool running_ = false;
    bool closed_ = false;
    bool closing_ = false;
    bool reorders_ = false;     // what the scheduler said when the run began
    bool watched_ = false;      // ... and whether it is told of what is scheduled
    bool breaks_ties_ = false;  // a timer whose ties the scheduler breaks has been set
    bool in_event_ = false;     // a scheduled run is in the middle of a callback or step
    bool wakes_when_idle_ = false;
    bool debug_ = false;
    bool watching_ = false;  // debug mode measures what runs now
    task_start task_start_ = task_start::queued;
    task_base* current_task_ = nullptr;
    // What a callback sets that was registered in an empty context; gone when it ends. A plain loop
    // does not ask after each callback: what ends the context is put in front of its batch then.
    context_ptr callback_context_;
    frame_pool* pool_;
    backend* backend_;
    timer_heap timers_;
    task_list tasks_;

    scheduler* scheduler_ = nullptr;
    loop_observer* observer_ = nullptr;
    scheduled_queue scheduled_;
    std::vector<runnable*> completions_;  // operations that have not finished, oldest first
    runnable* last_callback_ = nullptr;   // the latest call_soon of what runs now
    std::uint64_t origin_id_ = 0;         // the event that runs now, and what it has made so far
    std::uint64_t origin_ordinals_ = 0;

    context_end context_end_{*this};
    close_hooks close_hooks_;
    std::atomic<std::thread::id> thread_;  // of the latest run; asked for by other threads

private:
    friend class heddle::task_base;
    friend struct current_context;
};

}  // namespace heddle::detail
