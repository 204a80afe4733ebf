// SPDX-License-Identifier: BSL-1.0
//
// Every primitive of the library, with several tasks that contend for it: each task is cancelled,
// and gets an error, at each of its suspension points, and the loop is destroyed after each step.
#include <heddle/sim/everywhere.hpp>

#include <heddle/heddle.hpp>
#include <heddle/sim.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "support/virtual_loop.hpp"

using namespace heddle_test;
namespace sim = heddle::sim;

namespace {

/// Counts what is in scope: coroutines that have begun and not ended, holders of something.
class [[nodiscard]] presence {
public:
    explicit presence(int& count) : count_(count) { ++count_; }
    presence(const presence&) = delete;
    presence& operator=(const presence&) = delete;
    ~presence() { --count_; }

private:
    int& count_;
};

struct scenario {
    std::string name;
    sim::program main;
    sim::program epilogue;
    std::function<void(const sim::everywhere_run&)> check;
    bool tasks_may_be_left = false;
};

void run_everywhere(const scenario& it) {
    sim::everywhere_options options;
    options.name = it.name;
    options.every_task = true;
    options.epilogue = it.epilogue;
    options.check = it.check;
    options.tasks_may_be_left = it.tasks_may_be_left;
    options.limits.steps = 10'000;
    const auto cancelled = sim::cancel_everywhere(it.main, options);
    BOOST_TEST(cancelled.clean(), "cancelled: " << sim::text_of(cancelled));
    const auto thrown = sim::throw_everywhere(it.main, options);
    BOOST_TEST(thrown.clean(), "thrown: " << sim::text_of(thrown));
    const auto destroyed = sim::destroy_everywhere(it.main, options);
    BOOST_TEST(destroyed.clean(), "destroyed: " << sim::text_of(destroyed));
    BOOST_TEST(cancelled.points > 4U);
    BOOST_TEST(thrown.points > 2U);
    BOOST_TEST(destroyed.points > 4U);
    BOOST_TEST_MESSAGE(it.name << ": " << cancelled.points << " cancelled, " << thrown.points
                               << " thrown, " << destroyed.points << " destroyed");
}

/// A world that is made anew for each run, and is still there after it.
template <class World>
class worlds {
public:
    using body = coro<void> (*)(World&);
    [[nodiscard]] sim::program program(body main) {
        return [this, main] {
            world_.emplace();
            return main(*world_);
        };
    }
    /// The same without making it anew: for epilogues.
    [[nodiscard]] sim::program on_it(body main) {
        return [this, main] { return main(*world_); };
    }
    World* operator->() { return &*world_; }

private:
    std::optional<World> world_;
};

struct living {
    int alive = 0;
};

coro<int> sleeper(int& alive, heddle::duration length, int result) {
    const presence here(alive);
    co_await heddle::sleep(length);
    co_return result;
}

coro<void> sleep_twice(int& alive, heddle::duration length) {
    const presence here(alive);
    co_await heddle::sleep(length);
    co_await heddle::sleep(0ns);
}

/// A scenario whose only invariant is that nothing is left alive.
void run_living(const std::string& name, worlds<living>::body main, bool tasks_may_be_left) {
    worlds<living> w;
    run_everywhere({name,
                    w.program(main),
                    {},
                    [&](const sim::everywhere_run&) { sim::check(w->alive == 0, "alive == 0"); },
                    tasks_may_be_left});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(everywhere_primitives)

// ---- what is awaited -------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(sleeps) {
    run_living(
        "sleep",
        [](living& w) -> coro<void> {
            heddle::task_group group;
            group.create_task(sleep_twice(w.alive, 2ms));
            group.create_task(sleep_twice(w.alive, 0ms));
            group.create_task(sleep_twice(w.alive, 2ms));
            co_await sleep_twice(w.alive, 1ms);
            co_await group.join();
        },
        false);
}

BOOST_AUTO_TEST_CASE(futures) {
    run_living(
        "future",
        [](living& w) -> coro<void> {
            const auto answer = heddle::get_running_loop().create_future<std::string>("the answer");
            const auto user = [](int& alive, heddle::future<std::string> given) -> coro<void> {
                const presence here(alive);
                const std::string text = co_await given;
                sim::check(text == "forty-two and then some", "it is the answer");
            };
            heddle::task_group group;
            group.create_task(user(w.alive, answer));
            group.create_task(user(w.alive, answer));
            co_await heddle::sleep(1ms);
            // A cancellation of one who waits for a bare future reaches the future.
            if (!answer.done()) {
                answer.set_result("forty-two and then some");
            }
            co_await group.join();
        },
        false);
}

BOOST_AUTO_TEST_CASE(tasks) {
    run_living(
        "task",
        [](living& w) -> coro<void> {
            const auto user = [](int& alive, heddle::task<int> given) -> coro<void> {
                const presence here(alive);
                sim::check(co_await given == 7, "it is the result");
            };
            heddle::task_group group;
            const auto inner = group.create_task(sleeper(w.alive, 1ms, 7), "inner");
            group.create_task(user(w.alive, inner));
            group.create_task(user(w.alive, inner));
            sim::check(co_await inner == 7, "it is main's result");
            co_await group.join();
        },
        false);
}

BOOST_AUTO_TEST_CASE(completions) {
    run_living(
        "sim::completion",
        [](living& w) -> coro<void> {
            const auto user = [](int& alive) -> coro<void> {
                const presence here(alive);
                sim::completion<int> read([] { return 5; }, "reading");
                const sim::completion<void> write("writing");
                sim::check(co_await read == 5, "it was read");
                co_await write;
            };
            heddle::task_group group;
            group.create_task(user(w.alive));
            group.create_task(user(w.alive));
            co_await user(w.alive);
            co_await group.join();
        },
        false);
}

BOOST_AUTO_TEST_CASE(jobs_in_executors) {
    run_living(
        "run_in_executor, to_thread",
        [](living& w) -> coro<void> {
            const auto user = [](int& alive) -> coro<void> {
                const presence here(alive);
                const int five = co_await heddle::run_in_executor([] { return 5; });
                const int six = co_await heddle::to_thread([] { return 6; });
                sim::check(five == 5 && six == 6, "both results");
            };
            heddle::task_group group;
            group.create_task(user(w.alive));
            group.create_task(user(w.alive));
            co_await user(w.alive);
            co_await group.join();
        },
        false);
}

BOOST_AUTO_TEST_CASE(tasks_that_start_eagerly) {
    run_living(
        "eager tasks",
        [](living& w) -> coro<void> {
            const auto nested = [](int& alive) -> coro<void> {
                const presence here(alive);
                heddle::task_group group;
                group.create_task(sleep_twice(alive, 1ms));
                group.create_task(sleep_twice(alive, 0ms));
                co_await heddle::sleep(0ns);
                co_await group.join();
            };
            heddle::get_running_loop().set_task_start(heddle::task_start::eager);
            heddle::task_group group;
            group.create_task(nested(w.alive));
            group.create_task(nested(w.alive));
            co_await group.join();
        },
        false);
}

// ---- several at once -------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(gather_values) {
    run_living(
        "gather",
        [](living& w) -> coro<void> {
            const auto inner = heddle::create_task(sleeper(w.alive, 3ms, 3), "third");
            const auto [a, b, c] =
                co_await heddle::gather(sleeper(w.alive, 2ms, 1), sleeper(w.alive, 0ms, 2), inner);
            sim::check(a == 1 && b == 2 && c == 3, "in argument order");
        },
        true);
}

