// SPDX-License-Identifier: BSL-1.0
#include <heddle/barrier.hpp>

#include <heddle/errors.hpp>

namespace heddle {

/// A task's stay at the barrier: counted for as long as this lives.
class barrier::visit {
public:
    explicit visit(barrier& where) noexcept : where_(where), index_(where.count_++) {}
    visit(const visit&) = delete;
    visit& operator=(const visit&) = delete;
    ~visit() {
        --where_.count_;
        where_.left();
    }
    [[nodiscard]] std::size_t index() const noexcept { return index_; }

private:
    barrier& where_;
    std::size_t index_;
};

barrier::barrier(std::ptrdiff_t parties) : parties_(static_cast<std::size_t>(parties)) {
    if (parties < 1) {
        throw value_error("barrier: it needs at least one party");
    }
}

coro<std::size_t> barrier::wait() {
    const auto held = co_await changed_.scoped();
    while (state_ == state::draining || state_ == state::resetting) {
        co_await changed_.wait();
    }
    if (state_ == state::broken) {
        throw broken_barrier_error("the barrier was aborted");
    }
    const visit stay(*this);
    if (stay.index() + 1 == parties_) {
        state_ = state::draining;
        changed_.notify_all();
        co_return stay.index();
    }
    while (state_ == state::filling) {
        co_await changed_.wait();
    }
    if (state_ != state::draining) {
        throw broken_barrier_error("the barrier was aborted or reset");
    }
    co_return stay.index();
}

void barrier::left() {
    if (count_ > 0) {
        return;
    }
    if (state_ == state::resetting || state_ == state::draining) {
        state_ = state::filling;
    }
    // Not notify_all(): a task that is destroyed while it waits does not hold the lock.
    changed_.waiters_.wake_all();
}

coro<void> barrier::reset() {
    const auto held = co_await changed_.scoped();
    state_ = count_ > 0 ? state::resetting : state::filling;
    changed_.notify_all();
}

coro<void> barrier::abort() {
    const auto held = co_await changed_.scoped();
    state_ = state::broken;
    changed_.notify_all();
}

}  // namespace heddle
