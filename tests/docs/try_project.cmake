# SPDX-License-Identifier: BSL-1.0
#
# Makes the project that the pages describe, with their programs in it, and tries it in one of the ways.
cmake_minimum_required(VERSION 3.25...4.0)

file(REMOVE_RECURSE "${folder}")
file(MAKE_DIRECTORY "${folder}/third_party")
file(COPY "${source}/tests/docs/project/CMakeLists.txt" DESTINATION "${folder}")
file(COPY_FILE "${source}/tests/docs/snippets/first.cpp" "${folder}/main.cpp")
file(COPY_FILE "${source}/tests/docs/snippets/guide_test.cpp" "${folder}/my_test.cpp")

set(options
    -D HOW=${way} -D "CMAKE_BUILD_TYPE=${config}" -D "CMAKE_CXX_COMPILER=${compiler}" -D
    "CMAKE_CXX_FLAGS=${flags}" -D "CMAKE_CXX_COMPILER_LAUNCHER=${launcher}")
if(way STREQUAL "find_package")
    list(APPEND options -D "heddle_ROOT=${prefix}")
elseif(way STREQUAL "add_subdirectory")
    file(CREATE_LINK "${source}" "${folder}/third_party/heddle" SYMBOLIC)
else()
    # Where it would be fetched from is the user's affair; the rest is as it stands there.
    list(APPEND options -D "FETCHCONTENT_SOURCE_DIR_HEDDLE=${source}" -D HEDDLE_REPOSITORY=unused)
endif()

function(step)
    execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
    if(NOT result EQUAL 0)
        list(JOIN ARGN " " command)
        message(FATAL_ERROR "${command}\nfailed (${result}):\n${output}")
    endif()
endfunction()

step("${CMAKE_COMMAND}" -G "${generator}" -S "${folder}" -B "${folder}/build" ${options})
if(way STREQUAL "find_package")
    step("${CMAKE_COMMAND}" --build "${folder}/build" --config "${config}")
    step("${folder}/build/my_service")
    step("${folder}/build/my_test")
endif()
