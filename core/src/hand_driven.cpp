// SPDX-License-Identifier: BSL-1.0
#include <heddle/hand_driven.hpp>

#include <string>

namespace heddle::detail {

constinit thread_local hand_driver* hand_driver::running_ = nullptr;

time_point no_clock::now() {
    throw usage_error("a coroutine that is driven by hand has no clock: this needs a loop");
}

time_point no_clock::wait_until(time_point) {
    throw usage_error("the loop of a coroutine that is driven by hand does not run");
}

void hand_driver::check_can_go_on(const task_base& task, const char* what) const {
    const std::string where = std::string(what) + ": this coroutine ";
    if (task.as_future().done()) {
        throw usage_error(where + "has ended");
    }
    if (driven_ != nullptr) {
        throw usage_error(where + "is running: it cannot be driven from within");
    }
    if (task.waiting_on() != nullptr) {
        throw usage_error(where + "waits for " + task.waiting_on()->label() +
                          ", which only a loop can complete");
    }
}

void hand_driver::go_on(task_base& task, std::exception_ptr error) {
    if (error && !at_bare_suspension_) {
        throw usage_error("errors can be thrown into heddle::suspend_once() only");
    }
    loop_.remove_ready(task);
    begun_ = true;
    thrown_in_ = std::move(error);
    at_bare_suspension_ = false;
    driven_ = &task;
    hand_driver* const outer = std::exchange(running_, this);
    task.run();
    running_ = outer;
    driven_ = nullptr;
}

void bare_suspension::suspend(task_base& task) {
    hand_driver* const driver = hand_driver::running_;
    if (driver == nullptr || driver->driven_ != &task) {
        throw usage_error(
            "suspend_once: this task would never go on; co_await heddle::sleep(0ns) gives up "
            "control until the next iteration");
    }
    driver->at_bare_suspension_ = true;
    task.yield();
}

void bare_suspension::await_resume() const {
    hand_driver* const driver = hand_driver::running_;
    if (driver->thrown_in_) {
        std::rethrow_exception(std::exchange(driver->thrown_in_, nullptr));
    }
}

}  // namespace heddle::detail
