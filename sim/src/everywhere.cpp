// SPDX-License-Identifier: BSL-1.0
#include <heddle/sim/everywhere.hpp>

#include <algorithm>
#include <set>
#include <utility>

#include <heddle/runner.hpp>

#include "picture.hpp"

namespace heddle::sim {

namespace {

enum class deed : std::uint8_t { cancel, throw_error, destroy };

/// Leaves a run whose loop is to be destroyed now. No std::exception: it passes through nothing but
/// the loop.
struct destroy_now {};

/// Whether `error` is, or is a group that contains, exactly `wanted`.
bool holds(const std::exception_ptr& error, const std::exception_ptr& wanted) {
    if (error == wanted) {
        return true;
    }
    try {
        std::rethrow_exception(error);
    } catch (const exception_group& group) {
        for (const std::exception_ptr& each : group.errors()) {
            if (holds(each, wanted)) {
                return true;
            }
        }
    } catch (...) {
        return false;
    }
    return false;
}

/// Counts the points that a run comes by, and disturbs it at one of them. It sees a run from both
/// sides: as the strategy before each event, as the observer within and after it.
class disturber final : public strategy, public loop_observer {
public:
    disturber(event_loop& loop, deed what, const everywhere_options& options)
        : loop_(loop), what_(what), options_(options) {
        error_ = options.error ? options.error : std::make_exception_ptr(injected_error());
    }

    /// For the run that follows: the number, from 1, of the point to act at; 0 for none.
    void begin(std::uint64_t target) {
        target_ = target;
        count_ = 0;
        begun_.clear();
        stepped_.clear();
        point_ = {};
    }
    /// Points count while main and what it has left behind run.
    void watch(bool on) noexcept { watching_ = on; }
    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
    [[nodiscard]] const everywhere_point& point() const noexcept { return point_; }
    [[nodiscard]] const std::exception_ptr& error() const noexcept { return error_; }

    // A schedule that is FIFO everywhere.
    std::size_t order(std::span<runnable* const>) override { return 0; }
    std::size_t stall(const runnable&, std::size_t) override { return 0; }
    std::size_t oversleep(std::uint64_t, std::size_t) override { return 0; }
    std::size_t finish(const finish_options&) override { return 0; }

    void ran(const runnable& next) override {
        if (!watching_) {
            return;
        }
        if (what_ == deed::destroy) {
            if (arrive()) {
                note_event(next);
                throw destroy_now{};
            }
            return;
        }
        const auto* const task = dynamic_cast<const task_base*>(&next);
        if (task == nullptr || !concerned(*task)) {
            return;
        }
        const bool begun = begun_.contains(task->number());
        if (what_ == deed::throw_error) {
            if (begun && arrive()) {
                note_task(moment::resumed, *task);
                static_cast<void>(changeable(*task).throw_at_next_step(error_));
            }
        } else if ((!begun || next.kind() == event_kind::wakeup) && arrive()) {
            // What it waits for is done: this only notes that a cancellation is due, and leaves
            // the ready queue, which is about to be taken from, alone.
            note_task(begun ? moment::woken : moment::unstarted, *task);
            changeable(*task).as_future().cancel({});
        }
    }

    void on_event(const loop_event& event) noexcept override {
        if (event.kind == loop_event_kind::step_started && watching_) {
            begun_.insert(event.task->number());
            stepped_.insert(event.task->number());
        }
    }

    void between_events() override {
        if (stepped_.empty()) {
            return;
        }
        // Each step that did not end its task ended in one suspension. Several tasks had a step in
        // one event if one of them started others eagerly; so they are looked up, for some may be
        // gone. A cancellation ends none at once: nothing leaves the loop's list meanwhile.
        if (watching_ && what_ == deed::cancel) {
            loop_.for_each_task([this](const task_base& task) {
                if (stepped_.contains(task.number()) && concerned(task) && arrive()) {
                    note_task(moment::suspended, task);
                    changeable(task).as_future().cancel({});
                }
            });
        }
        stepped_.clear();
    }

private:
    [[nodiscard]] bool concerned(const task_base& task) const {
        return options_.every_task ||
               (options_.task.empty() ? task.number() == 1 : task.name() == options_.task);
    }
    /// Tasks are shown as const to those who look on; here is one who acts.
    static task_base& changeable(const task_base& task) noexcept {
        return const_cast<task_base&>(task);
    }
    [[nodiscard]] bool arrive() noexcept { return ++count_ == target_; }

    void note_task(moment when, const task_base& task) {
        point_.who = task.name();
        if (const waitable* target = task.waiting_on(); target != nullptr) {
            point_.waits_for = target->label();
        }
        note(when, task.site());
    }
    void note_event(const runnable& next) {
        point_.who = next.label();
        note(moment::between, next.place());
    }
    void note(moment when, const std::source_location& site) {
        point_.when = when;
        point_.file = site.line() != 0 ? site.file_name() : "";
        point_.line = static_cast<std::uint32_t>(site.line());
        point_.after = loop_.time() - time_point{};
    }

