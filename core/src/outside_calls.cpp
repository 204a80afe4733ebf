// SPDX-License-Identifier: BSL-1.0
#include <heddle/event_loop.hpp>

namespace heddle {

namespace detail {

void outside_calls::post(std::unique_ptr<outside_call> call) {
    const std::scoped_lock lock(mutex_);
    if (refuses_) {
        throw usage_error("this event loop is closed");
    }
    calls_.push_back(std::move(call));
    waiting_.store(true, std::memory_order_relaxed);
}

void outside_calls::deliver(event_loop& loop) {
    calls taken;
    {
        const std::scoped_lock lock(mutex_);
        taken.swap(calls_);
        waiting_.store(false, std::memory_order_relaxed);
    }
    for (const auto& call : taken) {
        call->deliver(loop);
    }
}

void outside_calls::refuse() noexcept {
    calls late;  // destroyed without the mutex
    const std::scoped_lock lock(mutex_);
    refuses_ = true;
    late.swap(calls_);
    waiting_.store(false, std::memory_order_relaxed);
}

void outside_calls::accept() noexcept {
    const std::scoped_lock lock(mutex_);
    refuses_ = false;
}

}  // namespace detail

bool detail::loop_core::on_own_thread() const noexcept {
    return thread_.load(std::memory_order_relaxed) == std::this_thread::get_id();
}

void event_loop::post_outside_call(std::unique_ptr<detail::outside_call> call) {
    if (!backend_->accepts_outside_events()) {
        throw usage_error(
            "call_soon_threadsafe from another thread: a simulation "
            "takes nothing from outside, "
            "or its runs could not be repeated");
    }
    outside_calls_.post(std::move(call));
    backend_->wake_up();
}

}  // namespace heddle
