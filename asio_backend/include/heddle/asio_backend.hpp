// SPDX-License-Identifier: BSL-1.0
//
// All of heddle's Boost.Asio side: loops in real time, beside real sockets, timers and threads.
#pragma once

#include <heddle/asio/async_await.hpp>
#include <heddle/asio/executor.hpp>
#include <heddle/asio/guest.hpp>
#include <heddle/asio/io_context.hpp>
#include <heddle/asio/loop_executor.hpp>
#include <heddle/asio/own_context.hpp>
#include <heddle/asio/run.hpp>
#include <heddle/asio/sockets.hpp>
#include <heddle/asio/use_task.hpp>
