// SPDX-License-Identifier: BSL-1.0
//
// A loop as the executor of handlers that have none of their own: what it is given becomes a
// callback of the loop. For type-erased handlers, which must have an executor to fall back on;
// where the type is known, the handler is called by the callback that found out that it must be.
//
// It does not outlive the loop. A loop that is closed destroys what it is given.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>

#include <heddle/errors.hpp>
#include <heddle/event_loop.hpp>

namespace heddle::asio_backend::detail {

/// Handlers want to know the context of their executor, and a loop on a backend of any kind has
/// none. This one is empty: no services, no threads.
[[nodiscard]] boost::asio::execution_context& context_of_no_services();

class loop_executor {
public:
    explicit loop_executor(event_loop& loop) noexcept : loop_(&loop) {}

    template <class F>
    void execute(F&& call) const {
        try {
            loop_->call_soon_threadsafe(std::forward<F>(call));
        } catch (const usage_error&) {
            // Closed.
        }
    }
    [[nodiscard]] static boost::asio::execution_context& query(
        boost::asio::execution::context_t) noexcept {
        return context_of_no_services();
    }
    [[nodiscard]] static constexpr boost::asio::execution::blocking_t query(
        boost::asio::execution::blocking_t) noexcept {
        return boost::asio::execution::blocking.never;
    }
    friend bool operator==(const loop_executor&, const loop_executor&) noexcept = default;

private:
    event_loop* loop_;
};

}  // namespace heddle::asio_backend::detail
