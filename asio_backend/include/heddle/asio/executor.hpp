// SPDX-License-Identifier: BSL-1.0
//
// Asio's executors as heddle's: where run_in_executor and to_thread send their jobs.
//
//   boost::asio::thread_pool pool(4);
//   heddle::asio_executor where(pool);
//   auto sum = co_await heddle::run_in_executor(where, [] { return long_sum(); });
//
// A loop on Asio that is given no executor has a thread_pool of its own, from its first job to its
// closing, of default_pool_size() threads, which is CPython's number.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cstddef>
#include <utility>

#include <heddle/executor.hpp>

namespace heddle {

/// Posts each job to an Asio executor. What is behind that outlives the use of this; if it is
/// stopped, the jobs that it throws away are cancelled, at the latest when it is destroyed.
class asio_executor final : public executor {
public:
    explicit asio_executor(boost::asio::thread_pool& pool) : target_(pool.get_executor()) {}
    explicit asio_executor(boost::asio::any_io_executor target) : target_(std::move(target)) {}

    void submit(queued_job job) override;

private:
    boost::asio::any_io_executor target_;
};

namespace asio_backend {

/// Four more than there are processors, at most 32.
[[nodiscard]] std::size_t default_pool_size() noexcept;

/// A thread_pool as an executor. Destroying it joins its threads; jobs that have not begun are
/// cancelled.
class pool_executor final : public executor {
public:
    explicit pool_executor(std::size_t threads) : pool_(threads) {}
    void submit(queued_job job) override;

private:
    boost::asio::thread_pool pool_;
};

}  // namespace asio_backend
}  // namespace heddle
