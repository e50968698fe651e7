# What the program and its tests need, and how it is installed and built.
# Sourced by app/launch.sh, app/bundle.sh, tests/run.sh and .ci/run, which set `root` to the repository's root.
# shellcheck shell=sh disable=SC2034,SC2154

# The CMake preset that build_release configures. `developer` is `release`, in the same folder, with warnings as
# errors.
preset=release
# Its folder.
build=$root/build/release
# Where LibTorch comes from: system (libtorch-dev), or pypi (the package torch of the Python package index).
torch=system

# The Debian packages for everything but LibTorch.
base_packages="cmake ninja-build g++
qt6-base-dev qt6-svg-dev libqt6svg6 libqcustomplot-dev fonts-dejavu-core
libsqlitecpp-dev libsqlite3-dev nlohmann-json3-dev libcli11-dev zlib1g-dev libxxhash-dev libjpeg-dev libpng-dev
libwebp-dev libeigen3-dev libnlopt-dev libnlopt-cxx-dev libboost-dev
dataset-fashion-mnist"
# OpenBLAS is not required to build, but LibTorch uses whatever BLAS is installed, and the reference BLAS is
# 40 times slower.
torch_packages="libtorch-dev libopenblas0-openmp libopenblas-openmp-dev"

# LibTorch of the Python package index, where it is computed on the CPU alone: two of NVIDIA's libraries are
# enough for its CPU part to load.
pypi_torch="torch==2.11.0 nvidia-cuda-runtime==13.0.96 nvidia-cuda-cupti==13.0.85"

os_release=/etc/os-release

say() { printf '%s\n' "$*" >&2; }
fail() {
    say "$*"
    exit 1
}

# Whether the release build computes with LibTorch from the Python package index: asked for now, or before.
uses_pypi_torch() {
    [ "$torch" = pypi ] || grep -qs '^DSTN_TORCH:PATH=.' "$build/CMakeCache.txt"
}

