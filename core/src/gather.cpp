// SPDX-License-Identifier: BSL-1.0
#include <heddle/gather.hpp>

namespace heddle::detail {

void gather_child::run() {
    gathering& owner = *owner_;
    if (owner.only_counts(*child_)) [[likely]] {
        ++owner.finished_;
        owner_ = nullptr;
        owner.outer_->release();
        return;
    }
    run_in_full();
}

[[gnu::noinline]] void gather_child::run_in_full() {
    gathering& owner = *owner_;
    // The registration kept the gather alive: it ends with this call.
    const intrusive_ptr<future_base> keep = intrusive_ptr<future_base>::adopt(owner.outer_);
    owner_ = nullptr;
    owner.child_done(*child_);
}

void gather_child::drop() noexcept {
    if (gathering* owner = std::exchange(owner_, nullptr); owner != nullptr) {
        owner->outer_->release();
    }
}

std::string gather_child::label() const {
    return "gather's callback for " + (child_ ? child_->label() : std::string("a child"));
}

const future_base* gather_child::on_behalf_of() const noexcept {
    return owner_ != nullptr ? owner_->outer_ : nullptr;
}

void gathering::adopt_any(gather_child* children, std::size_t index) {
    gather_child& added = children[index];
    if (!added.child_) {
        throw usage_error("gather: a child was moved from, or never made");
    }
    if (added.child_->loop() != outer_->loop()) {
        throw usage_error("gather: a child belongs to another loop");
    }
    // A child that is here already is found where its hint points. A hint that some other gather
    // wrote is told by what stands there; if one is made meanwhile, by a range that is still being
    // read, the worst that comes of it is a child that is waited for, and counted, twice.
    if (const std::size_t hint = added.child_->gather_hint();
        hint < index && children[hint].child_ == added.child_) {
        return;
    }
    added.child_->set_gather_hint(static_cast<std::uint32_t>(index));
    ++expected_;
    if (added.child_->done()) {
        added.was_done_ = true;
        return;
    }
    added.owner_ = this;
    added.set_id(outer_->loop()->new_callback_id());
    outer_->add_ref();
    added.child_->add_waiter(added);
}

void gathering::begin() {
    event_loop& loop = *outer_->loop();
    if (loop.instrumented()) [[unlikely]] {
        loop.tell(loop_event_kind::future_created, *outer_);
    }
    if (expected_ == 0) {
        collect();
        return;
    }
    loop.add_close_hook(*this);
    for (const gather_child& each : children()) {
        if (each.was_done_) {
            child_done(*each.child_);
        }
    }
}

void gathering::child_done(future_base& child) {
    ++finished_;
    if (event_loop& loop = *outer_->loop(); loop.observed()) [[unlikely]] {
        loop_event event;
        event.kind = loop_event_kind::children_done;
        event.future = outer_;
        event.count = finished_;
        event.total = expected_;
        loop.notify(event);
    }
    if (outer_->done()) {
        child.mark_retrieved();
        return;
    }
    if (!errors_are_results_) {
        if (child.cancelled()) {
            outer_->set_exception(child.take_cancellation());
            return;
        }
        if (child.has_error()) {
            outer_->set_exception(child.exception());
            return;
        }
    }
    if (finished_ < expected_) {
        return;
    }
    if (cancel_requested_) {
        // As CPython: the cancellation of the last argument, also when that one was not cancelled.
        // The results were looked at before they are thrown away.
        for (gather_child& each : children()) {
            each.child_->mark_retrieved();
        }
        outer_->set_exception(children().back().child_->take_cancellation());
        return;
    }
    collect();
}

void gathering::abandon() noexcept {
    const intrusive_ptr<future_base> keep(outer_);
    for (gather_child& each : children()) {
        if (each.owner_ != nullptr) {
            each.child_->remove_waiter(each);
            each.drop();
        }
    }
}

std::exception_ptr outcome_results::error_of(future_base& child) {
    return child.cancelled() ? std::make_exception_ptr(cancelled_error(child.message()))
                             : child.exception();
}

bool gathering::cancel_children(const cancel_message& message) {
    bool any = false;
    for (gather_child& each : children()) {
        any = each.child_->cancel(message) || any;
    }
    cancel_requested_ = cancel_requested_ || any;
    return any;
}

}  // namespace heddle::detail
