// SPDX-License-Identifier: BSL-1.0
//
// Callbacks: a burst of them, queued and then run; and one that queues itself.
#include <boost/asio/post.hpp>
#include <cstdint>
#include <vector>

#include "row.hpp"
#include "worlds.hpp"

namespace bench {

namespace {

namespace asio = boost::asio;

// ---- burst: `n` callbacks are queued, then run ---------------------------------------------

void asio_burst(asio_world& world, std::uint64_t n) {
    std::uint64_t ran = 0;
    for (std::uint64_t i = 0; i < n; ++i) {
        asio::post(world.context, [&ran] { ++ran; });
    }
    world.run();
    check(ran == n, "post_burst");
}

template <class Kit>
void ideal_burst(ideal_world<Kit>& world, std::uint64_t n) {
    std::uint64_t ran = 0;
    for (std::uint64_t i = 0; i < n; ++i) {
        world.loop.call_soon([&ran] { ++ran; });
    }
    world.loop.run();
    check(ran == n, "post_burst");
}

// ---- chain: a callback that queues itself ---------------------------------------------------

struct asio_link {
    asio::io_context* context;
    std::uint64_t* left;

    void operator()() const {
        if (--*left != 0) {
            asio::post(*context, *this);
        }
    }
};

void asio_chain(asio_world& world, std::uint64_t n) {
    std::uint64_t left = n;
    asio::post(world.context, asio_link{&world.context, &left});
    world.run();
    check(left == 0, "post_chain");
}

template <class Kit>
struct ideal_link {
    typename Kit::loop* loop;
    std::uint64_t* left;

    void operator()() const {
        if (--*left != 0) {
            loop->call_soon(*this);
        }
    }
};

template <class Kit>
void ideal_chain(ideal_world<Kit>& world, std::uint64_t n) {
    std::uint64_t left = n;
    world.loop.call_soon(ideal_link<Kit>{&world.loop, &left});
    world.loop.run();
    check(left == 0, "post_chain");
}

void add_post_rows(std::vector<row>& rows) {
    constexpr std::uint64_t million = 1'000'000;
    rows.push_back(heddle_row<virtual_world>("post_burst", million));
    rows.push_back(heddle_row<backend_world>("post_burst", million));
    rows.push_back(make_row<asio_world>("post_burst", million, asio_burst));
    rows.push_back(heddle_row<virtual_world>("post_chain", million));
    rows.push_back(heddle_row<backend_world>("post_chain", million));
    rows.push_back(make_row<asio_world>("post_chain", million, asio_chain));
    rows.push_back(make_row<bare_world>("post_burst", million, ideal_burst<bare_kit>));
    rows.push_back(make_row<hops_world>("post_burst", million, ideal_burst<hops_kit>));
    rows.push_back(make_row<bare_world>("post_chain", million, ideal_chain<bare_kit>));
    rows.push_back(make_row<hops_world>("post_chain", million, ideal_chain<hops_kit>));
}

const rows_of_a_file file(add_post_rows);

}  // namespace

}  // namespace bench
