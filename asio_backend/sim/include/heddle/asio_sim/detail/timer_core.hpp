// SPDX-License-Identifier: BSL-1.0
//
// What a basic_sim_timer consists of, whatever its executor's type: a deadline, and the waits for it.
//
// The waits for one deadline hang on one timer of the loop (a `due`). When that leaves the loop's
// heap they have happened: from then on no cancel() reaches them, also if they have not run, and a
// new wait gets a new `due`. So it is with Asio, whose reactor moves the waits of a timer that has
// expired to the queue of what is ready.
//
// A wait is a posted function of its context all the while, which destroys it if it is shut down.
#pragma once

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <cstdint>
#include <source_location>
#include <string>
#include <utility>

#include <heddle/asio_sim/detail/core.hpp>
#include <heddle/runnable.hpp>
#include <heddle/time.hpp>

namespace heddle::asio_sim::detail {

class timer_due;
class timer_core;
class timer_wait;

/// Through which a cancellation slot reaches a wait, if there still is one.
class wait_link {
public:
    void add_ref() noexcept { ++owners_; }
    void release() noexcept {
        if (--owners_ == 0) {
            delete this;
        }
    }
    timer_wait* wait = nullptr;

private:
    std::uint32_t owners_ = 1;
};
using wait_pointer = heddle::detail::intrusive_ptr<wait_link>;

/// One async_wait.
class timer_wait : public posted {
public:
    [[nodiscard]] std::string label() const override;
    [[nodiscard]] std::source_location place() const noexcept override { return place_; }

    /// For the handler's cancellation slot.
    void link(wait_pointer link) noexcept {
        link_ = std::move(link);
        link_->wait = this;
    }

protected:
    timer_wait(core& home, work_source& source, std::source_location place)
        : posted(home, source, nullptr), place_(place) {}
    ~timer_wait();

    boost::system::error_code result_;

private:
    friend class timer_core;
    friend class timer_due;
    friend class wait_cancellation;

    /// It leaves what it hangs on, and completes with operation_aborted.
    void abort();

    std::source_location place_;
    timer_due* due_ = nullptr;  // while it hangs there
    timer_wait* before_ = nullptr;
    timer_wait* after_ = nullptr;
    wait_pointer link_;
};

/// What is put into the slot.
class wait_cancellation {
public:
    explicit wait_cancellation(wait_pointer link) noexcept : link_(std::move(link)) {}
    void operator()(boost::asio::cancellation_type_t type);

private:
    wait_pointer link_;
};

/// The timer of the loop. Owned by its timer_core while it is in the heap, then by the loop.
class timer_due final : public timer_entry {
public:
    timer_due(core& home, timer_core& owner, time_point when);

    void run() override;
    void drop() noexcept override;
    [[nodiscard]] std::uint64_t event_id() const noexcept override { return id_; }
    [[nodiscard]] std::string label() const override;
    [[nodiscard]] std::source_location place() const noexcept override;

    [[nodiscard]] bool pending() const noexcept { return in_heap(); }
    [[nodiscard]] timer_wait* first() const noexcept { return first_; }
    void add(timer_wait& wait) noexcept;
    /// Not pending any more: its owner is gone, or has another one.
    void disown() noexcept { owner_ = nullptr; }
    /// `wait` leaves; the last destroys this.
    void leave(timer_wait& wait) noexcept;

private:
    void unlink(timer_wait& wait) noexcept;
    void destroy() noexcept;

    core& core_;
    timer_core* owner_;
    std::uint64_t id_;
    timer_wait* first_ = nullptr;
    timer_wait* last_ = nullptr;
    bool in_loop_ = false;
};

class timer_core {
public:
    explicit timer_core(core& home) noexcept : core_(home) {}
    timer_core(const timer_core&) = delete;
    timer_core& operator=(const timer_core&) = delete;
    ~timer_core() { cancel(); }

    [[nodiscard]] core& home() const noexcept { return core_; }
    [[nodiscard]] time_point expiry() const noexcept { return expiry_; }
    std::size_t expires_at(time_point expiry) {
        const std::size_t cancelled = cancel();
        expiry_ = expiry;
        return cancelled;
    }
    std::size_t cancel();
    std::size_t cancel_one();
    /// `wait` is held by the context already.
    void begin(timer_wait& wait);

private:
    friend class timer_due;
    /// Null if there is none that can be cancelled, or hung something on.
    [[nodiscard]] timer_due* pending_due() noexcept;

    core& core_;
    time_point expiry_{};
    timer_due* due_ = nullptr;
};

}  // namespace heddle::asio_sim::detail
