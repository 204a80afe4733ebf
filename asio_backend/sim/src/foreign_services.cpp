// SPDX-License-Identifier: BSL-1.0
//
// Services of Asio's own timers, sockets and resolvers: how to know them in an execution_context, and
// how to keep them from starting a thread. The only file here that names what is in Asio's detail.
//
// On a context that is no io_context, the first such service makes a detail::scheduler, which starts a
// thread. One that is there beforehand, without a thread, is used instead; nobody runs it.
#include <array>
#include <boost/asio/detail/config.hpp>
#include <boost/asio/detail/deadline_timer_service.hpp>
#include <boost/asio/detail/reactor.hpp>
#include <boost/asio/detail/resolver_service.hpp>
#include <boost/asio/detail/scheduler.hpp>
#include <boost/asio/detail/signal_set_service.hpp>
#include <boost/asio/ip/icmp.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/system_timer.hpp>
#include <type_traits>

#if defined(BOOST_ASIO_HAS_POSIX_STREAM_DESCRIPTOR)
#include <boost/asio/detail/reactive_descriptor_service.hpp>
#include <boost/asio/local/datagram_protocol.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#endif
#if !defined(BOOST_ASIO_HAS_IOCP)
#include <boost/asio/detail/reactive_socket_service.hpp>
#endif

#include <heddle/asio_sim/detail/core.hpp>

namespace heddle::asio_sim::detail {

namespace {

namespace asio = boost::asio;

template <class Service>
bool has(asio::execution_context& context) {
    return asio::has_service<Service>(context);
}
template <class Clock>
using timers_of = asio::detail::deadline_timer_service<
    asio::detail::chrono_time_traits<Clock, asio::wait_traits<Clock>>>;

struct known_service {
    bool (*is_in)(asio::execution_context&);
    const char* name;
    const char* instead;
};

constexpr const char* a_timer = "heddle::asio_sim::sim_timer";
constexpr const char* a_template =
    "a stream that the program takes as a template parameter, and a simulated one here";

// What people know them by. Sorts of sockets share a service by protocol.
constexpr std::array known_services{
    known_service{has<timers_of<std::chrono::steady_clock>>, "asio::steady_timer", a_timer},
    known_service{has<timers_of<std::chrono::system_clock>>, "asio::system_timer", a_timer},
    known_service{has<asio::detail::resolver_service<asio::ip::tcp>>, "asio::ip::tcp::resolver",
                  "a table of the test's own"},
    known_service{has<asio::detail::resolver_service<asio::ip::udp>>, "asio::ip::udp::resolver",
                  "a table of the test's own"},
    known_service{has<asio::detail::resolver_service<asio::ip::icmp>>, "asio::ip::icmp::resolver",
                  "a table of the test's own"},
    known_service{has<asio::detail::signal_set_service>, "asio::signal_set",
                  "a function that the test calls"},
#if !defined(BOOST_ASIO_HAS_IOCP)
    known_service{has<asio::detail::reactive_socket_service<asio::ip::tcp>>,
                  "a socket or acceptor of asio::ip::tcp", a_template},
    known_service{has<asio::detail::reactive_socket_service<asio::ip::udp>>,
                  "a socket of asio::ip::udp", a_template},
#endif
#if defined(BOOST_ASIO_HAS_POSIX_STREAM_DESCRIPTOR)
    known_service{has<asio::detail::reactive_socket_service<asio::local::stream_protocol>>,
                  "a socket or acceptor of asio::local::stream_protocol", a_template},
    known_service{has<asio::detail::reactive_socket_service<asio::local::datagram_protocol>>,
                  "a socket of asio::local::datagram_protocol", a_template},
    known_service{has<asio::detail::reactive_descriptor_service>,
                  "a descriptor or pipe of asio::posix", a_template},
#endif
};

}  // namespace

void prevent_threads(asio::execution_context& context) {
    using scheduler = asio::detail::scheduler;
    constexpr int one_thread = 1;
    constexpr bool own_thread = false;
    if constexpr (std::is_constructible_v<scheduler, asio::execution_context&, int, bool>) {
        asio::make_service<scheduler>(context, one_thread, own_thread);
    } else {
        asio::make_service<scheduler>(context, own_thread);
    }
}

std::string foreign_services(asio::execution_context& context) {
    // All but the resolvers want the reactor: after most steps, this is all that is looked at.
    const bool reactor = has<asio::detail::reactor>(context);
    if (!reactor && !has<asio::detail::resolver_service<asio::ip::tcp>>(context) &&
        !has<asio::detail::resolver_service<asio::ip::udp>>(context) &&
        !has<asio::detail::resolver_service<asio::ip::icmp>>(context)) {
        return {};
    }
    std::string text;
    for (const known_service& each : known_services) {
        if (each.is_in(context)) {
            text += text.empty() ? "" : "; ";
            text += std::string(each.name) + " (use " + each.instead + ")";
        }
    }
    if (text.empty()) {
        text = "an object that waits for the operating system";
    }
    return "real input or output in the simulation: " + text;
}

}  // namespace heddle::asio_sim::detail
