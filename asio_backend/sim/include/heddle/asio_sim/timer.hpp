// SPDX-License-Identifier: BSL-1.0
//
// basic_sim_timer: asio::steady_timer's members on the virtual time of the simulation.
//
// Code that is to run on both takes the timer's type as a parameter, or by an alias, and asks
// `Timer::clock_type::now()` for the time. The differences: there is no blocking wait(), and no
// allocator of a handler is used.
//
// A wait completes in the step in which its timer comes due; several waits for one timer are steps of
// their own, in the order in which they began (free of each other at level `any`). A wait that was
// cancelled completes in a step of its own, with operation_aborted. Timers with equal deadlines
// complete in any order at the levels `timing` and `any`: Asio's heap is not stable.
//
// As with Asio, a wait whose timer has come due cannot be cancelled any more, although its handler
// may not have run: cancel() says 0, and the handler gets no error.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/wait_traits.hpp>
#include <cstddef>
#include <memory>
#include <source_location>
#include <type_traits>
#include <utility>

#include <heddle/asio_sim/context.hpp>
#include <heddle/asio_sim/detail/timer_core.hpp>
#include <heddle/asio_sim/strand.hpp>
#include <heddle/time.hpp>

namespace heddle::asio_sim {

/// The clock of the loop that runs on this thread, as the standard's clocks are.
struct sim_clock : loop_clock {
    /// Throws usage_error if no loop runs on this thread.
    [[nodiscard]] static time_point now();
};

namespace detail {

/// Under whose name something on `executor` goes; null where there is no sim_executor in it.
template <class Executor>
[[nodiscard]] work_source* source_of(const Executor& executor) noexcept {
    if constexpr (std::is_base_of_v<sim_executor, Executor>) {
        return &executor.source();
    } else if constexpr (requires { executor.template target<sim_executor>(); }) {
        if (const auto* const plain = executor.template target<sim_executor>(); plain != nullptr) {
            return source_of(*plain);
        }
        const auto* const strand = executor.template target<sim_strand>();
        return strand != nullptr ? source_of(*strand) : nullptr;
    } else if constexpr (requires { executor.get_inner_executor(); }) {
        return source_of(executor.get_inner_executor());
    } else {
        return nullptr;
    }
}

template <class Handler, class Executor>
class timer_wait_of final : public timer_wait {
    using handler_executor = boost::asio::associated_executor_t<Handler, Executor>;

public:
    /// `home` is not closed.
    [[nodiscard]] static timer_wait& make(core& home, Handler&& handler, const Executor& executor,
                                          std::source_location place) {
        const handler_executor where = boost::asio::get_associated_executor(handler, executor);
        work_source* source = source_of(where);
        if (source == nullptr || source->name.empty()) {
            source = source_of(executor);
        }
        return *new timer_wait_of(home, source != nullptr ? *source : home.unnamed(),
                                  std::move(handler), where, place);
    }

private:
    timer_wait_of(core& home, work_source& source, Handler&& handler, const handler_executor& where,
                  std::source_location place)
        : timer_wait(home, source, place), handler_(std::move(handler)), work_(where) {}

    void call() override {
        const handler_executor where = work_.get_executor();
        boost::asio::dispatch(where, [handler = std::move(handler_), result = result_]() mutable {
            std::move(handler)(result);
        });
    }
    void destroy() noexcept override { delete this; }

    Handler handler_;
    boost::asio::executor_work_guard<handler_executor> work_;
};

}  // namespace detail

template <class Executor = boost::asio::any_io_executor>
class basic_sim_timer {
    template <class Context>
    static constexpr bool is_context =
        std::is_convertible_v<Context&, boost::asio::execution_context&>;
    class initiation;

public:
    using executor_type = Executor;
    using clock_type = sim_clock;
    using duration = sim_clock::duration;
    using time_point = sim_clock::time_point;
    using traits_type = boost::asio::wait_traits<sim_clock>;

    template <class Other>
    struct rebind_executor {
        using other = basic_sim_timer<Other>;
    };