    event_loop& loop_;
    deed what_;
    const everywhere_options& options_;
    std::exception_ptr error_;
    std::uint64_t target_ = 0;
    std::uint64_t count_ = 0;
    bool watching_ = false;
    std::set<std::uint32_t> begun_;    // numbers of the tasks whose first step has run
    std::set<std::uint32_t> stepped_;  // ... and of those that had one in the event under way
    everywhere_point point_;
};

/// Makes the runs of one call.
class everywhere_campaign {
public:
    everywhere_campaign(const program& main, deed what, const everywhere_options& options)
        : main_(main),
          what_(what),
          options_(options),
          one_(options.limits),
          disturber_(one_.loop(), what, options) {
        one_.loop().set_observer(&disturber_);
        one_.loop().set_exception_handler(
            [this](event_loop&, const exception_context& context) { note_unhandled(context); });
    }

    everywhere_report run_all() {
        everywhere_report result;
        result.name = options_.name;
        result.plain = run(0);
        result.points = disturber_.count();
        if (result.plain.failed) {
            return result;
        }
        const std::uint64_t first = what_ == deed::destroy ? 0 : 1;
        if (options_.only) {
            if (*options_.only < first || *options_.only - first >= result.points) {
                throw usage_error("everywhere: there is no point " +
                                  std::to_string(*options_.only) + " in " + options_.name);
            }
            result.runs.push_back(run(*options_.only - first + 1));
            result.complete = true;
            return result;
        }
        for (std::uint64_t i = 1; i <= std::min(result.points, options_.most_points); ++i) {
            result.runs.push_back(run(i));
        }
        result.complete = result.points <= options_.most_points;
        return result;
    }

private:
    /// Disturbed at the `target`-th point, from 1; 0 is not disturbed.
    everywhere_run run(std::uint64_t target) {
        disturber_.begin(target);
        everywhere_run result;
        const run_record& record = one_.run_by_hand(
            [&](event_loop& loop) {
                run_main(loop, result);
                end_run(loop, target, result);
            },
            disturber_, level::fifo);
        result.failed = record.failed;
        return result;
    }

    void run_main(event_loop& loop, everywhere_run& result) {
        destroyed_ = false;
        disturber_.watch(true);
        result.how = run_coroutine(loop, main_, &result.error);
        // The tail is watched only where it must not crash: what is cancelled there is so already.
        disturber_.watch(what_ == deed::destroy && !destroyed_);
        if (result.how != ending::destroyed && result.how != ending::unfinished) {
            const bool main_destroyed = !run_tail(loop);
            result.how = main_destroyed ? ending::destroyed : result.how;
        }
        disturber_.watch(false);
        if (result.how == ending::error && !accepted(result.error)) {
            note(failure_class::exception, "main ended with " + describe(result.error));
        }
        if (options_.epilogue && !one_.failed() && result.how != ending::destroyed) {
            run_epilogue(loop);
        }
    }

    /// Runs `body` as a task, and tells how it ended.
    ending run_coroutine(event_loop& loop, const program& body, std::exception_ptr* error) {
        try {
            loop.run_until_complete(body());
            return ending::returned;
        } catch (const destroy_now&) {
            destroyed_ = true;
            return ending::destroyed;
        } catch (const cancelled_error&) {
            return ending::cancelled;
        } catch (const deadlock_error& deadlock) {
            note_deadlock(loop, deadlock);
            return ending::unfinished;
        } catch (...) {
            if (one_.failed()) {
                return ending::unfinished;
            }
            *error = std::current_exception();
            return ending::error;
        }
    }

    /// What main has left behind: false if the loop is to be destroyed in the middle of it.
    bool run_tail(event_loop& loop) {
        if (!options_.tasks_may_be_left) {
            note_left_task(loop);
        }
        if (one_.failed()) {
            return true;
        }
        try {
            cancel_remaining_tasks(loop);
        } catch (const destroy_now&) {
            destroyed_ = true;
            return false;
        } catch (const deadlock_error& deadlock) {
            note_deadlock(loop, deadlock);
        } catch (...) {
            // Nothing if the run has been stopped because it has failed.
            note(failure_class::exception, "cancelling the tasks that were left ended with " +
                                               describe(std::current_exception()));
        }
        return true;
    }

    void run_epilogue(event_loop& loop) {
        std::exception_ptr error;
        switch (run_coroutine(loop, options_.epilogue, &error)) {
            case ending::cancelled:
                note(failure_class::exception, "the epilogue was cancelled");
                return;
            case ending::error:
                note(failure_class::exception, "the epilogue ended with " + describe(error));
                return;
            case ending::returned:
            case ending::destroyed:
            case ending::unfinished:
                return;
        }
    }

