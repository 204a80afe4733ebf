// SPDX-License-Identifier: BSL-1.0
#include <heddle/call_graph.hpp>

#include <algorithm>
#include <cstdio>
#include <map>
#include <ostream>
#include <set>
#include <string_view>
#include <utility>

#include <heddle/event_loop.hpp>
#include <heddle/future_base.hpp>
#include <heddle/task_base.hpp>

namespace heddle {

namespace {

constexpr std::size_t most_sites = 32;
constexpr std::size_t most_levels = 32;
constexpr std::size_t most_nodes = 200;
constexpr std::size_t most_lines = 200;
constexpr std::size_t most_cycles = 4;

// ---- names ---------------------------------------------------------------------------------

void erase_all(std::string& text, std::string_view part) {
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at)) {
        text.erase(at, part.size());
    }
}

/// The name in a compiler's text for a function: "ns::f" of "heddle::coro<int> ns::f(int)". For a
/// coroutine g++ says "void ns::f(ns::f(int)::_ZN...Frame*)".
std::string short_name(std::string text) {
    erase_all(text, "{anonymous}::");
    erase_all(text, "(anonymous namespace)::");
    std::string_view rest = text;
    for (const std::string_view lambda : {"::<lambda", "::(anonymous class)", "::(lambda"}) {
        if (const std::size_t at = rest.find(lambda); at != std::string_view::npos) {
            return "a lambda in " + short_name(std::string(rest.substr(0, at)));
        }
    }
    // Up to the parameters, from the last space that is not within template arguments.
    int depth = 0;
    std::size_t begin = 0;
    std::size_t end = rest.size();
    for (std::size_t i = 0; i < rest.size(); ++i) {
        const char c = rest[i];
        depth += c == '<' ? 1 : c == '>' ? -1 : 0;
        if (depth == 0 && c == ' ') {
            begin = i + 1;
        }
        if (depth == 0 && c == '(') {
            end = rest.substr(begin, i - begin).ends_with("operator") ? i + 2 : i;
            break;
        }
    }
    return std::string(rest.substr(begin, end - begin));
}

call_site site_of(const std::source_location& place) {
    const std::string_view path = place.file_name();
    const std::size_t slash = path.find_last_of('/');
    return {short_name(place.function_name()),
            std::string(slash == std::string_view::npos ? path : path.substr(slash + 1)),
            static_cast<std::uint32_t>(place.line())};
}

std::string with_count(std::size_t count, const char* what) {
    return "... and " + std::to_string(count) + " more " + what + (count == 1 ? "" : "s");
}

// ---- upwards -------------------------------------------------------------------------------

std::string state_of(const future_base& future) {
    if (const task_base* task = future.as_task(); task != nullptr && !future.done()) {
        return describe_state(*task);
    }
    return future.done() ? "is done" : "is pending";
}

void add_sites(call_graph& graph, const task_base& task) {
    // The innermost site of a task that runs is where it last waited, not where it is.
    bool skip = task.loop().current_task() == &task;
    task.for_each_site([&](const std::source_location& place) {
        if (std::exchange(skip, false) || place.line() == 0 || detail::is_library_site(place)) {
            return;
        }
        if (graph.sites.size() < most_sites) {
            graph.sites.push_back(site_of(place));
        } else {
            ++graph.sites_left_out;
        }
    });
}

/// Goes up from a future; each that it comes by is described once. The set is asked, never walked.
class capture {
public:
    call_graph from(const future_base& future, std::size_t level) {
        call_graph graph;
        graph.label = future.label();
        graph.state = state_of(future);
        if (!seen_.insert(&future).second) {
            graph.shown_before = true;
            return graph;
        }
        if (const task_base* task = future.as_task(); task != nullptr && !future.done()) {
            add_sites(graph, *task);
        }
        future.for_each_waiter([&](const runnable& waiter) {
            const future_base* awaiting = waiter.on_behalf_of();
            if (awaiting == nullptr) {
                return;
            }
            if (level + 1 < most_levels && nodes_ < most_nodes) {
                ++nodes_;
                graph.awaited_by.push_back(from(*awaiting, level + 1));
            } else {
                ++graph.awaited_by_left_out;
            }
        });
        return graph;
    }

private:
    std::set<const future_base*> seen_;
    std::size_t nodes_ = 1;
};

void append_graph(std::string& text, const call_graph& graph, const std::string& indent) {
    text += indent + "* " + graph.label + " " + graph.state;
    text += graph.shown_before ? " (shown before)\n" : "\n";
    for (const call_site& each : graph.sites) {
        text += indent + "  at " + each.file + ":" + std::to_string(each.line) + " in " +
                each.function + "\n";
    }
    if (graph.sites_left_out > 0) {
        text += indent + "  " + with_count(graph.sites_left_out, "await") + "\n";
    }
    if (graph.awaited_by.empty() && graph.awaited_by_left_out == 0) {
        return;
    }
    text += indent + "  awaited by\n";
    for (const call_graph& each : graph.awaited_by) {
        append_graph(text, each, indent + "    ");
    }
    if (graph.awaited_by_left_out > 0) {
        text += indent + "    " + with_count(graph.awaited_by_left_out, "waiter") + "\n";
    }
}

// ---- all tasks, downwards ------------------------------------------------------------------

/// The tasks of a loop by number of their place in it, and who waits for whom.
class forest {
public:
    explicit forest(const event_loop& loop) {
        loop.for_each_task([&](const task_base& each) {
            places_.emplace(&each.as_future(), tasks_.size());
            tasks_.push_back(&each);
        });
        awaits_.resize(tasks_.size());
        awaited_.resize(tasks_.size());
        visited_.resize(tasks_.size(), visit::none);
        for (std::size_t i = 0; i < tasks_.size(); ++i) {
            add_awaiters_of(i);
        }
        add_holders();
    }

