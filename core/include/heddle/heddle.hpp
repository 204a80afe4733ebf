// SPDX-License-Identifier: BSL-1.0
//
// All of heddle's core: what a program that is written once includes. Backends are beside it:
// <heddle/sim.hpp> (virtual time), <heddle/asio_backend.hpp> (Boost.Asio).
#pragma once

#include <heddle/all_tasks.hpp>
#include <heddle/as_completed.hpp>
#include <heddle/async_generator.hpp>
#include <heddle/backend.hpp>
#include <heddle/barrier.hpp>
#include <heddle/call_graph.hpp>
#include <heddle/condition.hpp>
#include <heddle/context.hpp>
#include <heddle/coro.hpp>
#include <heddle/errors.hpp>
#include <heddle/event.hpp>
#include <heddle/event_loop.hpp>
#include <heddle/executor.hpp>
#include <heddle/future.hpp>
#include <heddle/gather.hpp>
#include <heddle/generator.hpp>
#include <heddle/hand_driven.hpp>
#include <heddle/handle.hpp>
#include <heddle/lock.hpp>
#include <heddle/observer.hpp>
#include <heddle/outcome.hpp>
#include <heddle/queue.hpp>
#include <heddle/random.hpp>
#include <heddle/runner.hpp>
#include <heddle/scheduler.hpp>
#include <heddle/semaphore.hpp>
#include <heddle/shield.hpp>
#include <heddle/sleep.hpp>
#include <heddle/task.hpp>
#include <heddle/task_group.hpp>
#include <heddle/threadsafe.hpp>
#include <heddle/time.hpp>
#include <heddle/timeout.hpp>
#include <heddle/wait.hpp>
#include <heddle/wait_for.hpp>
