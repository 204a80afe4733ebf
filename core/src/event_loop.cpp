// SPDX-License-Identifier: BSL-1.0
#include <heddle/event_loop.hpp>

#include <cstdio>

#include <heddle/call_graph.hpp>
#include <heddle/detail/job.hpp>
#include <heddle/detail/mix.hpp>
#include <heddle/executor.hpp>
#include <heddle/future_base.hpp>
#include <heddle/task_base.hpp>

#include "signal_handlers.hpp"

namespace heddle {

namespace detail {

constinit thread_local thread_state this_thread;

void report_callback_error(event_loop& loop, const runnable& callback) noexcept {
    loop.call_exception_handler({"exception in callback", std::current_exception(),
                                 callback.label(), nullptr, nullptr, &callback, callback.place()});
}

void unqueue_cancelled(event_loop* loop, runnable& callback) noexcept {
    if (loop != nullptr) {
        loop->forget_cancelled(callback);
    }
}

void unqueue_cancelled(event_loop* loop, timer_entry& timer) noexcept {
    if (loop == nullptr) {
        return;
    }
    if (timer.in_heap()) {
        loop->remove_timer(timer);
        timer.drop();
    } else {
        loop->forget_cancelled(timer);
    }
}

std::string label_of_callback(event_kind kind, const std::source_location& place) {
    const char* sort = kind == event_kind::timer           ? "timer"
                       : kind == event_kind::done_callback ? "done callback"
                                                           : "callback";
    if (place.line() == 0) {
        return sort;
    }
    return std::string(sort) + " set by " + place.function_name();
}

namespace {

/// Stops the loop when what run_until_complete waits for is done. Lives on its caller's stack.
class stop_callback final : public runnable {
public:
    explicit stop_callback(event_loop& loop) noexcept : loop_(loop) {}
    void run() override { loop_.stop(); }
    void drop() noexcept override {}
    [[nodiscard]] event_kind kind() const noexcept override { return event_kind::done_callback; }
    [[nodiscard]] std::uint64_t event_id() const noexcept override { return mix(0, 3); }
    [[nodiscard]] std::string label() const override { return "stop of the loop"; }

private:
    event_loop& loop_;
};

}  // namespace
}  // namespace detail

/// Makes a loop the running one of this thread for the length of a scope.
class event_loop::run_scope {
public:
    explicit run_scope(event_loop& loop) : loop_(loop), outer_pool_(detail::current_pool) {
        loop.check_can_run();
        detail::this_thread.running = &loop;
        detail::current_pool = loop.pool_;
        loop.thread_.store(std::this_thread::get_id(), std::memory_order_relaxed);
        loop.running_ = true;
        loop.update_instrumented();
        if (loop.scheduler_ != nullptr) {
            loop.reorders_ = loop.scheduler_->reorders();
            loop.watched_ = loop.scheduler_->watches();
        }
    }
    run_scope(const run_scope&) = delete;
    run_scope& operator=(const run_scope&) = delete;
    ~run_scope() {
        loop_.running_ = false;
        loop_.update_instrumented();
        loop_.in_event_ = false;
        loop_.current_task_ = nullptr;
        detail::this_thread.running = nullptr;
        detail::current_pool = outer_pool_;
    }

private:
    event_loop& loop_;
    detail::frame_pool* outer_pool_;
};

event_loop& get_running_loop() {
    event_loop* loop = detail::this_thread.running;
    if (loop == nullptr) {
        throw usage_error("no event loop is running on this thread");
    }
    return *loop;
}

event_loop::event_loop(backend& clock_and_executor, const loop_options& options)
    : pool_(detail::frame_pool::create(options.memory)),
      backend_(&clock_and_executor),
      // Who makes a loop may have another thread run it: until then it is nobody's.
      thread_(clock_and_executor.accepts_outside_events() ? std::thread::id()
                                                          : std::this_thread::get_id()) {
    pool_->set_loop(this);
    set_debug(options.debug);
}

event_loop::~event_loop() {
    HEDDLE_INVARIANT(!running_, "a loop is not destroyed by what it runs");
    destroy_everything();
    pool_->orphan();
}

// ---- running -------------------------------------------------------------------------------

void event_loop::check_can_run() const {
    if (closed_) {
        throw usage_error("this event loop is closed");
    }
    if (running_) {
        throw usage_error("this event loop is running already");
    }
    if (detail::this_thread.running != nullptr) {
        throw usage_error("another event loop is running on this thread");
    }
}

void event_loop::notify_run(loop_event_kind kind) noexcept {
    if (observed()) {
        loop_event event;
        event.kind = kind;
        notify(event);
    }
}

time_point event_loop::next_wanted() const noexcept {
    if (!ready_.empty() || !batch_.empty() || !scheduled_.empty() || stopping_ ||
        outside_calls_waiting_.load(std::memory_order_relaxed)) {
        return at_once;
    }
    return timers_.earliest();
}

void event_loop::run_forever() {
    notify_run(loop_event_kind::run_entered);
    run_to_stop();
}

void event_loop::run_to_stop() {
    {
        const run_scope scope(*this);
        if (scheduler_ != nullptr) {
            run_scheduled();
        } else {
            run_plain();
        }
    }
    notify_run(loop_event_kind::run_left);
}

[[gnu::always_inline]] inline void event_loop::run_batch() {
    const auto run_rest = [this] {
        // The first of these says that one of the others may hold.
        if (instrumented_ && (observed() || debug_)) [[unlikely]] {
            while (runnable* item = batch_.pop_front()) {
                run_observed(*item);
            }
        } else {
            while (runnable* item = batch_.pop_front()) {
                item->run();
            }
        }
    };
    for (;;) {
        try {
            run_rest();
            return;
        } catch (...) {
            report_callback_error();
        }
    }
}

/// What comes before an iteration's callbacks: what has come from outside, and the timers.
void event_loop::let_in(time_point now) {
    if (outside_calls_waiting_.load(std::memory_order_relaxed)) {
        deliver_outside_calls();
    }
    if (!timers_.empty()) {
        move_due_timers(now);
    }
}

[[gnu::always_inline]] inline void event_loop::run_what_is_ready() {
    // What an earlier iteration left, because an exception ended it, comes first.
    batch_.take(ready_);
    run_batch();
}

void event_loop::run_observed(runnable& item) {
    if (debug_ && !watching_) {
        run_watched(item);
        return;
    }
    if (observed()) {
        tell_runs(item);
    }
    item.run();
}

void event_loop::tell_runs(runnable& item) noexcept {
    loop_event event;
    event.callback = &item;
    switch (item.kind()) {
        case event_kind::step:
        case event_kind::wakeup:
            static_cast<task_base&>(item).tell_step_begins();
            return;
        case event_kind::callback:
        case event_kind::done_callback:
        case event_kind::job:
            event.kind = loop_event_kind::callback_ran;
            break;
        case event_kind::timer:
            event.kind = loop_event_kind::timer_fired;
            break;
        case event_kind::completion:
            return;
    }
    notify(event);
}

void event_loop::report_callback_error() noexcept {
    call_exception_handler({"exception in callback", std::current_exception(), "callback"});
}

time_point event_loop::run_one_iteration() {
    const run_scope scope(*this);
    if (scheduler_ != nullptr) {
        begin_scheduled_iteration(false);
        run_scheduled_iteration();
    } else {
        let_in(timers_.empty() ? time_point{} : backend_->now());
        run_what_is_ready();
    }
    return next_wanted();
}

void event_loop::run_plain() {
    // Where nothing ever comes in but by what the loop itself runs, and no timer is set, an iteration
    // is what is ready, and nothing else.
    const bool alone = !backend_->polls() && !backend_->accepts_outside_events();
    do {
        if (ready_.empty() || !timers_.empty()) [[unlikely]] {
            let_in(wait_for_work());
        } else if (!alone) {
            backend_->poll();
            let_in({});
        }
        run_what_is_ready();
    } while (!stopping_);
    stopping_ = false;
}

time_point event_loop::wait_for_work() {
    const time_point deadline = next_wanted();
    if (deadline == at_once && timers_.empty()) {
        backend_->poll();
        return {};
    }
    if (deadline == never && !backend_->accepts_outside_events()) {
        report_deadlock();
    }
    return backend_->wait_until(deadline);
}

[[gnu::cold]] void event_loop::drop_callback_context() noexcept { callback_context_ = {}; }

detail::context_ptr& event_loop::begin_callback_context() noexcept {
    if (scheduler_ == nullptr) {
        batch_.push_front(context_end_);
    }
    return callback_context_;
}

void event_loop::move_due_timers(time_point now) {
    while (timers_.earliest() <= now && !timers_.empty()) {
        push_ready(*timers_.pop_front());
    }
}

void event_loop::stop() noexcept {
    stopping_ = true;
    notify_run(loop_event_kind::stop_requested);
    wake_if_idle();
}

void event_loop::run_until_done(future_base& main) {
    if (main.loop() != this) {
        throw usage_error("run_until_complete: this future belongs to another loop");
    }
    check_can_run();
    detail::stop_callback stopper(*this);
    main.add_waiter(stopper);
    const auto forget_stopper = [&]() noexcept {
        if (!main.try_remove_waiter(stopper)) {
            remove_ready(stopper);
        }
    };
    try {
        run_to_stop();
    } catch (...) {
        forget_stopper();
        if (main.done()) {
            main.mark_retrieved();
        }
        throw;
    }
    forget_stopper();
    if (!main.done()) {
        throw usage_error("the event loop was stopped before the future was done");
    }
}

// ---- running under a scheduler -------------------------------------------------------------

void event_loop::run_scheduled() {
    do {
        begin_scheduled_iteration(true);
        do {
            run_scheduled_iteration();
        } while (goes_straight_on());
    } while (!stopping_);
    stopping_ = false;
}

/// Whether nothing but a number lies between the iteration that is over and the next, which begins.
[[gnu::always_inline]] inline bool event_loop::goes_straight_on() {
    if (stopping_ || scheduled_.empty() || !timers_.empty() || !completions_.empty() ||
        outside_calls_waiting_.load(std::memory_order_relaxed)) {
        return false;
    }
    scheduled_.begin_iteration();
    return true;
}

// For each event of a run: all in one function.

[[gnu::always_inline]] inline void event_loop::run_chosen(runnable& next, std::uint64_t id) {
    origin_id_ = id;
    origin_ordinals_ = 0;
    in_event_ = true;
    try {
        if (observed() || debug_) [[unlikely]] {
            run_observed(next);
        } else {
            next.run();
        }
    } catch (...) {
        report_callback_error();
    }
    forget_callback_context();
    in_event_ = false;
    last_callback_ = nullptr;
    if (observed()) [[unlikely]] {
        observer_->between_events();
    }
}

[[gnu::always_inline]] inline void event_loop::run_one_scheduled() {
    if (reorders_ && (!timers_.empty() || !completions_.empty())) {
        run_one_of_all();
        return;
    }
    const auto ready = scheduled_.entries();
    std::size_t options = reorders_ ? ready.size() : 1;
    if (breaks_ties_ && !reorders_) [[unlikely]] {
        options = tied_timers();
    }
    // The scheduler is told before it leaves its queue: if that throws, nothing is lost.
    const auto [index, id] = scheduler_->take_ready(ready.first(options));
    HEDDLE_INVARIANT(index < options, "a scheduler picks one of its options");
    run_chosen(scheduled_.take(index), id);
}

/// How many of the entries, from the first on, may run in any order among themselves: timers of one
/// deadline whose ties are open.
std::size_t event_loop::tied_timers() const noexcept {
    const auto ready = scheduled_.entries();
    const auto open_tie = [](const runnable& item) {
        const auto* timer =
            item.kind() == event_kind::timer ? static_cast<const timer_entry*>(&item) : nullptr;
        return timer != nullptr && timer->ties_are_open() ? timer : nullptr;
    };
    std::size_t count = 1;
    if (const timer_entry* const first = open_tie(*ready.front()); first != nullptr) {
        while (count < ready.size()) {
            const timer_entry* const next = open_tie(*ready[count]);
            if (next == nullptr || next->when() != first->when()) {
                break;
            }
            ++count;
        }
    }
    return count;
}

void event_loop::begin_scheduled_iteration(bool may_wait) {
    forget_callback_context();
    if (outside_calls_waiting_.load(std::memory_order_relaxed)) {
        deliver_outside_calls();
    }
    const bool idle = may_wait && scheduled_.empty() && !stopping_;
    if (!completions_.empty()) {
        if (!reorders_) {
            finish_operations(idle);
        } else if (idle) {
            // One of them is what runs next, or the timer that overtakes them.
            run_one_of_all();
        }
    } else if (idle && timers_.empty()) {
        report_deadlock();
    }
    if (idle && scheduled_.empty() && (completions_.empty() || !reorders_) && !timers_.empty() &&
        timers_.earliest() > backend_->now()) {
        scheduler_->about_to_wait(timers_.earliest());
    }
    if (!timers_.empty()) {
        move_due_timers(backend_->now());
    }
    scheduled_.begin_iteration();
}

void event_loop::finish_operations(bool idle) {
    while (!completions_.empty()) {
        const bool nothing_ready = idle && scheduled_.empty();
        const std::size_t index =
            scheduler_->finish(completions_, nothing_ready, nothing_ready && timers_.empty());
        if (index >= completions_.size()) {
            return;
        }
        runnable& finished = *completions_[index];
        completions_.erase(completions_.begin() + static_cast<std::ptrdiff_t>(index));
        scheduled_.push(finished);
    }
}

void event_loop::run_scheduled_iteration() {
    while (!scheduled_.iteration_over()) {
        run_one_scheduled();
    }
}

/// The options are what is ready, the operations, and the earliest timer.
void event_loop::run_one_of_all() {
    timer_entry* const overtaking = timers_.empty() ? nullptr : timers_.front();
    const auto options = scheduled_.with_extras(completions_, overtaking);
    const std::size_t index = options.size() > 1 ? scheduler_->pick(options) : 0;
    const std::size_t ready = scheduled_.size();
    if (index < ready) {
        const std::uint64_t id = scheduler_->about_to_run(*options[index]);
        run_chosen(scheduled_.take(index), id);
    } else if (const std::size_t finished = index - ready; finished < completions_.size()) {
        runnable& next = *completions_[finished];
        const std::uint64_t id = scheduler_->about_to_run(next);
        completions_.erase(completions_.begin() + static_cast<std::ptrdiff_t>(finished));
        run_chosen(next, id);
    } else {
        HEDDLE_INVARIANT(finished == completions_.size() && overtaking != nullptr,
                         "a scheduler picks one of its options");
        scheduler_->advance_to(overtaking->when());
        const std::uint64_t id = scheduler_->about_to_run(*overtaking);
        timers_.remove(*overtaking);
        run_chosen(*overtaking, id);
    }
}

// ---- queues --------------------------------------------------------------------------------

void event_loop::push_ready_instrumented(runnable& item) {
    if (scheduler_ != nullptr && !closing_) [[likely]] {
        tell_scheduled(item);
        scheduled_.push(item);
    } else if (closing_) {
        item.drop();
    } else {
        ready_.push_back(item);
        wake_if_idle();
    }
}

void event_loop::push_callback_instrumented(detail::callback_base<runnable>& item) {
    if (closed_ && !closing_) {
        item.drop();
        throw usage_error("this event loop is closed");
    }
    if (debug_) {
        try {
            check_thread();
        } catch (...) {
            item.drop();
            throw;
        }
    }
    item.set_event_id(new_callback_id());
    if (closing_ || scheduler_ == nullptr || !in_event_) {
        push_ready_instrumented(item);
        return;
    }
    // The call_soons of one callback keep their order.
    if (last_callback_ != nullptr) {
        scheduled_.push_behind(*last_callback_, item);
    } else {
        scheduled_.push(item);
    }
    last_callback_ = &item;
    tell_scheduled(item);
}

void event_loop::push_done_callbacks_instrumented(detail::runnable_list& callbacks,
                                                  const waitable& source) {
    if (runnable* only = callbacks.front();
        only != nullptr && only == callbacks.back() && !observed()) {
        callbacks.forget_all();
        push_ready_instrumented(*only);
        return;
    }
    std::size_t count = 0;
    runnable* previous = nullptr;
    while (runnable* item = callbacks.pop_front()) {
        ++count;
        if (closing_ || scheduler_ == nullptr || item->kind() != event_kind::done_callback) {
            push_ready_instrumented(*item);
            continue;
        }
        // The done callbacks of one future keep their order.
        if (previous != nullptr) {
            scheduled_.push_behind(*previous, *item);
        } else {
            scheduled_.push(*item);
        }
        previous = item;
        tell_scheduled(*item);
    }
    if (observed() && count > 0) {
        loop_event event;
        event.kind = loop_event_kind::callbacks_queued;
        event.future = &source;
        event.count = count;
        notify(event);
    }
}

void event_loop::add_timer(timer_entry& timer) {
    if (closed_) [[unlikely]] {
        timer.drop();
        if (closing_) {
            return;
        }
        throw usage_error("this event loop is closed");
    }
    timers_.push(timer);
    if (timer.ties_are_open() && scheduler_ != nullptr && scheduler_->breaks_ties()) [[unlikely]] {
        breaks_ties_ = true;
    }
    tell_scheduled(timer);
    if (observed()) [[unlikely]] {
        loop_event event;
        event.kind = loop_event_kind::timer_set;
        event.callback = &timer;
        event.deadline = timer.when();
        notify(event);
    }
    wake_if_idle();
}

void event_loop::add_completion(runnable& operation) {
    if (closing_) {
        operation.drop();
        return;
    }
    if (scheduler_ == nullptr) {
        throw usage_error(
            "an operation that the scheduler finishes needs one: run it in a simulation");
    }
    operation.set_mark(0);
    completions_.push_back(&operation);
    tell_scheduled(operation);
}

void event_loop::remove_completion(runnable& operation) noexcept {
    if (std::erase(completions_, &operation) == 0) {
        remove_ready(operation);
    }
}

void event_loop::remove_timer(timer_entry& timer) noexcept {
    if (timer.in_heap()) {
        timers_.remove(timer);
        wake_if_idle();
    } else {
        remove_ready(timer);
    }
}

void event_loop::remove_ready(runnable& item) noexcept {
    if (scheduler_ != nullptr) {
        runnable* predecessor = nullptr;
        if (scheduled_.remove(item, predecessor) && last_callback_ == &item) {
            last_callback_ = predecessor;
        }
    } else if (!batch_.remove(item)) {
        ready_.remove(item);
    }
}

void event_loop::forget_cancelled(runnable& callback) noexcept {
    // A plain loop skips it when its turn comes, as CPython does. Under a scheduler it leaves now,
    // since what does nothing must not be an option.
    if (scheduler_ == nullptr || closing_) {
        return;
    }
    runnable* predecessor = nullptr;
    if (scheduled_.remove(callback, predecessor)) {
        if (last_callback_ == &callback) {
            last_callback_ = predecessor;
        }
        callback.drop();
    }
}

std::uint64_t event_loop::new_structural_id(std::uint64_t sort) noexcept {
    if (current_task_ != nullptr) {
        return detail::mix(detail::mix(current_task_->structural_id(), sort),
                           current_task_->next_ordinal(sort));
    }
    return detail::mix(detail::mix(origin_id_, sort + 16), ++origin_ordinals_);
}

// ---- from outside --------------------------------------------------------------------------

bool event_loop::on_own_thread() const noexcept {
    return thread_.load(std::memory_order_relaxed) == std::this_thread::get_id();
}

void event_loop::post_outside_call(std::unique_ptr<detail::outside_call> call) {
    if (!backend_->accepts_outside_events()) {
        throw usage_error(
            "call_soon_threadsafe from another thread: a simulation takes nothing from outside, "
            "or its runs could not be repeated");
    }
    {
        const std::scoped_lock lock(outside_mutex_);
        if (refuses_outside_calls_) {
            throw usage_error("this event loop is closed");
        }
        outside_calls_.push_back(std::move(call));
        outside_calls_waiting_.store(true, std::memory_order_relaxed);
    }
    backend_->wake_up();
}

void event_loop::deliver_outside_calls() {
    std::vector<std::unique_ptr<detail::outside_call>> calls;
    {
        const std::scoped_lock lock(outside_mutex_);
        calls.swap(outside_calls_);
        outside_calls_waiting_.store(false, std::memory_order_relaxed);
    }
    for (const auto& call : calls) {
        call->deliver(*this);
    }
}

// ---- tasks, errors, observers --------------------------------------------------------------

random_stream& event_loop::random() {
    if (!random_) {
        random_.emplace(static_cast<std::uint64_t>(time().time_since_epoch().count()));
    }
    return *random_;
}

random_stream& random() { return get_running_loop().random(); }

void event_loop::set_exception_handler(exception_handler handler) {
    exception_handler_ = std::move(handler);
}

void event_loop::call_exception_handler(const exception_context& context) noexcept {
    const auto print = [](const exception_context& what) {
        const std::string error = what.error ? ": " + describe(what.error) : std::string();
        std::fprintf(stderr, "heddle: %.*s%s (%s)\n", static_cast<int>(what.message.size()),
                     what.message.data(), error.c_str(), what.source.c_str());
    };
    if (!exception_handler_) {
        print(context);
        return;
    }
    try {
        exception_handler_(*this, context);
    } catch (...) {
        print({"exception in the exception handler", std::current_exception(), context.source});
        print(context);
    }
}

void event_loop::set_observer(loop_observer* observer) {
    if (running_) {
        throw usage_error("set_observer: the loop is running");
    }
    observer_ = observer;
    update_instrumented();
}

void event_loop::set_scheduler(scheduler* chooser) {
    if (running_ || next_wanted() != never) {
        throw usage_error("set_scheduler: the loop must be idle, with nothing ready and no timer");
    }
    scheduler_ = chooser;
    update_instrumented();
}

void event_loop::report_deadlock() const {
    std::string text = "deadlock: nothing is ready, no timer is set, and nothing can come in";
    const std::string tasks = format_all_tasks(*this);
    for (std::size_t begin = 0; begin < tasks.size();) {
        const std::size_t end = tasks.find('\n', begin);
        text.append("\n  ").append(tasks, begin, end - begin);
        begin = end + 1;
    }
    throw deadlock_error(text);
}

// ---- closing -------------------------------------------------------------------------------

void event_loop::close() {
    if (running_) {
        throw usage_error("close: the event loop is running");
    }
    destroy_everything();
}

void event_loop::drop_queued() noexcept {
    batch_.take(ready_);
    while (runnable* item = batch_.pop_front()) {
        item->drop();
    }
    while (runnable* item = scheduled_.take_any()) {
        item->drop();
    }
    for (runnable* operation : std::exchange(completions_, {})) {
        operation->drop();
    }
    while (!timers_.empty()) {
        timers_.pop_front()->drop();
    }
}

void event_loop::destroy_everything() noexcept {
    if (closed_) {
        return;
    }
    std::vector<std::unique_ptr<detail::outside_call>> late;
    if (backend_->accepts_outside_events()) {
        const std::scoped_lock lock(outside_mutex_);
        refuses_outside_calls_ = true;
        late.swap(outside_calls_);
    }
    // From here on nothing is queued any more: what destructors of frames schedule is dropped.
    closed_ = true;
    closing_ = true;
    instrumented_ = true;
    late.clear();
    signal_handlers_.reset();
    // What runs on other threads may borrow from all that is destroyed below.
    elsewhere_.reset();
    drop_queued();
    // Newest first: a task may borrow from the frame of the one that made it.
    while (has_tasks()) {
        static_cast<task_base*>(tasks_.previous_task)->kill();
    }
    close_hooks_.close_all();
    HEDDLE_INVARIANT(timers_.empty() && ready_.empty() && scheduled_.empty(),
                     "nothing is queued on a loop that closes");
    outside_calls_waiting_.store(false, std::memory_order_relaxed);
    closing_ = false;
    stopping_ = false;
    wake_if_idle();  // there is nothing left to wait for
}

void event_loop::reopen() {
    if (!closed_) {
        throw usage_error("reopen: the event loop is not closed");
    }
    closed_ = false;
    task_start_ = task_start::queued;
    task_count_ = 0;
    origin_id_ = 0;
    origin_ordinals_ = 0;
    last_callback_ = nullptr;
    breaks_ties_ = false;
    timers_.restart();
    scheduled_.restart();
    update_instrumented();
    if (backend_->accepts_outside_events()) {
        const std::scoped_lock lock(outside_mutex_);
        refuses_outside_calls_ = false;
    }
}

}  // namespace heddle
