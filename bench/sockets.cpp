// SPDX-License-Identifier: BSL-1.0
//
// What a loop on Boost.Asio does beside Asio itself, in real time: a byte to
// and fro between two tasks, through a pair of connected sockets; sleeping
// tasks; and handlers of an io_context that a guest lives in.
//
// heddle_on_asio has an io_context of its own, heddle_guest is a guest in one.
// Asio's side is asio::awaitable, with executors by their own type; asio_any is
// the same with any_io_executor, as awaitable comes.
#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "random.hpp"
#include "row.hpp"
#include "worlds.hpp"

namespace bench {

namespace {

namespace asio = boost::asio;

constexpr std::uint64_t group = 1'000;

// ---- the loops ----------------------------------------------------------------------------------

inline constexpr const char* guest_side = "heddle_guest";
inline constexpr const char* any_side = "asio_any";

struct own_world : backend_world {
    boost::asio::io_context& context = backend.context();
    template <class T>
    void run(heddle::coro<T> main) {
        loop.run_until_complete(std::move(main));
    }
};

struct guest_world {
    static constexpr const char* side = guest_side;
    asio::io_context context{1};
    heddle::asio_backend::guest guest{context};
    heddle::event_loop& loop = guest.loop();

    /// Until nothing is left to do.
    template <class T>
    void run(heddle::coro<T> main) {
        const auto task = loop.create_task(std::move(main));
        run();
        static_cast<void>(task.result());
    }
    void run() {
        context.restart();
        context.run();
    }
};

/// What asio::awaitable is measured with.
struct concrete {
    static constexpr const char* side = asio_side;
    using executor = asio_executor;
};
struct erased {
    static constexpr const char* side = any_side;
    using executor = asio::any_io_executor;
};
template <class Kind>
struct awaitable_world : asio_world {
    static constexpr const char* side = Kind::side;
};

// ---- ping-pong: a byte there and back -----------------------------------------------------------

template <class Executor>
using socket = asio::basic_stream_socket<asio::local::stream_protocol, Executor>;

/// How a heddle task sends: what the socket takes at once without waiting, or by an operation.
struct by_sock_sendall {
    template <class Socket>
    static auto send(Socket& socket, asio::const_buffer bytes) {
        return heddle::sock_sendall(socket, bytes);
    }
};
struct by_use_task {
    template <class Socket>
    static auto send(Socket& socket, asio::const_buffer bytes) {
        return socket.async_write_some(bytes, heddle::use_task);
    }
};

template <class How, class Socket>
heddle::coro<void> heddle_ping(Socket& here, std::uint64_t rounds, std::uint64_t& done) {
    std::array<char, 1> byte{'x'};
    for (; done < rounds; ++done) {
        co_await How::send(here, asio::buffer(byte));
        co_await here.async_read_some(asio::buffer(byte), heddle::use_task);
    }
}

template <class How, class Socket>
heddle::coro<void> heddle_pong(Socket& here, std::uint64_t rounds) {
    std::array<char, 1> byte{};
    for (std::uint64_t i = 0; i < rounds; ++i) {
        co_await here.async_read_some(asio::buffer(byte), heddle::use_task);
        co_await How::send(here, asio::buffer(byte));
    }
}

template <class How, class Socket>
heddle::coro<void> heddle_both(Socket& here, Socket& there, std::uint64_t n, std::uint64_t& done) {
    const auto other = heddle::create_task(heddle_pong<How>(there, n));
    co_await heddle_ping<How>(here, n, done);
    co_await other;
}

template <class How, class World>
void heddle_ping_pong(World& world, std::uint64_t n) {
    socket<asio_executor> here(world.context);
    socket<asio_executor> there(world.context);
    asio::local::connect_pair(here, there);
    std::uint64_t done = 0;
    world.run(heddle_both<How>(here, there, n, done));
    check(done == n, "ping_pong");
}

template <class Executor>
asio::awaitable<void, Executor> asio_ping(socket<Executor>& here, std::uint64_t rounds,
                                          std::uint64_t& done) {
    constexpr asio::use_awaitable_t<Executor> token;
    std::array<char, 1> byte{'x'};
    for (; done < rounds; ++done) {
        co_await here.async_write_some(asio::buffer(byte), token);
        co_await here.async_read_some(asio::buffer(byte), token);
    }
}

template <class Executor>
asio::awaitable<void, Executor> asio_pong(socket<Executor>& here, std::uint64_t rounds) {
    constexpr asio::use_awaitable_t<Executor> token;
    std::array<char, 1> byte{};
    for (std::uint64_t i = 0; i < rounds; ++i) {
        co_await here.async_read_some(asio::buffer(byte), token);
        co_await here.async_write_some(asio::buffer(byte), token);
    }
}

template <class Kind>
void asio_ping_pong(awaitable_world<Kind>& world, std::uint64_t n) {
    using executor = typename Kind::executor;
    socket<executor> here(world.context.get_executor());
    socket<executor> there(world.context.get_executor());
    asio::local::connect_pair(here, there);
    std::uint64_t done = 0;
    asio::co_spawn(executor(world.context.get_executor()), asio_pong(there, n), asio::detached);
    asio::co_spawn(executor(world.context.get_executor()), asio_ping(here, n, done),
                   asio::detached);
    world.run();
    check(done == n, "ping_pong");
}

// ---- sleepers: 1,000 tasks that sleep for up to 20 ms, again and again --------------------------

constexpr std::uint32_t longest_sleep = 20'000'000;  // nanoseconds
constexpr std::uint64_t sleep_seed = 4;

heddle::coro<void> heddle_sleeper(std::uint64_t times, random_numbers& random,
                                  std::uint64_t& slept) {
    for (std::uint64_t i = 0; i < times; ++i) {
        co_await heddle::sleep(heddle::duration(random.up_to(longest_sleep)));
        ++slept;
    }
}

heddle::coro<void> heddle_sleepers(std::uint64_t times, std::uint64_t& slept) {
    random_numbers random(sleep_seed);
    std::vector<heddle::task<void>> tasks;
    tasks.reserve(group);
    for (std::uint64_t i = 0; i < group; ++i) {
        tasks.push_back(heddle::create_task(heddle_sleeper(times, random, slept)));
    }
    for (const heddle::task<void>& each : tasks) {
        co_await each;
    }
}

template <class World>
void heddle_sleep(World& world, std::uint64_t n) {
    std::uint64_t slept = 0;
    world.run(heddle_sleepers(n / group, slept));
    check(slept == n / group * group, "sleepers");
}

template <class Executor>
using timer_on = asio::basic_waitable_timer<std::chrono::steady_clock,
                                            asio::wait_traits<std::chrono::steady_clock>, Executor>;

template <class Executor>
asio::awaitable<void, Executor> asio_sleeper(std::uint64_t times, random_numbers& random,
                                             std::uint64_t& slept) {
    constexpr asio::use_awaitable_t<Executor> token;
    timer_on<Executor> timer(co_await asio::this_coro::executor);
    for (std::uint64_t i = 0; i < times; ++i) {
        timer.expires_after(std::chrono::nanoseconds(random.up_to(longest_sleep)));
        co_await timer.async_wait(token);
        ++slept;
    }
}

template <class Kind>
void asio_sleep(awaitable_world<Kind>& world, std::uint64_t n) {
    using executor = typename Kind::executor;
    random_numbers random(sleep_seed);
    std::uint64_t slept = 0;
    for (std::uint64_t i = 0; i < group; ++i) {
        asio::co_spawn(executor(world.context.get_executor()),
                       asio_sleeper<executor>(n / group, random, slept), asio::detached);
    }
    world.run();
    check(slept == n / group * group, "sleepers");
}

// ---- handlers of an io_context that nobody, or a guest lives in ---------------------------------

struct plain_host {
    static constexpr const char* side = asio_side;
    asio::io_context context{1};
};

/// The guest has nothing to do.
struct idle_guest_host {
    static constexpr const char* side = "idle_guest";
    asio::io_context context{1};
    heddle::asio_backend::guest guest{context};

