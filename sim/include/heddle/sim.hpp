// SPDX-License-Identifier: BSL-1.0
//
// All of heddle's simulation: virtual time, one run, and the exploration of schedules.
#pragma once

#include <heddle/sim/campaign.hpp>
#include <heddle/sim/campaign_state.hpp>
#include <heddle/sim/command_line.hpp>
#include <heddle/sim/completion.hpp>
#include <heddle/sim/coverage.hpp>
#include <heddle/sim/depth_first.hpp>
#include <heddle/sim/driver.hpp>
#include <heddle/sim/everywhere.hpp>
#include <heddle/sim/exhaust.hpp>
#include <heddle/sim/explore.hpp>
#include <heddle/sim/explorers.hpp>
#include <heddle/sim/failure.hpp>
#include <heddle/sim/fuzz.hpp>
#include <heddle/sim/level.hpp>
#include <heddle/sim/replayed.hpp>
#include <heddle/sim/report.hpp>
#include <heddle/sim/reports.hpp>
#include <heddle/sim/run.hpp>
#include <heddle/sim/simulation.hpp>
#include <heddle/sim/strategy.hpp>
#include <heddle/sim/tape.hpp>
#include <heddle/sim/traced_run.hpp>
#include <heddle/sim/virtual_clock.hpp>