BOOST_AUTO_TEST_CASE(gather_a_range) {
    run_living(
        "gather of a range",
        [](living& w) -> coro<void> {
            std::vector<coro<int>> all;
            for (int i = 0; i < 3; ++i) {
                all.push_back(sleeper(w.alive, i * 1ms, i));
            }
            const std::vector<int> results = co_await heddle::gather(std::move(all));
            const std::vector<int> expected{0, 1, 2};
            sim::check(results == expected, "in argument order");
        },
        true);
}

BOOST_AUTO_TEST_CASE(gather_exceptions) {
    // It waits for all of its children, but for those of a caller that got an error.
    run_living(
        "gather with return_exceptions",
        [](living& w) -> coro<void> {
            const auto inner = [](int& alive) -> coro<int> {
                const presence here(alive);
                const auto [a, b] = co_await heddle::gather(
                    heddle::return_exceptions, sleeper(alive, 1ms, 1), sleeper(alive, 2ms, 2));
                co_return a.has_value() && b.has_value() ? 3 : 0;
            };
            const auto [a, b] = co_await heddle::gather(heddle::return_exceptions, inner(w.alive),
                                                        sleeper(w.alive, 1ms, 4));
            sim::check(!a.has_value() || a.value() == 3 || a.value() == 0, "a");
            sim::check(!b.has_value() || b.value() == 4, "b");
        },
        true);
}

