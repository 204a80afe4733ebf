// SPDX-License-Identifier: BSL-1.0
//
// One Boost.Test case, run in the simulation and on every real backend of the program, and what it
// observes compared: whether the simulation can be believed.
//
//   HEDDLE_CONFORMANCE_TEST_CASE(the_shorter_sleep_ends_first, *heddle::schedules(200)) {
//       heddle::task_group group;
//       group.create_task(sleeper("a", 20ms));             // each says: heddle::observe("woke", name)
//       group.create_task(sleeper("b", 10ms));
//       co_await group.join();
//   }
//
// First the body is explored as a HEDDLE_TEST_CASE is, with FIFO and with other timings: at level
// `timing`, or `fifo` if the case says so, since what only `any` reorders no real loop does. A check
// that fails there is the failure of the case, which is then not compared. Then the body runs once
// on each backend that is linked into the program. On a real loop one order happens; it must be one
// of those that the simulation can produce. So if the lines that the real run has observed are not
// those of the FIFO run, nor those of any schedule explored, ten times as many schedules (1,000 at
// least) are searched for them. Where none has them, the case fails: "unfaithful simulation", with the first
// line at which the real run left everything that was simulated. (The search is no proof: an order
// that needs an unlikely timing may be missed. `schedules` says how long to look.) Checks that fail
// on the real backend count as anywhere.
//
// A program without a real backend fails such a case, in one line: nothing was compared. With
// --backend=NAME it runs there alone and is not compared; tapes of failures replay as those of any
// case.
//
// Observe what must be the same in both worlds: orders, results, errors; not readings of the clock,
// which are exact in one of them only. Tasks that sleep for times close to each other may end in
// either order on a busy machine: the simulation knows that if its stalls are as long as the
// machine's (sim::run_limits::longest_stall: 100 ms).
#pragma once

#include <cstddef>
#include <ios>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

#include <heddle/boost_test.hpp>

/// HEDDLE_CONFORMANCE_TEST_CASE(name, decorators...) { body of a coroutine }
///
/// In a BOOST_FIXTURE_TEST_SUITE it has the suite's fixture.
#define HEDDLE_CONFORMANCE_TEST_CASE(test_name, ...)                                       \
    HEDDLE_DETAIL_TEST_CASE(::heddle::boost_test::detail::add_conformance_case, test_name, \
                            BOOST_AUTO_TEST_CASE_FIXTURE __VA_OPT__(, ) __VA_ARGS__)

namespace heddle {

namespace boost_test::detail {

/// Adds a line to what the run under way has observed. Throws usage_error where none is.
void add_observation(std::string line);

/// As add_case: what its runs observe is compared.
void add_conformance_case(case_body body, const char* name, const char* file, std::size_t line);

}  // namespace boost_test::detail

/// One line of what a run observes: `what`, and the values as a stream writes them, with spaces
/// between. Throws usage_error outside of a HEDDLE_CONFORMANCE_TEST_CASE, on another thread than its
/// own (in a job of an executor), and for the 100,001st line of a run.
template <class... Values>
void observe(std::string_view what, const Values&... values) {
    std::ostringstream line;
    line << std::boolalpha << what;
    ((line << ' ' << values), ...);
    boost_test::detail::add_observation(std::move(line).str());
}

}  // namespace heddle
