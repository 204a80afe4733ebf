// SPDX-License-Identifier: BSL-1.0
//
// What libuv has of the workloads: callbacks and timers, as it is used from C. It has no queue of
// callbacks that another thread could not add to as well; nearest are idle handles, each of which
// runs once in an iteration of its loop. Its timers count in milliseconds.
#pragma once

#include <uv.h>

#include <vector>

#include "row.hpp"

namespace bench {

struct uv_world {
    static constexpr const char* side = libuv_side;
    uv_loop_t loop;
    uv_world() { check(uv_loop_init(&loop) == 0, "libuv"); }
    uv_world(const uv_world&) = delete;
    uv_world& operator=(const uv_world&) = delete;
    ~uv_world() { check(uv_loop_close(&loop) == 0, "libuv"); }
    void run() { uv_run(&loop, UV_RUN_DEFAULT); }
};

/// A handle is taken leave of in one more iteration.
template <class Handle>
void close_all(uv_world& world, std::vector<Handle>& handles) {
    for (Handle& each : handles) {
        uv_close(reinterpret_cast<uv_handle_t*>(&each), nullptr);
    }
    world.run();
}

}  // namespace bench
