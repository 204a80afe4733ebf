// SPDX-License-Identifier: BSL-1.0
//
// Bodies, lists of operations, try, and which operation is done where.
#include "interpreter.hpp"

namespace conformance {

heddle::coro<value> interpreter::run_body(std::size_t number) {
    const std::string name = "b" + std::to_string(number);
    emit("enter " + name);
    activation here;
    std::exception_ptr error;
    try {
        co_await run_list(here, program_.bodies[number]);
    } catch (...) {
        error = std::current_exception();
    }
    finish("exit " + name, text_of(here.result), error);
    co_return here.result;
}

heddle::coro<void> interpreter::run_list(activation& here, const operations& list) {
    for (const operation& op : list) {
        if (may_wait(op.what)) {
            co_await waiting_operation(here, op);
        } else {
            plain_operation(&here, op);
        }
        if (here.returned) {
            co_return;
        }
    }
}

heddle::coro<void> interpreter::repeat(activation& here, const operation& op) {
    for (std::int64_t i = 0; i < op.count && !here.returned; ++i) {
        co_await run_list(here, op.ops);
    }
}

heddle::coro<void> interpreter::run_try(activation& here, const operation& op) {
    std::exception_ptr error;
    try {
        co_await run_list(here, op.ops);
    } catch (...) {
        error = std::current_exception();
    }
    const handler* taken = nullptr;
    for (const handler& each : op.handlers) {
        if (error && taken == nullptr && matches(each.pattern, error)) {
            taken = &each;
        }
    }
    if (taken != nullptr) {
        emit("caught " + text_of(error));
        here.returned = false;  // a `return` whose way out failed is lost
        here.caught.push_back(std::exchange(error, nullptr));
        try {
            co_await run_list(here, taken->ops);
        } catch (...) {
            error = std::current_exception();
        }
        here.caught.pop_back();
    }
    if (op.finally_ops) {
        // It runs in full also where a `return` is on its way, and has none of its own.
        const bool returned = std::exchange(here.returned, false);
        emit("finally");
        co_await run_list(here, *op.finally_ops);
        here.returned = returned;
    }
    if (error) {
        std::rethrow_exception(error);
    }
}

bool interpreter::may_wait(opcode what) {
    switch (what) {
        case opcode::repeat:
        case opcode::try_:
        case opcode::sleep:
        case opcode::await:
        case opcode::gather:
        case opcode::wait:
        case opcode::wait_for:
        case opcode::shield:
        case opcode::as_completed:
        case opcode::timeout:
        case opcode::timeout_at:
        case opcode::task_group:
        case opcode::acquire:
        case opcode::with:
        case opcode::event_wait:
        case opcode::cond_wait:
        case opcode::cond_wait_for:
        case opcode::bar_wait:
        case opcode::bar_abort:
        case opcode::bar_reset:
        case opcode::put:
        case opcode::get:
        case opcode::join:
            return true;
        default:
            return false;
    }
}

heddle::coro<void> interpreter::waiting_operation(activation& here, const operation& op) {
    switch (op.what) {
        case opcode::repeat:
            return repeat(here, op);
        case opcode::try_:
            return run_try(here, op);
        case opcode::timeout:
        case opcode::timeout_at:
            return run_timeout(here, op);
        case opcode::task_group:
            return run_group(here, op);
        case opcode::with:
            return run_with(here, op);
        default:
            return blocking(here, op);
    }
}

heddle::coro<void> interpreter::blocking(activation&, const operation& op) {
    if (names_unset(op)) {
        emit(op.head + " ? unset");
        co_return;
    }
    emit(op.head);
    std::string outcome;
    std::exception_ptr error;
    try {
        outcome = co_await outcome_of(op);
    } catch (...) {
        error = std::current_exception();
    }
    finish(op.head, outcome, error);
}

heddle::coro<std::string> interpreter::outcome_of(const operation& op) {
    switch (op.what) {
        case opcode::sleep:
            return await_sleep(op);
        case opcode::await:
            return await_reference(op);
        case opcode::gather:
            return await_gather(op);
        case opcode::wait:
            return await_wait(op);
        case opcode::wait_for:
            return await_wait_for(op);
        case opcode::shield:
            return await_shield(op);
        case opcode::as_completed:
            return await_as_completed(op);
        default:
            return sync_outcome_of(op);
    }
}

void interpreter::plain_operation(activation* here, const operation& op) {
    if (names_unset(op)) {
        emit(op.head + " ? unset");
        return;
    }
    switch (op.what) {
        case opcode::log:
            emit(op.head);
            break;
        case opcode::raise:
            emit(op.head);
            std::rethrow_exception(make_error(*op.error));
        case opcode::return_:
            here->returned = true;
            here->result = op.given;
            break;
        case opcode::reraise:
            std::rethrow_exception(here->caught.back());
        case opcode::incr:
            incr(op);
            break;
        case opcode::reschedule:
            reschedule(*here, op);
            break;
        case opcode::spawn:
        case opcode::cancel:
        case opcode::uncancel:
        case opcode::cancelling:
            plain_on_task(op);
            break;
        case opcode::tg_spawn:
            plain(op, [&] { return spawn_in_group(op); });
            break;
        case opcode::call_soon:
        case opcode::call_later:
        case opcode::call_at:
            schedule(op);
            break;
        case opcode::set_result:
        case opcode::set_exception:
        case opcode::result:
        case opcode::exception:
        case opcode::state:
        case opcode::watch:
        case opcode::unwatch:
        case opcode::cancel_handle:
        case opcode::handle_cancelled:
            plain_on_future(op);
            break;
        default:
            plain_on_sync(op);
            break;
    }
}

void interpreter::incr(const operation& op) {
    plain(op, [&] { return std::to_string(++counters_[op.counter]); });
}

void interpreter::finish(const std::string& head, const std::string& outcome,
                         const std::exception_ptr& error) {
    emit(head + (error ? " ! " + text_of(error) : " = " + outcome));
    if (error) {
        std::rethrow_exception(error);
    }
}

}  // namespace conformance
