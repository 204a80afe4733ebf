// SPDX-License-Identifier: BSL-1.0
#include <heddle/asio/detail/loop_gate.hpp>
#include <heddle/asio/io_context.hpp>

namespace heddle::asio_backend::detail {

namespace {

struct registry {
    std::mutex mutex;
    loop_gate* open = nullptr;
    loop_gate* free = nullptr;
    std::uint64_t opened = 0;
};

/// Never destroyed: handlers may outlive whatever is.
registry& gates() {
    static registry* const all = new registry;
    return *all;
}

}  // namespace

loop_gate::ref loop_gate::of(event_loop& loop) {
    // The latest one asked for on this thread: most threads have one loop.
    static constinit thread_local loop_gate* latest = nullptr;
    if (latest != nullptr && latest->loop_.load(std::memory_order_relaxed) == &loop) {
        return {*latest, latest->number_.load(std::memory_order_relaxed)};
    }
    if (loop.is_closed()) {
        throw usage_error("this event loop is closed");
    }
    registry& all = gates();
    const std::scoped_lock lock(all.mutex);
    loop_gate* found = all.open;
    while (found != nullptr && found->loop_.load(std::memory_order_relaxed) != &loop) {
        found = found->next_;
    }
    if (found == nullptr) {
        found = all.free != nullptr ? std::exchange(all.free, all.free->next_) : new loop_gate;
        found->next_ = std::exchange(all.open, found);
        found->open(loop, ++all.opened);
    }
    latest = found;
    return {*found, found->number_.load(std::memory_order_relaxed)};
}

void loop_gate::open(event_loop& loop, std::uint64_t number) noexcept {
    {
        const std::scoped_lock lock(mutex_);
        context_ = nullptr;
        number_.store(number, std::memory_order_relaxed);
        loop_.store(&loop, std::memory_order_relaxed);
    }
    loop.add_close_hook(*this);
}

void loop_gate::loop_closes() noexcept {
    {
        const std::scoped_lock lock(mutex_);
        loop_.store(nullptr, std::memory_order_relaxed);
    }
    registry& all = gates();
    const std::scoped_lock lock(all.mutex);
    loop_gate** link = &all.open;
    while (*link != this) {
        link = &(*link)->next_;
    }
    *link = next_;
    next_ = std::exchange(all.free, this);
}

place loop_gate::ref::where_outside_of_runs() const noexcept {
    const std::scoped_lock lock(gate_->mutex_);
    const event_loop* const loop = gate_->loop_.load(std::memory_order_relaxed);
    if (loop == nullptr || gate_->number_.load(std::memory_order_relaxed) != number_) {
        return place::loop_is_gone;
    }
    return loop->on_own_thread() ? place::here : place::elsewhere;
}

boost::asio::execution_context& loop_gate::ref::context() const {
    const std::scoped_lock lock(gate_->mutex_);
    event_loop* const loop = gate_->loop_.load(std::memory_order_relaxed);
    if (loop == nullptr || gate_->number_.load(std::memory_order_relaxed) != number_) {
        throw usage_error("the event loop of this executor is closed");
    }
    if (gate_->context_ == nullptr) {
        gate_->context_ = &io_context_of(*loop);
    }
    return *gate_->context_;
}

void loop_gate::ref::set_context(boost::asio::execution_context& context) const noexcept {
    const std::scoped_lock lock(gate_->mutex_);
    gate_->context_ = &context;
}

}  // namespace heddle::asio_backend::detail