BOOST_AUTO_TEST_CASE(waits) {
    run_living(
        "wait",
        [](living& w) -> coro<void> {
            std::vector<heddle::task<int>> all;
            for (int i = 0; i < 3; ++i) {
                all.push_back(heddle::create_task(sleeper(w.alive, i * 2ms, i)));
            }
            auto [done, pending] =
                co_await heddle::wait(all, heddle::return_when::first_completed, 5ms);
            sim::check(done.size() + pending.size() == 3, "all are accounted for");
            auto late = co_await heddle::wait(all, heddle::return_when::all_completed, 1ms);
            for (const auto& each : late.pending) {
                each.cancel();
            }
            auto last = co_await heddle::wait(all, heddle::return_when::first_exception, {});
            sim::check(last.pending.empty(), "all are done");
            for (const auto& each : all) {
                if (!each.cancelled()) {
                    static_cast<void>(each.exception());
                }
            }
        },
        true);
}

BOOST_AUTO_TEST_CASE(as_completed_in_order) {
    run_living(
        "as_completed",
        [](living& w) -> coro<void> {
            std::vector<heddle::task<int>> all;
            for (int i = 0; i < 3; ++i) {
                all.push_back(heddle::create_task(sleeper(w.alive, (3 - i) * 1ms, i)));
            }
            int sum = 0;
            for (coro<int> next : heddle::as_completed(all, 10ms)) {
                sum += co_await std::move(next);
            }
            sim::check(sum == 3, "each once");
        },
        true);
}

BOOST_AUTO_TEST_CASE(as_completed_with_a_timeout) {
    run_living(
        "as_completed, late",
        [](living& w) -> coro<void> {
            std::vector<heddle::task<int>> all;
            for (int i = 0; i < 3; ++i) {
                all.push_back(heddle::create_task(sleeper(w.alive, i * 2ms, i)));
            }
            auto range = heddle::as_completed(all, 3ms);
            int late = 0;
            while (range.more()) {
                try {
                    static_cast<void>(co_await range.next());
                } catch (const heddle::timeout_error&) {
                    ++late;
                }
            }
            sim::check(late == 1, "one was late");
        },
        true);
}

BOOST_AUTO_TEST_CASE(task_groups) {
    run_living(
        "task_group",
        [](living& w) -> coro<void> {
            const auto nested = [](int& alive) -> coro<void> {
                const presence here(alive);
                int borrowed = 0;
                heddle::task_group inner;
                inner.create_task(sleep_twice(borrowed, 1ms));
                inner.create_task(sleep_twice(borrowed, 2ms));
                std::exception_ptr error;
                try {
                    co_await heddle::sleep(1ms);
                } catch (...) {
                    error = std::current_exception();
                }
                co_await inner.join_after(error);
                sim::check(borrowed == 0, "the children have ended");
            };
            heddle::task_group group;
            group.create_task(nested(w.alive), "left");
            group.create_task(nested(w.alive), "right");
            co_await heddle::sleep(0ns);
            co_await group.join();
        },
        false);
}

// ---- time limits and shields -----------------------------------------------------------------

BOOST_AUTO_TEST_CASE(wait_fors) {
    run_living(
        "wait_for",
        [](living& w) -> coro<void> {
            const auto late = [](int& alive, heddle::duration limit) -> coro<void> {
                const presence here(alive);
                bool timed_out = false;
                try {
                    static_cast<void>(co_await heddle::wait_for(sleeper(alive, 5ms, 1), limit));
                } catch (const heddle::timeout_error&) {
                    timed_out = true;
                }
                sim::check(timed_out, "timed_out");
            };
            const auto early = [](int& alive) -> coro<void> {
                const presence here(alive);
                auto task = heddle::create_task(sleeper(alive, 1ms, 2), "awaited");
                sim::check(co_await heddle::wait_for(task, 5ms) == 2, "in time");
            };
            heddle::task_group group;
            group.create_task(late(w.alive, 2ms));
            group.create_task(late(w.alive, 0ms));
            group.create_task(early(w.alive));
            co_await group.join();
        },
        true);
}

