// SPDX-License-Identifier: BSL-1.0
//
// Reads programs and writes traces. The one file that knows JSON; the library is compiled into it.
//
// Each operation is a row of a table: its name, and a letter for each of its arguments. A letter
// says where the argument goes and whether the head shows it.
#include "program.hpp"

#include <algorithm>
#include <array>
#include <boost/json/src.hpp>
#include <charconv>

namespace conformance {

namespace {

namespace json = boost::json;

struct row {
    std::string_view name;
    opcode what;
    std::string_view arguments;
};

// Shown in the head:
//   L text or label      C message, if there is one   E kind and message   v value, or None
//   m time, or None      n count                      b body               B flag
//   W when to return     s h g c slot of a task, handle, group; counter
//   r reference          R list of references         o object
// Not shown:
//   N count              V value                      M "state" or "fetch"
//   O operations         H handlers                   F operations, or null
constexpr std::array table{
    row{"log", opcode::log, "L"},
    row{"raise", opcode::raise, "E"},
    row{"return", opcode::return_, "V"},
    row{"repeat", opcode::repeat, "NO"},
    row{"try", opcode::try_, "OHF"},
    row{"reraise", opcode::reraise, ""},
    row{"incr", opcode::incr, "c"},
    row{"sleep", opcode::sleep, "m"},
    row{"spawn", opcode::spawn, "sb"},
    row{"await", opcode::await, "r"},
    row{"cancel", opcode::cancel, "rC"},
    row{"uncancel", opcode::uncancel, ""},
    row{"cancelling", opcode::cancelling, ""},
    row{"gather", opcode::gather, "RB"},
    row{"wait", opcode::wait, "RmW"},
    row{"wait_for", opcode::wait_for, "rm"},
    row{"shield", opcode::shield, "r"},
    row{"as_completed", opcode::as_completed, "RmB"},
    row{"set_result", opcode::set_result, "rv"},
    row{"set_exception", opcode::set_exception, "rE"},
    row{"result", opcode::result, "r"},
    row{"exception", opcode::exception, "r"},
    row{"state", opcode::state, "r"},
    row{"watch", opcode::watch, "rLM"},
    row{"unwatch", opcode::unwatch, "rL"},
    row{"call_soon", opcode::call_soon, "hLO"},
    row{"call_later", opcode::call_later, "hmLO"},
    row{"call_at", opcode::call_at, "hmLO"},
    row{"cancel_handle", opcode::cancel_handle, "h"},
    row{"handle_cancelled", opcode::handle_cancelled, "h"},
    row{"timeout", opcode::timeout, "mO"},
    row{"timeout_at", opcode::timeout_at, "mO"},
    row{"reschedule", opcode::reschedule, "m"},
    row{"task_group", opcode::task_group, "gO"},
    row{"tg_spawn", opcode::tg_spawn, "gsb"},
    row{"acquire", opcode::acquire, "o"},
    row{"release", opcode::release, "o"},
    row{"locked", opcode::locked, "o"},
    row{"with", opcode::with, "oO"},
    row{"event_wait", opcode::event_wait, "o"},
    row{"set", opcode::set, "o"},
    row{"clear", opcode::clear, "o"},
    row{"is_set", opcode::is_set, "o"},
    row{"cond_wait", opcode::cond_wait, "o"},
    row{"cond_wait_for", opcode::cond_wait_for, "ocn"},
    row{"notify", opcode::notify, "on"},
    row{"notify_all", opcode::notify_all, "o"},
    row{"bar_wait", opcode::bar_wait, "o"},
    row{"bar_abort", opcode::bar_abort, "o"},
    row{"bar_reset", opcode::bar_reset, "o"},
    row{"bar_info", opcode::bar_info, "o"},
    row{"put", opcode::put, "ov"},
    row{"get", opcode::get, "o"},
    row{"join", opcode::join, "o"},
    row{"put_nowait", opcode::put_nowait, "ov"},
    row{"get_nowait", opcode::get_nowait, "o"},
    row{"task_done", opcode::task_done, "o"},
    row{"qsize", opcode::qsize, "o"},
};

constexpr std::array<std::pair<std::string_view, object_name::sort>, 7> object_sorts{{
    {"lock", object_name::sort::lock},
    {"event", object_name::sort::event},
    {"cond", object_name::sort::cond},
    {"sem", object_name::sort::sem},
    {"bsem", object_name::sort::bsem},
    {"bar", object_name::sort::bar},
    {"q", object_name::sort::queue},
}};

[[noreturn]] void reject(const std::string& why) { throw bad_program(why); }

std::string string_in(const json::value& text) { return std::string(text.as_string()); }

/// "lock12": what stands before the digits, and the number.
std::pair<std::string_view, std::size_t> split_name(std::string_view name) {
    const std::size_t digits = std::min(name.find_first_of("0123456789"), name.size());
    std::size_t number = 0;
    const char* end = name.data() + name.size();
    const auto [stop, error] = std::from_chars(name.data() + digits, end, number);
    // The bound keeps a typing error from making a table of slots that fills the memory.
    if (error != std::errc() || stop != end || number > 1'000'000) {
        reject("'" + std::string(name) + "' is not a name with a number");
    }
    return {name.substr(0, digits), number};
}

template <class T>
T number_in(const json::value& number) {
    return number.to_number<T>();
}

class reader {
public:
    program read(std::string_view line) {
        const json::value whole = json::parse(line);
        const json::object& fields = whole.as_object();
        result_.id = string_in(fields.at("id"));
        if (const json::value* given = fields.if_contains("objects")) {
            read_objects(given->as_object());
        }
        bodies_ = fields.at("bodies").as_array().size();
        for (const json::value& body : fields.at("bodies").as_array()) {
            result_.bodies.push_back(read_operations(body));
        }
        if (bodies_ == 0) {
            reject("a program has a body 0");
        }
        return std::move(result_);
    }

private:
    void read_objects(const json::object& given) {
        const auto count = [&](std::string_view key) {
            const json::value* number = given.if_contains(key);
            return number != nullptr ? number_in<std::size_t>(*number) : 0;
        };
        const auto each = [&](std::string_view key, const auto& read_one) {
            if (const json::value* list = given.if_contains(key)) {
                for (const json::value& one : list->as_array()) {
                    read_one(one);
                }
            }
        };
        objects& all = result_.objects;
        all.locks = count("locks");
        all.events = count("events");
        all.conds = count("conds");
        all.futures = count("futures");
        each("sems", [&](const auto& one) { all.sems.push_back(number_in<std::int64_t>(one)); });
        each("bsems", [&](const auto& one) { all.bsems.push_back(number_in<std::int64_t>(one)); });
        each("bars", [&](const auto& one) { all.bars.push_back(number_in<std::size_t>(one)); });
        each("queues", [&](const json::value& one) {
            const std::string kind = string_in(one.as_array().at(0));
            const auto maxsize = number_in<std::ptrdiff_t>(one.as_array().at(1));
            if (kind != "fifo" && kind != "lifo" && kind != "prio") {
                reject("'" + kind + "' is no kind of queue");
            }
            all.queues.push_back({kind == "fifo"   ? queue_spec::sort::fifo
                                  : kind == "lifo" ? queue_spec::sort::lifo
                                                   : queue_spec::sort::prio,
                                  maxsize});
        });
    }

