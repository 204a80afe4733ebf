// SPDX-License-Identifier: BSL-1.0
//
// Results, callbacks, times and names of the wrong type. The form of a case is in `check`.
#include "all.hpp"

heddle::coro<int> answer() {
    // case return_of_the_wrong_type: return_value
#ifdef CASE_return_of_the_wrong_type
    co_return std::string("42");
#else
    co_return 42;
#endif
}

heddle::coro<void> nothing() {
    // case return_of_a_value_from_void: return_value
#ifdef CASE_return_of_a_value_from_void
    co_return 42;
#else
    co_return;
#endif
}

void results(heddle::event_loop& loop) {
    const auto number = loop.create_future<int>();
    const auto done = loop.create_future<void>();
    const auto made = loop.create_task(answer());

    // case result_of_the_wrong_type: no matching (member )?function for call to .*set_result
#ifdef CASE_result_of_the_wrong_type
    number.set_result(std::string("42"));
#else
    number.set_result(42);
#endif

    // case result_without_a_value: no matching (member )?function for call to .*set_result
#ifdef CASE_result_without_a_value
    number.set_result();
#endif

    // case result_of_void_with_a_value: no matching (member )?function for call to .*set_result
#ifdef CASE_result_of_void_with_a_value
    done.set_result(42);
#else
    done.set_result();
#endif

    // case result_of_a_task: no member named .?set_result
#ifdef CASE_result_of_a_task
    made.set_result(42);
#endif

    // case exception_of_a_task: no member named .?set_exception
#ifdef CASE_exception_of_a_task
    made.set_exception(std::make_exception_ptr(42));
#endif

    // case void_result_as_a_value: void value not ignored|cannot initialize .* of type 'void'
#ifdef CASE_void_result_as_a_value
    const int value = done.result();
#else
    done.result();
    const int value = number.result();
#endif
    static_cast<void>(value);

    // case result_changed: cannot assign|assignment of read-only
#ifdef CASE_result_changed
    number.result() = 43;
#endif
}

heddle::coro<void> void_awaited_for_a_value() {
    // case void_awaited_as_a_value: void value not ignored|cannot initialize .* of type 'void'
#ifdef CASE_void_awaited_as_a_value
    const int value = co_await heddle::sleep(1ms);
#else
    const int value = co_await answer();
#endif
    static_cast<void>(value);
}

void callbacks(heddle::event_loop& loop) {
    const auto callback = [] {};
    const auto takes_one = [](int) {};

    // case call_soon_of_a_value: no matching (member )?function for call to .*call_soon
#ifdef CASE_call_soon_of_a_value
    loop.call_soon(42);
#else
    loop.call_soon(callback);
#endif

    // case call_soon_without_its_argument: no matching (member )?function for call to .*call_soon
#ifdef CASE_call_soon_without_its_argument
    loop.call_soon(takes_one);
#else
    loop.call_soon([takes_one] { takes_one(42); });
#endif

    // case call_later_of_a_value: no matching (member )?function for call to .*call_later
#ifdef CASE_call_later_of_a_value
    loop.call_later(1ms, 42);
#else
    loop.call_later(1ms, callback);
#endif

    // case call_later_without_a_unit: no matching (member )?function for call to .*call_later
#ifdef CASE_call_later_without_a_unit
    loop.call_later(1, callback);
#endif

    // case call_at_of_another_clock: no matching (member )?function for call to .*call_at
#ifdef CASE_call_at_of_another_clock
    loop.call_at(std::chrono::steady_clock::time_point(), callback);
#else
    loop.call_at(loop.time() + 1ms, callback);
#endif

    // case call_soon_threadsafe_of_a_value: no matching (member )?function for call to .*threadsafe
#ifdef CASE_call_soon_threadsafe_of_a_value
    loop.call_soon_threadsafe(42);
#else
    loop.call_soon_threadsafe(callback);
#endif

    const auto number = loop.create_future<int>();
    // case done_callback_without_a_future: no matching (member )?function for call to .*done_callb
#ifdef CASE_done_callback_without_a_future
    number.add_done_callback(callback);
#else
    number.add_done_callback([](const auto& done) { static_cast<void>(done.result()); });
#endif

    // case done_callback_of_another_type: no matching (member )?function for call to .*done_callb
#ifdef CASE_done_callback_of_another_type
    number.add_done_callback([](const heddle::future<std::string>&) {});
#endif
}

void jobs(heddle::event_loop& loop) {
    // case coroutine_in_an_executor: a coroutine runs on its loop, not in an executor
#ifdef CASE_coroutine_in_an_executor
    auto job = loop.run_in_executor([] { return answer(); });
#else
    auto job = loop.run_in_executor([] { return 42; });
#endif

    // case job_with_arguments: no matching (member )?function for call to .*run_in_executor
#ifdef CASE_job_with_arguments
    auto wrong = loop.run_in_executor([](int each) { return each; }, 42);
#endif

    // case coroutine_made_on_another_thread: deleted function
#ifdef CASE_coroutine_made_on_another_thread
    heddle::run_coroutine_threadsafe(answer(), loop);
#else
    auto result = heddle::run_coroutine_threadsafe(answer, loop);
#endif

    // case threadsafe_result_copied: deleted (function|constructor|copy constructor)
#ifdef CASE_threadsafe_result_copied
    auto copy = result;
#else
    auto moved = std::move(result);
#endif
}

// A cancellation must pass by handlers of std::exception.
static_assert(!std::is_base_of_v<std::exception, heddle::cancelled_error>);
static_assert(!std::is_base_of_v<std::exception, heddle::generator_exit>);

void variables() {
    // case context_variable_that_cannot_be_copied: a value is handed out as a copy
#ifdef CASE_context_variable_that_cannot_be_copied
    heddle::context_var<std::unique_ptr<int>> variable("variable");
#else
    heddle::context_var<std::shared_ptr<int>> variable("variable");
#endif
}

// case generator_of_references: a generator passes values: yield a pointer in place of a reference
#ifdef CASE_generator_of_references
heddle::generator<int&> values(int& each) { co_yield each; }
#else
heddle::generator<int*> values(int& each) { co_yield &each; }
#endif

// case async_generator_of_references: a generator passes values: yield a pointer in place of a re
#ifdef CASE_async_generator_of_references
heddle::async_generator<int&> async_values(int& each) { co_yield each; }
#else
heddle::async_generator<int*> async_values(int& each) { co_yield &each; }
#endif
