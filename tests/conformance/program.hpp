// SPDX-License-Identifier: BSL-1.0
//
// A conformance program as it is interpreted: bodies of operations, read from one line of JSON.
//
// Everything that can be decided when the program is read is decided then: the head of each
// operation's trace lines is a string, names of slots and objects are indices, and an index of a
// body, object or plain future is within range. Slots grow as they are needed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "program_errors.hpp"

namespace conformance {

/// What a body returns and a future holds: an integer, or Python's None.
struct value {
    std::optional<std::int64_t> number;
};
[[nodiscard]] std::string text_of(const value& shown);
[[nodiscard]] std::string text_of(bool shown);

/// Something awaitable: "s3", "f0", "b2", "self", "main".
struct reference {
    enum class sort : std::uint8_t { slot, future, body, self, main_task };
    sort what = sort::slot;
    std::size_t index = 0;
};

/// An object that exists before the run: "lock0", "bar1", ...
struct object_name {
    enum class sort : std::uint8_t { lock, event, cond, sem, bsem, bar, queue };
    sort what = sort::lock;
    std::size_t index = 0;
};

enum class opcode : std::uint8_t {
    // control
    log,
    raise,
    return_,
    repeat,
    try_,
    reraise,
    incr,
    // tasks and awaiting
    sleep,
    spawn,
    await,
    cancel,
    uncancel,
    cancelling,
    gather,
    wait,
    wait_for,
    shield,
    as_completed,
    // futures and callbacks
    set_result,
    set_exception,
    result,
    exception,
    state,
    watch,
    unwatch,
    call_soon,
    call_later,
    call_at,
    cancel_handle,
    handle_cancelled,
    // timeouts and groups
    timeout,
    timeout_at,
    reschedule,
    task_group,
    tg_spawn,
    // synchronisation
    acquire,
    release,
    locked,
    with,
    event_wait,
    set,
    clear,
    is_set,
    cond_wait,
    cond_wait_for,
    notify,
    notify_all,
    bar_wait,
    bar_abort,
    bar_reset,
    bar_info,
    put,
    get,
    join,
    put_nowait,
    get_nowait,
    task_done,
    qsize,
};

enum class wait_until : std::uint8_t { all, first, exception };

struct operation;
using operations = std::vector<operation>;

/// One `except` of a `try`.
struct handler;

struct operation {
    opcode what{};
    std::string head;             ///< as the trace shows it
    std::vector<reference> refs;  ///< in order; most operations have one at most
    std::optional<object_name> object;
    std::size_t slot = 0;   ///< of the task, handle or group that it assigns or uses
    std::size_t group = 0;  ///< the group that tg_spawn spawns in
    std::size_t counter = 0;
    std::size_t body = 0;
    std::optional<std::int64_t> ms;  ///< none: no timeout
    std::int64_t count = 0;          ///< times, notifications, a counter's goal
    value given;                     ///< what is returned, set or put
    bool flag = false;               ///< return_exceptions, `cont`, whether a watch fetches
    wait_until until = wait_until::all;
    std::string label;  ///< of a callback; the message of a cancellation; the text of a log
    std::optional<error_spec> error;
    operations ops;
    std::vector<handler> handlers;
    std::optional<operations> finally_ops;
};

struct handler {
    std::string pattern;
    operations ops;
};

struct queue_spec {
    enum class sort : std::uint8_t { fifo, lifo, prio };
    sort what = sort::fifo;
    std::ptrdiff_t maxsize = 0;
};

struct objects {
    std::size_t locks = 0;
    std::size_t events = 0;
    std::size_t conds = 0;
    std::size_t futures = 0;
    std::vector<std::int64_t> sems;
    std::vector<std::int64_t> bsems;
    std::vector<std::size_t> bars;
    std::vector<queue_spec> queues;
};

struct program {
    std::string id;
    conformance::objects objects;
    std::vector<operations> bodies;
    // How many of each the operations name.
    std::size_t slots = 0;
    std::size_t handles = 0;
    std::size_t groups = 0;
    std::size_t counters = 0;
};

/// The line is not a program; what() says why, for people.
class bad_program : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Reads one line. Throws bad_program.
[[nodiscard]] program read_program(std::string_view line);

/// One line of output, without its end.
[[nodiscard]] std::string trace_as_json(const std::string& id,
                                        const std::vector<std::string>& trace);

}  // namespace conformance