    operations read_operations(const json::value& list) {
        operations read;
        for (const json::value& one : list.as_array()) {
            read.push_back(read_operation(one.as_array()));
        }
        return read;
    }

    operation read_operation(const json::array& parts) {
        const std::string name = string_in(parts.at(0));
        const auto* found = std::find_if(table.begin(), table.end(),
                                         [&](const row& each) { return each.name == name; });
        if (found == table.end()) {
            reject("'" + name + "' is no operation");
        }
        operation read;
        read.what = found->what;
        read.head = name;
        position_ = 1;
        for (const char letter : found->arguments) {
            read_argument(read, letter, parts);
        }
        return read;
    }

    /// The next argument; null if the operation ends before it.
    const json::value& next(const json::array& parts) {
        static const json::value none;
        return position_ < parts.size() ? parts[position_++] : none;
    }

    void read_argument(operation& to, char letter, const json::array& parts) {
        const auto show = [&](const std::string& text) { to.head += " " + text; };
        const json::value& given = next(parts);
        switch (letter) {
            case 'L':
                show(to.label = string_in(given));
                break;
            case 'C':
                if (!given.is_null()) {
                    show(to.label = string_in(given));
                }
                break;
            case 'E':
                show(read_error(to, given, next(parts)));
                break;
            case 'v':
                show(text_of(to.given = read_value(given)));
                break;
            case 'V':
                to.given = read_value(given);
                break;
            case 'm':
                show(text_of(value{to.ms = read_value(given).number}));
                break;
            case 'n':
                show(std::to_string(to.count = number_in<std::int64_t>(given)));
                break;
            case 'N':
                to.count = number_in<std::int64_t>(given);
                break;
            case 'B':
                show(text_of(to.flag = given.as_bool()));
                break;
            case 'M':
                to.flag = given.as_string() == "fetch";
                break;
            case 'W':
                show(string_in(given));
                to.until = given.as_string() == "ALL"     ? wait_until::all
                           : given.as_string() == "FIRST" ? wait_until::first
                                                          : wait_until::exception;
                break;
            case 'b':
                to.body = within(number_in<std::size_t>(given), bodies_, "body");
                show("b" + std::to_string(to.body));
                break;
            case 'O':
            case 'H':
            case 'F':
                read_nested(to, letter, given);
                break;
            case 'R':
                show(read_list(to, given));
                break;
            default:
                show(string_in(given));
                read_name(to, letter, string_in(given));
                break;
        }
    }

