// SPDX-License-Identifier: BSL-1.0
//
// Compiled, never run: drops a coroutine, and the test looks for the warning.
#include <heddle/coro.hpp>

heddle::coro<int> inner() { co_return 1; }

void drop() { inner(); }
