// SPDX-License-Identifier: BSL-1.0
//
// How Asio's side reaches a loop that may be gone. Handlers and executors outlive loops, and run on
// any thread; what they hold is a gate, which knows whether its loop still exists.
//
// Gates are never freed: a loop that closes gives its gate back, and a later loop gets it, with
// another number. There are as many as there were loops open at the same time. So a reference to
// one is a pointer and a number, free to copy.
#pragma once

#include <atomic>
#include <boost/asio/execution_context.hpp>
#include <cstdint>
#include <mutex>
#include <source_location>
#include <utility>

#include <heddle/detail/close_hook.hpp>
#include <heddle/errors.hpp>
#include <heddle/event_loop.hpp>

namespace heddle::asio_backend::detail {

/// Where a handler runs, as its loop sees it.
enum class place : std::uint8_t { here, elsewhere, loop_is_gone };

class loop_gate final : private heddle::detail::close_hook {
public:
    class ref;

    /// The gate of a loop that is not closed; on the loop's thread, or while the loop does not run.
    [[nodiscard]] static ref of(event_loop& loop);

private:
    loop_gate() noexcept = default;
    void open(event_loop& loop, std::uint64_t number) noexcept;
    void loop_closes() noexcept override;

    // Written under the mutex, on the loop's thread, which therefore may read them without it.
    std::atomic<event_loop*> loop_{nullptr};
    std::atomic<std::uint64_t> number_{0};
    boost::asio::execution_context* context_ = nullptr;  // once it was asked for
    // Held while another thread calls the loop: until then the loop does not go. Recursive: what
    // the loop refuses is destroyed in that call, and may come here in turn.
    std::recursive_mutex mutex_;
    loop_gate* next_ = nullptr;  // of those that are open, or of those that are free
};

class loop_gate::ref {
public:
    ref() noexcept = default;

    [[nodiscard]] place where() const noexcept {
        return inside_run() ? place::here : where_outside_of_runs();
    }
    /// Whether this is called by what the loop runs.
    [[nodiscard]] bool inside_run() const noexcept {
        event_loop* const running = heddle::detail::this_thread.running;
        return running != nullptr && is_gate_of(*running);
    }
    [[nodiscard]] bool is_gate_of(const event_loop& loop) const noexcept {
        return gate_->loop_.load(std::memory_order_relaxed) == &loop &&
               gate_->number_.load(std::memory_order_relaxed) == number_;
    }

    /// Queues `callable` on the loop, from any thread. Destroys it if the loop is closed.
    template <class F>
    void queue(F&& callable, std::source_location site = {}) const;

    /// Throws usage_error if the loop is closed, or nothing has said which context goes with it.
    [[nodiscard]] boost::asio::execution_context& context() const;
    /// Says which, for a loop whose backend does not. On the loop's thread; `context` outlives it.
    void set_context(boost::asio::execution_context& context) const noexcept;

    friend bool operator==(const ref&, const ref&) noexcept = default;

private:
    friend class loop_gate;
    [[nodiscard]] place where_outside_of_runs() const noexcept;
    ref(loop_gate& gate, std::uint64_t number) noexcept : gate_(&gate), number_(number) {}

    loop_gate* gate_ = nullptr;
    std::uint64_t number_ = 0;
};

template <class F>
void loop_gate::ref::queue(F&& callable, std::source_location site) const {
    std::unique_lock lock(gate_->mutex_);
    event_loop* const loop = gate_->loop_.load(std::memory_order_relaxed);
    if (loop == nullptr || gate_->number_.load(std::memory_order_relaxed) != number_) {
        return;
    }
    if (loop->on_own_thread()) {
        lock.unlock();
        loop->call_soon(std::forward<F>(callable), site);
        return;
    }
    try {
        loop->call_soon_threadsafe(std::forward<F>(callable), site);
    } catch (const usage_error&) {
        // Closing, on its own thread; or a simulation, which must not go on as if nothing were.
        if (!loop->clock_and_executor().accepts_outside_events()) {
            throw;
        }
    }
}

}  // namespace heddle::asio_backend::detail
