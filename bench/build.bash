# SPDX-License-Identifier: BSL-1.0
#
# For the scripts in this folder (sourced, after cmake/packages.bash, in the root of the tree).
#
#     build_bench <preset> <target>     builds, and sets `folder` to where the programs are; with heddle::boost_test
#                                       if with_boost_test=ON

build_bench() {
    local preset=$1 target=$2 fresh=()
    # With line numbers, which change no instruction. In a folder of its own, so that what tests/run and
    # examples/run have in theirs stays as it is.
    local tree=build/bench-$preset
    # One that came here with a copy of the tree belongs to another place, and CMake refuses it.
    if [ -f "$tree/CMakeCache.txt" ] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$PWD" "$tree/CMakeCache.txt"; then
        fresh=(--fresh)
    fi
    say "building $target with the preset $preset in $tree"
    configure "$preset" "${fresh[@]}" -B "$tree" -DHEDDLE_BUILD_BENCH=ON -DHEDDLE_BUILD_TESTS=OFF \
        -DHEDDLE_BUILD_EXAMPLES=OFF -DHEDDLE_BOOST_TEST="${with_boost_test:-OFF}" -DHEDDLE_ASIO=ON \
        -DCMAKE_CXX_FLAGS=-g &&
        cmake --build "$tree" --target "$target" || return 1
    folder=$tree/bench
}
