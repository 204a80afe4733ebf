// SPDX-License-Identifier: BSL-1.0
//
// What every coroutine of the library that a task drives carries in its frame: where it stands, who
// awaits it, and the task. See task_base.hpp for how a chain of them is driven.
#pragma once

#include <bit>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <source_location>

#include <heddle/frame_memory.hpp>

namespace heddle {

class task_base;

namespace detail {

class promise_base;
struct final_awaiter;
class async_step_link;

/// A std::source_location as the compiler hands it over, a pointer: g++ would keep an argument of
/// class type in the frame of the coroutine that awaits.
using site_pointer = decltype(__builtin_source_location());
static_assert(sizeof(std::source_location) == sizeof(void*));

/// Stands in the frame of an awaiting coroutine: links it to the coroutine it awaits.
struct alignas(8) chain_link {
    std::coroutine_handle<> child;
    promise_base* parent = nullptr;
};

class promise_base {
public:
    promise_base() noexcept = default;
    promise_base(const promise_base&) = delete;
    promise_base& operator=(const promise_base&) = delete;

    static void* operator new(std::size_t size) { return allocate_frame(size); }
    static void operator delete(void* memory, std::size_t size) noexcept {
        deallocate_frame(memory, size);
    }

    /// The task that drives it; null before its first step.
    [[nodiscard]] task_base* current_task() const noexcept { return task_; }
    /// The co_await it is suspended at.
    [[nodiscard]] std::source_location site() const noexcept {
        return std::bit_cast<std::source_location>(site_);
    }
    /// The coroutine that awaits this one; null for a task's own.
    [[nodiscard]] promise_base* awaited_by() const noexcept {
        const chain_link* const link = up();
        return link != nullptr ? link->parent : nullptr;
    }

    /// Says which coroutine function this is an activation of: the same for all of them in one
    /// process. For telling functions apart; never to be ordered by, shown, or kept.
    [[nodiscard]] const void* function() const noexcept {
        // The Itanium C++ ABI, which g++ and clang follow, has the resume function come first.
        return *static_cast<const void* const*>(
            const_cast<promise_base*>(this)->handle().address());
    }

    [[nodiscard]] std::coroutine_handle<> handle() noexcept {
        // Every promise of the library derives from this class first and is aligned no more than
        // the frame's header, so that the address of the frame follows from that of this part.
        return std::coroutine_handle<promise_base>::from_promise(*this);
    }

protected:
    ~promise_base() = default;

    /// How it has ended, if it has: in the lowest bits of `up_`.
    enum ending : std::uintptr_t { with_value = 1, with_error = 2, with_cancellation = 4 };
    [[nodiscard]] bool ended(std::uintptr_t any_of) const noexcept { return (up_ & any_of) != 0; }
    void end(ending how) noexcept { up_ = (up_ & ~endings) | how; }
    /// The first end that it comes to, if nothing is thrown after that.
    void end_with_value() noexcept { up_ |= with_value; }

    site_pointer site_ = nullptr;

private:
    friend class heddle::task_base;
    template <class T>
    friend class coro_awaiter;
    friend struct final_awaiter;
    friend class async_step_link;

    static constexpr std::uintptr_t endings = with_value | with_error | with_cancellation;

    /// What links it to the coroutine that awaits it; null for a task's own.
    [[nodiscard]] chain_link* up() const noexcept {
        return reinterpret_cast<chain_link*>(up_ & ~endings);  // NOLINT(performance-no-int-to-ptr)
    }
    /// As it begins.
    void set_up(chain_link* link) noexcept { up_ = reinterpret_cast<std::uintptr_t>(link); }
    /// Also after its end.
    void unlink() noexcept { up_ &= endings; }

    std::uintptr_t up_ = 0;
    task_base* task_ = nullptr;
};

}  // namespace detail
}  // namespace heddle
