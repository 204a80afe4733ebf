// SPDX-License-Identifier: BSL-1.0
//
// What must not be copied: others hold pointers to it, or there is one owner. The form of a case is in `check`.
#include "all.hpp"

// case copy_of_coro: deleted (function|constructor|copy constructor)
#ifdef CASE_copy_of_coro
void copy_coro(heddle::coro<int>& original) { auto copy = original; }
#endif

// case copy_of_lock: deleted (function|constructor|copy constructor)
#ifdef CASE_copy_of_lock
void copy_lock(heddle::lock& original) { auto copy = original; }
#endif

// case copy_of_lock_guard: deleted (function|constructor|copy constructor)
#ifdef CASE_copy_of_lock_guard
void copy_lock_guard(heddle::lock::guard& original) { auto copy = original; }
#endif

// case copy_of_condition: deleted (function|constructor|copy constructor)
#ifdef CASE_copy_of_condition
void copy_condition(heddle::condition& original) { auto copy = original; }
#endif

// case copy_of_event: deleted (function|constructor|copy constructor)
#ifdef CASE_copy_of_event
void copy_event(heddle::event& original) { auto copy = original; }
#endif

// case copy_of_semaphore: deleted (function|constructor|copy constructor)
#ifdef CASE_copy_of_semaphore
void copy_semaphore(heddle::semaphore& original) { auto copy = original; }
#endif

// case copy_of_bounded_semaphore: deleted (function|constructor|copy constructor)
#ifdef CASE_copy_of_bounded_semaphore
void copy_bounded_semaphore(heddle::bounded_semaphore& original) { auto copy = original; }
#endif

// case copy_of_semaphore_guard: deleted (function|constructor|copy constructor)
#ifdef CASE_copy_of_semaphore_guard
void copy_semaphore_guard(heddle::semaphore::guard& original) { auto copy = original; }
#endif

// case copy_of_barrier: deleted (function|constructor|copy constructor)
#ifdef CASE_copy_of_barrier
void copy_barrier(heddle::barrier& original) { auto copy = original; }
#endif

// case copy_of_queue: deleted (function|constructor|copy constructor)
#ifdef CASE_copy_of_queue
void copy_queue(heddle::queue<int>& original) { auto copy = original; }
#endif

// case copy_of_priority_queue: deleted (function|constructor|copy constructor)
#ifdef CASE_copy_of_priority_queue
void copy_priority_queue(heddle::priority_queue<int>& original) { auto copy = original; }
#endif

// case copy_of_lifo_queue: deleted (function|constructor|copy constructor)
#ifdef CASE_copy_of_lifo_queue
void copy_lifo_queue(heddle::lifo_queue<int>& original) { auto copy = original; }
#endif

// case copy_of_task_group: deleted (function|constructor|copy constructor)
#ifdef CASE_copy_of_task_group
void copy_task_group(heddle::task_group& original) { auto copy = original; }
#endif

// case copy_of_timeout_scope: deleted (function|constructor|copy constructor)
#ifdef CASE_copy_of_timeout_scope
void copy_timeout_scope(heddle::timeout_scope& original) { auto copy = original; }
#endif

// case copy_of_event_loop: deleted (function|constructor|copy constructor)
#ifdef CASE_copy_of_event_loop
void copy_event_loop(heddle::event_loop& original) { auto copy = original; }
#endif

// case copy_of_generator: deleted (function|constructor|copy constructor)
#ifdef CASE_copy_of_generator
void copy_generator(heddle::generator<int>& original) { auto copy = original; }
#endif

// case copy_of_async_generator: deleted (function|constructor|copy constructor)
#ifdef CASE_copy_of_async_generator
void copy_async_generator(heddle::async_generator<int>& original) { auto copy = original; }
#endif

// case copy_of_context_var: deleted (function|constructor|copy constructor)
#ifdef CASE_copy_of_context_var
void copy_context_var(heddle::context_var<int>& original) { auto copy = original; }
#endif

// case copy_of_hand_driven: deleted (function|constructor|copy constructor)
#ifdef CASE_copy_of_hand_driven
void copy_hand_driven(heddle::hand_driven<int>& original) { auto copy = original; }
#endif

// case copy_of_simulation: deleted (function|constructor|copy constructor)
#ifdef CASE_copy_of_simulation
void copy_simulation(heddle::sim::simulation& original) { auto copy = original; }
#endif

// What has one owner can be handed over.
void move_coro(heddle::coro<int>& original) { auto moved = std::move(original); }
void move_lock_guard(heddle::lock::guard& original) { auto moved = std::move(original); }
void move_semaphore_guard(heddle::semaphore::guard& original) { auto moved = std::move(original); }
void move_generator(heddle::generator<int>& original) { auto moved = std::move(original); }
void move_async_generator(heddle::async_generator<int>& original) {
    auto moved = std::move(original);
}

// case move_of_lock: deleted (function|constructor|copy constructor|move constructor)
#ifdef CASE_move_of_lock
void move_lock(heddle::lock& original) { auto moved = std::move(original); }
#endif

// case move_of_event: deleted (function|constructor|copy constructor|move constructor)
#ifdef CASE_move_of_event
void move_event(heddle::event& original) { auto moved = std::move(original); }
#endif

// case move_of_queue: deleted (function|constructor|copy constructor|move constructor)
#ifdef CASE_move_of_queue
void move_queue(heddle::queue<int>& original) { auto moved = std::move(original); }
#endif

// case move_of_task_group: deleted (function|constructor|copy constructor|move constructor)
#ifdef CASE_move_of_task_group
void move_task_group(heddle::task_group& original) { auto moved = std::move(original); }
#endif

// case move_of_timeout_scope: deleted (function|constructor|copy constructor|move constructor)
#ifdef CASE_move_of_timeout_scope
void move_timeout_scope(heddle::timeout_scope& original) { auto moved = std::move(original); }
#endif

// case move_of_event_loop: deleted (function|constructor|copy constructor|move constructor)
#ifdef CASE_move_of_event_loop
void move_event_loop(heddle::event_loop& original) { auto moved = std::move(original); }
#endif

// case assignment_of_lock: deleted (function|operator|.*assignment)
#ifdef CASE_assignment_of_lock
void assign_lock(heddle::lock& to, heddle::lock& from) { to = from; }
#endif

// Handles of futures and tasks are copied freely.
void copy_handles(const heddle::future<int>& future, const heddle::task<int>& task) {
    auto futures = future;
    auto tasks = task;
}
