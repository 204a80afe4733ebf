// SPDX-License-Identifier: BSL-1.0
#include <heddle/task_group.hpp>

#include <string>

#include <heddle/detail/library_callback.hpp>
#include <heddle/detail/uninstrumented.hpp>

namespace heddle {

/// A child: the group's callback on it, which owns itself while it is registered.
class task_group::member final : public detail::library_callback {
public:
    member(task_group& group, task_base& child)
        : library_callback(child.loop().new_callback_id()),
          group_(&group),
          child_(&child),
          future_(&child.as_future()) {}

    void run() override {
        if (group_ != nullptr) {
            group_->child_done(*this);
        }
        delete this;
    }
    void drop() noexcept override {
        if (group_ != nullptr) {
            group_->forget(*this);
        }
        delete this;
    }
    [[nodiscard]] std::string label() const override {
        return "task group's callback for " + future_->label();
    }
    /// The parent cannot end before its children, whatever it does meanwhile.
    [[nodiscard]] const future_base* on_behalf_of() const noexcept override {
        return group_ != nullptr ? group_->parent_future_.get() : nullptr;
    }

    task_group* group_;  // null once the group is gone
    task_base* child_;
    detail::intrusive_ptr<future_base> future_;
    member* previous_ = nullptr;
    member* next_ = nullptr;
};

task_group::task_group() : parent_(&current_task()), parent_future_(&current_task().as_future()) {}

task_group::~task_group() {
    while (last_ != nullptr) {
        member& left = *last_;
        forget(left);
        left.group_ = nullptr;
        // Its end runs (or drops) the callback, which belongs to nobody then. Not if it has ended
        // already: then the callback is queued, and finds no group.
        left.child_->kill();
    }
}

void task_group::check_open() const {
    if (joined_ || (joining_ && first_ == nullptr)) {
        throw usage_error("task_group::create_task: the group has been joined");
    }
    if (aborting_) {
        throw usage_error("task_group::create_task: the group is shutting down");
    }
}

void task_group::adopt(task_base& child) {
    auto* added = new member(*this, child);
    added->previous_ = last_;
    (last_ != nullptr ? last_->next_ : first_) = added;
    last_ = added;
    added->future_->add_waiter(*added);
}

void task_group::forget(member& left) noexcept {
    (left.previous_ != nullptr ? left.previous_->next_ : first_) = left.next_;
    (left.next_ != nullptr ? left.next_->previous_ : last_) = left.previous_;
    left.previous_ = nullptr;
    left.next_ = nullptr;
}

void task_group::abort() {
    aborting_ = true;
    for (member* each = first_; each != nullptr; each = each->next_) {
        if (!each->future_->done()) {
            each->future_->cancel({});
        }
    }
}

void task_group::child_done(member& done) {
    forget(done);
    if (first_ == nullptr && all_done_.valid() && !all_done_.done()) {
        all_done_.set_result();
    }
    future_base& child = *done.future_;
    if (child.cancelled()) {
        return;
    }
    std::exception_ptr error = child.exception();
    if (!error) {
        return;
    }
    if (parent_future_->done()) {
        child.loop()->call_exception_handler(
            {"a task of a group failed after the group's own task had ended", error, child.label(),
             &child, child.as_task()});
        return;
    }
    errors_.push_back(std::move(error));
    if (!aborting_ && !parent_cancel_requested_) {
        abort();
        parent_cancel_requested_ = true;
        parent_future_->cancel({});
    }
}

coro<void> task_group::join_after(std::exception_ptr body_error) {
    if (joining_) {
        throw usage_error("task_group::join: the group is being joined already");
    }
    joining_ = true;
    std::exception_ptr cancellation;
    if (body_error) {
        if (detail::is_cancellation(body_error)) {
            cancellation = body_error;
        }
        if (!aborting_) {
            abort();
        }
    }
    while (first_ != nullptr) {
        all_done_ = parent_->loop().create_future<void>("the tasks of its group");
        try {
            co_await all_done_;
        } catch (const cancelled_error&) {
            if (!aborting_) {
                cancellation = std::current_exception();
                abort();
            }
        }
        all_done_ = {};
    }
    joined_ = true;
    if (parent_cancel_requested_ && parent_->uncancel() == 0) {
        cancellation = nullptr;
    }
    if (cancellation && errors_.empty()) {
        std::rethrow_exception(cancellation);
    }
    if (body_error && !detail::is_cancellation(body_error)) {
        errors_.push_back(body_error);
    }
    if (errors_.empty()) {
        co_return;
    }
    if (parent_->cancelling() > 0) {
        // Somebody else wants the parent cancelled: the group's errors come first, and the
        // cancellation at its next wait.
        parent_->uncancel();
        parent_->request_cancel({});
    }
    throw exception_group(std::exchange(errors_, {}));
}

}  // namespace heddle
