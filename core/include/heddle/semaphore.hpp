// SPDX-License-Identifier: BSL-1.0
//
// semaphore, bounded_semaphore: asyncio.Semaphore and BoundedSemaphore, a number of units that
// tasks take and give back. First come, first served: nobody overtakes a waiter.
//
//   auto unit = co_await pool.scoped();     // given back at the end of the scope
//
// release() takes the unit at once for the waiter that it wakes. A waiter that was woken and is then
// cancelled (or destroyed) gives it back, and the next one gets it. It outlives its waiters and guards.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include <heddle/coro.hpp>
#include <heddle/detail/waiter.hpp>

namespace heddle {

class semaphore {
public:
    /// Throws value_error for less than 0.
    explicit semaphore(std::ptrdiff_t value = 1);
    semaphore(const semaphore&) = delete;
    semaphore& operator=(const semaphore&) = delete;

    /// Waits for its turn and a unit, and takes it. A cancellation while waiting takes nothing.
    [[nodiscard("a unit is taken only when this is awaited")]] coro<void> acquire();

    /// Gives one unit back, to the first waiter if there is one. Whoever calls this need not have
    /// taken it. A bounded semaphore throws value_error if none is out.
    void release();

    /// Whether acquire() would have to wait: there is no unit, or somebody is in front, be it a
    /// waiter that was woken and has not run yet.
    [[nodiscard]] bool locked() const noexcept {
        return value_ == 0 || woken_ != 0 || !waiters_.empty();
    }

    /// Holds a unit for the length of a scope. Its destructor does not throw: if a bounded
    /// semaphore has all units back by then, it gives back nothing.
    class [[nodiscard("the unit is given back when the guard goes")]] guard {
    public:
        guard(guard&& other) noexcept : source_(std::exchange(other.source_, nullptr)) {}
        guard& operator=(guard&&) = delete;
        ~guard() {
            if (source_ != nullptr && source_->value_ < source_->limit_) {
                source_->release();
            }
        }

    private:
        friend class semaphore;
        explicit guard(semaphore& source) noexcept : source_(&source) {}
        semaphore* source_;
    };

    /// acquire(), and a guard that releases.
    [[nodiscard("a unit is taken only when this is awaited")]] coro<guard> scoped();

protected:
    semaphore(std::ptrdiff_t value, std::ptrdiff_t limit);

private:
    class waiting;
    [[nodiscard]] bool take_if_free() noexcept;
    bool wake_up_next();

    // While value_ > 0 and somebody waits, there is one that was woken and has not run yet: it
    // will wake as many as there are units for.
    detail::waiter_list waiters_{"a semaphore"};
    std::size_t woken_ = 0;  // waiters that were woken and have not run yet; each has its unit
    std::size_t value_;
    std::size_t limit_;
};

/// A semaphore whose value never exceeds its first one: release() throws value_error instead.
class bounded_semaphore final : public semaphore {
public:
    explicit bounded_semaphore(std::ptrdiff_t value = 1) : semaphore(value, value) {}
};

}  // namespace heddle
