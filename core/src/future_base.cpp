// SPDX-License-Identifier: BSL-1.0
#include <heddle/future_base.hpp>

#include <memory>
#include <new>
#include <utility>

namespace heddle {

void future_base::drop_waiters() noexcept {
    while (runnable* waiter = waiters_.pop_front()) {
        waiter->drop();
    }
}

detail::rare_parts& future_base::own_rare_parts() {
    if (rare_ == nullptr) {
        rare_ = ::new (pool_->allocate(sizeof(detail::rare_parts))) detail::rare_parts;
    }
    return *rare_;
}

void future_base::give_up_all() noexcept {
    if (rare_ != nullptr) {
        if (error_unretrieved_) {
            tell_unretrieved();
        }
        std::destroy_at(rare_);
        pool_->deallocate(rare_, sizeof(detail::rare_parts));
    }
    // Of a pending future whose last handle goes: nobody can complete it any more.
    drop_waiters();
}

void future_base::remember_message(const cancel_message& message) {
    if (rare_ != nullptr || !message.text().empty()) {
        own_rare_parts().message = message;
    }
}

std::string future_base::label() const { return "a future"; }

void future_base::tell_unretrieved() noexcept {
    if (event_loop* owner = loop(); owner != nullptr) {
        owner->call_exception_handler(
            {"exception was never retrieved", rare_->error, label(), this, as_task()});
    }
}

bool future_base::cancel(const cancel_message& message) {
    error_unretrieved_ = false;
    if (done()) {
        return false;
    }
    finish_cancelled(message, nullptr);
    return true;
}

std::exception_ptr future_base::exception() {
    if (state_ == state::pending) {
        throw invalid_state_error("exception: the future is not done");
    }
    if (state_ == state::cancelled) {
        std::rethrow_exception(take_cancellation());
    }
    error_unretrieved_ = false;
    return rare_ != nullptr ? rare_->error : nullptr;
}

void future_base::set_exception(std::exception_ptr error) {
    check_pending("set_exception");
    if (!error) {
        throw usage_error("set_exception: the error must not be null");
    }
    finish_with_error(std::move(error));
}

void future_base::check_pending(const char* what) const {
    if (done()) {
        throw invalid_state_error(std::string(what) + ": the future is done already");
    }
}

void future_base::throw_no_result() {
    if (state_ == state::cancelled) {
        std::rethrow_exception(take_cancellation());
    }
    if (state_ == state::pending) {
        throw invalid_state_error("result: the future is not done");
    }
    error_unretrieved_ = false;
    std::rethrow_exception(rare_->error);
}

bool future_base::holds_cancellation() const noexcept {
    return cancelled() || (has_error() && detail::is_cancellation(rare_->error));
}

std::exception_ptr future_base::take_cancellation() {
    if (cancelled() && rare_ != nullptr && rare_->error) {
        return std::exchange(rare_->error, nullptr);
    }
    return std::make_exception_ptr(cancelled_error(message()));
}

void future_base::finish_cancelled(const cancel_message& message, std::exception_ptr saved) {
    remember_message(message);
    if (saved) {
        own_rare_parts().error = std::move(saved);
    }
    finish(state::cancelled);
}

void future_base::finish_with_error(std::exception_ptr error) {
    own_rare_parts().error = std::move(error);
    error_unretrieved_ = true;
    finish(state::finished);
}

void future_base::finish_in_full(event_loop* owner, state how) {
    begin_finish(how);
    if (owner == nullptr) {
        const detail::intrusive_ptr<future_base> keep(this);
        drop_waiters();
        return;
    }
    owner->tell(loop_event_kind::future_done, *this);
    if (!waiters_.empty()) {
        owner->push_done_callbacks(waiters_, *this);
    }
}

void future_base::add_waiter_in_full(runnable& waiter) {
    event_loop* owner = loop();
    HEDDLE_INVARIANT(owner != nullptr, "only a living loop wakes waiters");
    const bool was_done = done();
    if (!was_done) {
        waiters_.push_back(waiter);
    }
    if (owner->observed() && waiter.kind() == event_kind::done_callback) [[unlikely]] {
        loop_event event;
        event.kind = loop_event_kind::done_callback_added;
        event.future = this;
        event.callback = &waiter;
        owner->notify(event);
    }
    if (was_done) {
        detail::runnable_list one;
        one.push_back(waiter);
        owner->push_done_callbacks(one, *this);
    }
}

void future_base::remove_waiter(runnable& waiter) noexcept {
    if (!waiters_.remove(waiter) && loop() != nullptr) {
        loop()->remove_ready(waiter);
    }
}

}  // namespace heddle
