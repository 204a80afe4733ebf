// SPDX-License-Identifier: BSL-1.0
//
// The backend of virtual time: its clock stands still while anything is ready, and moves exactly
// to the earliest deadline when nothing is. Waiting takes no real time, and nothing comes in from
// outside: a loop on it that has nothing left to do is deadlocked, and says so.
#pragma once

#include <memory>

#include <heddle/backend.hpp>
#include <heddle/executor.hpp>

namespace heddle::sim {

class virtual_clock final : public backend {
public:
    [[nodiscard]] time_point now() override { return now_; }
    time_point wait_until(time_point deadline) override {
        advance_to(deadline);
        return now_;
    }
    void poll() override {}
    [[nodiscard]] bool polls() const noexcept override { return false; }
    void wake_up() noexcept override {}
    [[nodiscard]] bool accepts_outside_events() const noexcept override { return false; }
    /// Jobs are steps of the simulation.
    [[nodiscard]] std::unique_ptr<executor> make_default_executor() override {
        return std::make_unique<same_thread_executor>();
    }

    /// Moves the clock to `when`; never back.
    void advance_to(time_point when) noexcept {
        if (when > now_ && when != never) {
            now_ = when;
        }
    }
    /// Back to the start, for the next run.
    void restart() noexcept { now_ = time_point{}; }

private:
    time_point now_{};
};

}  // namespace heddle::sim
