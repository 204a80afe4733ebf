// SPDX-License-Identifier: BSL-1.0
//
// barrier: asyncio.Barrier. Tasks wait at it until `parties` of them have come; then all go on, and
// it can be used again once the last of them has left.
//
// A task that is cancelled (or destroyed) at the barrier is not counted any more. It outlives its
// waiters.
#pragma once

#include <cstddef>

#include <heddle/condition.hpp>
#include <heddle/coro.hpp>

namespace heddle {

class barrier {
public:
    /// Throws value_error for less than 1.
    explicit barrier(std::ptrdiff_t parties);
    barrier(const barrier&) = delete;
    barrier& operator=(const barrier&) = delete;

    /// Waits until as many tasks wait as there are parties. Completes with a number that each of
    /// them has another of, from 0 to parties - 1, in the order in which they came. Who comes while
    /// others still leave waits for that first. Throws broken_barrier_error if the barrier is, or
    /// is put into, the broken state, or is reset meanwhile.
    [[nodiscard("nothing waits until this is awaited")]] coro<std::size_t> wait();

    /// Makes it empty and whole again. Tasks that wait at it get broken_barrier_error.
    [[nodiscard("nothing is reset until this is awaited")]] coro<void> reset();

    /// Breaks it: tasks that wait, and all that come, get broken_barrier_error, until a reset().
    [[nodiscard("nothing is aborted until this is awaited")]] coro<void> abort();

    [[nodiscard]] std::size_t parties() const noexcept { return parties_; }
    /// How many wait for others to come; 0 while they leave.
    [[nodiscard]] std::size_t n_waiting() const noexcept {
        return state_ == state::filling ? count_ : 0;
    }
    [[nodiscard]] bool broken() const noexcept { return state_ == state::broken; }

private:
    enum class state : unsigned char { filling, draining, resetting, broken };
    class visit;
    void left();

    condition changed_{"a barrier"};  // its lock protects, its notifications tell of, the rest
    std::size_t parties_;
    std::size_t count_ = 0;  // tasks that came and have not left
    state state_ = state::filling;
};

}  // namespace heddle
