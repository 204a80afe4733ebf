// SPDX-License-Identifier: BSL-1.0
//
// Plain futures, what is asked of a future without waiting, and callbacks.
#include <chrono>

#include "interpreter.hpp"

namespace conformance {

namespace {

std::string state_of(const any_future& shown) {
    return shown.cancelled() ? "cancelled" : shown.done() ? "done" : "pending";
}

std::string exception_of(const heddle::basic_future<value>& done) {
    const std::exception_ptr error = done.exception();
    return error ? text_of(error) : text_of(value{});
}

}  // namespace

void interpreter::plain_on_future(const operation& op) {
    plain(op, [&]() -> std::string {
        switch (op.what) {
            case opcode::set_result:
                resolve(op.refs.front()).set_result(op.given);
                return text_of(value{});
            case opcode::set_exception:
                resolve(op.refs.front()).set_exception(make_error(*op.error));
                return text_of(value{});
            case opcode::result:
                return text_of(resolve(op.refs.front()).result());
            case opcode::exception:
                return exception_of(resolve(op.refs.front()));
            case opcode::state:
                return state_of(resolve(op.refs.front()));
            case opcode::watch:
                return watch(op);
            case opcode::unwatch:
                return unwatch(op);
            case opcode::cancel_handle:
                std::visit(
                    [](auto& each) {
                        if constexpr (requires { each.cancel(); }) {
                            each.cancel();
                        }
                    },
                    handles_[op.slot]);
                return text_of(value{});
            default:
                return text_of(std::visit(
                    [](const auto& each) {
                        if constexpr (requires { each.cancelled(); }) {
                            return each.cancelled();
                        } else {
                            return false;
                        }
                    },
                    handles_[op.slot]));
        }
    });
}

// ---- done callbacks ------------------------------------------------------------------------

std::string interpreter::watch(const operation& op) {
    const any_future future = resolve(op.refs.front());
    const auto added = future.add_done_callback(
        [this, &op](const heddle::basic_future<value>& done) { watched(op, done); });
    watches_.push_back({future, op.label, added});
    return text_of(value{});
}

std::string interpreter::unwatch(const operation& op) {
    const any_future future = resolve(op.refs.front());
    std::size_t removed = 0;
    std::erase_if(watches_, [&](const watch_entry& each) {
        if (each.watched != future || each.label != op.label) {
            return false;
        }
        removed += future.remove_done_callback(each.added);
        return true;
    });
    return std::to_string(removed);
}

void interpreter::watched(const operation& op, const heddle::basic_future<value>& done) {
    const std::string head = "cb " + op.label;
    if (done.cancelled()) {
        emit(head + " cancelled");
    } else if (!op.flag) {
        emit(head + " done");
    } else if (const std::exception_ptr error = done.exception()) {
        emit(head + " ! " + text_of(error));
    } else {
        emit(head + " = " + text_of(done.result()));
    }
}

// ---- callbacks of the loop -----------------------------------------------------------------

void interpreter::schedule(const operation& op) {
    const auto callback = [this, &op] { run_callback(op); };
    const auto time = std::chrono::milliseconds(op.ms.value_or(0));
    switch (op.what) {
        case opcode::call_soon:
            handles_[op.slot] = loop_.call_soon(callback);
            break;
        case opcode::call_later:
            handles_[op.slot] = loop_.call_later(time, callback);
            break;
        default:
            handles_[op.slot] = loop_.call_at(heddle::time_point(time), callback);
            break;
    }
    emit(op.head);
}

void interpreter::run_callback(const operation& op) {
    emit("run " + op.label);
    for (const operation& each : op.ops) {
        plain_operation(nullptr, each);
    }
}

}  // namespace conformance
