// SPDX-License-Identifier: BSL-1.0
//
// The io_context that a loop runs on. A backend that has one says so by this class.
#pragma once

#include <boost/asio/io_context.hpp>

namespace heddle::asio_backend::detail {

class has_asio_context {
public:
    has_asio_context(const has_asio_context&) = delete;
    has_asio_context& operator=(const has_asio_context&) = delete;

    /// The same at each call, from any thread.
    [[nodiscard]] virtual boost::asio::io_context& asio_context() noexcept = 0;

protected:
    has_asio_context() noexcept = default;
    ~has_asio_context() = default;
};

}  // namespace heddle::asio_backend::detail
