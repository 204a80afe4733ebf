// SPDX-License-Identifier: BSL-1.0
//
// What unit tests of the core share: a plain loop (no scheduler) on a virtual clock, a log of what
// happened in order, and the loop's reports of errors as a list.
#pragma once

#include <heddle/heddle.hpp>
#include <heddle/sim/virtual_clock.hpp>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace heddle_test {

using namespace std::chrono_literals;
using heddle::coro;

struct virtual_loop {
    heddle::sim::virtual_clock clock;
    heddle::event_loop loop{clock};
    std::vector<std::string> log;
    std::vector<std::string> reports;

    virtual_loop() {
        loop.set_exception_handler(
            [this](heddle::event_loop&, const heddle::exception_context& context) {
                reports.push_back(std::string(context.message) + ": " +
                                  heddle::describe(context.error));
            });
    }

    void note(std::string what) { log.push_back(std::move(what)); }
    /// A callable that notes `what`.
    auto noting(std::string what) {
        return [this, what = std::move(what)] { note(what); };
    }
    [[nodiscard]] heddle::duration now() { return loop.time() - heddle::time_point{}; }
};

using words = std::vector<std::string>;

}  // namespace heddle_test

namespace std {  // NOLINT(cert-dcl58-cpp): Boost.Test finds printers by argument-dependent look-up
inline ostream& boost_test_print_type(ostream& out, const vector<string>& list) {
    out << '[';
    for (const string& each : list) {
        out << each << "; ";
    }
    return out << ']';
}
}  // namespace std
