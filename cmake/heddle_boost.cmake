# SPDX-License-Identifier: BSL-1.0
#
# Finds what there is of Boost, 1.81 or newer. Two parts are wanted, each on its own: the headers (for
# asio_backend, which is header-only use) and the compiled Boost.Test (for boost_test and the tests).
#
# Afterwards: heddle_have_boost_headers, heddle_have_boost_test (ON or OFF), and, where they are ON,
# the targets Boost::headers and Boost::unit_test_framework.
include(CheckCXXSourceCompiles)

# FindBoost was taken out of CMake (policy CMP0167). Asking for CONFIG does without it on any version,
# and passes over a Debian default of 1.74 where 1.81 is installed beside it.
find_package(Boost 1.81 CONFIG QUIET OPTIONAL_COMPONENTS unit_test_framework)

# Debian's compiled Boost is built against libstdc++. It is found under libc++ too, and then does not link.
check_cxx_source_compiles("
    #include <version>
    #ifndef _LIBCPP_VERSION
    #error another standard library
    #endif
    int main() {}" HEDDLE_STANDARD_LIBRARY_IS_LIBCXX)

set(heddle_have_boost_headers OFF)
set(heddle_have_boost_test OFF)
if(TARGET Boost::headers)
    set(heddle_have_boost_headers ON)
    if(TARGET Boost::unit_test_framework AND NOT HEDDLE_STANDARD_LIBRARY_IS_LIBCXX)
        set(heddle_have_boost_test ON)
    endif()
endif()

# Sets heddle_build_asio and heddle_build_boost_test. Asked for and not to be had is an error; the one
# exception is Boost.Test under libc++, since a libc++ build is wanted for all the rest.
macro(heddle_settle_boost_options)
    set(heddle_build_asio ${HEDDLE_ASIO})
    if(NOT HEDDLE_ASIO)
        message(STATUS "heddle: asio_backend is left out (HEDDLE_ASIO is OFF; it needs the headers of "
                       "Boost 1.81 or newer, on Debian 12 the package libboost1.81-dev)")
    elseif(NOT heddle_have_boost_headers)
        message(FATAL_ERROR "heddle: HEDDLE_ASIO needs the headers of Boost 1.81 or newer, and they were not "
                            "found. On Debian 12: the package libboost1.81-dev. Elsewhere: set Boost_DIR, "
                            "or leave it out with -DHEDDLE_ASIO=OFF.")
    endif()

    set(heddle_build_boost_test ${HEDDLE_BOOST_TEST})
    if(HEDDLE_STANDARD_LIBRARY_IS_LIBCXX)
        set(heddle_build_boost_test OFF)
        message(STATUS "heddle: boost_test, and the tests that need Boost.Test, are left out: the compiled "
                       "Boost.Test is built against libstdc++ and does not link with libc++")
    elseif(NOT HEDDLE_BOOST_TEST)
        message(STATUS "heddle: boost_test is left out (HEDDLE_BOOST_TEST is OFF; it needs the compiled "
                       "Boost.Test, on Debian 12 the package libboost-test1.81-dev)")
    elseif(NOT heddle_have_boost_test)
        message(FATAL_ERROR "heddle: HEDDLE_BOOST_TEST needs the compiled Boost.Test of Boost 1.81 or newer, and "
                            "it was not found. On Debian 12: the package libboost-test1.81-dev. "
                            "Elsewhere: set Boost_DIR, or leave it out with -DHEDDLE_BOOST_TEST=OFF.")
    endif()
endmacro()
