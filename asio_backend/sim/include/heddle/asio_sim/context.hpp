// SPDX-License-Identifier: BSL-1.0
//
// sim_context: what stands for the io_context of a native Asio program in a simulation.
//
//   heddle::coro<void> test() {                            // what sim::explore runs
//       heddle::asio_sim::sim_context io;
//       boost::asio::co_spawn(io.get_executor("producer"), produce(...), boost::asio::detached);
//       boost::asio::co_spawn(io.get_executor("consumer"), consume(...), boost::asio::detached);
//       co_await io.run();                                 // io_context::run
//   }
//
// Every function that is given to one of its executors is an event of the loop: the explorer orders
// it, it is counted and traced, and time may pass before it. What it throws fails the run.
//
// Rules:
//
// * It is made within a simulated program and belongs to that run; each run makes a new one. What
//   coroutines on it refer to is made before it, since they are destroyed with it, at the latest.
// * It ends as an io_context does: its services are shut down, newest first, its own last, which
//   destroys functions that have not run, coroutines that are suspended and operations that are not
//   complete; then the services are destroyed. Where a run stops in the middle, the same happens
//   when the frame of the program that holds it is destroyed.
// * No thread starts and no reactor is polled. A service in it that wants either (that of a
//   steady_timer, a socket, a resolver) fails the run, by name, after a function or by run().
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution_context.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include <heddle/asio_sim/detail/core.hpp>
#include <heddle/asio_sim/executor.hpp>
#include <heddle/coro.hpp>

namespace heddle::asio_sim {

namespace detail {

/// What run() waits on: tells who has not finished.
class work_wait final : public heddle::detail::waiter {
public:
    explicit work_wait(core& home) noexcept : waiter(home.waiters()), core_(home) {}
    [[nodiscard]] std::string label() const override {
        return waiter::label() + ": " + core_.text_of_work();
    }

private:
    core& core_;
};

}  // namespace detail

class sim_context : public boost::asio::execution_context {
public:
    using executor_type = sim_executor;

    /// Throws usage_error where no simulation runs on this thread.
    explicit sim_context(dispatching policy = dispatching::inside);
    ~sim_context();

    [[nodiscard]] executor_type get_executor() noexcept {
        return {core_, core_.unnamed(), nullptr, false, false};
    }
    /// The same, by a name that reports show: functions given to it, and the work that it tracks,
    /// are those of `name`; a failure is made minimal best where each coroutine has a name of its
    /// own. Executors of one name are equal. Throws usage_error at the 10,001st name.
    [[nodiscard]] executor_type get_executor(std::string_view name) {
        return {core_, core_.source(name), nullptr, false, false};
    }

    /// Completes when there is no outstanding work: no function that has not run, no operation that
    /// is not complete, no executor that tracks work (a coroutine of co_spawn holds one). At once if
    /// there is none. If nothing is ready before that, the deadlock report names the work by the
    /// names of its executors. A cancellation ends the wait and nothing else. Functions run whether
    /// or not anybody waits here.
    [[nodiscard("nothing waits until this is awaited")]] coro<void> run();

    /// How much outstanding work there is, in pieces.
    [[nodiscard]] std::uint64_t outstanding_work() const noexcept { return core_.work(); }
    /// For people: "'consumer', 'producer', 2 without a name". Empty if there is none.
    [[nodiscard]] std::string describe_work() const { return core_.text_of_work(); }

private:
    friend class sim_executor;
    friend detail::core& detail::core_of(boost::asio::execution_context& context);
    class queue_service;

    detail::core core_;
};

// Here, so that reports of who waits take it for the library's.
inline coro<void> sim_context::run() {
    core_.check_services();
    while (core_.work() != 0) {
        detail::work_wait place(core_);
        co_await place;
    }
}

inline sim_context& sim_executor::context() const noexcept {
    return static_cast<sim_context&>(core_->context());
}

}  // namespace heddle::asio_sim
