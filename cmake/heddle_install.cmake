# SPDX-License-Identifier: BSL-1.0
#
# Install rules: the libraries' own are beside their targets (heddle_library); here is what makes them a package.
include(CMakePackageConfigHelpers)

set(heddle_package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/heddle)
get_property(heddle_components GLOBAL PROPERTY heddle_components)
foreach(component IN LISTS heddle_components)
    install(
        EXPORT heddle_${component}_targets
        FILE heddle-${component}-targets.cmake
        NAMESPACE heddle::
        DESTINATION ${heddle_package_folder})
endforeach()

configure_package_config_file(
    cmake/heddle-config.cmake.in heddle-config.cmake
    INSTALL_DESTINATION ${heddle_package_folder}
    NO_SET_AND_CHECK_MACRO)
# Before 1.0 a minor version may break what was there.
write_basic_package_version_file(heddle-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/heddle-config.cmake"
              "${CMAKE_CURRENT_BINARY_DIR}/heddle-config-version.cmake" cmake/heddle_discover_tests.cmake
              cmake/heddle_add_fuzzer.cmake
        DESTINATION ${heddle_package_folder})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
