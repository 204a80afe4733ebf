// SPDX-License-Identifier: BSL-1.0
#include "backends.hpp"

#include <heddle/asio/detail/own_context_impl.hpp>
#include <heddle/sim.hpp>
#include <heddle/sim/virtual_clock.hpp>

#include "asio_clocks.hpp"
#include "interpreter.hpp"

namespace conformance {

namespace {

std::vector<std::string> run_on(heddle::event_loop& loop, const program& what) {
    return interpreter(what, loop).run();
}

}  // namespace

run_result run_in_virtual_time(const program& what) {
    heddle::sim::virtual_clock clock;
    heddle::event_loop loop(clock);
    return {run_on(loop, what), false};
}

run_result run_in_simulation(const program& what) {
    run_result result;
    heddle::sim::simulation one;
    heddle::sim::fifo_strategy first_option;
    one.run_by_hand([&](heddle::event_loop& loop) { result.trace = run_on(loop, what); },
                    first_option, heddle::sim::level::any);
    return result;
}

run_result run_on_asio(const program& what) {
    heddle::asio_backend::basic_own_context<injected_clock> backend;
    heddle::event_loop loop(backend);
    return {run_on(loop, what), false};
}

run_result run_in_real_time(const program& what, std::chrono::milliseconds stretch) {
    heddle::asio_backend::basic_own_context<stretched_clock> backend{stretched_clock(stretch)};
    heddle::event_loop loop(backend);
    run_result result{run_on(loop, what), false};
    result.too_close_to_call = backend.clock().late();
    return result;
}

}  // namespace conformance
