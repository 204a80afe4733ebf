// SPDX-License-Identifier: BSL-1.0
#include <heddle/asio/executor.hpp>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <thread>

namespace heddle {

void asio_executor::submit(queued_job job) { boost::asio::post(target_, std::move(job)); }

namespace asio_backend {

std::size_t default_pool_size() noexcept {
    return std::min<std::size_t>(32, std::size_t{std::thread::hardware_concurrency()} + 4);
}

void pool_executor::submit(queued_job job) { boost::asio::post(pool_, std::move(job)); }

}  // namespace asio_backend
}  // namespace heddle
