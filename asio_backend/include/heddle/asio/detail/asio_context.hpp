// SPDX-License-Identifier: BSL-1.0
//
// The execution_context that goes with a loop: what a loop_executor answers when it is asked for
// its context, so that timers, strands and sockets can be made on it. A backend that has one says
// so by this class.
#pragma once

#include <boost/asio/execution_context.hpp>

namespace heddle::asio_backend::detail {

class has_asio_context {
public:
    has_asio_context(const has_asio_context&) = delete;
    has_asio_context& operator=(const has_asio_context&) = delete;

    /// The same at each call, from any thread.
    [[nodiscard]] virtual boost::asio::execution_context& asio_context() noexcept = 0;

protected:
    has_asio_context() noexcept = default;
    ~has_asio_context() = default;
};

}  // namespace heddle::asio_backend::detail
