// SPDX-License-Identifier: BSL-1.0
//
// Blocks with an exit that waits or converts errors: timeouts and task groups.
#include <chrono>

#include "interpreter.hpp"

namespace conformance {

namespace {

using milliseconds = std::chrono::milliseconds;

/// The scope of a timeout operation: relative or absolute.
heddle::timeout_scope scope_of(const operation& op) {
    if (op.what == opcode::timeout) {
        return heddle::timeout(op.ms ? std::optional<heddle::duration>(milliseconds(*op.ms))
                                     : std::nullopt);
    }
    return heddle::timeout_at(op.ms ? std::optional<heddle::time_point>(milliseconds(*op.ms))
                                    : std::nullopt);
}

}  // namespace

heddle::coro<void> interpreter::run_timeout(activation& here, const operation& op) {
    emit(op.head);
    heddle::timeout_scope limit = scope_of(op);
    std::exception_ptr error;
    here.timeouts.push_back(&limit);
    try {
        co_await limit.run(run_list(here, op.ops));
    } catch (...) {
        error = std::current_exception();
    }
    here.timeouts.pop_back();
    finish(op.head + " expired=" + text_of(limit.expired()), text_of(value{}), error);
}

void interpreter::reschedule(activation& here, const operation& op) {
    if (here.timeouts.empty()) {
        emit(op.head + " ? unset");
        return;
    }
    plain(op, [&] {
        std::optional<heddle::time_point> when;
        if (op.ms) {
            when = heddle::later_by(loop_.time(), milliseconds(*op.ms));
        }
        here.timeouts.back()->reschedule(when);
        return text_of(value{});
    });
}

heddle::coro<void> interpreter::run_group(activation& here, const operation& op) {
    const std::string name = "g" + std::to_string(op.group);
    emit(op.head);
    const auto group = std::make_shared<heddle::task_group>();
    groups_[op.group] = group;
    std::exception_ptr error;
    try {
        co_await run_list(here, op.ops);
    } catch (...) {
        error = std::current_exception();
    }
    emit("leave " + name + (error ? " ! " + text_of(error) : " = None"));
    try {
        co_await group->join_after(std::exchange(error, nullptr));
    } catch (...) {
        error = std::current_exception();
    }
    finish(op.head, text_of(value{}), error);
}

std::string interpreter::spawn_in_group(const operation& op) {
    slots_[op.slot] = add_task(groups_[op.group]->create_task(run_body(op.body), next_task_name()));
    return tasks_.back().name();
}

}  // namespace conformance