# The Debian packages that the build needs, on one line.
needed_packages() {
    if uses_pypi_torch; then
        # shellcheck disable=SC2086 # lists
        echo $base_packages python3-venv
    else
        # shellcheck disable=SC2086
        echo $base_packages $torch_packages
    fi
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

# What the build needs where packages are not Debian's, in the words of that system as far as they are known.
tell_needs() {
    say "This system's packages are not Debian's: nothing is installed, and the build has not been tested here."
    if command -v dnf >/dev/null; then
        say "On Fedora, as root:
  dnf install cmake ninja-build gcc-c++ qt6-qtbase-devel qt6-qtsvg-devel qcustomplot-qt6-devel \\
    dejavu-sans-fonts sqlite-devel json-devel cli11-devel zlib-devel xxhash-devel libjpeg-turbo-devel libpng-devel libwebp-devel eigen3-devel NLopt-devel \\
    boost-devel sqlitecpp-devel python3"
    elif command -v pacman >/dev/null; then
        say "On Arch Linux, as root:
  pacman -S cmake ninja gcc qt6-base qt6-svg ttf-dejavu sqlite nlohmann-json cli11 zlib xxhash libjpeg-turbo libpng libwebp eigen nlopt boost \\
    python"
        say "QCustomPlot for Qt 6 and SQLiteCpp are not among its packages as far as is known: build them from source."
    fi
    say "The build needs a C++20 compiler, CMake 3.23, Ninja, LibTorch 1.13 or newer (--pypi-torch fetches one),"
    say "Qt 6.4 (Widgets, Svg, Test), QCustomPlot 2.1 for Qt 6, SQLiteCpp, nlohmann-json 3.9, CLI11, zlib, xxHash,"
    say "libjpeg-turbo, libpng 1.6, libwebp, Eigen 3.3, NLopt and Boost's headers. Trying to build with what is installed."
}

# Installs those of the packages named as arguments that are missing.
install_packages() {
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        tell_needs
        return
    fi
    missing=$(missing_packages "$@")
    [ -n "$missing" ] || return 0
    # Ubuntu and others have packages of the same names.
    grep -qsx 'ID="\{0,1\}debian"\{0,1\}' "$os_release" ||
        say "This is $(sed -n 's/^PRETTY_NAME="\{0,1\}\([^"]*\).*/\1/p' "$os_release"): the build has been tested on Debian 12 and 13 only."
    if [ "$(id -u)" -eq 0 ]; then
        as_root=
    elif command -v sudo >/dev/null; then
        as_root=sudo
    else
        fail "These packages are missing: $missing
Installing them requires root, and sudo is missing. As root, run: apt-get install $missing"
    fi
    say "Installing the missing packages with apt${as_root:+ (sudo may ask for your password)}: $missing"
    # Package lists may be there already when the network is not.
    # shellcheck disable=SC2086 # as_root may be empty, missing is a list
    $as_root apt-get update -qq >&2 || say "The package lists could not be updated; trying with the existing ones."
    # shellcheck disable=SC2086
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing >&2 && return
    say "The packages could not be installed: $missing
See apt's error above. Check the network connection and the package sources, then try again; with
--no-install this step is left out."
    case $missing in
    *libtorch-dev*)
        say "Where the system has no package libtorch-dev, --pypi-torch takes LibTorch from the Python package index:"
        say "for the CPU, into build/torch-venv, a download of 550 MB that takes 1.3 GB there."
        ;;
    esac
    exit 1
}

# The folder of the package torch in build/torch-venv, once it is installed there.
pypi_torch_folder() {
    for folder in "$root"/build/torch-venv/lib/python3*/site-packages/torch; do
        if [ -f "$root/build/torch-venv/complete" ] && [ -d "$folder" ]; then
            echo "$folder"
            return
        fi
    done
}

# Installs LibTorch from the Python package index in build/torch-venv where it is not.
install_pypi_torch() {
    [ -z "$(pypi_torch_folder)" ] || return 0
    venv=$root/build/torch-venv
    say "Fetching LibTorch from the Python package index into build/torch-venv (550 MB, 1.3 GB on the disk)."
    command -v python3 >/dev/null || fail "python3 is missing. Install it, with its module venv."
    mkdir -p "$root/build"
    # What is left of a failed attempt would spoil this one.
    rm -rf "$venv"
    python3 -m venv "$venv" >&2 ||
        fail "The virtual environment build/torch-venv could not be made; see Python's error above."
    # shellcheck disable=SC2086 # a list
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps $pypi_torch >&2 ||
        fail "LibTorch could not be fetched: $pypi_torch
See pip's error above. These packages are there for x86-64 and Python 3.10 to 3.14."
    : >"$venv/complete"
    [ -n "$(pypi_torch_folder)" ] || fail "There is no folder torch in build/torch-venv; remove it and try again."
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

# Runs CMake in the folder of the preset, with the options named as arguments.
configure() {
    say "Configuring in ${build#"$root"/}."
    (cd "$root" && cmake --preset "$preset" "$@" >&2) ||
        fail "The build could not be configured; see CMake's error above."
}

# Configures the release build where it is not as it is wanted, and builds the targets named as arguments (none:
# everything).
build_release() {
    cache=$build/CMakeCache.txt
    targets=
    for target in "$@"; do targets="$targets --target $target"; done
    command -v cmake >/dev/null || fail "CMake is missing. Leave out --no-install, or install what app/packages.sh lists."
    set --
    if uses_pypi_torch; then
        install_pypi_torch
        torch_folder=$(pypi_torch_folder)
        grep -qsxF "DSTN_TORCH:PATH=$torch_folder" "$cache" || set -- "-DDSTN_TORCH=$torch_folder"
    fi
    if ! grep -qsxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$cache" || [ ! -f "$build/build.ninja" ]; then
        # What is left of a failed attempt, or of another folder's, would spoil this one.
        rm -rf "$cache" "$build/CMakeFiles"
        configure "$@"
    else
        for option in DSTN_BUILD_ENGINE DSTN_BUILD_UI DSTN_BUILD_TESTS; do
            ! grep -qs "^$option:BOOL=OFF" "$cache" || set -- "$@" "-D$option=ON"
        done
        if [ "$preset" != release ] && ! grep -qs '^DSTN_WARNINGS_AS_ERRORS:BOOL=ON' "$cache"; then
            set -- "$@" -DDSTN_WARNINGS_AS_ERRORS=ON
        fi
        [ $# -eq 0 ] || configure "$@"
    fi
    # shellcheck disable=SC2086 # a list
    cmake --build "$build" --parallel "$(build_jobs)" $targets >&2 ||
        fail "The build failed; see the compiler's error above."
}
