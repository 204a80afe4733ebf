// SPDX-License-Identifier: BSL-1.0
//
// What is around the bodies: the main task, the end of those that are left, and what each future
// ended with.
#include <chrono>

#include "interpreter.hpp"

namespace conformance {

interpreter::interpreter(const program& what, heddle::event_loop& loop)
    : program_(what),
      loop_(loop),
      sync_(what.objects),
      slots_(what.slots),
      handles_(what.handles),
      groups_(what.groups),
      counters_(what.counters) {
    loop_.set_exception_handler(
        [this](heddle::event_loop&, const heddle::exception_context& context) {
            // The others ("never retrieved") belong to the end of the trace, in an order of their own.
            if (context.message == "exception in callback") {
                emit_outside("handler " + text_of(context.error));
            }
        });
    for (std::size_t i = 0; i < what.objects.futures; ++i) {
        futures_.push_back(loop_.create_future<value>("a plain future"));
    }
}

interpreter::~interpreter() {
    // Frames that are suspended refer to this: they go first, and then nobody reports to it.
    loop_.close();
    loop_.set_exception_handler([](heddle::event_loop&, const heddle::exception_context&) {});
}

void interpreter::emit(std::string_view text) {
    const heddle::task_base* task = loop_.current_task();
    emit_as(task != nullptr ? task->name() : "-", text);
}

void interpreter::emit_outside(std::string_view text) { emit_as("-", text); }

void interpreter::emit_as(std::string_view name, std::string_view text) {
    const auto time =
        std::chrono::duration_cast<std::chrono::microseconds>(loop_.time().time_since_epoch());
    std::string line = std::to_string(time.count());
    line.append(" ").append(name).append(" ").append(text);
    trace_.push_back(std::move(line));
}

std::vector<std::string> interpreter::run() {
    tasks_.push_back(loop_.create_task(run_body(0), "main"));
    bool deadlocked = false;
    const any_future main(tasks_.front().shared_state());
    const std::exception_ptr error = run_to_end_of(main, deadlocked);
    if (!deadlocked) {
        emit_outside(error ? "MAIN ! " + text_of(error) : "MAIN = " + text_of(main.result()));
    }
    std::vector<std::size_t> left;
    std::string names;
    for (std::size_t i = 0; i < tasks_.size(); ++i) {
        if (!tasks_[i].done()) {
            left.push_back(i);
            names += " " + tasks_[i].name();
        }
    }
    emit_outside("PENDING" + (left.empty() ? " none" : names));
    if (!deadlocked && shut_down(left)) {
        report_unretrieved();
    }
    report_states();
    return std::exchange(trace_, {});
}

std::exception_ptr interpreter::run_to_end_of(const any_future& awaited, bool& deadlocked) {
    try {
        static_cast<void>(loop_.run_until_complete(awaited));
    } catch (const heddle::deadlock_error&) {
        deadlocked = true;
        emit_outside("DEADLOCK");
    } catch (...) {
        return std::current_exception();
    }
    return nullptr;
}

bool interpreter::shut_down(const std::vector<std::size_t>& left) {
    if (left.empty()) {
        return true;
    }
    for (const std::size_t index : left) {
        tasks_[index].cancel();
    }
    // gather(*left, return_exceptions=True), hop by hop; outside of a running loop there is none.
    const any_future all = loop_.create_future<value>("the end of what was left");
    std::size_t missing = left.size();
    for (const std::size_t index : left) {
        tasks_[index].add_done_callback([&missing, all](const auto&) {
            if (--missing == 0) {
                all.set_result(value{});
            }
        });
    }
    bool deadlocked = false;
    run_to_end_of(all, deadlocked);
    if (deadlocked) {
        return false;
    }
    for (const std::size_t index : left) {
        if (!tasks_[index].cancelled()) {
            if (const std::exception_ptr error = tasks_[index].exception()) {
                emit_outside("SHUTDOWN " + tasks_[index].name() + " " + text_of(error));
            }
        }
    }
    return true;
}

std::string interpreter::name_of_future(std::size_t index) const {
    return "f" + std::to_string(index);
}

void interpreter::report_unretrieved() {
    const auto report = [this](const auto& future, const std::string& name) {
        if (future.shared_state()->holds_unretrieved_error()) {
            emit_outside("UNRETRIEVED " + name + " " + text_of(future.exception()));
        }
    };
    for (const auto& task : tasks_) {
        report(task, task.name());
    }
    for (std::size_t i = 0; i < futures_.size(); ++i) {
        report(futures_[i], name_of_future(i));
    }
}

void interpreter::report_states() {
    const auto report = [this](const auto& future, const std::string& name) {
        std::string outcome;
        if (future.cancelled()) {
            outcome = " cancelled";
        } else if (!future.done()) {
            outcome = " pending";
        } else if (const std::exception_ptr error = future.exception()) {
            outcome = " ! " + text_of(error);
        } else {
            outcome = " = " + text_of(future.result());
        }
        emit_outside("STATE " + name + outcome);
    };
    for (const auto& task : tasks_) {
        report(task, task.name());
    }
    for (std::size_t i = 0; i < futures_.size(); ++i) {
        report(futures_[i], name_of_future(i));
    }
}

}  // namespace conformance
