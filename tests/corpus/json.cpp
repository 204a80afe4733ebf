// SPDX-License-Identifier: BSL-1.0
//
// Boost.JSON, compiled here: it is used header-only.
#include <boost/json/src.hpp>
