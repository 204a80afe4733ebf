# SPDX-License-Identifier: BSL-1.0
#
# Installs this build into a fresh prefix, once by way of DESTDIR, and looks at what came of it.
cmake_minimum_required(VERSION 3.25...4.0)

file(REMOVE_RECURSE "${work}/staged" "${work}/first_prefix" "${prefix}")

set(install_config "") # an empty build type is not to be named
if(NOT config STREQUAL "")
    set(install_config --config "${config}")
endif()

# DESTDIR: everything under the staging folder, nothing beside it.
execute_process(
    COMMAND "${CMAKE_COMMAND}" -E env "DESTDIR=${work}/staged" "${CMAKE_COMMAND}" --install "${build}" ${install_config}
            --prefix "/opt/heddle_staging_test" COMMAND_ERROR_IS_FATAL ANY OUTPUT_QUIET)
if(NOT EXISTS "${work}/staged/opt/heddle_staging_test/${libdir}/cmake/heddle/heddle-config.cmake")
    message(FATAL_ERROR "DESTDIR: no heddle-config.cmake under the staging folder")
endif()
if(EXISTS "/opt/heddle_staging_test")
    message(FATAL_ERROR "DESTDIR: something was installed outside of the staging folder")
endif()

# A plain install, which is then moved: what the consumer gets has to work wherever it lies.
execute_process(COMMAND "${CMAKE_COMMAND}" --install "${build}" ${install_config} --prefix "${work}/first_prefix"
                        COMMAND_ERROR_IS_FATAL ANY OUTPUT_QUIET)
file(RENAME "${work}/first_prefix" "${prefix}")

# The same files both times, and the ones that we owe.
file(GLOB_RECURSE staged LIST_DIRECTORIES FALSE RELATIVE "${work}/staged/opt/heddle_staging_test"
     "${work}/staged/opt/heddle_staging_test/*")
file(GLOB_RECURSE installed LIST_DIRECTORIES FALSE RELATIVE "${prefix}" "${prefix}/*")
if(NOT "${staged}" STREQUAL "${installed}")
    message(FATAL_ERROR "DESTDIR and plain install differ:\n  ${staged}\n  ${installed}")
endif()
set(owed "${libdir}/cmake/heddle/heddle-config-version.cmake" "${libdir}/cmake/heddle/heddle_discover_tests.cmake"
         "${includedir}/heddle/heddle.hpp" "${includedir}/heddle/sim.hpp")
if(have_boost_test)
    list(APPEND owed "${includedir}/heddle/boost_test.hpp")
endif()
foreach(file IN LISTS owed)
    if(NOT "${file}" IN_LIST installed)
        message(FATAL_ERROR "not installed: ${file}")
    endif()
endforeach()

# Paths of the machine that built it would be wrong on the one that uses it.
set(breaches "")
foreach(file IN LISTS installed)
    if(file MATCHES "\\.(cmake|hpp|pc)$")
        file(READ "${prefix}/${file}" text)
        foreach(path "${source}" "${build}" "${work}" "${prefix}" "/opt/heddle_staging_test")
            string(FIND "${text}" "${path}" at)
            if(NOT at EQUAL -1)
                string(APPEND breaches "\n  ${file} names ${path}")
            endif()
        endforeach()
        # Nor any other absolute path as a link or include folder.
        if(file MATCHES "-targets[^/]*\\.cmake$" AND text MATCHES "(LIBRARIES|DIRECTORIES|LOCATION[A-Z_]*) \"/[^\"]*\"")
            string(APPEND breaches "\n  ${file}: ${CMAKE_MATCH_0}")
        endif()
    endif()
endforeach()
if(breaches)
    message(FATAL_ERROR "absolute paths in installed files:${breaches}")
endif()
