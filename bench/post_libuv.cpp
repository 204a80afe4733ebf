// SPDX-License-Identifier: BSL-1.0
//
// Callbacks on libuv: see libuv_world.hpp.
#include <cstdint>
#include <vector>

#include "libuv_world.hpp"
#include "row.hpp"

namespace bench {

namespace {

// ---- callbacks ------------------------------------------------------------------------------

void uv_burst(uv_world& world, std::uint64_t n) {
    std::uint64_t ran = 0;
    std::vector<uv_idle_t> handles(n);
    for (uv_idle_t& each : handles) {
        uv_idle_init(&world.loop, &each);
        each.data = &ran;
        uv_idle_start(&each, [](uv_idle_t* self) {
            ++*static_cast<std::uint64_t*>(self->data);
            uv_idle_stop(self);
        });
    }
    world.run();
    check(ran == n, "post_burst");
    close_all(world, handles);
}

void uv_chain(uv_world& world, std::uint64_t n) {
    std::uint64_t left = n;
    std::vector<uv_idle_t> handle(1);
    uv_idle_init(&world.loop, handle.data());
    handle[0].data = &left;
    uv_idle_start(handle.data(), [](uv_idle_t* self) {
        if (--*static_cast<std::uint64_t*>(self->data) == 0) {
            uv_idle_stop(self);
        }
    });
    world.run();
    check(left == 0, "post_chain");
    close_all(world, handle);
}

void add_libuv_rows(std::vector<row>& rows) {
    constexpr std::uint64_t million = 1'000'000;
    rows.push_back(make_row<uv_world>("post_burst", million, uv_burst));
    rows.push_back(make_row<uv_world>("post_chain", million, uv_chain));
}

const rows_of_a_file file(add_libuv_rows);

}  // namespace

}  // namespace bench
