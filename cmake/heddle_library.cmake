# SPDX-License-Identifier: BSL-1.0
#
# How every library and program of this repository is declared.
include(GNUInstallDirs)
# Before any library that may use threads: call_soon_threadsafe is called from other threads.
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

# The warnings that heddle's own sources are compiled with. Never in the interface: what a user is
# warned about is his own choice.
function(heddle_use_warnings target)
    if(HEDDLE_WARNINGS AND CMAKE_CXX_COMPILER_ID MATCHES "GNU|Clang")
        target_compile_options(${target} PRIVATE -Wall -Wextra -Wconversion -Wshadow)
    endif()
endfunction()

# heddle_library(<component>): the library heddle_<component>, used as heddle::<component>, from
# include/heddle/ and src/ of the current folder. Link what it needs with target_link_libraries.
function(heddle_library component)
    set(target heddle_${component})
    # Files come and go while the library grows; CONFIGURE_DEPENDS looks again at each build.
    file(GLOB_RECURSE headers CONFIGURE_DEPENDS include/heddle/*.hpp)
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS src/*.cpp)
    if(NOT sources) # all headers, so far; a static library wants at least one source
        set(sources "${CMAKE_CURRENT_BINARY_DIR}/${target}_is_headers_only.cpp")
        file(TOUCH "${sources}")
    endif()

    add_library(${target} ${sources})
    add_library(heddle::${component} ALIAS ${target})
    target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS include FILES ${headers})
    target_compile_features(${target} PUBLIC cxx_std_20)
    target_include_directories(${target} PRIVATE src)
    # Before 1.0 the minor version is the one that may break, so it is part of the name.
    set_target_properties(
        ${target}
        PROPERTIES EXPORT_NAME ${component}
                   VERSION ${PROJECT_VERSION}
                   SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
                   CXX_EXTENSIONS OFF)
    heddle_use_warnings(${target})

    if(HEDDLE_INSTALL)
        # One export file a component: a user who asks for sim need not have Boost.
        install(
            TARGETS ${target}
            EXPORT heddle_${component}_targets
            ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
            LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
            RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR}
            FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
        set_property(GLOBAL APPEND PROPERTY heddle_components ${component})
    endif()
endfunction()

# heddle_program(<target> SOURCES <file>... USES <component>...): a program of this repository (a test, an example).
# Left out, and said so, where a component that it uses is not built here.
function(heddle_program target)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;USES")
    foreach(component IN LISTS arg_USES)
        if(NOT TARGET heddle::${component})
            message(STATUS "heddle: ${target} is left out, it needs ${component}")
            return()
        endif()
    endforeach()
    add_executable(${target} ${arg_SOURCES})
    list(TRANSFORM arg_USES PREPEND heddle::)
    target_link_libraries(${target} PRIVATE ${arg_USES})
    # The library itself is compiled so; programs that see its headers must see the same Asio.
    target_compile_definitions(${target} PRIVATE BOOST_ASIO_NO_DEPRECATED)
    set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
    heddle_use_warnings(${target})
endfunction()