    static value read_value(const json::value& given) {
        return given.is_null() ? value{} : value{number_in<std::int64_t>(given)};
    }

    static std::string read_error(operation& to, const json::value& kind,
                                  const json::value& message) {
        const auto known = kind_named(kind.as_string());
        if (!known) {
            reject("'" + string_in(kind) + "' is no kind of error");
        }
        to.error = {*known, message.is_null() ? std::string() : string_in(message)};
        return text_of(*to.error);
    }

    /// Lists within lists move the position: it is put back.
    void read_nested(operation& to, char letter, const json::value& given) {
        const std::size_t position = position_;
        if (letter == 'O') {
            to.ops = read_operations(given);
        } else if (letter == 'F') {
            if (!given.is_null()) {
                to.finally_ops = read_operations(given);
            }
        } else {
            for (const json::value& one : given.as_array()) {
                to.handlers.push_back(
                    {string_in(one.as_array().at(0)), read_operations(one.as_array().at(1))});
            }
        }
        position_ = position;
    }

    std::string read_list(operation& to, const json::value& given) {
        std::string shown = "[";
        for (const json::value& one : given.as_array()) {
            shown += (shown.size() > 1 ? "," : "") + string_in(one);
            to.refs.push_back(read_reference(string_in(one)));
        }
        return shown + "]";
    }

    void read_name(operation& to, char letter, const std::string& name) {
        switch (letter) {
            case 'r':
                to.refs.push_back(read_reference(name));
                break;
            case 's':
                to.slot = counted(name, "s", result_.slots);
                break;
            case 'h':
                to.slot = counted(name, "h", result_.handles);
                break;
            case 'g':
                to.group = counted(name, "g", result_.groups);
                break;
            case 'c':
                to.counter = counted(name, "v", result_.counters);
                break;
            default:
                to.object = read_object(name);
                break;
        }
    }

    static std::size_t counted(const std::string& name, std::string_view prefix,
                               std::size_t& count) {
        const auto [sort, index] = split_name(name);
        if (sort != prefix) {
            reject("'" + name + "' stands where a name in " + std::string(prefix) + " is wanted");
        }
        count = std::max(count, index + 1);
        return index;
    }

    static std::size_t within(std::size_t index, std::size_t count, const char* what) {
        if (index >= count) {
            reject(std::string(what) + " " + std::to_string(index) + " is not there");
        }
        return index;
    }

    reference read_reference(const std::string& name) {
        if (name == "self") {
            return {reference::sort::self, 0};
        }
        if (name == "main") {
            return {reference::sort::main_task, 0};
        }
        const auto [prefix, index] = split_name(name);
        if (prefix == "s") {
            return {reference::sort::slot, counted(name, "s", result_.slots)};
        }
        if (prefix == "f") {
            return {reference::sort::future, within(index, result_.objects.futures, "future")};
        }
        if (prefix == "b") {
            return {reference::sort::body, within(index, bodies_, "body")};
        }
        reject("'" + name + "' is no reference");
    }

    object_name read_object(const std::string& name) {
        const auto [prefix, index] = split_name(name);
        const objects& all = result_.objects;
        const std::array<std::size_t, 7> counts{all.locks,        all.events,       all.conds,
                                                all.sems.size(),  all.bsems.size(), all.bars.size(),
                                                all.queues.size()};
        for (const auto& [word, sort] : object_sorts) {
            if (word == prefix) {
                return {sort, within(index, counts[static_cast<std::size_t>(sort)], "object")};
            }
        }
        reject("'" + name + "' is no object");
    }

    program result_;
    std::size_t bodies_ = 0;
    std::size_t position_ = 0;
};

}  // namespace

std::string text_of(const value& shown) {
    return shown.number ? std::to_string(*shown.number) : "None";
}

std::string text_of(bool shown) { return shown ? "True" : "False"; }

program read_program(std::string_view line) {
    try {
        return reader().read(line);
    } catch (const bad_program&) {
        throw;
    } catch (const std::exception& error) {  // Boost.JSON's: a missing key, another type
        throw bad_program(error.what());
    }
}

std::string trace_as_json(const std::string& id, const std::vector<std::string>& trace) {
    json::array lines(trace.begin(), trace.end());
    json::object whole;
    whole["id"] = id;
    whole["trace"] = std::move(lines);
    return json::serialize(whole);
}

}  // namespace conformance
