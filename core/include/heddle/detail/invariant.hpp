// SPDX-License-Identifier: BSL-1.0
//
// HEDDLE_INVARIANT(condition, "what must hold"): an assertion that stays on in release builds.
// A broken invariant means that the library (or memory) is damaged: it is reported in one line
// and the program aborts. Mistakes that a caller can make are exceptions instead.
#pragma once

namespace heddle::detail {

[[noreturn]] void broken_invariant(const char* what, const char* file, int line) noexcept;

}  // namespace heddle::detail

#define HEDDLE_INVARIANT(condition, what) \
    ((condition) ? static_cast<void>(0)   \
                 : ::heddle::detail::broken_invariant((what), __FILE__, __LINE__))