    idle_guest_host() {
        guest.loop().call_soon([] {});
        context.run();
    }
};

/// The guest's only task ticks each millisecond.
struct ticking_guest_host {
    static constexpr const char* side = "ticking_guest";
    asio::io_context context{1};
    heddle::asio_backend::guest guest{context};
    heddle::task<void> ticker = guest.loop().create_task(tick());

    static heddle::coro<void> tick() {
        for (;;) {
            co_await heddle::sleep(std::chrono::milliseconds(1));
        }
    }
};

/// The counterpart of that one.
struct ticking_host {
    static constexpr const char* side = "ticking_asio";
    asio::io_context context{1};
    asio_timer ticker{context};

    ticking_host() {
        asio::co_spawn(
            context,
            [](asio_timer& timer) -> asio_awaitable<void> {
                for (;;) {
                    timer.expires_after(std::chrono::milliseconds(1));
                    co_await timer.async_wait(use_asio_awaitable);
                }
            }(ticker),
            asio::detached);
    }
};

template <class Host>
void run_to_stop(Host& host) {
    host.context.restart();
    host.context.run();
}

template <class Host>
void host_burst(Host& host, std::uint64_t n) {
    std::uint64_t ran = 0;
    for (std::uint64_t i = 0; i < n; ++i) {
        asio::post(host.context, [&ran] { ++ran; });
    }
    asio::post(host.context, [&host] { host.context.stop(); });
    run_to_stop(host);
    check(ran == n, "host_burst");
}

struct host_link {
    asio::io_context* context;
    std::uint64_t* left;

