// SPDX-License-Identifier: BSL-1.0
#include <heddle/asio_sim/strand.hpp>

#include <heddle/errors.hpp>

namespace heddle::asio_sim {

namespace {

detail::strand_pointer new_strand() {
    return detail::strand_pointer::adopt(new detail::strand_state);
}

}  // namespace

sim_strand::sim_strand(const sim_executor& inner) : sim_executor(inner, new_strand()) {}

const sim_executor& sim_strand::executor_in(const boost::asio::any_io_executor& inner) {
    if (const auto* const plain = inner.target<sim_executor>(); plain != nullptr) {
        return *plain;
    }
    if (const auto* const strand = inner.target<sim_strand>(); strand != nullptr) {
        return *strand;
    }
    throw usage_error("sim_strand: this executor is not one of a sim_context");
}

}  // namespace heddle::asio_sim
