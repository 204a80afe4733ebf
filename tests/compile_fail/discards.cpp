// SPDX-License-Identifier: BSL-1.0
//
// Statements that begin something and throw it away. All are compiled at once, with
// -Werror=unused-result; each line "// discarded: TEXT" must be refused with TEXT, see `check`.
#include "all.hpp"

heddle::coro<int> answer() { co_return 42; }
heddle::async_generator<int, int> numbers() { co_yield 1; }

heddle::coro<void> functions(std::vector<heddle::task<int>> tasks, heddle::future<int> future) {
    answer();                                           // discarded: a coroutine does nothing until
    heddle::sleep(1ms);                                 // discarded: a sleep that is not awaited
    heddle::gather(answer(), answer());                 // discarded: a gather that nobody awaits
    heddle::gather(tasks);                              // discarded: a gather that nobody awaits
    heddle::gather(heddle::return_exceptions, future);  // discarded: the errors of the children
    heddle::gather(heddle::return_exceptions, tasks);   // discarded: the errors of the children
    heddle::wait(tasks);                                // discarded: nothing happens until this
    heddle::wait(heddle::return_when::all_completed, 1ms, future);  // discarded: nothing happens
    heddle::wait_for(answer(), 1ms);                  // discarded: nothing happens until this
    heddle::shield(future);                           // discarded: a shield protects what it is
    heddle::as_completed(tasks);                      // discarded: what is done is told to
    heddle::timeout(1ms);                             // discarded: a timeout limits what its run
    heddle::timeout_at(heddle::never);                // discarded: a timeout limits what its run
    heddle::suspend_once();                           // discarded: control is not given up unless
    heddle::get_running_loop();                       // discarded:
    heddle::copy_context();                           // discarded:
    heddle::get_running_loop().create_future<int>();  // discarded: a future that nobody holds
    heddle::to_thread([] {});        // discarded: to_thread calls nothing until it is awaited
    heddle::run_in_executor([] {});  // discarded: the result of a job, and its error, are in its
    co_return;
}

void jobs(heddle::event_loop& loop, heddle::executor& where) {
    loop.run_in_executor([] {});  // discarded: the result of a job, and its error, are in its
    loop.run_in_executor(where, [] {});     // discarded: the result of a job, and its error, are in
    heddle::run_in_executor(where, [] {});  // discarded: the result of a job, and its error, are
    loop.shutdown_default_executor();       // discarded: the jobs are over when this is done
    heddle::run_coroutine_threadsafe(answer, loop);  // discarded: the result, and the error, of the
    heddle::all_tasks(loop);                         // discarded:
}

void members(heddle::lock& lock, heddle::condition& condition, heddle::event& event,
             heddle::semaphore& semaphore, heddle::barrier& barrier, heddle::queue<int>& queue,
             heddle::task_group& group, heddle::timeout_scope& limit) {
    lock.acquire();                           // discarded: the lock is taken only when this
    lock.scoped();                            // discarded: the lock is taken only when this
    condition.acquire();                      // discarded: the lock is taken only when this
    condition.scoped();                       // discarded: the lock is taken only when this
    condition.wait();                         // discarded: nothing waits until this is awaited
    condition.wait_for([] { return true; });  // discarded: nothing waits until this is awaited
    event.wait();                             // discarded: nothing waits until this is awaited
    semaphore.acquire();                      // discarded: a unit is taken only when this
    semaphore.scoped();                       // discarded: a unit is taken only when this
    barrier.wait();                           // discarded: nothing waits until this is awaited
    barrier.reset();                          // discarded: nothing is reset until this is awaited
    barrier.abort();                          // discarded: nothing is aborted until this is awaited
    queue.put(1);                             // discarded: nothing is put until this is awaited
    queue.get();                              // discarded: nothing is taken until this is awaited
    queue.get_nowait();                       // discarded: the item is lost
    queue.join();                             // discarded: nothing waits until this is awaited
    group.join();                             // discarded: children are destroyed where they are
    group.join_after(nullptr);                // discarded: children are destroyed where they are
    limit.run(answer());                      // discarded: nothing happens until this is awaited
}

void steps(std::vector<heddle::task<int>> tasks) {
    auto range = heddle::as_completed(tasks);
    range.next();       // discarded: nothing happens until this is awaited
    range.next_task();  // discarded: nothing happens until this is awaited
    *range.begin();     // discarded: nothing happens until this is awaited

    auto source = numbers();
    source.next();                    // discarded: a step is not taken until it is awaited
    source.asend(1);                  // discarded: a step is not taken until it is awaited
    source.athrow(std::exception());  // discarded: a step is not taken until it is awaited
    source.aclose();                  // discarded: nothing is closed until this is awaited

    const auto gives_a_future = [](heddle::future<int> each) { return each; };
    gives_a_future({});  // discarded: nobody hears of what nobody awaits
    const auto gives_an_outcome = [](heddle::outcome<int> each) { return each; };
    gives_an_outcome(heddle::outcome<int>(1));  // discarded: an error is a result like any other
}

void sound(heddle::event_loop& loop, heddle::lock& lock, heddle::queue<int>& queue) {
    loop.create_task(answer());  // runs all the same: the loop owns it
    loop.call_soon([] {});
    loop.call_later(1ms, [] {});
    queue.put_nowait(1);
    lock.release();
}
