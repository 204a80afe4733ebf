// SPDX-License-Identifier: BSL-1.0
//
// What the rows of exploring run: tasks of six steps each that lose each other's updates.
#pragma once

#include <heddle/heddle.hpp>

namespace bench {

/// Reads, lets others run, writes: what the others wrote meanwhile is lost. Six steps.
inline heddle::coro<void> add_three(int& shared) {
    co_await heddle::sleep(heddle::duration::zero());
    for (int i = 0; i < 3; ++i) {
        const int seen = shared;
        co_await heddle::sleep(heddle::duration::zero());
        shared = seen + 1;
    }
    co_await heddle::sleep(heddle::duration::zero());
}

}  // namespace bench
