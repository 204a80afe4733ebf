// SPDX-License-Identifier: BSL-1.0
//
// What must not be awaited, yielded or made a task. The form of a case is in `check`.
#include "all.hpp"

heddle::coro<int> answer() { co_return 42; }

/// An awaitable of somebody else's: it would resume the coroutine outside of its task.
struct foreign {
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiting) const { waiting.resume(); }
    void await_resume() const noexcept {}
};

heddle::coro<void> awaits() {
    // case bare_suspension: a bare suspension would never be resumed: use co_await heddle::sleep
#ifdef CASE_bare_suspension
    co_await std::suspend_always();
#else
    co_await heddle::sleep(0ns);
#endif

    // case named_coroutine: a named coro must be moved: co_await std::move\(c\)
    auto named = answer();
#ifdef CASE_named_coroutine
    co_await named;
#else
    co_await std::move(named);
#endif

    // case foreign_awaitable: heddle coroutines await coro, task, future and what the library's
#ifdef CASE_foreign_awaitable
    co_await foreign();
#endif

    // case no_awaitable: heddle coroutines await coro, task, future and what the library's
#ifdef CASE_no_awaitable
    co_await 42;
#endif

    // case function_not_called: heddle coroutines await coro, task, future and what the library's
#ifdef CASE_function_not_called
    co_await answer;
#else
    co_await answer();
#endif

    // case yield_in_a_coroutine: no member named .?yield_value
#ifdef CASE_yield_in_a_coroutine
    co_yield 1;
#endif
}

heddle::coro<void> tasks() {
    // A named coroutine is moved wherever it is handed over.
    auto named = answer();

    // case task_of_a_named_coroutine: deleted (function|copy constructor)|no matching function
#ifdef CASE_task_of_a_named_coroutine
    auto made = heddle::create_task(named);
#else
    auto made = heddle::create_task(std::move(named));
#endif

    // case task_of_a_function: no matching function for call to .?create_task
#ifdef CASE_task_of_a_function
    auto wrong = heddle::create_task(answer);
#endif

    // case task_of_a_task: no matching function for call to .?create_task
#ifdef CASE_task_of_a_task
    auto wrong = heddle::create_task(made);
#endif
    co_await made;

    // case sleep_without_a_unit: (could not convert|no matching function|no known conversion)
#ifdef CASE_sleep_without_a_unit
    co_await heddle::sleep(5);
#else
    co_await heddle::sleep(5ms);
#endif
}

heddle::coro<void> several() {
    auto named = answer();
    // case gather_of_a_named_coroutine: no matching function for call to .?gather
#ifdef CASE_gather_of_a_named_coroutine
    co_await heddle::gather(named, answer());
#else
    co_await heddle::gather(std::move(named), answer());
#endif

    auto first = heddle::create_task(answer());
    auto second = heddle::create_task(answer());
    std::vector both{first, second};

    // On g++ 12 a braced list in an awaited expression is destroyed twice, where it compiles.
    // case gather_of_a_braced_list: no matching function for call to .?gather
#ifdef CASE_gather_of_a_braced_list
    co_await heddle::gather({first, second});
#else
    co_await heddle::gather(both);
#endif

    // case wait_for_a_braced_list: no matching function for call to .?wait['(]
#ifdef CASE_wait_for_a_braced_list
    co_await heddle::wait({first, second});
#else
    co_await heddle::wait(both);
#endif

    // case wait_for_coroutines: no matching function for call to .?wait['(]
    std::vector<heddle::coro<int>> coroutines;
#ifdef CASE_wait_for_coroutines
    co_await heddle::wait(coroutines);
#else
    coroutines.push_back(answer());
    co_await heddle::gather(std::move(coroutines));
#endif

    // case wait_for_one_coroutine: no matching function for call to .?wait['(]
#ifdef CASE_wait_for_one_coroutine
    co_await heddle::wait(heddle::return_when::all_completed, std::nullopt, answer());
#else
    co_await heddle::wait(heddle::return_when::all_completed, std::nullopt, first, second);
#endif

    // case gather_of_values: no matching function for call to .?gather
#ifdef CASE_gather_of_values
    co_await heddle::gather(1, 2);
#endif

    // case shield_of_a_value: no matching function for call to .?shield
#ifdef CASE_shield_of_a_value
    co_await heddle::shield(1);
#endif

    // case as_completed_of_values: no matching function for call to .?as_completed
#ifdef CASE_as_completed_of_values
    auto range = heddle::as_completed(std::vector<int>{1, 2});
#endif

    // case timeout_of_a_value: no matching (member )?function for call to
#ifdef CASE_timeout_of_a_value
    auto limit = heddle::timeout(5ms);
    co_await limit.run(1);
#endif

    // case wait_for_without_a_unit: no matching function for call to .?wait_for
#ifdef CASE_wait_for_without_a_unit
    co_await heddle::wait_for(answer(), 5);
#else
    co_await heddle::wait_for(answer(), 5ms);
#endif
}

struct request {
    std::string name;
    int tries = 1;
};
struct point {
    int x = 0;
    int y = 0;
};

heddle::coro<void> items(heddle::queue<request>& requests, heddle::queue<point>& points) {
    // case item_in_braces: no matching (member )?function for call to .*put
#ifdef CASE_item_in_braces
    co_await requests.put({"name", 3});
#else
    request named{"name", 3};
    co_await requests.put(named);
    co_await requests.put(std::move(named));
#endif

    // case item_with_designators: no matching (member )?function for call to .*put
#ifdef CASE_item_with_designators
    co_await requests.put({.name = "name"});
#endif
    co_await points.put({1, 2});  // nothing to destroy, be it once or twice
}

heddle::generator<int> plain_generator() {
    // case await_in_a_generator: deleted (member )?function .*await_transform
#ifdef CASE_await_in_a_generator
    co_await heddle::sleep(1ms);
#endif
    co_yield 1;
}
