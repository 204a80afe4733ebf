// SPDX-License-Identifier: BSL-1.0
#include <heddle/asio/detail/completion.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/experimental/channel_error.hpp>

#include <heddle/errors.hpp>

namespace heddle::asio_backend::detail {

bool says_cancelled(const boost::system::error_code& error) noexcept {
    // A channel has its own word for it.
    return error == boost::asio::error::operation_aborted ||
           error == boost::asio::experimental::error::channel_cancelled;
}

bool says_cancelled(const std::exception_ptr& error) noexcept {
    if (!error) {
        return false;
    }
    try {
        std::rethrow_exception(error);
    } catch (const boost::system::system_error& thrown) {
        return says_cancelled(thrown.code());
    } catch (const cancelled_error&) {
        return true;
    } catch (...) {
        return false;
    }
}

}  // namespace heddle::asio_backend::detail
