// SPDX-License-Identifier: BSL-1.0
#include <heddle/runner.hpp>

#include <vector>

#include <heddle/executor.hpp>

namespace heddle {

void cancel_remaining_tasks(event_loop& loop) {
    std::vector<detail::intrusive_ptr<future_base>> left;
    loop.for_each_task([&](const task_base& each) {
        left.emplace_back(&const_cast<task_base&>(each).as_future());
    });
    for (const auto& each : left) {
        each->cancel({});
    }
    for (const auto& each : left) {
        if (!each->done()) {
            loop.run_until_done(*each);
        }
    }
    for (const auto& each : left) {
        if (!each->cancelled() && each->holds_unretrieved_error()) {
            loop.call_exception_handler({"unhandled error while the tasks left were cancelled",
                                         each->exception(), each->label(), each.get(),
                                         each->as_task()});
        }
    }
    if (loop.has_default_jobs()) {
        loop.run_until_done(*loop.shutdown_default_executor().shared_state());
    }
}

}  // namespace heddle
