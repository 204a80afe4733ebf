// SPDX-License-Identifier: BSL-1.0
//
// A backend that nothing reaches from outside, as a simulation's. Time stands still.
#pragma once

#include <heddle/backend.hpp>
#include <heddle/time.hpp>

namespace heddle_test {

class sealed_clock final : public heddle::backend {
public:
    heddle::time_point now() override { return {}; }
    heddle::time_point wait_until(heddle::time_point) override { return {}; }
    void poll() override {}
    void wake_up() noexcept override {}
    [[nodiscard]] bool accepts_outside_events() const noexcept override { return false; }
};

}  // namespace heddle_test
