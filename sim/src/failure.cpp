// SPDX-License-Identifier: BSL-1.0
#include <heddle/sim/failure.hpp>

#include <utility>

#include <heddle/errors.hpp>
#include <heddle/sim/simulation.hpp>

namespace heddle::sim {

run_failed::run_failed(failure reason)
    : std::runtime_error(std::string(name_of(reason.what)) + ": " + reason.message),
      reason_(std::move(reason)) {}

void fail(failure reason) {
    simulation* one = simulation::current();
    if (one == nullptr) {
        throw usage_error("sim::fail: no simulation runs on this thread");
    }
    one->note(std::move(reason));
}

bool check(bool holds, std::string_view text, std::source_location place) {
    if (!holds) {
        fail({failure_class::check, "check " + std::string(text) + " has failed", place.file_name(),
              static_cast<std::uint32_t>(place.line()), std::string(text)});
    }
    return holds;
}

}  // namespace heddle::sim
