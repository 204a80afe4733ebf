// SPDX-License-Identifier: BSL-1.0
//
// The io_context that a loop runs on: for the sockets and timers of a program that was not given
// one, as under heddle::run.
#pragma once

#include <boost/asio/io_context.hpp>

#include <heddle/event_loop.hpp>

namespace heddle::asio_backend {

/// That of own_context, or a guest's host. Throws usage_error if the loop is on another backend (a
/// simulation). I/O objects that are made on it go before the loop's backend does.
[[nodiscard]] boost::asio::io_context& io_context_of(event_loop& loop);

/// The same for the loop that runs on this thread; throws usage_error if none does.
[[nodiscard]] inline boost::asio::io_context& running_io_context() {
    return io_context_of(get_running_loop());
}

}  // namespace heddle::asio_backend
