# SPDX-License-Identifier: BSL-1.0
#
# heddle_add_fuzzer(<target> <source>...)
#
# An executable whose schedules a fuzzer drives: one of the sources has HEDDLE_FUZZ_PROGRAM (sim/fuzz.hpp), none
# has a main. With -DHEDDLE_LIBFUZZER=ON, which takes clang, it is linked with libFuzzer; else it runs the inputs
# that it is given, and is AFL++'s where the compiler is. Sanitizers are up to CMAKE_CXX_FLAGS. heddle itself
# has to be compiled with the same sanitizers, and may be compiled with -fsanitize=fuzzer-no-link or without.
include_guard(GLOBAL)

option(HEDDLE_LIBFUZZER "Link fuzzers (heddle_add_fuzzer) with libFuzzer (needs clang)" OFF)

function(heddle_add_fuzzer target)
    add_executable(${target} ${ARGN})
    target_link_libraries(${target} PRIVATE heddle::sim)
    if(HEDDLE_LIBFUZZER)
        if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
            message(FATAL_ERROR "heddle_add_fuzzer(${target}): HEDDLE_LIBFUZZER takes clang, "
                                "and the compiler is ${CMAKE_CXX_COMPILER_ID}")
        endif()
        target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
        target_link_options(${target} PRIVATE -fsanitize=fuzzer)
    endif()
endfunction()
