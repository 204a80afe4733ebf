// SPDX-License-Identifier: BSL-1.0
//
// HEDDLE_UNINSTRUMENTED keeps memory instrumentation (ThreadSanitizer's, and Clang's coverage of
// loads and stores) out of library code that is inlined into the code of users: an explorer that
// watches the user's memory must not see the loop's own queues. It changes no layout.
#pragma once

#if defined(__clang__)
#define HEDDLE_UNINSTRUMENTED __attribute__((no_sanitize("thread", "coverage")))
#elif defined(__GNUC__)
#define HEDDLE_UNINSTRUMENTED __attribute__((no_sanitize("thread")))
#else
#define HEDDLE_UNINSTRUMENTED
#endif
