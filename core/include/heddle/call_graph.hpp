// SPDX-License-Identifier: BSL-1.0
//
// Who waits for what, where, and who waits for whom: asyncio's capture_call_graph and
// print_call_graph, and a view of all tasks like that of `python -m asyncio pstree`.
//
// A graph goes up: from a task, through the gathers and groups that it is part of, to the tasks
// that await them. The view of all tasks goes down: under each task are those that it waits for,
// and a cycle of tasks that wait for each other is named. The loop's deadlock report is that view.
//
// In a debugger, with the program stopped on the loop's thread while the loop runs:
//
//   (gdb) call heddle_print_tasks()
//
// What is shown is limited (depth, tasks, awaits), and what is left out is counted: a chain of
// 100,000 tasks gives a short text. Nothing here changes anything; on the loop's thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <source_location>
#include <string>
#include <vector>

namespace heddle {

class event_loop;
class future_base;
class task_base;
template <class T>
class basic_future;

/// A co_await that a task is suspended in.
struct call_site {
    std::string function;  ///< its name, without types where the compiler's text allows
    std::string file;      ///< the last part of the path
    std::uint32_t line = 0;
};

/// A task or a future, where it stands, and who waits for it.
struct call_graph {
    std::string label;             ///< "'Task-2'", "gather of 2"
    std::string state;             ///< "waits for a reply", "is ready to run", "is running", ...
    std::vector<call_site> sites;  ///< innermost first, the library's own left out; tasks only
    std::size_t sites_left_out = 0;
    std::vector<call_graph> awaited_by;  ///< in the order in which they began to wait
    std::size_t awaited_by_left_out = 0;
    bool shown_before = false;  ///< it stands elsewhere in this graph, where the rest is
};

/// The graph upwards from a task, or a future. A task that runs has no sites of its innermost
/// coroutine: see print_call_graph.
[[nodiscard]] call_graph capture_call_graph(const task_base& task);
[[nodiscard]] call_graph capture_call_graph(const future_base& future);
template <class T>
[[nodiscard]] call_graph capture_call_graph(const basic_future<T>& future) {
    return capture_call_graph(static_cast<const future_base&>(*future.shared_state()));
}

/// As text, a line for each task and await; ends with a newline.
[[nodiscard]] std::string format_call_graph(const call_graph& graph);

/// Prints the graph of the task that runs now, `here` as its innermost place. Throws usage_error
/// outside of a task.
void print_call_graph(std::ostream& out,
                      std::source_location here = std::source_location::current());

/// All tasks of a loop that are not done, as text: a line each, in creation order, under each the
/// tasks that it waits for; then the cycles. Empty if there are none.
[[nodiscard]] std::string format_all_tasks(const event_loop& loop);

}  // namespace heddle

/// Prints format_all_tasks of the loop that runs on this thread to standard error: for debuggers.
extern "C" void heddle_print_tasks();