BOOST_AUTO_TEST_CASE(wait_for_at_its_deadline) {
    // The result and the deadline come in the same iteration.
    run_living(
        "wait_for, at its deadline",
        [](living& w) -> coro<void> {
            const auto close = [](int& alive) -> coro<void> {
                const presence here(alive);
                try {
                    static_cast<void>(co_await heddle::wait_for(sleeper(alive, 2ms, 1), 2ms));
                } catch (const heddle::timeout_error&) {
                }
            };
            heddle::task_group group;
            group.create_task(close(w.alive));
            group.create_task(close(w.alive));
            co_await group.join();
        },
        false);
}

BOOST_AUTO_TEST_CASE(timeouts) {
    run_living(
        "timeout",
        [](living& w) -> coro<void> {
            const auto inside = [](int& alive) -> coro<void> {
                const presence here(alive);
                auto inner = heddle::timeout(2ms);
                bool expired = false;
                try {
                    co_await inner.run(sleep_twice(alive, 5ms));
                } catch (const heddle::timeout_error&) {
                    expired = true;
                }
                sim::check(expired && inner.expired(), "the inner one expires");
            };
            const auto both = [&inside](int& alive) -> coro<void> {
                auto outer = heddle::timeout(10ms);
                co_await outer.run(inside(alive));
                sim::check(!outer.expired(), "the outer one does not");
            };
            heddle::task_group group;
            group.create_task(both(w.alive));
            group.create_task(both(w.alive));
            co_await group.join();
        },
        false);
}

BOOST_AUTO_TEST_CASE(shields) {
    run_living(
        "shield",
        [](living& w) -> coro<void> {
            const auto shielded = heddle::create_task(sleeper(w.alive, 2ms, 3), "shielded");
            const auto user = [](int& alive, heddle::task<int> inner) -> coro<void> {
                const presence here(alive);
                sim::check(co_await heddle::shield(inner) == 3, "it is the result");
            };
            heddle::task_group group;
            group.create_task(user(w.alive, shielded));
            group.create_task(user(w.alive, shielded));
            co_await group.join();
        },
        true);
}

// ---- locks and their like --------------------------------------------------------------------

namespace {

struct lock_world {
    heddle::lock mutex;
    int inside = 0;
};

coro<void> hold(lock_world& w, heddle::duration length) {
    const auto guard = co_await w.mutex.scoped();
    const presence here(w.inside);
    sim::check(w.inside == 1, "one at a time");
    co_await heddle::sleep(length);
}

}  // namespace

BOOST_AUTO_TEST_CASE(locks) {
    worlds<lock_world> w;
    run_everywhere({"lock", w.program([](lock_world& world) -> coro<void> {
                        heddle::task_group group;
                        for (const heddle::duration length : {0ms, 1ms, 0ms, 1ms}) {
                            group.create_task(hold(world, length));
                        }
                        co_await group.join();
                    }),
                    w.on_it([](lock_world& world) -> coro<void> {
                        co_await world.mutex.acquire();
                        world.mutex.release();
                    }),
                    [&](const sim::everywhere_run&) {
                        sim::check(!w->mutex.locked() && w->inside == 0, "the lock is free");
                    }});
}

namespace {

struct event_world {
    heddle::event ready;
    int waiting = 0;
};

coro<void> wait_for_event(event_world& w) {
    const presence here(w.waiting);
    co_await w.ready.wait();
    sim::check(w.ready.is_set(), "it is set");
}

}  // namespace

BOOST_AUTO_TEST_CASE(events) {
    worlds<event_world> w;
    run_everywhere({"event", w.program([](event_world& world) -> coro<void> {
                        heddle::task_group group;
                        for (int i = 0; i < 3; ++i) {
                            group.create_task(wait_for_event(world));
                        }
                        co_await heddle::sleep(1ms);
                        world.ready.set();
                        co_await group.join();
                    }),
                    w.on_it([](event_world& world) -> coro<void> {
                        heddle::task_group group;
                        group.create_task(wait_for_event(world));
                        co_await heddle::sleep(0ns);
                        world.ready.set();
                        co_await group.join();
                    }),
                    [&](const sim::everywhere_run&) { sim::check(w->waiting == 0, "all left"); }});
}