    void end_run(event_loop& loop, std::uint64_t target, everywhere_run& result) {
        result.point = disturber_.point();
        if (target != 0) {
            result.point.number = what_ == deed::destroy ? target - 1 : target;
            if (result.point.when == moment::never) {
                note(failure_class::nondeterminism,
                     "the run did not come by the point: the program depends on something that "
                     "the simulation does not control");
            }
        }
        destroyed_ = destroyed_ || result.how == ending::unfinished;
        loop.close();
        if (options_.check) {
            try {
                options_.check(result);
            } catch (...) {
                note(failure_class::check,
                     "the check after the run threw " + describe(std::current_exception()));
            }
        }
    }

    [[nodiscard]] bool accepted(const std::exception_ptr& error) const {
        if (options_.accepts) {
            return options_.accepts(error);
        }
        return what_ == deed::throw_error && holds(error, disturber_.error());
    }

    void note(failure_class what, const std::string& message,
              const std::source_location& site = {}) {
        failure reason{what, message, {}, 0, message};
        if (site.line() != 0) {
            reason.file = site.file_name();
            reason.line = static_cast<std::uint32_t>(site.line());
        }
        one_.note(std::move(reason));
    }

    void note_deadlock(event_loop& loop, const deadlock_error& error) {
        std::source_location where{};
        loop.for_each_task([&](const task_base& each) {
            if (where.line() == 0) {
                where = each.site();
            }
        });
        note(failure_class::deadlock, error.what(), where);
    }

    void note_left_task(event_loop& loop) {
        bool found = false;
        loop.for_each_task([&](const task_base& each) {
            if (!std::exchange(found, true)) {
                note(failure_class::left_task,
                     "main has ended, and a task is left: " + describe_blocked(each), each.site());
            }
        });
    }

    void note_unhandled(const exception_context& context) {
        const bool in_callback = context.message == "exception in callback";
        // Who would have looked at an error may have been destroyed before.
        if (in_callback || !destroyed_) {
            note(in_callback ? failure_class::callback_error : failure_class::unretrieved,
                 std::string(context.message) + ": " + describe(context.error) + " (" +
                     context.source + ")");
        }
    }

    const program& main_;
    deed what_;
    const everywhere_options& options_;
    bool destroyed_ = false;
    simulation one_;
    disturber disturber_;
};

}  // namespace

bool everywhere_report::clean() const noexcept {
    bool failed = plain.failed.has_value();
    for (const everywhere_run& each : runs) {
        failed = failed || each.failed;
    }
    return complete && !failed;
}

std::vector<everywhere_run> everywhere_report::findings() const {
    std::vector<everywhere_run> found;
    if (plain.failed) {
        found.push_back(plain);
    }
    for (const everywhere_run& each : runs) {
        if (each.failed) {
            found.push_back(each);
        }
    }
    return found;
}

everywhere_report cancel_everywhere(const program& main, const everywhere_options& options) {
    return everywhere_campaign(main, deed::cancel, options).run_all();
}

everywhere_report throw_everywhere(const program& main, const everywhere_options& options) {
    return everywhere_campaign(main, deed::throw_error, options).run_all();
}

everywhere_report destroy_everywhere(const program& main, const everywhere_options& options) {
    return everywhere_campaign(main, deed::destroy, options).run_all();
}

std::string text_of(const everywhere_point& point) {
    const auto wait = [&] {
        return point.waits_for.empty() ? std::string() : " from its wait for " + point.waits_for;
    };
    std::string text;
    switch (point.when) {
        case moment::never:
            return "undisturbed";
        case moment::unstarted:
            text = "'" + point.who + "' cancelled before its first step";
            break;
        case moment::suspended:
            text = "'" + point.who + "' cancelled as it begins to wait" +
                   (point.waits_for.empty() ? " for its turn" : " for " + point.waits_for);
            break;
        case moment::woken:
            text = "'" + point.who + "' cancelled right before its wake-up" + wait();
            break;
        case moment::resumed:
            text = "'" + point.who + "' gets an error" + wait();
            break;
        case moment::between:
            text = "the loop destroyed before " + point.who;
            break;
    }
    if (point.line != 0) {
        text += " at " + detail::base_name(point.file) + ":" + std::to_string(point.line);
    }
    return text;
}

std::string text_of(const everywhere_report& report) {
    const std::vector<everywhere_run> found = report.findings();
    std::string text = report.name + ": " + std::to_string(report.points) + " points, " +
                       std::to_string(found.size()) +
                       (found.size() == 1 ? " finding" : " findings");
    if (!report.complete && !report.plain.failed) {
        text += "; only " + std::to_string(report.runs.size()) + " points were run";
    }
    for (const everywhere_run& each : found) {
        text += "\n  ";
        if (each.point.when != moment::never) {
            text += "point " + std::to_string(each.point.number) + ", ";
        }
        text += text_of(each.point) + "\n    ";
        for (const char c : each.failed->message) {
            text += c;
            if (c == '\n') {
                text += "    ";
            }
        }
    }
    return text;
}

}  // namespace heddle::sim
