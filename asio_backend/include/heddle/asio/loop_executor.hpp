// SPDX-License-Identifier: BSL-1.0
//
// loop_executor: any event_loop as an Asio executor. What is given to it runs as a callback of the
// loop, so it may use the loop as callbacks do.
//
//   heddle::asio_backend::loop_executor executor(loop);
//   boost::asio::post(executor, [] { ... });              // call_soon, from any thread
//
// * dispatch (blocking.possibly, the default) runs a function at once where the loop's own run
//   calls it: in a step, in a callback, in a handler of own_context. Everything else queues it:
//   call_soon on the loop's thread, call_soon_threadsafe on others (which a simulation refuses).
// * It may outlive its loop. What is given to it then, and what is queued when the loop closes, is
//   destroyed without being called.
// * What a function throws that was queued goes to the loop's exception handler.
// * Its context is the io_context of own_context or of a guest's host. A backend that has none
//   makes that query throw usage_error; the executor can be used all the same, but no I/O object
//   or strand can be made on it.
// * It does not count outstanding work: a loop runs for its tasks.
#pragma once

#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <type_traits>
#include <utility>

#include <heddle/asio/detail/loop_gate.hpp>

namespace heddle::asio_backend {

namespace detail {

/// What an executor was given, as a callback of the loop. (An executor calls an lvalue.)
template <class F>
class executor_call {
public:
    template <class G>
    explicit executor_call(std::in_place_t, G&& function) : function_(std::forward<G>(function)) {}
    void operator()() && { function_(); }

private:
    F function_;
};

/// What executors have in common; where functions go to is the target's business.
template <class Target>
class basic_loop_executor {
    using blocking = boost::asio::execution::blocking_t;

public:
    template <class... Args>
        requires std::is_constructible_v<Target, Args...>
    explicit basic_loop_executor(Args&&... args) : target_(std::forward<Args>(args)...) {}

    template <class F>
    void execute(F&& function) const {
        target_.execute(executor_call<std::decay_t<F>>(std::in_place, std::forward<F>(function)),
                        may_block_);
    }

    /// Throws as said at the top.
    [[nodiscard]] boost::asio::execution_context& query(boost::asio::execution::context_t) const {
        return target_.context();
    }
    [[nodiscard]] blocking query(blocking) const noexcept {
        return may_block_ ? blocking(blocking::possibly) : blocking(blocking::never);
    }
    [[nodiscard]] basic_loop_executor require(blocking::possibly_t) const {
        return with_blocking(true);
    }
    [[nodiscard]] basic_loop_executor require(blocking::never_t) const {
        return with_blocking(false);
    }

    friend bool operator==(const basic_loop_executor&,
                           const basic_loop_executor&) noexcept = default;

private:
    [[nodiscard]] basic_loop_executor with_blocking(bool may_block) const {
        basic_loop_executor result(*this);
        result.may_block_ = may_block;
        return result;
    }

    Target target_;
    bool may_block_ = true;
};

class loop_target {
public:
    explicit loop_target(event_loop& loop) : gate_(loop_gate::of(loop)) {}

    template <class Call>
    void execute(Call&& call, bool may_block) const {
        if (may_block && gate_.inside_run()) {
            std::move(call)();
        } else {
            gate_.queue(std::forward<Call>(call));
        }
    }
    [[nodiscard]] boost::asio::execution_context& context() const { return gate_.context(); }

    friend bool operator==(const loop_target&, const loop_target&) noexcept = default;

private:
    loop_gate::ref gate_;
};

}  // namespace detail

/// See the top of the file. Made from an event_loop that is open, on its thread or while it does
/// not run; throws usage_error if it is closed.
using loop_executor = detail::basic_loop_executor<detail::loop_target>;

}  // namespace heddle::asio_backend
