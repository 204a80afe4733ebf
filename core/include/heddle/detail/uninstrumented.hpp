// SPDX-License-Identifier: BSL-1.0
//
// HEDDLE_UNINSTRUMENTED keeps memory instrumentation (ThreadSanitizer's, and Clang's coverage of
// loads and stores) out of library code that is inlined into the code of users: an explorer that
// watches the user's memory must not see the loop's own queues. It changes no layout.
//
// HEDDLE_UNINSTRUMENTED_INLINE is the same for what is worth inlining wherever it is called, which is done
// in code that is not instrumented only: what is inlined is instrumented as the code around it.
#pragma once

#if defined(__clang__)
#define HEDDLE_UNINSTRUMENTED __attribute__((no_sanitize("thread", "coverage")))
#elif defined(__GNUC__)
#define HEDDLE_UNINSTRUMENTED __attribute__((no_sanitize("thread")))
#else
#define HEDDLE_UNINSTRUMENTED
#endif

#if defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(coverage_sanitizer)
#define HEDDLE_CALLERS_ARE_INSTRUMENTED 1
#endif
#elif defined(__SANITIZE_THREAD__)
#define HEDDLE_CALLERS_ARE_INSTRUMENTED 1
#endif
#if defined(HEDDLE_CALLERS_ARE_INSTRUMENTED) || !defined(__GNUC__)
#define HEDDLE_UNINSTRUMENTED_INLINE HEDDLE_UNINSTRUMENTED inline
#else
#define HEDDLE_UNINSTRUMENTED_INLINE __attribute__((always_inline)) HEDDLE_UNINSTRUMENTED inline
#endif