    /// Not set: a wait completes at once. Throws usage_error if the executor is no sim_context's.
    explicit basic_sim_timer(const executor_type& executor)
        : executor_(executor), timer_(make(executor_)) {}
    basic_sim_timer(const executor_type& executor, time_point expiry) : basic_sim_timer(executor) {
        expires_at(expiry);
    }
    basic_sim_timer(const executor_type& executor, duration length) : basic_sim_timer(executor) {
        expires_after(length);
    }
    template <class Context>
        requires is_context<Context>
    explicit basic_sim_timer(Context& context)
        : basic_sim_timer(executor_type(context.get_executor())) {}
    template <class Context>
        requires is_context<Context>
    basic_sim_timer(Context& context, time_point expiry) : basic_sim_timer(context) {
        expires_at(expiry);
    }
    template <class Context>
        requires is_context<Context>
    basic_sim_timer(Context& context, duration length) : basic_sim_timer(context) {
        expires_after(length);
    }
    /// Waits go along. What was moved from is as one that was just made.
    basic_sim_timer(basic_sim_timer&& other)
        : executor_(other.executor_), timer_(std::exchange(other.timer_, make(other.executor_))) {}
    template <class Other>
        requires std::is_convertible_v<Other, Executor>
    basic_sim_timer(basic_sim_timer<Other>&& other)
        : executor_(other.executor_),
          timer_(std::exchange(other.timer_, basic_sim_timer<Other>::make(other.executor_))) {}
    /// Cancels what this waited for.
    basic_sim_timer& operator=(basic_sim_timer&& other) {
        if (this != &other) {
            auto fresh = make(other.executor_);
            executor_ = other.executor_;
            timer_ = std::exchange(other.timer_, std::move(fresh));
        }
        return *this;
    }
    /// Waits complete with operation_aborted.
    ~basic_sim_timer() = default;

    [[nodiscard]] const executor_type& get_executor() noexcept { return executor_; }
    [[nodiscard]] time_point expiry() const { return timer_->expiry(); }

    /// Cancels what waits for the earlier one; how many those are.
    std::size_t expires_at(time_point expiry) { return timer_->expires_at(expiry); }
    /// From now on, by the loop's clock; what overflows is as far off as can be.
    std::size_t expires_after(duration length) {
        return timer_->expires_at(later_by(timer_->home().loop().time(), length));
    }
    /// Waits complete with operation_aborted; how many those are.
    std::size_t cancel() { return timer_->cancel(); }
    /// The same with the oldest only.
    std::size_t cancel_one() { return timer_->cancel_one(); }

    /// `void(error_code)`: none when the deadline has come, operation_aborted if it was cancelled.
    /// Never completes within this call. Any type of cancellation ends it. The handler is called by
    /// dispatch on its associated executor, this one's by default. `place` is for reports.
    template <class Token = typename boost::asio::default_completion_token<executor_type>::type>
    auto async_wait(Token&& token = Token(),
                    std::source_location place = std::source_location::current()) {
        return boost::asio::async_initiate<Token, void(boost::system::error_code)>(
            initiation(*this), token, place);
    }

private:
    template <class Other>
    friend class basic_sim_timer;

    static std::unique_ptr<detail::timer_core> make(const executor_type& executor) {
        boost::asio::execution_context& context =
            boost::asio::query(executor, boost::asio::execution::context);
        return std::make_unique<detail::timer_core>(detail::core_of(context));
    }

    executor_type executor_;
    std::unique_ptr<detail::timer_core> timer_;
};

/// What begins a wait; initiated late (deferred), the timer must still be there.
template <class Executor>
class basic_sim_timer<Executor>::initiation {
public:
    using executor_type = Executor;
    explicit initiation(basic_sim_timer& self) noexcept : self_(&self) {}
    [[nodiscard]] const executor_type& get_executor() const noexcept {
        return self_->get_executor();
    }

    template <class Handler>
    void operator()(Handler&& handler, std::source_location place) const {
        detail::core& home = self_->timer_->home();
        if (home.shut()) {
            return;
        }
        auto slot = boost::asio::get_associated_cancellation_slot(handler);
        using wait_type = detail::timer_wait_of<std::decay_t<Handler>, Executor>;
        detail::timer_wait& wait =
            wait_type::make(home, std::decay_t<Handler>(std::forward<Handler>(handler)),
                            self_->get_executor(), place);
        home.hold(wait);
        self_->timer_->begin(wait);
        if (slot.is_connected()) {
            auto link = detail::wait_pointer::adopt(new detail::wait_link);
            wait.link(link);
            slot.template emplace<detail::wait_cancellation>(std::move(link));
        }
    }

private:
    basic_sim_timer* self_;
};

/// In the place of asio::steady_timer.
using sim_timer = basic_sim_timer<>;

}  // namespace heddle::asio_sim
