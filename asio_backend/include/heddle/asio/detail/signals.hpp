// SPDX-License-Identifier: BSL-1.0
//
// Signals of the process for a loop, by asio::signal_set: no thread, and no code of ours in a
// signal handler.
//
// What Asio does not do: what was done with a signal before is put back when the last watch of
// heddle's goes, unless somebody else's signal_set has it then. And blocking system calls on other
// threads go on after a signal (SA_RESTART), as in CPython.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>

#include <heddle/backend.hpp>

namespace heddle::asio_backend::detail {

/// See backend::watch_signal. `context` has work as long as the watch lives.
[[nodiscard]] std::unique_ptr<signal_watch> watch_signal(boost::asio::io_context& context,
                                                         int number,
                                                         std::function<void()> on_signal);

/// Nobody has said what is to be done with it.
[[nodiscard]] bool has_default_action(int number) noexcept;

/// Of a signal that is watched: the next is told, and from then on, without any code of this
/// process that would have to run, the default action is taken. Until another watch of it is made.
void tell_once(int number) noexcept;

/// Where that cannot be known, true.
[[nodiscard]] bool on_main_thread() noexcept;

}  // namespace heddle::asio_backend::detail
