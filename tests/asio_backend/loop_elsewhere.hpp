// SPDX-License-Identifier: BSL-1.0
//
// A loop on another thread, for tests of what may be called from anywhere.
#pragma once

#include <future>
#include <thread>

#include <heddle/asio/own_context.hpp>
#include <heddle/event_loop.hpp>

namespace heddle_test {

/// A loop that runs on a thread of its own until the end of the test.
class loop_elsewhere {
public:
    loop_elsewhere()
        : thread_([this] {
              heddle::asio_backend::own_context backend;
              heddle::event_loop mine(backend);
              mine.call_soon([this, &mine] { started_.set_value(&mine); });
              mine.run_forever();
          }),
          loop(*started_.get_future().get()) {}
    loop_elsewhere(const loop_elsewhere&) = delete;
    loop_elsewhere& operator=(const loop_elsewhere&) = delete;
    ~loop_elsewhere() { stop(); }

    void stop() {
        if (thread_.joinable()) {
            loop.call_soon_threadsafe([this] { loop.stop(); });
            thread_.join();
        }
    }

private:
    std::promise<heddle::event_loop*> started_;
    std::thread thread_;

public:
    heddle::event_loop& loop;
};

}  // namespace heddle_test
