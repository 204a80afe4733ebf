// SPDX-License-Identifier: BSL-1.0
//
// Locks, events, conditions, semaphores, barriers and queues.
#include "interpreter.hpp"

namespace conformance {

heddle::coro<void> interpreter::run_with(activation& here, const operation& op) {
    co_await blocking(here, op);
    std::exception_ptr error;
    try {
        co_await run_list(here, op.ops);
    } catch (...) {
        error = std::current_exception();
    }
    std::string outcome = " = None";
    try {
        sync_.with_lockable(*op.object, [](auto& each) { each.release(); });
    } catch (...) {
        error = std::current_exception();
        outcome = " ! " + text_of(error);
    }
    emit("un" + op.head + outcome);
    if (error) {
        std::rethrow_exception(error);
    }
}

// ---- blocking operations -------------------------------------------------------------------

heddle::coro<std::string> interpreter::sync_outcome_of(const operation& op) {
    const std::size_t index = op.object->index;
    const auto acquire = [&] {
        return sync_.with_lockable(*op.object, [](auto& each) { return each.acquire(); });
    };
    switch (op.what) {
        case opcode::acquire:
            return await_void(acquire(), "True");
        case opcode::with:
            return await_void(acquire(), "None");
        case opcode::event_wait:
            return await_void(sync_.events[index].wait(), "True");
        case opcode::cond_wait:
            return await_void(sync_.conds[index].wait(), "True");
        case opcode::cond_wait_for:
            return await_void(sync_.conds[index].wait_for(
                                  [this, &op] { return counters_[op.counter] >= op.count; }),
                              "True");
        case opcode::bar_wait:
            return await_turn(op);
        case opcode::bar_abort:
            return await_void(sync_.bars[index].abort(), "None");
        case opcode::bar_reset:
            return await_void(sync_.bars[index].reset(), "None");
        case opcode::put:
            return await_void(sync_.queues[index]->put(op.given.number.value_or(0)), "None");
        case opcode::get:
            return await_item(op);
        default:
            return await_void(sync_.queues[index]->join(), "None");
    }
}

heddle::coro<std::string> interpreter::await_void(heddle::coro<void> awaited, const char* outcome) {
    co_await std::move(awaited);
    co_return outcome;
}

heddle::coro<std::string> interpreter::await_turn(const operation& op) {
    const std::size_t turn = co_await sync_.bars[op.object->index].wait();
    co_return std::to_string(turn);
}

heddle::coro<std::string> interpreter::await_item(const operation& op) {
    const std::int64_t item = co_await sync_.queues[op.object->index]->get();
    co_return std::to_string(item);
}

// ---- plain operations ----------------------------------------------------------------------

void interpreter::plain_on_sync(const operation& op) {
    const std::size_t index = op.object->index;
    switch (op.what) {
        case opcode::set:
            sync_.events[index].set();
            emit(op.head);
            return;
        case opcode::clear:
            sync_.events[index].clear();
            emit(op.head);
            return;
        default:
            break;
    }
    plain(op, [&]() -> std::string {
        switch (op.what) {
            case opcode::release:
                sync_.with_lockable(*op.object, [](auto& each) { each.release(); });
                return text_of(value{});
            case opcode::locked:
                return text_of(
                    sync_.with_lockable(*op.object, [](auto& each) { return each.locked(); }));
            case opcode::is_set:
                return text_of(sync_.events[index].is_set());
            case opcode::notify:
                sync_.conds[index].notify(static_cast<std::size_t>(op.count));
                return text_of(value{});
            case opcode::notify_all:
                sync_.conds[index].notify_all();
                return text_of(value{});
            case opcode::bar_info:
                return std::to_string(sync_.bars[index].n_waiting()) + " " +
                       text_of(sync_.bars[index].broken());
            default:
                return queue_outcome(op);
        }
    });
}

std::string interpreter::queue_outcome(const operation& op) {
    any_queue& queue = *sync_.queues[op.object->index];
    switch (op.what) {
        case opcode::put_nowait:
            queue.put_nowait(op.given.number.value_or(0));
            return text_of(value{});
        case opcode::get_nowait:
            return std::to_string(queue.get_nowait());
        case opcode::task_done:
            queue.task_done();
            return text_of(value{});
        default:
            return queue.info();
    }
}

}  // namespace conformance
