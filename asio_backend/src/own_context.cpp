// SPDX-License-Identifier: BSL-1.0
#include <heddle/asio/detail/own_context_impl.hpp>

namespace heddle::asio_backend {

template class basic_own_context<detail::real_clock>;

}  // namespace heddle::asio_backend