namespace {

struct condition_world {
    heddle::condition changed;
    int items = 0;
    int made = 0;
    int used = 0;
    int inside = 0;
    int waiting = 0;
};

coro<void> use_item(condition_world& w) {
    const auto guard = co_await w.changed.scoped();
    {
        const presence here(w.waiting);
        co_await w.changed.wait_for([&w] { return w.items > 0; });
    }
    const presence here(w.inside);
    sim::check(w.inside == 1 && w.changed.locked(), "the lock is held");
    --w.items;
    ++w.used;
    co_await heddle::sleep(0ns);
}

coro<void> make_items(condition_world& w, int count) {
    for (int i = 0; i < count; ++i) {
        co_await heddle::sleep(1ms);
        const auto guard = co_await w.changed.scoped();
        const presence here(w.inside);
        sim::check(w.inside == 1, "one at a time");
        ++w.items;
        ++w.made;
        w.changed.notify();
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(conditions) {
    worlds<condition_world> w;
    run_everywhere({"condition", w.program([](condition_world& world) -> coro<void> {
                        heddle::task_group group;
                        for (int i = 0; i < 3; ++i) {
                            group.create_task(use_item(world));
                        }
                        std::exception_ptr error;
                        try {
                            co_await make_items(world, 3);
                        } catch (...) {
                            error = std::current_exception();
                        }
                        co_await group.join_after(error);
                    }),
                    w.on_it([](condition_world& world) -> coro<void> {
                        heddle::task_group group;
                        group.create_task(use_item(world));
                        co_await make_items(world, 1);
                        co_await group.join();
                    }),
                    [&](const sim::everywhere_run&) {
                        sim::check(w->made == w->used + w->items, "items are accounted for");
                        sim::check(!w->changed.locked() && w->inside == 0, "the lock is free");
                    }});
}

BOOST_AUTO_TEST_CASE(condition_notify_all) {
    worlds<condition_world> w;
    run_everywhere({"condition, notify_all",
                    w.program([](condition_world& world) -> coro<void> {
                        heddle::task_group group;
                        for (int i = 0; i < 3; ++i) {
                            group.create_task(use_item(world));
                        }
                        co_await heddle::sleep(1ms);
                        std::exception_ptr error;
                        try {
                            const auto guard = co_await world.changed.scoped();
                            world.items = world.made = 3;
                            world.changed.notify_all();
                            co_await heddle::sleep(1ms);
                        } catch (...) {
                            error = std::current_exception();
                        }
                        co_await group.join_after(error);
                    }),
                    {},
                    [&](const sim::everywhere_run&) {
                        sim::check(w->made == w->used + w->items, "items are accounted for");
                        sim::check(!w->changed.locked() && w->inside == 0, "the lock is free");
                    }});
}

BOOST_AUTO_TEST_CASE(condition_passes_a_notification_on) {
    // One item, one notification, two who want it: if one of them goes, the other gets it.
    worlds<condition_world> w;
    run_everywhere({"condition, one notification",
                    w.program([](condition_world& world) -> coro<void> {
                        heddle::task_group group;
                        const auto first = group.create_task(use_item(world));
                        const auto second = group.create_task(use_item(world));
                        std::exception_ptr error;
                        try {
                            co_await make_items(world, 1);
                            co_await heddle::sleep(1ms);
                            sim::check(world.items == 0 || world.waiting == 0, "it is used");
                            first.cancel();
                            second.cancel();
                        } catch (...) {
                            error = std::current_exception();
                        }
                        co_await group.join_after(error);
                    }),
                    {},
                    [&](const sim::everywhere_run&) {
                        sim::check(!w->changed.locked() && w->waiting == 0, "the lock is free");
                    }});
}

namespace {

coro<void> wait_and_hold(condition_world& w) {
    co_await w.changed.acquire();
    std::exception_ptr error;
    try {
        co_await w.changed.wait();
    } catch (...) {
        error = std::current_exception();
    }
    {
        const presence here(w.inside);
        sim::check(w.inside == 1 && w.changed.locked(), "the lock is held however the wait ends");
    }
    w.changed.release();
    if (error) {
        std::rethrow_exception(error);
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(condition_holds_its_lock_however_a_wait_ends) {
    worlds<condition_world> w;
    const auto main = w.program([](condition_world& world) -> coro<void> {
        const auto waiting = heddle::create_task(wait_and_hold(world), "waiting");
        co_await heddle::sleep(1ms);
        {
            const auto guard = co_await world.changed.scoped();
            const presence here(world.inside);
            world.changed.notify();
            // It is woken now, and waits for the lock.
            co_await heddle::sleep(1ms);
        }
        co_await waiting;
    });
    sim::everywhere_options options;
    options.task = "waiting";
    const auto thrown = sim::throw_everywhere(main, options);
    BOOST_TEST(thrown.clean(), sim::text_of(thrown));
    BOOST_REQUIRE(thrown.runs.size() == 2U);
    BOOST_TEST(thrown.runs[0].point.waits_for == "a condition");
    BOOST_TEST(thrown.runs[1].point.waits_for == "a lock");
    const auto cancelled = sim::cancel_everywhere(main, options);
    BOOST_TEST(cancelled.clean(), sim::text_of(cancelled));
    BOOST_TEST(cancelled.points == 5U);
}

namespace {

template <class Semaphore>
struct semaphore_world {
    Semaphore permits{2};
    int inside = 0;
};

template <class World>
coro<void> take_permit(World& w, heddle::duration length) {
    const auto permit = co_await w.permits.scoped();
    const presence here(w.inside);
    sim::check(w.inside <= 2, "two at a time");
    co_await heddle::sleep(length);
}

template <class World>
void run_semaphore(const std::string& name, const std::function<void(World&)>& look) {
    worlds<World> w;
    run_everywhere({name, w.program([](World& world) -> coro<void> {
                        heddle::task_group group;
                        for (const heddle::duration length : {1ms, 0ms, 1ms, 0ms, 2ms}) {
                            group.create_task(take_permit(world, length));
                        }
                        co_await group.join();
                    }),
                    w.on_it([](World& world) -> coro<void> {
                        const auto one = co_await world.permits.scoped();
                        const auto two = co_await world.permits.scoped();
                        sim::check(world.permits.locked(), "there were two");
                    }),
                    [&, look](const sim::everywhere_run&) {
                        sim::check(w->inside == 0 && !w->permits.locked(), "permits are back");
                        look(*w.operator->());
                    }});
}

}  // namespace

BOOST_AUTO_TEST_CASE(semaphores) {
    using world = semaphore_world<heddle::semaphore>;
    run_semaphore<world>("semaphore", [](world&) {});
}

BOOST_AUTO_TEST_CASE(bounded_semaphores) {
    using world = semaphore_world<heddle::bounded_semaphore>;
    run_semaphore<world>("bounded_semaphore", [](world& w) {
        bool refused = false;
        try {
            w.permits.release();
        } catch (const heddle::value_error&) {
            refused = true;
        }
        sim::check(refused, "all permits are back");
    });
}

namespace {

struct barrier_world {
    heddle::barrier meeting{3};
    int waiting = 0;
    int passed = 0;
};

coro<void> meet(barrier_world& w, heddle::duration length) {
    co_await heddle::sleep(length);
    const presence here(w.waiting);
    try {
        static_cast<void>(co_await heddle::wait_for(w.meeting.wait(), 50ms));
        ++w.passed;
    } catch (const heddle::timeout_error&) {
    } catch (const heddle::broken_barrier_error&) {
    }
}

coro<void> meet_in_threes(barrier_world& w, int count) {
    heddle::task_group group;
    for (int i = 0; i < count; ++i) {
        group.create_task(meet(w, (i % 2) * 1ms));
    }
    co_await group.join();
}

coro<void> look_at_barrier(barrier_world& w) {
    sim::check(w.meeting.n_waiting() == 0, "nobody waits");
    if (w.meeting.broken()) {
        co_await w.meeting.reset();
    }
    w.passed = 0;
    co_await meet_in_threes(w, 3);
    sim::check(w.passed == 3, "newcomers pass");
}

}  // namespace

BOOST_AUTO_TEST_CASE(barriers) {
    worlds<barrier_world> w;
    const auto look = [&](const sim::everywhere_run&) {
        sim::check(w->waiting == 0, "nobody is left");
    };
    run_everywhere({"barrier", w.program([](barrier_world& world) -> coro<void> {
                        co_await meet_in_threes(world, 6);
                    }),
                    w.on_it(look_at_barrier), look});
}

BOOST_AUTO_TEST_CASE(barriers_that_are_reset_and_aborted) {
    worlds<barrier_world> w;
    run_everywhere({"barrier, reset and aborted", w.program([](barrier_world& world) -> coro<void> {
                        heddle::task_group group;
                        group.create_task(meet(world, 0ms));
                        group.create_task(meet(world, 0ms));
                        co_await heddle::sleep(1ms);
                        co_await world.meeting.reset();
                        group.create_task(meet(world, 0ms));
                        co_await heddle::sleep(1ms);
                        co_await world.meeting.abort();
                        co_await group.join();
                    }),
                    w.on_it(look_at_barrier), [&](const sim::everywhere_run&) {
                        sim::check(w->waiting == 0, "nobody is left");
                    }});
}

// ---- queues ----------------------------------------------------------------------------------

namespace {

struct item {
    explicit item(int number) : value(std::make_unique<int>(number)) {}
    std::unique_ptr<int> value;
    friend bool operator<(const item& a, const item& b) { return *a.value < *b.value; }
};

template <class Queue>
struct queue_world {
    Queue items{1};
    std::size_t put = 0;
    std::size_t got = 0;
    int running = 0;
    bool closed = false;
};

template <class World>
coro<void> produce(World& w, int count) {
    const presence here(w.running);
    for (int i = 0; i < count; ++i) {
        co_await w.items.put(item(i));
        ++w.put;
    }
}

template <class World>
coro<void> consume(World& w) {
    const presence here(w.running);
    try {
        for (;;) {
            const item next = co_await w.items.get();
            ++w.got;
            w.items.task_done();
            co_await heddle::sleep(0ns);
        }
    } catch (const heddle::queue_shut_down&) {
    }
}

template <class World>
coro<void> produce_and_consume(World& w) {
    heddle::task_group group;
    std::vector<heddle::task<void>> producers;
    group.create_task(consume(w));
    producers.push_back(group.create_task(produce(w, 3)));
    group.create_task(consume(w));
    producers.push_back(group.create_task(produce(w, 2)));
    std::exception_ptr error;
    try {
        static_cast<void>(co_await heddle::wait(producers));
        co_await w.items.join();
        w.closed = true;
        w.items.shutdown();
    } catch (...) {
        error = std::current_exception();
    }
    co_await group.join_after(error);
}

template <class World>
coro<void> look_at_queue(World& w) {
    if (w.closed) {
        co_return;
    }
    while (!w.items.empty()) {
        static_cast<void>(w.items.get_nowait());
        ++w.got;
    }
    heddle::task_group group;
    group.create_task(produce(w, 3));
    co_await heddle::sleep(0ns);
    for (int i = 0; i < 3; ++i) {
        static_cast<void>(co_await w.items.get());
        ++w.got;
    }
    co_await group.join();
}

template <class World>
coro<void> get_one(World& w) {
    const presence here(w.running);
    static_cast<void>(co_await w.items.get());
    ++w.got;
}

template <class World>
coro<void> put_one(World& w) {
    const presence here(w.running);
    co_await w.items.put(item(7));
    ++w.put;
}

/// One item, two who want it, or one place, two who want that: if one of them goes, the other gets
/// it.
template <class World, bool Getting>
coro<void> two_want_one(World& w) {
    heddle::task_group group;
    if (!Getting) {
        w.items.put_nowait(item(0));
        ++w.put;
    }
    const auto first = group.create_task(Getting ? get_one(w) : put_one(w));
    const auto second = group.create_task(Getting ? get_one(w) : put_one(w));
    std::exception_ptr error;
    try {
        co_await heddle::sleep(1ms);
        // Named: g++ 12 destroys what a conditional in a co_await makes twice.
        coro<void> other = Getting ? put_one(w) : get_one(w);
        co_await std::move(other);
        co_await heddle::sleep(1ms);
        const bool used = Getting ? w.items.empty() : w.items.full();
        sim::check(used || w.running == 0, "it is used");
        first.cancel();
        second.cancel();
    } catch (...) {
        error = std::current_exception();
    }
    co_await group.join_after(error);
}

template <class Queue>
void run_queue(const std::string& name) {
    using world = queue_world<Queue>;
    worlds<world> w;
    const auto look = [&](const sim::everywhere_run&) {
        sim::check(w->running == 0, "all have ended");
        sim::check(w->put == w->got + w->items.qsize(), "no item is lost");
    };
    run_everywhere(
        {name, w.program(produce_and_consume<world>), w.on_it(look_at_queue<world>), look});
    run_everywhere({name + ", one item", w.program(two_want_one<world, true>), {}, look});
    run_everywhere({name + ", one place", w.program(two_want_one<world, false>), {}, look});
}

}  // namespace

BOOST_AUTO_TEST_CASE(queues) { run_queue<heddle::queue<item>>("queue"); }

BOOST_AUTO_TEST_CASE(priority_queues) { run_queue<heddle::priority_queue<item>>("priority_queue"); }

BOOST_AUTO_TEST_CASE(lifo_queues) { run_queue<heddle::lifo_queue<item>>("lifo_queue"); }

// ---- generators ------------------------------------------------------------------------------

namespace {

heddle::generator<int> counting_inside(int& alive, int count) {
    const presence here(alive);
    for (int i = 0; i < count; ++i) {
        co_yield i;
    }
}

heddle::generator<int> counting(int& alive) {
    const presence here(alive);
    co_yield heddle::yield_from(counting_inside(alive, 2));
    co_yield 2;
}

heddle::async_generator<int> ticking(int& alive, int count) {
    const presence here(alive);
    for (int i = 0; i < count; ++i) {
        co_await heddle::sleep(1ms);
        co_yield i;
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(generators) {
    run_living(
        "generator",
        [](living& w) -> coro<void> {
            const auto paced = [](int& alive) -> coro<void> {
                int sum = 0;
                for (const int each : counting(alive)) {
                    co_await heddle::sleep(1ms);
                    sum += each;
                }
                sim::check(sum == 3, "each once");
            };
            heddle::task_group group;
            group.create_task(paced(w.alive));
            group.create_task(paced(w.alive));
            co_await group.join();
        },
        false);
}

BOOST_AUTO_TEST_CASE(async_generators) {
    run_living(
        "async_generator",
        [](living& w) -> coro<void> {
            const auto whole = [](int& alive) -> coro<void> {
                auto ticks = ticking(alive, 3);
                int sum = 0;
                while (const std::optional<int> each = co_await ticks.next()) {
                    sum += *each;
                    co_await heddle::sleep(0ns);
                }
                sim::check(sum == 3, "each once");
            };
            const auto part = [](int& alive) -> coro<void> {
                auto ticks = ticking(alive, 3);
                static_cast<void>(co_await ticks.next());
                co_await ticks.aclose();
            };
            heddle::task_group group;
            group.create_task(whole(w.alive));
            group.create_task(part(w.alive));
            co_await group.join();
        },
        false);
}

BOOST_AUTO_TEST_CASE(an_async_generator_that_tasks_share) {
    // A generator that got an error or a cancellation has ended; the others see its end.
    struct shared {
        int alive = 0;
        int seen = 0;
        std::optional<heddle::async_generator<int>> ticks;
        heddle::lock turn;
    };
    worlds<shared> w;
    const worlds<shared>::body main = [](shared& world) -> coro<void> {
        world.ticks.emplace(ticking(world.alive, 4));
        const auto user = [](shared& s) -> coro<void> {
            for (bool more = true; more;) {
                const auto guard = co_await s.turn.scoped();
                more = (co_await s.ticks->next()).has_value();
                s.seen += more ? 1 : 0;
            }
        };
        heddle::task_group group;
        group.create_task(user(world));
        group.create_task(user(world));
        co_await group.join();
        world.ticks.reset();
    };
    run_everywhere(
        {"async_generator, shared", w.program(main), {}, [&](const sim::everywhere_run& run) {
             w->ticks.reset();
             sim::check(w->alive == 0 && !w->turn.locked(), "nothing is left");
             sim::check(run.point.when != sim::moment::never || w->seen == 4, "all");
         }});
}

BOOST_AUTO_TEST_SUITE_END()