    void operator()() const {
        if (--*left == 0) {
            context->stop();
        } else {
            asio::post(*context, *this);
        }
    }
};

template <class Host>
void host_chain(Host& host, std::uint64_t n) {
    std::uint64_t left = n;
    asio::post(host.context, host_link{&host.context, &left});
    run_to_stop(host);
    check(left == 0, "host_chain");
}

// ---- callbacks of a guest's loop ----------------------------------------------------------------

void guest_burst(guest_world& world, std::uint64_t n) {
    std::uint64_t ran = 0;
    for (std::uint64_t i = 0; i < n; ++i) {
        world.loop.call_soon([&ran] { ++ran; });
    }
    world.run();
    check(ran == n, "post_burst");
}

struct guest_link {
    heddle::event_loop* loop;
    std::uint64_t* left;

    void operator()() const {
        if (--*left != 0) {
            loop->call_soon(*this);
        }
    }
};

void guest_chain(guest_world& world, std::uint64_t n) {
    std::uint64_t left = n;
    world.loop.call_soon(guest_link{&world.loop, &left});
    world.run();
    check(left == 0, "post_chain");
}

template <class How>
void add_ping_pong(std::vector<row>& rows, const char* name) {
    constexpr std::uint64_t rounds = 20'000;
    rows.push_back(make_row<own_world>(name, rounds, heddle_ping_pong<How, own_world>));
    rows.push_back(make_row<guest_world>(name, rounds, heddle_ping_pong<How, guest_world>));
    rows.push_back(make_row<awaitable_world<concrete>>(name, rounds, asio_ping_pong<concrete>));
    rows.push_back(make_row<awaitable_world<erased>>(name, rounds, asio_ping_pong<erased>));
}

void add_socket_rows(std::vector<row>& rows) {
    add_ping_pong<by_sock_sendall>(rows, "ping_pong");
    add_ping_pong<by_use_task>(rows, "ping_pong_by_operations");
    constexpr std::uint64_t sleeps = 20'000;
    rows.push_back(make_row<own_world>("sleepers", sleeps, heddle_sleep<own_world>));
    rows.push_back(make_row<guest_world>("sleepers", sleeps, heddle_sleep<guest_world>));
    rows.push_back(make_row<awaitable_world<concrete>>("sleepers", sleeps, asio_sleep<concrete>));
    rows.push_back(make_row<awaitable_world<erased>>("sleepers", sleeps, asio_sleep<erased>));
    constexpr std::uint64_t million = 1'000'000;
    rows.push_back(make_row<plain_host>("host_burst", million, host_burst<plain_host>));
    rows.push_back(make_row<idle_guest_host>("host_burst", million, host_burst<idle_guest_host>));
    rows.push_back(make_row<plain_host>("host_chain", million, host_chain<plain_host>));
    rows.push_back(make_row<idle_guest_host>("host_chain", million, host_chain<idle_guest_host>));
    rows.push_back(make_row<ticking_host>("host_chain", million, host_chain<ticking_host>));
    rows.push_back(
        make_row<ticking_guest_host>("host_chain", million, host_chain<ticking_guest_host>));
    rows.push_back(make_row<guest_world>("post_burst", million, guest_burst));
    rows.push_back(make_row<guest_world>("post_chain", million, guest_chain));
}

const rows_of_a_file file(add_socket_rows);

}  // namespace

}  // namespace bench
