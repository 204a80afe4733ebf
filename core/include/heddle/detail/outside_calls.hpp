// SPDX-License-Identifier: BSL-1.0
//
// The one door into a loop from other threads: callbacks wait behind a mutex
// until the loop's next iteration takes them over.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace heddle {
class event_loop;
}

namespace heddle::detail {

/// A callback from another thread, on its way to the loop.
class outside_call {
public:
    virtual ~outside_call() = default;
    /// On the loop's thread: queues the callable.
    virtual void deliver(event_loop& loop) = 0;
};

class outside_calls {
public:
    /// From any thread. Throws usage_error after refuse().
    void post(std::unique_ptr<outside_call> call);

    /// Whether there are any. On the loop's thread, as the rest.
    [[nodiscard]] bool waiting() const noexcept { return waiting_.load(std::memory_order_relaxed); }
    void deliver(event_loop& loop);
    /// The loop is closed: drops those that wait, and takes no further ones until
    /// accept().
    void refuse() noexcept;
    void accept() noexcept;

private:
    using calls = std::vector<std::unique_ptr<outside_call>>;

    std::atomic<bool> waiting_{false};
    std::mutex mutex_;
    calls calls_;           // under mutex_
    bool refuses_ = false;  // under mutex_
};

}  // namespace heddle::detail
