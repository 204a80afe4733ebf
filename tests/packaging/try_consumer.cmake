# SPDX-License-Identifier: BSL-1.0
#
# Configures, builds and runs the consumer project in one of the ways to get at heddle.
cmake_minimum_required(VERSION 3.25...4.0)

# A heddle that is built with the consumer is built for nothing else, so quickly.
if(NOT way STREQUAL "find_package")
    set(config Debug)
endif()

set(folder "${work}/${way}")
file(REMOVE_RECURSE "${folder}")

set(options -D "CONSUMER_GETS_HEDDLE_BY=${way}" -D "CMAKE_BUILD_TYPE=${config}" -D "CMAKE_CXX_COMPILER=${compiler}" -D
            "CMAKE_CXX_FLAGS=${flags}" -D "CMAKE_CXX_COMPILER_LAUNCHER=${launcher}" -D "CONSUMER_HAS_BOOST_TEST=${have_boost_test}"
            -D "CONSUMER_HAS_ASIO=${have_asio}" -D "CONSUMER_WANTS_VERSION=${version}")
if(way STREQUAL "find_package")
    # Only the prefix: an installed heddle elsewhere on this machine must not answer.
    list(APPEND options -D "heddle_ROOT=${prefix}" -D "CONSUMER_HEDDLE_PREFIX=${prefix}")
else()
    list(APPEND options -D "CONSUMER_HEDDLE_SOURCE=${source}")
endif()

# An empty build type is one, too, but not one to be named.
set(build_config "")
set(test_config "")
if(NOT config STREQUAL "")
    set(build_config --config "${config}")
    set(test_config -C "${config}")
endif()

function(step)
    execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
    if(NOT result EQUAL 0)
        list(JOIN ARGN " " command)
        message(FATAL_ERROR "${command}\nfailed (${result}):\n${output}")
    endif()
    set(output "${output}" PARENT_SCOPE)
endfunction()

step("${CMAKE_COMMAND}" -G "${generator}" -S "${source}/tests/packaging/consumer" -B "${folder}" ${options})
# The user's own programs, which bring in of heddle what they need; not all that FetchContent has declared.
set(programs program)
if(have_boost_test)
    list(APPEND programs cases more_cases)
endif()
step("${CMAKE_COMMAND}" --build "${folder}" ${build_config} --target ${programs})

# The warnings, tests and install rules of heddle are its own affair: none of them may reach its user.
if(EXISTS "${folder}/compile_commands.json")
    file(READ "${folder}/compile_commands.json" commands)
    if(commands MATCHES "-Wconversion")
        message(FATAL_ERROR "heddle's own warnings are switched on in a user's build")
    endif()
endif()

# The names that CTest knows, one a line, against the list that is kept. By replacing text and not by CMake's
# lists, since one of the names has brackets and a semicolon in it.
step("${ctest}" --test-dir "${folder}" ${test_config} -N)
string(REGEX REPLACE "\n *Test +#[0-9]+: " "\n\t" found "\n${output}")
string(REGEX REPLACE "\n[^\t\n][^\n]*" "" found "${found}")
string(REGEX REPLACE "\n+\t?" "\n" found "${found}")
set(expected "\n")
if(have_boost_test)
    file(READ "${source}/tests/packaging/consumer/expected_cases.txt" cases)
    string(APPEND expected "${cases}")
endif()
string(APPEND expected "program\n")
if(NOT found STREQUAL expected)
    message(FATAL_ERROR "the tests that CTest knows:\n${found}expected:\n${expected}")
endif()

# The disabled cases of the consumer fail when run, so this says that they were not.
step("${ctest}" --test-dir "${folder}" ${test_config} --output-on-failure)

if(have_boost_test)
    step("${ctest}" --test-dir "${folder}" ${test_config} -N -L odd)
    if(NOT output MATCHES "Total Tests: 2\n")
        message(FATAL_ERROR "LABELS did not reach two cases:\n${output}")
    endif()
    step("${ctest}" --test-dir "${folder}" ${test_config} --show-only=json-v1 -R "^plain/knows_its_arguments$")
    if(NOT output MATCHES "\"TIMEOUT\",[ \n]*\"value\" : 30.0")
        message(FATAL_ERROR "TIMEOUT did not reach the case:\n${output}")
    endif()
endif()