    std::string text() {
        for (std::size_t i = 0; i < tasks_.size(); ++i) {
            if (!awaited_[i]) {
                walk(i);
            }
        }
        // What is left hangs on cycles that nobody outside waits for.
        for (std::size_t i = 0; i < tasks_.size(); ++i) {
            if (visited_[i] == visit::none) {
                walk(i);
            }
        }
        if (left_out_ > 0) {
            text_ += with_count(left_out_, "task") + "\n";
        }
        text_ += cycles_;
        return std::move(text_);
    }

private:
    enum class visit : unsigned char { none, open, closed };
    struct level {
        std::size_t task;
        std::size_t next;  // of what it waits for
    };

    /// The tasks that wait for task `i`, through whatever is between them.
    void add_awaiters_of(std::size_t i) {
        std::vector<const future_base*> pending{&tasks_[i]->as_future()};
        std::set<const future_base*> seen;
        while (!pending.empty()) {
            const future_base* future = pending.back();
            pending.pop_back();
            future->for_each_waiter([&](const runnable& waiter) {
                const future_base* awaiting = waiter.on_behalf_of();
                if (awaiting == nullptr || !seen.insert(awaiting).second) {
                    return;
                }
                if (const auto found = places_.find(awaiting); found != places_.end()) {
                    awaits_[found->second].push_back(i);
                    awaited_[i] = true;
                } else if (!awaiting->done()) {
                    pending.push_back(awaiting);
                }
            });
        }
    }

    /// Who waits for a lock waits for the task that holds it. (Tasks are in the order of their
    /// numbers: a loop numbers them as they are made.)
    void add_holders() {
        for (std::size_t i = 0; i < tasks_.size(); ++i) {
            const waitable* const target = tasks_[i]->waiting_on();
            const std::uint32_t number = target != nullptr ? target->holder() : 0;
            const auto found = std::lower_bound(
                tasks_.begin(), tasks_.end(), number,
                [](const task_base* each, std::uint32_t key) { return each->number() < key; });
            if (number != 0 && found != tasks_.end() && (*found)->number() == number) {
                const auto holder = static_cast<std::size_t>(found - tasks_.begin());
                awaits_[i].push_back(holder);
                awaited_[holder] = true;
            }
        }
    }

    /// Depth first, by a path of its own: chains may be long.
    void walk(std::size_t root) {
        open(root);
        while (!path_.empty()) {
            level& top = path_.back();
            if (top.next == awaits_[top.task].size()) {
                visited_[top.task] = visit::closed;
                path_.pop_back();
                continue;
            }
            const std::size_t next = awaits_[top.task][top.next++];
            if (visited_[next] == visit::none) {
                open(next);
                continue;
            }
            if (visited_[next] == visit::open) {
                note_cycle(next);
            }
            add_line(tasks_[next]->label() + " (shown above)");
        }
    }

    void open(std::size_t task) {
        if (!add_line(describe_blocked(*tasks_[task]))) {
            ++left_out_;
        }
        visited_[task] = visit::open;
        path_.push_back({task, 0});
    }

    bool add_line(const std::string& line) {
        if (path_.size() >= most_levels || lines_ >= most_lines) {
            return false;
        }
        ++lines_;
        text_.append(2 * path_.size(), ' ').append(line).append("\n");
        return true;
    }

    void note_cycle(std::size_t start) {
        if (++cycle_count_ > most_cycles) {
            return;
        }
        const auto first = std::find_if(path_.begin(), path_.end(),
                                        [&](const level& each) { return each.task == start; });
        const auto length = static_cast<std::size_t>(path_.end() - first);
        cycles_ += "a cycle: ";
        for (std::size_t i = 0; i < std::min(length, most_levels); ++i) {
            cycles_ +=
                tasks_[(first + static_cast<std::ptrdiff_t>(i))->task]->label() + " waits for ";
        }
        if (length > most_levels) {
            cycles_ += std::to_string(length - most_levels) + " more, and the last for ";
        }
        cycles_ += tasks_[start]->label() + "\n";
    }

    std::vector<const task_base*> tasks_;
    std::map<const future_base*, std::size_t> places_;  // asked, never walked
    std::vector<std::vector<std::size_t>> awaits_;
    std::vector<bool> awaited_;
    std::vector<visit> visited_;
    std::vector<level> path_;
    std::string text_;
    std::string cycles_;
    std::size_t lines_ = 0;
    std::size_t left_out_ = 0;
    std::size_t cycle_count_ = 0;
};

}  // namespace

call_graph capture_call_graph(const future_base& future) { return capture().from(future, 0); }

call_graph capture_call_graph(const task_base& task) {
    return capture_call_graph(task.as_future());
}

std::string format_call_graph(const call_graph& graph) {
    std::string text;
    append_graph(text, graph, "");
    return text;
}

void print_call_graph(std::ostream& out, std::source_location here) {
    call_graph graph = capture_call_graph(current_task());
    graph.sites.insert(graph.sites.begin(), site_of(here));
    out << format_call_graph(graph);
}

std::string format_all_tasks(const event_loop& loop) { return forest(loop).text(); }

}  // namespace heddle

// The library's report of deadlocks refers to this file, so that it is linked in any case.
extern "C" [[gnu::used]] void heddle_print_tasks() {
    const heddle::event_loop* loop = heddle::detail::this_thread.running;
    const std::string text = loop == nullptr ? "heddle: no event loop is running on this thread\n"
                                             : heddle::format_all_tasks(*loop);
    std::fputs(text.c_str(), stderr);
    std::fflush(stderr);
}
