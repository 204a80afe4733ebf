// SPDX-License-Identifier: BSL-1.0
#include <heddle/task_base.hpp>

#include <utility>

#include <heddle/detail/mix.hpp>

namespace heddle {

namespace {

std::string_view base_name(std::string_view path) {
    const std::size_t slash = path.find_last_of('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

}  // namespace

bool detail::is_library_site(const std::source_location& site) noexcept {
    // Its sources lie where this file does, its headers in a folder include/heddle.
    const std::string_view own = __FILE__;
    const std::string_view file = site.file_name();
    const std::string_view folder = own.substr(0, own.size() - base_name(own).size());
    return (!folder.empty() && file.substr(0, folder.size()) == folder) ||
           file.find("include/heddle/") != std::string_view::npos;
}

task_base& current_task() {
    task_base* task = get_running_loop().current_task();
    if (task == nullptr) {
        throw usage_error("no task is running: this is a callback");
    }
    return *task;
}

std::string describe_state(const task_base& task) {
    if (task.as_future().done()) {
        return "is done";
    }
    const waitable* const target = task.waiting_on();
    if (target == nullptr) {
        return task.loop().current_task() == &task ? "is running" : "is ready to run";
    }
    std::string text = "waits for " + target->label();
    if (const std::uint32_t number = target->holder(); number != 0) {
        const task_base* holder = nullptr;
        task.loop().for_each_task([&](const task_base& each) {
            if (each.number() == number) {
                holder = &each;
            }
        });
        text += " that " + (holder != nullptr ? holder->label() + " took"
                                              : std::string("a task took that has ended"));
    }
    return text;
}

std::string describe_blocked(const task_base& task) {
    std::string text = task.label() + " " + describe_state(task);
    if (task.as_future().done()) {
        return text;
    }
    constexpr std::size_t most = 12;
    std::size_t count = 0;
    const char* before = " at ";
    task.for_each_site([&](const std::source_location& site) {
        if (site.line() != 0 && !detail::is_library_site(site) && ++count <= most) {
            text.append(before).append(base_name(site.file_name()));
            text += ":" + std::to_string(site.line());
            before = " < ";
        }
    });
    if (count > most) {
        text += " < ... (" + std::to_string(count - most) + " more)";
    }
    return text;
}

// ---- names and ids -------------------------------------------------------------------------

std::string task_base::name() const {
    const detail::rare_parts* const parts = as_future().rare_parts();
    return parts == nullptr || parts->name.empty() ? "Task-" + std::to_string(number_)
                                                   : std::string(parts->name.view());
}

std::string task_base::label() const { return "'" + name() + "'"; }

event_kind task_base::kind() const noexcept {
    return waiting_on_ != nullptr ? event_kind::wakeup : event_kind::step;
}

std::uint64_t task_base::event_id() const noexcept { return detail::mix(id_, steps_ + 1); }

std::source_location task_base::place() const noexcept { return site(); }

std::source_location task_base::site() const noexcept {
    std::source_location found{};
    for_each_site([&](const std::source_location& each) {
        if (found.line() == 0 && each.line() != 0 && !detail::is_library_site(each)) {
            found = each;
        }
    });
    return found;
}

void task_base::notify(loop_event_kind kind, const waitable* future) noexcept {
    loop_event event;
    event.kind = kind;
    event.task = this;
    event.future = future;
    loop_->notify(event);
}

// ---- the step ------------------------------------------------------------------------------

void task_base::start(future_base& own, std::string_view name, bool eager) {
    event_loop& loop = *loop_;
    if (!name.empty()) {
        own.own_rare_parts().name = detail::shared_text(name);
    }
    if (detail::contexts_are_in_use()) [[unlikely]] {
        capture_context();
    }
    if (loop.instrumented()) [[unlikely]] {
        id_ = loop.new_structural_id(0);
    }
    join_loop(loop, own);
    if (loop.observed()) [[unlikely]] {
        notify(loop_event_kind::task_created, nullptr);
    }
    if (eager) [[unlikely]] {
        // Whoever starts it goes on as the current task, however this step ends.
        task_base* const starter = loop.current_task_;
        if (loop.observed()) {
            tell_step_begins();
        }
        run();
        loop.current_task_ = starter;
        return;
    }
    if (loop.observed()) [[unlikely]] {
        notify(loop_event_kind::step_queued, nullptr);
    }
    loop.push_ready(*this);
}

[[gnu::cold, gnu::noinline]] void task_base::capture_context() {
    if (detail::context_ptr captured = detail::capture_context()) {
        as_future().own_rare_parts().context = std::move(captured);
    }
}

const detail::context_ptr& task_base::context_slot() const noexcept {
    static const detail::context_ptr none;
    const detail::rare_parts* const parts = as_future().rare_parts();
    return parts != nullptr ? parts->context : none;
}

HEDDLE_UNINSTRUMENTED void task_base::run() {
    if (must_cancel_ && cancel_before_start()) [[unlikely]] {
        return;
    }
    ++steps_;
    waiting_on_ = nullptr;
    loop_->current_task_ = this;
    for (;;) {
        leaf_->handle().resume();
        if (!goes_on_) [[likely]] {
            loop_->current_task_ = nullptr;
            return;
        }
        goes_on_ = false;
        if (leaf_ == nullptr) {
            loop_->current_task_ = nullptr;
            if (loop_->instrumented()) [[unlikely]] {
                collect();
            } else {
                collect_plainly();
            }
            return;
        }
    }
}

void task_base::tell_step_begins() noexcept {
    if (!must_cancel_ || steps_ > 0) {
        notify(loop_event_kind::step_started, waiting_on_);
    }
}

[[gnu::cold, gnu::noinline]] bool task_base::cancel_before_start() noexcept {
    if (steps_ != 0) {
        return false;
    }
    // As in CPython: the error is thrown into a coroutine that has not begun, whose body
    // therefore never runs; the task keeps the error.
    must_cancel_ = false;
    std::exception_ptr error = std::make_exception_ptr(cancelled_error(as_future().message()));
    destroy_frames();
    end_cancelled(std::move(error));
    leave_loop(as_future());
    return true;
}

void task_base::block_on(future_base& target) {
    if (target.loop() != loop_ || &target == &as_future()) {
        error_pending_ = true;
        as_future().own_rare_parts().pending_error = std::make_exception_ptr(
            usage_error(&target == &as_future() ? "a task cannot await itself"
                                                : "the awaited future belongs to another loop"));
        loop_->push_ready(*this);
        return;
    }
    if (loop_->observed()) [[unlikely]] {
        notify(loop_event_kind::task_blocked, &target);
        notify(loop_event_kind::wakeup_added, &target);
    }
    target.add_waiter(*this);
    waiting_on_ = &target;
    if (must_cancel_ && target.cancel(as_future().message())) {
        must_cancel_ = false;
    }
}

void task_base::block_on_operation(waitable& operation) {
    if (loop_->observed()) [[unlikely]] {
        notify(loop_event_kind::task_blocked, &operation);
        notify(loop_event_kind::wakeup_added, &operation);
    }
    waiting_on_ = &operation;
    if (must_cancel_ && operation.cancel(as_future().message())) {
        must_cancel_ = false;
    }
}

void task_base::throw_must_cancel() {
    must_cancel_ = false;
    if (std::exchange(injected_, false)) {
        std::rethrow_exception(take_pending_error());
    }
    throw cancelled_error(as_future().message());
}

std::exception_ptr task_base::take_pending_error() noexcept {
    error_pending_ = false;
    return std::exchange(as_future().own_rare_parts().pending_error, nullptr);
}

/// What is under way is a cancellation already: it is kept, and nothing else is thrown.
[[gnu::cold]] void task_base::keep_cancellation() noexcept {
    must_cancel_ = false;
    if (std::exchange(injected_, false)) {
        static_cast<void>(take_pending_error());
    }
}

bool task_base::throw_at_next_step(std::exception_ptr error) noexcept {
    if (steps_ == 0 || as_future().done() || must_cancel_ || error_pending_) {
        return false;
    }
    // The resume path tests one flag only, which stands for "something is due".
    as_future().own_rare_parts().pending_error = std::move(error);
    error_pending_ = true;
    must_cancel_ = true;
    injected_ = true;
    return true;
}

void task_base::resume_from(future_base& source) {
    if (loop_->observed()) [[unlikely]] {
        notify(loop_event_kind::task_resumed, &source);
    }
    if (must_cancel_) [[unlikely]] {
        if ((!error_pending_ || injected_) && source.holds_cancellation()) {
            keep_cancellation();
        } else {
            if (error_pending_ && !injected_) {
                static_cast<void>(take_pending_error());
            }
            source.mark_retrieved();
            throw_must_cancel();
        }
    }
    if (error_pending_) [[unlikely]] {
        std::rethrow_exception(take_pending_error());
    }
}

// ---- cancellation --------------------------------------------------------------------------

bool task_base::request_cancel(const cancel_message& message) {
    as_future().mark_retrieved();
    if (as_future().done()) {
        return false;
    }
    // Tasks that wait for tasks are gone through in a loop: a chain of them may be long.
    std::size_t passed = 0;
    task_base* last = this;
    while (task_base* next = last->passes_cancellation_to()) {
        next->as_future().mark_retrieved();
        last->cancel_under_way_ = true;
        ++last->cancel_requests_;
        ++passed;
        last = next;
    }
    ++last->cancel_requests_;
    last->take_cancellation(message);
    for (task_base* each = this; passed > 0; --passed) {
        each->cancel_under_way_ = false;
        each = const_cast<task_base*>(each->waiting_on_->as_task());
    }
    return true;
}

/// The task that it waits for, if that is not done, and this is not in a circle of such.
task_base* task_base::passes_cancellation_to() const noexcept {
    const task_base* next = waiting_on_ != nullptr ? waiting_on_->as_task() : nullptr;
    return next != nullptr && !next->as_future().done() && !next->cancel_under_way_ && next != this
               ? const_cast<task_base*>(next)
               : nullptr;
}

void task_base::take_cancellation(const cancel_message& message) {
    if (waiting_on_ != nullptr && waiting_on_->as_task() == nullptr &&
        waiting_on_->cancel(message)) {
        return;
    }
    must_cancel_ = true;
    as_future().remember_message(message);
    if (const task_base* awaited = waiting_on_ != nullptr ? waiting_on_->as_task() : nullptr;
        awaited != nullptr && awaited->cancel_under_way_) {
        // Tasks that wait for each other in a circle, where CPython's recursion ends in an error:
        // it is opened here, or none of them would ever hear of it.
        waiting_on_->remove_waiter(*this);
        waiting_on_ = nullptr;
        loop_->push_ready(*this);
    }
}

std::uint32_t task_base::uncancel() noexcept {
    if (cancel_requests_ > 0) {
        --cancel_requests_;
        if (cancel_requests_ == 0) {
            must_cancel_ = false;
        }
    }
    return cancel_requests_;
}

bool task_base::take_must_cancel(cancel_message& message) noexcept {
    if (!must_cancel_) {
        return false;
    }
    must_cancel_ = false;
    message = as_future().message();
    return true;
}

// ---- destruction ---------------------------------------------------------------------------

void task_base::destroy_frames() noexcept {
    // Leaf first and in a loop: a frame would otherwise destroy the one that it awaits from
    // within its own destructor, to any depth.
    while (leaf_ != nullptr) {
        detail::promise_base& frame = *leaf_;
        detail::promise_base* parent = nullptr;
        if (frame.up_ != nullptr) {
            parent = frame.up_->parent;
            frame.up_->child = nullptr;
        }
        leaf_ = parent;
        frame.handle().destroy();
    }
}

void task_base::kill() noexcept {
    if (as_future().done()) {
        return;
    }
    HEDDLE_INVARIANT(loop_->current_task_ != this, "a task is not destroyed by its own step");
    if (waiting_on_ != nullptr) {
        waiting_on_->remove_waiter(*this);
        waiting_on_ = nullptr;
    }
    loop_->remove_ready(*this);
    destroy_frames();
    end_cancelled(nullptr);
    leave_loop(as_future());
}

}  // namespace heddle
