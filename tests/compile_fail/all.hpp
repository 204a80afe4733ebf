// SPDX-License-Identifier: BSL-1.0
//
// What the cases here include; precompiled once, since there are many of them.
#pragma once

#include <chrono>
#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <heddle/heddle.hpp>
#include <heddle/sim.hpp>

using namespace std::chrono_literals;  // NOLINT: the cases are written as programs are
