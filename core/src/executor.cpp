// SPDX-License-Identifier: BSL-1.0
#include <heddle/executor.hpp>

namespace heddle::detail {

namespace {

/// While a job runs on the thread of a loop, that thread is anybody's: as if it were another.
class no_loop_here {
public:
    no_loop_here() noexcept
        : running_(std::exchange(this_thread.running, nullptr)),
          pool_(std::exchange(current_pool, nullptr)) {}
    no_loop_here(const no_loop_here&) = delete;
    no_loop_here& operator=(const no_loop_here&) = delete;
    ~no_loop_here() {
        this_thread.running = running_;
        current_pool = pool_;
    }

private:
    event_loop* running_;
    frame_pool* pool_;
};

}  // namespace

// ---- jobs ----------------------------------------------------------------------------------

job_base::job_base(event_loop& loop, std::source_location place)
    : loop_(&loop), place_(place), id_(loop.new_callback_id()) {}

std::string job_base::label() const {
    return place_.line() == 0 ? "job" : std::string("job given by ") + place_.function_name();
}

bool job_base::begin() noexcept {
    state expected = state::queued;
    return state_.compare_exchange_strong(expected, state::running, std::memory_order_acq_rel);
}

void job_base::perform() noexcept {
    if (begin()) {
        {
            const no_loop_here scope;
            call();
        }
        announce();
    }
}

void job_base::abandon() noexcept {
    if (begin()) {
        forget_callable();
        announce();
    }
}

void job_base::announce() noexcept {
    try {
        loop_->call_soon_threadsafe([self = intrusive_ptr<job_base>(this)] { self->complete(); },
                                    place_);
    } catch (const usage_error&) {
        // The loop is closing: it waits for the next line, and wants to know no more.
    }
    state_.store(state::over, std::memory_order_release);
    state_.notify_all();
}

void job_base::complete() noexcept {
    const intrusive_ptr<job_base> keep(this);
    if (job_consumer* consumer = std::exchange(consumer_, nullptr)) {
        consumer->job_over();
    } else {
        forget_outcome();
    }
    leave_loop();
}

void job_base::queue_on_loop() {
    add_ref();
    on_ready_queue_ = true;
    loop_->push_ready(*this);
}

void job_base::run() {
    const auto keep = intrusive_ptr<job_base>::adopt(this);
    on_ready_queue_ = false;
    if (!begin()) {
        return;
    }
    {
        const no_loop_here scope;
        call();
    }
    state_.store(state::over, std::memory_order_release);
    auto tell = [self = keep] { self->complete(); };
    if (end_at_ > loop_->time()) {
        loop_->call_at(end_at_, std::move(tell), place_);
    } else {
        loop_->call_soon(std::move(tell), place_);
    }
}

void job_base::drop() noexcept {
    on_ready_queue_ = false;
    release();
}

bool job_base::drop_unless_begun() noexcept {
    state expected = state::queued;
    if (!state_.compare_exchange_strong(expected, state::dropped, std::memory_order_acq_rel)) {
        return false;
    }
    if (on_ready_queue_) {
        loop_->remove_ready(*this);
        drop();
    }
    forget_callable();
    return true;
}

void job_base::wait_until_over() const noexcept {
    for (state now = state_.load(std::memory_order_acquire); now == state::running;
         now = state_.load(std::memory_order_acquire)) {
        state_.wait(now, std::memory_order_acquire);
    }
}

void job_base::leave_loop() noexcept {
    if (registry_ != nullptr) {
        registry_->remove(*this);
    }
}

// ---- the loop's side -----------------------------------------------------------------------

elsewhere::elsewhere(event_loop& loop) noexcept : loop_(loop) {}

elsewhere::~elsewhere() {
    waiting_threads_.close_all();
    for (job_base* each = last_; each != nullptr;) {
        job_base* before = each->previous_;
        if (each->drop_unless_begun()) {
            each->complete();
            // What that destroyed may have dropped others: begin anew.
            before = last_;
        }
        each = before;
    }
    while (last_ != nullptr) {
        last_->wait_until_over();
        const intrusive_ptr<job_base> job(last_);
        job->forget_outcome();  // nobody hears of it: the loop is closing
        job->complete();
    }
}

executor& elsewhere::choose(executor* wanted, bool& is_default) {
    backend& where = loop_.clock_and_executor();
    is_default = wanted == nullptr;
    if (is_default && shut_down_) {
        throw usage_error("run_in_executor: the default executor has been shut down");
    }
    const bool stays_here = !where.accepts_outside_events();
    if (!stays_here && wanted != nullptr) {
        return *wanted;
    }
    if (!stays_here && default_ != nullptr) {
        return *default_;
    }
    if (!own_) {
        own_ = where.make_default_executor();
        if (!own_) {
            throw usage_error("run_in_executor: this backend has no executor of its own");
        }
    }
    return *own_;
}

void elsewhere::submit(job_base& job, job_consumer& consumer, executor* wanted) {
    executor& chosen = choose(wanted, job.in_default_executor_);
    job.consumer_ = &consumer;
    add(job);
    try {
        chosen.submit(queued_job(job));
    } catch (...) {
        // It may have been begun, or thrown away, nevertheless.
        job.forget_consumer();
        job.drop_unless_begun();
        job.leave_loop();
        throw;
    }
    if (!loop_.is_running()) {
        loop_.clock_and_executor().wake_up();  // a guest has a reason more to keep its host going
    }
}

void elsewhere::add(job_base& job) noexcept {
    job.add_ref();
    job.registry_ = this;
    job.previous_ = last_;
    (last_ != nullptr ? last_->next_ : first_) = &job;
    last_ = &job;
    default_jobs_ += job.in_default_executor_ ? 1 : 0;
}

void elsewhere::remove(job_base& job) noexcept {
    (job.previous_ != nullptr ? job.previous_->next_ : first_) = job.next_;
    (job.next_ != nullptr ? job.next_->previous_ : last_) = job.previous_;
    job.previous_ = nullptr;
    job.next_ = nullptr;
    job.registry_ = nullptr;
    default_jobs_ -= job.in_default_executor_ ? 1 : 0;
    job.release();
    if (default_jobs_ == 0 && all_over_.valid()) {
        own_.reset();
        const future<void> waited_for = std::exchange(all_over_, {});
        if (!waited_for.done()) {
            waited_for.set_result();
        }
    }
}

future<void> elsewhere::shut_down_default() {
    shut_down_ = true;
    if (all_over_.valid() && !all_over_.done()) {
        return all_over_;
    }
    future<void> result = loop_.create_future<void>("the end of the default executor");
    if (default_jobs_ == 0) {
        own_.reset();
        result.set_result();
    } else {
        all_over_ = result;
    }
    return result;
}

// ---- to_thread -----------------------------------------------------------------------------

job_operation_base::job_operation_base(task_base& task, intrusive_ptr<job_base> job,
                                       executor* wanted)
    : task_(task), job_(std::move(job)) {
    task_.loop().elsewhere().submit(*job_, *this, wanted);
}

job_operation_base::~job_operation_base() {
    if (!over_) {
        job_->forget_consumer();
        if (!job_->drop_unless_begun()) {
            job_->wait_until_over();
        }
        job_->leave_loop();
    }
    // The executor's thread may hold the job a moment longer.
    job_->forget_outcome();
}

void job_operation_base::job_over() noexcept {
    over_ = true;
    task_.loop().push_ready(task_);
}

bool job_operation_base::cancel(const cancel_message& message) {
    if (over_) {
        return false;
    }
    cancelled_ = true;
    message_ = message;
    if (job_->drop_unless_begun()) {
        job_->forget_consumer();
        job_->leave_loop();
        job_over();
    }
    return true;
}

void job_operation_base::resumed() {
    task_.resume_from_operation(cancelled_);
    if (cancelled_) {
        throw cancelled_error(message_);
    }
}

}  // namespace heddle::detail

namespace heddle {

std::unique_ptr<executor> backend::make_default_executor() { return nullptr; }

void event_loop::set_default_executor(executor& chosen) { elsewhere().set_default(chosen); }

future<void> event_loop::shutdown_default_executor() { return elsewhere().shut_down_default(); }

bool event_loop::has_jobs() const noexcept { return elsewhere_ && elsewhere_->has_jobs(); }

bool event_loop::has_default_jobs() const noexcept {
    return elsewhere_ && elsewhere_->has_default_jobs();
}

detail::elsewhere& event_loop::elsewhere() {
    check_thread();
    if (closed_) {
        throw usage_error("this event loop is closed");
    }
    if (!elsewhere_) {
        elsewhere_ = std::make_unique<detail::elsewhere>(*this);
    }
    return *elsewhere_;
}

}  // namespace heddle
