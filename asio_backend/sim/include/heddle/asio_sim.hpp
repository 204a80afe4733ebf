// SPDX-License-Identifier: BSL-1.0
//
// Native Asio programs in the simulation: docs/asio_in_simulation.md.
#pragma once

#include <heddle/asio_sim/context.hpp>
#include <heddle/asio_sim/executor.hpp>
#include <heddle/asio_sim/strand.hpp>
#include <heddle/asio_sim/timer.hpp>
