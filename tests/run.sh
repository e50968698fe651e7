#!/bin/sh
# Installs what is missing, builds everything, and runs all tests. Needs no display and no GPU.
set -u

usage() {
    cat <<'TEXT'
Usage: sh tests/run.sh [--no-install] [--developer] [--pypi-torch] [--help] [-- CTEST ARGS]

Installs the Debian packages that are missing (with sudo when not root), builds programs and tests in
build/release, and runs the tests. The exit code is ctest's.

  --no-install    install no packages of the system
  --developer     treat warnings as errors, as is done with every change to the program
  --pypi-torch    take LibTorch from the Python package index, as app/launch.sh --pypi-torch does
  --help          show this text
  -- CTEST ARGS   handed to ctest, for instance: -- -R tst_csv_reader
TEXT
}

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P) || exit 1
. "$root/app/packages.sh"

install=yes
while [ $# -gt 0 ]; do
    case $1 in
    --no-install) install=no ;;
    --developer) preset=developer ;;
    --pypi-torch) torch=pypi ;;
    --help | -h)
        usage
        exit 0
        ;;
    --)
        shift
        break
        ;;
    *)
        printf 'There is no option %s. Arguments for ctest come after --.\n\n' "$1" >&2
        usage >&2
        exit 2
        ;;
    esac
    shift
done

# shellcheck disable=SC2046 # a list
[ "$install" = no ] || install_packages $(needed_packages) git
# shellcheck disable=SC2119 # no targets: everything
build_release
exec ctest --test-dir "$build" --output-on-failure "$@"
