# The Debian packages that the program and its tests need, and how they are installed and built.
# Sourced by app/launch.sh, tests/run.sh and .ci/run, which set `root` to the repository's root.
# shellcheck shell=sh disable=SC2034,SC2154

# OpenBLAS is not required to build, but LibTorch uses whatever BLAS is installed, and the reference BLAS is
# 40 times slower.
packages="cmake ninja-build g++
libtorch-dev libopenblas0-openmp libopenblas-openmp-dev
qt6-base-dev qt6-svg-dev libqt6svg6 libqcustomplot-dev fonts-dejavu-core
libsqlitecpp-dev libsqlite3-dev nlohmann-json3-dev libcli11-dev zlib1g-dev libjpeg62-turbo-dev libpng-dev
libeigen3-dev libnlopt-dev libnlopt-cxx-dev libboost-dev
dataset-fashion-mnist"

say() { printf '%s\n' "$*" >&2; }
fail() {
    say "$*"
    exit 1
}

# The packages among the arguments that are not installed, on one line.
missing_packages() {
    installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null || true)
    for package in "$@"; do
        case "
$installed
" in
        *"
$package installed
"*) ;;
        *) printf '%s ' "$package" ;;
        esac
    done
}

# Installs those of the packages named as arguments that are missing.
install_packages() {
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        say "This is no Debian system, so nothing is installed. The build needs a C++20 compiler, CMake 3.23, Ninja,"
        say "LibTorch 1.13 or newer, OpenBLAS, Qt 6.4 (Widgets, Svg, Test), QCustomPlot 2.1 for Qt 6, SQLiteCpp,"
        say "nlohmann-json 3.9, CLI11, zlib, libjpeg-turbo, libpng 1.6, Eigen 3.3, NLopt and Boost's headers. Trying to build with what is there."
        return
    fi
    missing=$(missing_packages "$@")
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" -eq 0 ]; then
        as_root=
    elif command -v sudo >/dev/null; then
        as_root=sudo
    else
        fail "These packages are missing: $missing
Installing them takes root, and there is no sudo. As root, run: apt-get install $missing"
    fi
    say "Installing the missing packages with apt${as_root:+ (sudo may ask for your password)}: $missing"
    # Package lists may be there already when the network is not.
    # shellcheck disable=SC2086 # as_root may be empty, missing is a list
    $as_root apt-get update -qq >&2 || say "The package lists could not be updated; trying with the present ones."
    # shellcheck disable=SC2086
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing >&2 ||
        fail "The packages could not be installed: $missing
apt's reason stands above. Check the network connection and the package sources, then try again; with
--no-install this step is left out."
}

# As many compilers at once as there are cores, but no more than memory can feed at 2 GiB each.
build_jobs() {
    cores=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
    memory=$(awk '/^MemAvailable:/ {print int($2 / 1024)}' /proc/meminfo 2>/dev/null || true)
    limit=$(cat /sys/fs/cgroup/memory.max 2>/dev/null || true)
    case $limit in
    '' | max | *[!0-9]*) ;;
    *)
        limit=$((limit / 1048576))
        if [ -z "$memory" ] || [ "$limit" -lt "$memory" ]; then memory=$limit; fi
        ;;
    esac
    jobs=$((${memory:-2048} / 2048))
    [ "$jobs" -le "$cores" ] || jobs=$cores
    [ "$jobs" -ge 1 ] || jobs=1
    echo "$jobs"
}

# Configures the release build where it is not, and builds the targets named as arguments (none: everything).
build_release() {
    build=$root/build/release
    command -v cmake >/dev/null || fail "CMake is missing. Leave out --no-install, or install what app/packages.sh lists."
    if ! grep -qsxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$build/CMakeCache.txt" || [ ! -f "$build/build.ninja" ]; then
        say "Configuring in build/release."
        # What is left of a failed attempt, or of another folder's, would spoil this one.
        rm -rf "$build/CMakeCache.txt" "$build/CMakeFiles"
        (cd "$root" && cmake --preset release >&2) ||
            fail "The build could not be configured; CMake's reason stands above."
    elif grep -qs '^DSTN_BUILD_\(ENGINE\|UI\|TESTS\):BOOL=OFF' "$build/CMakeCache.txt"; then
        say "Configuring all of the program in build/release."
        (cd "$root" && cmake --preset release -DDSTN_BUILD_ENGINE=ON -DDSTN_BUILD_UI=ON -DDSTN_BUILD_TESTS=ON >&2) ||
            fail "The build could not be configured; CMake's reason stands above."
    fi
    targets=
    for target in "$@"; do targets="$targets --target $target"; done
    # shellcheck disable=SC2086 # a list
    cmake --build "$build" --parallel "$(build_jobs)" $targets >&2 ||
        fail "The build failed; the compiler's reason stands above."
}
