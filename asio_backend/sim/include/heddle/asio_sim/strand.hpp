// SPDX-License-Identifier: BSL-1.0
//
// sim_strand: a strand each of whose functions is a step of its own.
//
// asio::strand runs on a sim_context unchanged, but all that has gathered in it while it was busy is
// one function there, which runs when its turn comes: nothing else gets in between, and a race
// between two of these and something outside of the strand is not seen. A sim_strand gives its
// functions to the loop one by one. They run in the order in which they were given, never two at a
// time; between two of them, whatever else is ready may run.
//
// It converts to any_io_executor as asio::strand does, and copies share the strand.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <concepts>

#include <heddle/asio_sim/context.hpp>
#include <heddle/asio_sim/executor.hpp>

namespace heddle::asio_sim {

class sim_strand : public sim_executor {
public:
    using inner_executor_type = sim_executor;

    /// A new strand on the executor's context, under its name.
    explicit sim_strand(const sim_executor& inner);
    explicit sim_strand(sim_context& context) : sim_strand(context.get_executor()) {}
    /// Throws usage_error if there is no sim_executor in `inner`. (A template, or a strand would be
    /// made an any_io_executor to find out whether it can be made a strand.)
    template <std::same_as<boost::asio::any_io_executor> Executor>
    explicit sim_strand(const Executor& inner) : sim_strand(executor_in(inner)) {}

    [[nodiscard]] inner_executor_type get_inner_executor() const noexcept {
        return without_strand();
    }

private:
    static const sim_executor& executor_in(const boost::asio::any_io_executor& inner);
};

}  // namespace heddle::asio_sim
