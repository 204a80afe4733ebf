# SPDX-License-Identifier: BSL-1.0
#
# heddle_discover_tests(<target>
#     [EXTRA_ARGS <arg>...]     given to each run, after --run_test=<case>
#     [LABELS <label>...]       labels for CTest
#     [TIMEOUT <seconds>]       for each case
#     [PREFIX <text>])          before each name; default "<target>/", and "" for none
#
# Makes each Boost.Test case of an executable a CTest test, named by suite and case. For any Boost.Test
# executable, with or without heddle's cases in it.
#
# CMake has nothing built in for this. The executable is asked for its list (--list_content) right after it
# was linked, and what it answers is written as a file of add_test calls, which CTest reads. So a case that
# was added or taken out is seen after the next build, and there is no list to keep. A case that is disabled
# in the program becomes a test that CTest shows as disabled.
#
# This file is also the script that runs after the link (second half).

if(NOT CMAKE_SCRIPT_MODE_FILE)
    include_guard(GLOBAL)
    set(_HEDDLE_DISCOVER_TESTS_SCRIPT "${CMAKE_CURRENT_LIST_FILE}" CACHE INTERNAL "")

    function(heddle_discover_tests target)
        cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT;PREFIX" "EXTRA_ARGS;LABELS")
        if(arg_UNPARSED_ARGUMENTS)
            message(FATAL_ERROR "heddle_discover_tests(${target}): unknown argument: ${arg_UNPARSED_ARGUMENTS}")
        endif()
        if(NOT TARGET ${target})
            message(FATAL_ERROR "heddle_discover_tests(${target}): there is no such target")
        endif()
        # Older CMake leaves arg_PREFIX undefined for PREFIX "", so look whether the word was there.
        if(NOT DEFINED arg_PREFIX)
            set(arg_PREFIX "")
            if(NOT "PREFIX" IN_LIST ARGN)
                set(arg_PREFIX "${target}/")
            endif()
        endif()

        # Each configuration of a multi-config generator has an executable, and so a list, of its own.
        set(list "${CMAKE_CURRENT_BINARY_DIR}/${target}-cases-$<CONFIG>.cmake")
        add_custom_command(
            TARGET ${target}
            POST_BUILD
            BYPRODUCTS "${list}"
            COMMAND
                "${CMAKE_COMMAND}" -D "executable=$<TARGET_FILE:${target}>"
                -D "emulator=$<TARGET_PROPERTY:${target},CROSSCOMPILING_EMULATOR>" -D "extra_args=${arg_EXTRA_ARGS}"
                -D "labels=${arg_LABELS}" -D "timeout=${arg_TIMEOUT}" -D "prefix=${arg_PREFIX}" -D "list=${list}" -P
                "${_HEDDLE_DISCOVER_TESTS_SCRIPT}"
            COMMENT "Listing the test cases of ${target}"
            VERBATIM)

        # What CTest includes. Before the first build there is no list: then one test that fails says so,
        # for a suite that silently runs nothing would pass.
        get_property(multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
        if(multi_config)
            set(configuration "\${CTEST_CONFIGURATION_TYPE}")
        else()
            set(configuration "${CMAKE_BUILD_TYPE}")
        endif()
        set(include_file "${CMAKE_CURRENT_BINARY_DIR}/${target}-cases.cmake")
        file(
            WRITE "${include_file}"
            "set(list \"${CMAKE_CURRENT_BINARY_DIR}/${target}-cases-${configuration}.cmake\")\n"
            "if(EXISTS \"\${list}\")\n"
            "    include(\"\${list}\")\n"
            "else()\n"
            "    add_test(${target}_is_not_built ${target}_is_not_built)\n"
            "endif()\n")
        set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${include_file}")
    endfunction()
    return()
endif()

# ---- after the link: cmake -D executable=... -D list=... -P heddle_discover_tests.cmake
cmake_minimum_required(VERSION 3.25...4.0) # a script has no policies from a project

# The list goes to the standard error output. It says one unit a line, four spaces a level:
#
#     a_suite*
#         a_case*: its description
#         a_disabled_case
#
# After the name stands "*", or a space if the unit is disabled. Boost.Test itself replaces the characters
# ":*@+!/," in names, so the first "*" or ":" ends one.
execute_process(
    COMMAND ${emulator} "${executable}" --list_content
    TIMEOUT 60
    RESULT_VARIABLE result
    OUTPUT_VARIABLE output
    ERROR_VARIABLE content)
if(NOT result EQUAL 0)
    file(REMOVE "${list}")
    message(FATAL_ERROR "heddle_discover_tests: ${executable} --list_content failed (${result}):\n${output}${content}")
endif()

# A text as one argument of the generated file, whatever is in it.
function(quoted text variable)
    set(level "=")
    while(text MATCHES "\\]${level}\\]" OR text MATCHES "\\]${level}$")
        string(APPEND level "=")
    endwhile()
    set(${variable} "[${level}[${text}]${level}]" PARENT_SCOPE)
endfunction()

set(tests "")
function(write_test path enabled)
    quoted("${prefix}${path}" name)
    quoted("${executable}" command)
    quoted("--run_test=${path}" run_test)
    set(arguments "")
    foreach(argument IN LISTS emulator)
        quoted("${argument}" argument)
        string(APPEND arguments "${argument} ")
    endforeach()
    string(APPEND arguments "${command} ${run_test}")
    foreach(argument IN LISTS extra_args)
        quoted("${argument}" argument)
        string(APPEND arguments " ${argument}")
    endforeach()
    set(properties "")
    if(NOT enabled)
        string(APPEND properties " DISABLED TRUE")
    endif()
    if(NOT "${timeout}" STREQUAL "")
        string(APPEND properties " TIMEOUT ${timeout}")
    endif()
    if(NOT "${labels}" STREQUAL "")
        quoted("${labels}" quoted_labels)
        string(APPEND properties " LABELS ${quoted_labels}")
    endif()
    set(text "add_test(${name} ${arguments})\n")
    if(properties)
        string(APPEND text "set_tests_properties(${name} PROPERTIES${properties})\n")
    endif()
    set(tests "${tests}${text}" PARENT_SCOPE)
endfunction()

# Line by line with FIND, not as a CMake list: names may hold brackets and semicolons. A unit is a case if the
# line after it is not deeper, so each is written when its successor (or the end) has been seen.
set(pending_depth -1)
set(pending_path "")
set(pending_enabled FALSE)
set(path_at_-1 "")
string(REPLACE "\r" "" content "${content}")
string(APPEND content "\n")
while(TRUE)
    string(FIND "${content}" "\n" end)
    if(end EQUAL -1)
        break()
    endif()
    string(SUBSTRING "${content}" 0 ${end} line)
    math(EXPR end "${end} + 1")
    string(SUBSTRING "${content}" ${end} -1 content)

    if(line MATCHES "^( *)([^ *:][^*:]*)\\*(: .*)?$")
        set(enabled TRUE)
    elseif(line MATCHES "^( *)([^ *:][^*:]*) (: .*)?$")
        set(enabled FALSE)
    else()
        continue() # something else that the program has printed
    endif()
    set(indent "${CMAKE_MATCH_1}")
    set(name "${CMAKE_MATCH_2}")
    string(LENGTH "${indent}" depth)
    math(EXPR depth "${depth} / 4")

    if(NOT pending_depth EQUAL -1 AND NOT depth GREATER pending_depth)
        write_test("${pending_path}" ${pending_enabled})
    endif()
    math(EXPR parent "${depth} - 1")
    set(pending_path "${path_at_${parent}}${name}")
    set(path_at_${depth} "${pending_path}/")
    set(pending_depth ${depth})
    set(pending_enabled ${enabled})
endwhile()
if(NOT pending_depth EQUAL -1)
    write_test("${pending_path}" ${pending_enabled})
endif()

file(WRITE "${list}" "${tests}")
