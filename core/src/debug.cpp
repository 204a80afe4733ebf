// SPDX-License-Identifier: BSL-1.0
//
// Debug mode: what a loop looks at only when it is asked to.
#include <cstdio>

#include <heddle/coro.hpp>
#include <heddle/event_loop.hpp>
#include <heddle/task_base.hpp>

namespace heddle {

void detail::loop_core::check_thread() const {
    if (debug_ && running_ && !on_own_thread()) {
        throw usage_error(
            "this event loop runs on another thread, from which only call_soon_threadsafe and "
            "run_coroutine_threadsafe may be called");
    }
}

std::uint64_t detail::loop_core::new_id_on_own_thread(std::uint64_t sort) {
    check_thread();
    return new_structural_id(sort);
}

void event_loop::run_watched(runnable& item) {
    // Asked for before it runs: it may be gone then.
    slow_callback measured{item.label(), item.place(), {}};
    struct measuring {
        event_loop& loop;
        slow_callback& measured;
        time_point start;
        ~measuring() {  // also where it ends with an exception
            loop.watching_ = false;
            measured.took = loop.backend_->now() - start;
            if (measured.took >= loop.slow_from_) {
                loop.report_slow(measured);
            }
        }
    } const until_end{*this, measured, backend_->now()};
    watching_ = true;
    run_observed(item);
}

void event_loop::report_slow(const slow_callback& slow) noexcept {
    try {
        if (slow_callback_handler_) {
            slow_callback_handler_(*this, slow);
            return;
        }
        const std::string where = slow.place.line() == 0
                                      ? std::string()
                                      : " (" + std::string(slow.place.file_name()) + ":" +
                                            std::to_string(slow.place.line()) + ")";
        const double seconds = std::chrono::duration<double>(slow.took).count();
        std::fprintf(stderr, "heddle: %s took %.3f s%s\n", slow.what.c_str(), seconds,
                     where.c_str());
    } catch (...) {
        call_exception_handler({"exception in the slow callback handler", std::current_exception(),
                                slow.what, nullptr, nullptr, nullptr, slow.place});
    }
}

namespace detail {

void report_never_awaited() noexcept {
    event_loop* loop = this_thread.running;
    if (loop == nullptr || !loop->get_debug()) {
        return;
    }
    const task_base* task = loop->current_task();
    loop->call_exception_handler(
        {"a coroutine was never awaited", nullptr,
         task != nullptr ? "destroyed in " + task->label() : "destroyed in a callback", nullptr,
         task, nullptr, task != nullptr ? task->site() : std::source_location{}});
}

}  // namespace detail
}  // namespace heddle
