// SPDX-License-Identifier: BSL-1.0
//
// A fuzzer of the corpus' programs: HEDDLE_CORPUS_PROGRAM says which, HEDDLE_CORPUS_VARIANT=fixed
// that it is the repaired one.
#include <heddle/sim/fuzz.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "program.hpp"

namespace {

std::string environment(const char* name) {
    const char* const value = std::getenv(name);
    return value != nullptr ? value : "";
}

heddle::sim::program chosen_program() {
    const std::string wanted = environment("HEDDLE_CORPUS_PROGRAM");
    for (const corpus::entry& each : corpus::all()) {
        if (each.name == wanted) {
            return environment("HEDDLE_CORPUS_VARIANT") == "fixed" ? each.fixed : each.failing;
        }
    }
    std::fprintf(stderr, "HEDDLE_CORPUS_PROGRAM=%s: there is no such program\n", wanted.c_str());
    std::exit(2);
}

heddle::sim::explore_options chosen_options() {
    heddle::sim::explore_options options;
    options.name = environment("HEDDLE_CORPUS_PROGRAM");
    return options;
}

}  // namespace

HEDDLE_FUZZ_PROGRAM(chosen_program(), chosen_options());
