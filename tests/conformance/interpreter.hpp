// SPDX-License-Identifier: BSL-1.0
//
// Runs one program on one loop, and writes down what happens: the trace.
//
// Bodies, and lists of operations within operations, are coroutines that are awaited in place, so
// the interpreter adds no hop. `return` within nested lists is a flag, not an exception. What
// failed is kept as an exception_ptr while lines are written and cleaning up is awaited, then
// thrown again: the same object.
//
// An operation is either plain (done at once, one line, its error goes no further) or one that may
// wait. Each has its file: control.cpp, tasks.cpp, futures.cpp, timeouts_and_groups.cpp, sync.cpp;
// whole_run.cpp has what is around the bodies.
#pragma once

#include <heddle/heddle.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "program.hpp"
#include "sync_objects.hpp"

namespace conformance {

/// A task or plain future, seen as a future.
using any_future = heddle::future<value>;

/// One run of a body.
struct activation {
    bool returned = false;
    value result;
    std::vector<heddle::timeout_scope*> timeouts;  // entered now, innermost last
    std::vector<std::exception_ptr> caught;        // by the handlers that run now, innermost last
};

class interpreter {
public:
    /// Both outlive it. The loop is a new one, and is closed afterwards.
    interpreter(const program& what, heddle::event_loop& loop);
    interpreter(const interpreter&) = delete;
    interpreter& operator=(const interpreter&) = delete;
    ~interpreter();

    /// Runs the program once, to the end of its trace.
    std::vector<std::string> run();

private:
    using lines = std::vector<std::string>;
    template <class T>
    using coro = heddle::coro<T>;

    // ---- the trace
    /// One line in the name of the task that runs now.
    void emit(std::string_view text);
    /// One line in nobody's name.
    void emit_outside(std::string_view text);
    void emit_as(std::string_view name, std::string_view text);
    /// The line that ends a blocking operation or a block; throws `error` again if there is one.
    void finish(const std::string& head, const std::string& outcome,
                const std::exception_ptr& error);
    /// The line of a plain operation: calls `act`, which returns the outcome as a string.
    template <class Act>
    void plain(const operation& op, Act&& act) {
        std::string outcome;
        try {
            outcome = " = " + act();
        } catch (...) {
            outcome = " ! " + text_of(std::current_exception());
        }
        emit(op.head + outcome);
    }

    // ---- control
    coro<value> run_body(std::size_t number);
    coro<void> run_list(activation& here, const operations& list);
    coro<void> repeat(activation& here, const operation& op);
    coro<void> run_try(activation& here, const operation& op);
    /// What may wait: blocking operations, and those that hold others.
    [[nodiscard]] static bool may_wait(opcode what);
    [[nodiscard]] coro<void> waiting_operation(activation& here, const operation& op);
    /// The lines around what outcome_of() does.
    coro<void> blocking(activation& here, const operation& op);
    [[nodiscard]] coro<std::string> outcome_of(const operation& op);
    /// `here` is null in a callback.
    void plain_operation(activation* here, const operation& op);
    void incr(const operation& op);

    // ---- tasks and awaiting
    /// Whether something that the operation names was never assigned.
    [[nodiscard]] bool names_unset(const operation& op) const;
    /// Null for an unset slot. Not for bodies.
    [[nodiscard]] any_future resolve(const reference& ref) const;
    /// The same, but a body becomes a new task.
    [[nodiscard]] any_future resolve_or_spawn(const reference& ref);
    [[nodiscard]] std::vector<any_future> resolve_all(const operation& op);
    [[nodiscard]] std::string next_task_name() const;
    any_future add_task(const heddle::task<value>& made);
    any_future new_task(std::size_t body);
    void plain_on_task(const operation& op);
    coro<std::string> await_sleep(const operation& op);
    coro<std::string> await_reference(const operation& op);
    coro<std::string> await_gather(const operation& op);
    coro<std::string> await_wait(const operation& op);
    coro<std::string> await_wait_for(const operation& op);
    coro<std::string> await_shield(const operation& op);
    coro<std::string> await_as_completed(const operation& op);

    // ---- futures and callbacks
    void plain_on_future(const operation& op);
    std::string watch(const operation& op);
    std::string unwatch(const operation& op);
    void watched(const operation& op, const heddle::basic_future<value>& done);
    void schedule(const operation& op);
    void run_callback(const operation& op);

    // ---- timeouts and groups
    coro<void> run_timeout(activation& here, const operation& op);
    coro<void> run_group(activation& here, const operation& op);
    void reschedule(activation& here, const operation& op);
    std::string spawn_in_group(const operation& op);

    // ---- synchronisation
    coro<void> run_with(activation& here, const operation& op);
    [[nodiscard]] coro<std::string> sync_outcome_of(const operation& op);
    coro<std::string> await_void(coro<void> awaited, const char* outcome);
    coro<std::string> await_turn(const operation& op);
    coro<std::string> await_item(const operation& op);
    void plain_on_sync(const operation& op);
    std::string queue_outcome(const operation& op);

    // ---- the whole run
    /// Null, or what ended it; `deadlocked` is set where nothing could go on.
    std::exception_ptr run_to_end_of(const any_future& awaited, bool& deadlocked);
    /// Runs what is left to its end; false if nothing could go on.
    bool shut_down(const std::vector<std::size_t>& left);
    void report_unretrieved();
    void report_states();
    [[nodiscard]] std::string name_of_future(std::size_t index) const;

    const program& program_;
    heddle::event_loop& loop_;
    lines trace_;
    sync_objects sync_;
    std::vector<any_future> futures_;
    std::vector<heddle::task<value>> tasks_;  // main, t1, t2, ...
    std::vector<any_future> slots_;
    std::vector<std::variant<std::monostate, heddle::handle, heddle::timer_handle>> handles_;
    std::vector<std::shared_ptr<heddle::task_group>> groups_;
    std::vector<std::int64_t> counters_;

    struct watch_entry {
        any_future watched;
        std::string label;
        heddle::done_callback added;
    };
    std::vector<watch_entry> watches_;
};

}  // namespace conformance
