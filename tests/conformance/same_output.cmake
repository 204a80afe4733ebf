# SPDX-License-Identifier: BSL-1.0
#
# cmake -DRUNNER=... -DOPTION=... -DPROGRAMS=... -P same_output.cmake: whether the runner writes the same with an
# option as without it.
foreach(option IN ITEMS "--backend=sim" "${OPTION}")
    execute_process(
        COMMAND "${RUNNER}" "${option}"
        INPUT_FILE "${PROGRAMS}"
        OUTPUT_VARIABLE written
        RESULT_VARIABLE status)
    if(NOT status STREQUAL "0" OR written STREQUAL "")
        message(FATAL_ERROR "${RUNNER} ${option} < ${PROGRAMS}: ${status}")
    endif()
    if(NOT DEFINED first)
        set(first "${written}")
    endif()
endforeach()
if(NOT first STREQUAL written)
    message(FATAL_ERROR "${RUNNER} < ${PROGRAMS} writes something else with ${OPTION}")
endif()
