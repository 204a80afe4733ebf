// SPDX-License-Identifier: BSL-1.0
//
// Tasks, and what awaits them.
#include <algorithm>
#include <chrono>

#include "interpreter.hpp"

namespace conformance {

namespace {

using milliseconds = std::chrono::milliseconds;

std::optional<heddle::duration> limit_of(const operation& op) {
    return op.ms ? std::optional<heddle::duration>(milliseconds(*op.ms)) : std::nullopt;
}

std::string list_of(const std::vector<std::string>& items) {
    std::string text = "[";
    for (const std::string& each : items) {
        text += (text.size() > 1 ? "," : "") + each;
    }
    return text + "]";
}

heddle::return_when condition_of(wait_until until) {
    return until == wait_until::all     ? heddle::return_when::all_completed
           : until == wait_until::first ? heddle::return_when::first_completed
                                        : heddle::return_when::first_exception;
}

}  // namespace

// ---- references ----------------------------------------------------------------------------

bool interpreter::names_unset(const operation& op) const {
    switch (op.what) {
        case opcode::cancel_handle:
        case opcode::handle_cancelled:
            return std::holds_alternative<std::monostate>(handles_[op.slot]);
        case opcode::tg_spawn:
            return groups_[op.group] == nullptr;
        default:
            return std::any_of(op.refs.begin(), op.refs.end(), [&](const reference& each) {
                return each.what == reference::sort::slot && !slots_[each.index].valid();
            });
    }
}

any_future interpreter::resolve(const reference& ref) const {
    switch (ref.what) {
        case reference::sort::slot:
            return slots_[ref.index];
        case reference::sort::future:
            return futures_[ref.index];
        case reference::sort::main_task:
            return any_future(tasks_.front().shared_state());
        default:
            break;
    }
    const auto self = std::find_if(tasks_.begin(), tasks_.end(), [&](const auto& each) {
        return !each.done() && &each.base() == loop_.current_task();
    });
    return any_future(self->shared_state());
}

any_future interpreter::resolve_or_spawn(const reference& ref) {
    return ref.what == reference::sort::body ? new_task(ref.index) : resolve(ref);
}

std::vector<any_future> interpreter::resolve_all(const operation& op) {
    std::vector<any_future> all;
    all.reserve(op.refs.size());
    for (const reference& each : op.refs) {
        all.push_back(resolve_or_spawn(each));
    }
    return all;
}

std::string interpreter::next_task_name() const {
    // Main is the first of them, and no t0.
    return "t" + std::to_string(tasks_.size());
}

any_future interpreter::add_task(const heddle::task<value>& made) {
    tasks_.push_back(made);
    return any_future(made.shared_state());
}

any_future interpreter::new_task(std::size_t body) {
    return add_task(loop_.create_task(run_body(body), next_task_name()));
}

// ---- plain operations ----------------------------------------------------------------------

void interpreter::plain_on_task(const operation& op) {
    plain(op, [&]() -> std::string {
        switch (op.what) {
            case opcode::spawn:
                slots_[op.slot] = new_task(op.body);
                return tasks_.back().name();
            case opcode::cancel:
                return text_of(resolve(op.refs.front()).cancel(op.label));
            case opcode::uncancel:
                return std::to_string(heddle::current_task().uncancel());
            default:
                return std::to_string(heddle::current_task().cancelling());
        }
    });
}

// ---- awaiting ------------------------------------------------------------------------------

heddle::coro<std::string> interpreter::await_sleep(const operation& op) {
    co_await heddle::sleep(milliseconds(op.ms.value_or(0)));
    co_return text_of(value{});
}

heddle::coro<std::string> interpreter::await_reference(const operation& op) {
    const reference& ref = op.refs.front();
    if (ref.what == reference::sort::body) {
        const value result = co_await run_body(ref.index);
        co_return text_of(result);
    }
    const any_future awaited = resolve(ref);
    const value& result = co_await awaited;
    co_return text_of(result);
}

heddle::coro<std::string> interpreter::await_gather(const operation& op) {
    std::vector<any_future> children = resolve_all(op);
    std::vector<std::string> texts;
    if (op.flag) {
        const auto all = heddle::gather(heddle::return_exceptions, std::move(children));
        const auto& outcomes = co_await all;
        for (const auto& each : outcomes) {
            texts.push_back(each.has_value() ? text_of(each.value()) : text_of(each.error()));
        }
    } else {
        const auto all = heddle::gather(std::move(children));
        const std::vector<value>& results = co_await all;
        for (const value& each : results) {
            texts.push_back(text_of(each));
        }
    }
    co_return list_of(texts);
}

heddle::coro<std::string> interpreter::await_wait(const operation& op) {
    const std::vector<any_future> given = resolve_all(op);
    std::vector<any_future> distinct;
    for (const any_future& each : given) {
        if (std::find(distinct.begin(), distinct.end(), each) == distinct.end()) {
            distinct.push_back(each);
        }
    }
    const auto ended = co_await heddle::wait(given, condition_of(op.until), limit_of(op));
    const auto indices_of = [&](const auto& some) {
        std::vector<std::string> texts;
        for (const auto& each : some) {
            const auto place = std::find(distinct.begin(), distinct.end(), each);
            texts.push_back(std::to_string(place - distinct.begin()));
        }
        return list_of(texts);
    };
    co_return "done" + indices_of(ended.done) + " pending" + indices_of(ended.pending);
}

heddle::coro<std::string> interpreter::await_wait_for(const operation& op) {
    const reference& ref = op.refs.front();
    if (ref.what == reference::sort::body) {
        const value result = co_await heddle::wait_for(run_body(ref.index), limit_of(op));
        co_return text_of(result);
    }
    const value result = co_await heddle::wait_for(resolve(ref), limit_of(op));
    co_return text_of(result);
}

heddle::coro<std::string> interpreter::await_shield(const operation& op) {
    const any_future inner = resolve_or_spawn(op.refs.front());
    const auto outer = heddle::shield(inner);
    const value& result = co_await outer;
    co_return text_of(result);
}

heddle::coro<std::string> interpreter::await_as_completed(const operation& op) {
    const std::vector<any_future> given = resolve_all(op);
    std::size_t step = 0;
    for (heddle::coro<value> next : heddle::as_completed(given, limit_of(op))) {
        const std::string head = "next " + std::to_string(step++);
        emit(head);
        std::string outcome;
        std::exception_ptr error;
        try {
            const value result = co_await std::move(next);
            outcome = text_of(result);
        } catch (...) {
            error = std::current_exception();
        }
        const bool dropped = error && op.flag && kind_of(error) != error_kind::cancelled;
        if (dropped) {
            emit(head + " ! " + text_of(error));
        } else {
            finish(head, outcome, error);
        }
    }
    co_return text_of(value{});
}

}  // namespace conformance
