// SPDX-License-Identifier: BSL-1.0
#include <heddle/asio/detail/asio_context.hpp>
#include <heddle/asio/io_context.hpp>
#include <heddle/errors.hpp>

namespace heddle::asio_backend {

boost::asio::io_context& io_context_of(event_loop& loop) {
    auto* const known = dynamic_cast<detail::has_asio_context*>(&loop.clock_and_executor());
    if (known == nullptr) {
        throw usage_error("io_context_of: the backend of this event loop has no io_context");
    }
    return known->asio_context();
}

}  // namespace heddle::asio_backend
