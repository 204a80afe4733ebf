# SPDX-License-Identifier: BSL-1.0
#
# For the scripts of this repository (sourced, not run): finds out which Debian packages are missing, and
# installs exactly these.
#
#     want_command <command> <package>     the command has to be there, from wherever it came
#     want_package <package>               the package has to be installed
#     install_missing                      installs what was found missing; 1 if that was not possible

missing_packages=()

say() { printf '== %s\n' "$*"; }

want_command() {
    command -v "$1" >/dev/null 2>&1 || missing_packages+=("$2")
}

want_package() {
    # Elsewhere than on Debian nobody can tell; CMake will say what it does not find.
    command -v dpkg-query >/dev/null 2>&1 || return 0
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ] || missing_packages+=("$1")
}

# What building heddle itself needs: the compiler, the build tools, the headers of Boost.
want_build_tools() {
    want_command g++ g++
    want_command cmake cmake
    want_command ninja ninja-build
    want_package libboost1.81-dev
}

apt_get() {
    local as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo)
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120 "$@"
}

install_missing() {
    [ ${#missing_packages[@]} -gt 0 ] || return 0
    local command="apt-get install --no-install-recommends ${missing_packages[*]}"
    if ! command -v apt-get >/dev/null 2>&1; then
        say "missing (by Debian's names): ${missing_packages[*]}; there is no apt-get here, so install them by hand"
        return 1
    fi
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null 2>&1; then
        say "missing: ${missing_packages[*]}; not root and no sudo here, so run as root: $command"
        return 1
    fi

    say "installing what is missing: ${missing_packages[*]}"
    # The list of packages is fetched where it does not know one of ours, which is so on a fresh system, and
    # once more where it turns out to be stale.
    local package fetched=no
    for package in "${missing_packages[@]}"; do
        if ! apt-cache policy "$package" 2>/dev/null | grep -q 'Candidate: [^(]'; then
            say "fetching the list of packages (apt-get update)"
            apt_get update || return 1
            fetched=yes
            break
        fi
    done
    apt_get install -y --no-install-recommends "${missing_packages[@]}" && return 0
    [ $fetched = no ] || return 1
    say "fetching the list of packages (apt-get update), then once more"
    apt_get update && apt_get install -y --no-install-recommends "${missing_packages[@]}"
}

# configure <preset> <option>...: into build/<preset>.
configure() {
    local preset=$1 fresh=()
    shift
    # A build folder that came here with a copy of the tree belongs to another place, and CMake refuses it.
    local cache=build/$preset/CMakeCache.txt
    if [ -f "$cache" ] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$PWD" "$cache"; then
        fresh=(--fresh)
    fi
    # Said each time, so that a ccache that has gone away since is not missed. An empty launcher is none.
    cmake --preset "$preset" "${fresh[@]}" -DCMAKE_CXX_COMPILER_LAUNCHER="$(command -v ccache)" "$@"
}
