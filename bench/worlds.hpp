// SPDX-License-Identifier: BSL-1.0
//
// The loops that a workload runs on.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <type_traits>

#include <heddle/asio_backend.hpp>
#include <heddle/heddle.hpp>
#include <heddle/sim/virtual_clock.hpp>

#include "ideal/bare.hpp"
#include "ideal/hops.hpp"
#include "row.hpp"
#include "workloads.hpp"

namespace bench {

/// heddle in virtual time, without a scheduler: the plain loop.
struct virtual_world {
    static constexpr const char* side = heddle_side;
    heddle::sim::virtual_clock clock;
    heddle::event_loop loop{clock};
};

/// heddle in real time, on an io_context of its own.
struct backend_world {
    static constexpr const char* side = backend_side;
    heddle::asio_backend::own_context backend;
    heddle::event_loop loop{backend};
};

/// The workload of that name on a World of heddle's.
template <class World>
row heddle_row(const char* name, std::uint64_t batch) {
    return make_row<World>(name, batch, [name](World& world, std::uint64_t n) {
        check(find_workload(name)->does(world.loop, n), name);
    });
}

/// Boost.Asio as it comes, told that there is one thread. In its fastest form: executors by their
/// own type, not as any_io_executor.
using asio_executor = boost::asio::io_context::executor_type;
template <class T>
using asio_awaitable = boost::asio::awaitable<T, asio_executor>;
inline constexpr boost::asio::use_awaitable_t<asio_executor> use_asio_awaitable;
using asio_timer = boost::asio::basic_waitable_timer<
    std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, asio_executor>;

struct asio_world {
    static constexpr const char* side = asio_side;
    boost::asio::io_context context{1};

    /// Until nothing is left to do.
    void run() {
        context.restart();
        context.run();
    }
};

/// The ideals. A workload is written once for both, with Kit::loop, Kit::yield and so on.
template <class Kit>
struct ideal_world {
    static constexpr const char* side = std::is_same_v<Kit, ideal::bare<ideal::fifo>> ||
                                                std::is_same_v<Kit, ideal::bare<ideal::pool>>
                                            ? bare_side
                                            : hops_side;
    typename Kit::loop loop;
};
using bare_kit = ideal::bare<ideal::fifo>;
using hops_kit = ideal::hops<ideal::fifo>;
using bare_world = ideal_world<bare_kit>;
using hops_world = ideal_world<hops_kit>;

}  // namespace bench
