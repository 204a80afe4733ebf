// SPDX-License-Identifier: BSL-1.0
//
// The backend that has an io_context of its own: real time, and whatever Asio can wait for.
//
//   heddle::asio_backend::own_context backend;
//   heddle::event_loop loop(backend);
//   boost::asio::ip::tcp::socket socket(backend.context());
//
// Handlers that were posted to context(), and those of operations on it, run on the loop's thread
// between two iterations: while the loop waits, or, while it is busy, every 50 microseconds or so.
// There they may use the loop as any callback may (call_soon, complete a future, ...). What they
// throw leaves the loop's run function, as it would leave io_context::run; the loop stays as it
// was and can be run again. Callbacks of the loop are different: theirs go to its exception
// handler.
//
// Nobody else runs context(): a loop inside an io_context that somebody else runs is a `guest`.
// context().stop() ends a wait early and does nothing else; the loop ends by event_loop::stop().
//
// A deadline is never served early. Nothing here waits longer than it must: no rounding to
// milliseconds, no coarse clock. No thread is started, but by the first job that is given to the
// loop's default executor (to_thread asks for one): a pool of them, which ends when the loop is
// closed.
//
// What has a clock of its own (a test, a simulator in the same process) uses
// basic_own_context<Clock>, and includes <heddle/asio/detail/own_context_impl.hpp> for its code. A
// Clock has
//
// * `timer`, an Asio timer made from an io_context, whose `time_point` is that of its own clock;
// * `now()`, the loop's time, and `when(deadline, now)`, a deadline of the loop that lies ahead, as
//   the timer knows it;
// * `outside_events`: whether anything but that timer can wake the loop. If not, a loop that has
//   nothing left to do throws deadlock_error, and call_soon_threadsafe is refused elsewhere.
#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>

#include <heddle/asio/detail/asio_context.hpp>
#include <heddle/asio/detail/real_clock.hpp>
#include <heddle/backend.hpp>

namespace heddle::asio_backend {

template <class Clock>
class basic_own_context final : public backend, public detail::has_asio_context {
public:
    basic_own_context() : basic_own_context(Clock()) {}
    explicit basic_own_context(Clock clock);
    basic_own_context(const basic_own_context&) = delete;
    basic_own_context& operator=(const basic_own_context&) = delete;
    /// Destroys handlers that have not run, without running them.
    ~basic_own_context() override;

    /// What sockets, timers and posts are made on. Other threads may post to it.
    [[nodiscard]] boost::asio::io_context& context() noexcept { return context_; }

    [[nodiscard]] boost::asio::io_context& asio_context() noexcept override { return context_; }

    [[nodiscard]] const Clock& clock() const noexcept { return clock_; }

    [[nodiscard]] time_point now() override { return clock_.now(); }
    time_point wait_until(time_point deadline) override;
    void poll() override {
        if (--iterations_to_skip_ < 0) [[unlikely]] {
            look_if_time_has_come();
        }
    }
    void wake_up() noexcept override;
    [[nodiscard]] bool accepts_outside_events() const noexcept override {
        return Clock::outside_events;
    }
    [[nodiscard]] std::unique_ptr<executor> make_default_executor() override;
    [[nodiscard]] std::unique_ptr<signal_watch> watch_signal(
        int number, std::function<void()> on_signal) override;

private:
    void look_if_time_has_come();
    void look();
    int run_ready_handlers(int enough);  // how many ran
    void run_handlers_of_wait();
    void arm(time_point deadline, time_point now);

    Clock clock_;
    boost::asio::io_context context_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    std::optional<typename Clock::timer>
        timer_;  // made by the first wait: until then, no system call
    time_point armed_for_ = never;
    bool armed_ = false;

    // When to look for events while busy: see detail/own_context_impl.hpp.
    int iterations_to_skip_ = 0;
    int stride_ = 1;
    time_point clock_read_at_{};
    time_point next_look_{};
    int usual_handlers_ = 0;    // of the latest wait
    unsigned waits_alike_ = 0;  // as many before it let in the same number

    std::atomic<bool> woken_{false};
};

extern template class basic_own_context<detail::real_clock>;

/// In real time.
using own_context = basic_own_context<detail::real_clock>;

}  // namespace heddle::asio_backend
