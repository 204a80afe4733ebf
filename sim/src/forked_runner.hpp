// SPDX-License-Identifier: BSL-1.0
//
// Makes each run in a child process of its own: one that dies fails with failure_class::crash, with
// the choices that it took until then, and with the trace of its steps up to its last.
#pragma once

#include "child_process.hpp"
#include "runner.hpp"

namespace heddle::sim::detail {

class forked_runner final : public runner {
public:
    /// `one` and `main` outlive it; `one` makes no run in this process. A child that makes no step
    /// for `hang` has hung.
    forked_runner(simulation& one, const program& main, duration hang);

    using runner::run;
    const run_record& run(strategy& chooser, level allowed, bool traced) override;
    /// In one child. Should it die of something else than what is wanted, the search is over.
    timing_search search(const explore_options& options, const failure& wanted) override;

private:
    void trace_until_death(strategy& chooser, level allowed);

    simulation& one_;
    const program& main_;
    duration hang_;
    run_room room_;
    run_record record_;
};

}  // namespace heddle::sim::detail
