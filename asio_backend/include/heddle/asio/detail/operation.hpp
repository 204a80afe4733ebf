// SPDX-License-Identifier: BSL-1.0
//
// An Asio operation that a task waits for, as far as it does not depend on what completes it. It
// lives in the frame of the coroutine that waits, as core's own waits do; the handler that completes
// it makes the task ready, which goes on in the next iteration.
//
// Cancellation: it is asked for by the slot's signal, and the wait goes on until the handler runs.
// The task is told that its cancellation was not taken (so it stays due). If the operation then
// ends for that reason, the await throws cancelled_error and takes what is due with it; if not, the
// operation's own outcome is delivered and the next await throws.
#pragma once

#include <boost/asio/cancellation_type.hpp>
#include <string>

#include <heddle/asio/detail/operation_block.hpp>
#include <heddle/task_base.hpp>
#include <heddle/waitable.hpp>

namespace heddle::asio_backend::detail {

class operation_base : public waitable {
public:
    bool cancel(const cancel_message& message) override;
    void remove_waiter(runnable&) noexcept override {}
    [[nodiscard]] std::string label() const override { return "an Asio operation"; }

    /// The handler was destroyed without being called.
    void handler_is_gone() noexcept;

protected:
    explicit operation_base(boost::asio::cancellation_type_t type) noexcept : type_(type) {}
    /// While the operation is under way: see operation_block::leave.
    ~operation_base();

    /// Ends the task's step. False if the task was cancelled before: nothing is to be initiated, the
    /// task goes on already.
    [[nodiscard]] bool begin(task_base& task);
    [[nodiscard]] operation_block& block() const noexcept { return *block_; }
    /// There is an outcome: the task goes on. Once.
    void end() noexcept;
    [[nodiscard]] bool ended() const noexcept { return progress_ == progress::ended; }

    /// Whether the task was cancelled before the operation ended: if it failed for that reason, the
    /// outcome is a cancellation.
    [[nodiscard]] bool cancelled_before_its_end() const noexcept { return cancelled_before_end_; }
    [[nodiscard]] bool abandoned() const noexcept { return abandoned_; }
    /// Called first in the task's next step. Throws cancelled_error if the outcome is one.
    void resume(bool outcome_is_cancellation);

private:
    enum class progress : unsigned char { not_begun, pending, ended };

    task_base* task_ = nullptr;
    operation_block::ptr block_;
    cancel_message message_;
    boost::asio::cancellation_type_t type_;
    progress progress_ = progress::not_begun;
    bool cancelled_ = false;
    bool cancelled_before_end_ = false;
    bool refused_ = false;  // never initiated
    bool abandoned_ = false;
};

}  // namespace heddle::asio_backend::detail
