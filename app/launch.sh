#!/bin/sh
# Installs what is missing, builds, and opens the workbench.
set -u

usage() {
    cat <<'TEXT'
Usage: sh app/launch.sh [--headless] [--no-install] [--pypi-torch] [--help] [-- ARGS]

Installs the Debian packages that are missing (with sudo when not root), builds the program in build/release
and opens the workbench on the default experiment. Without a display the same experiment runs on the terminal,
into the same archive.

  --headless     run the default experiment on the terminal even where there is a display
  --no-install   install no packages of the system
  --pypi-torch   take LibTorch from the Python package index, for the CPU, into build/torch-venv: for systems
                 without a package libtorch-dev. Later starts keep to it.
  --help         show this text
  -- ARGS        handed to the program: to the workbench, or to "dstn run fashion-mnist-cnn" when headless
TEXT
}

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P) || exit 1
. "$root/app/packages.sh"

headless=no
install=yes
while [ $# -gt 0 ]; do
    case $1 in
    --headless) headless=yes ;;
    --no-install) install=no ;;
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
        printf 'There is no option %s. Arguments for the program come after --.\n\n' "$1" >&2
        usage >&2
        exit 2
        ;;
    esac
    shift
done

# shellcheck disable=SC2046 # a list
[ "$install" = no ] || install_packages $(needed_packages)
build_release dstn dstn-engine dstn-workbench

if [ "$headless" = no ] && [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}${QT_QPA_PLATFORM:-}" ]; then
    say "There is no display (neither DISPLAY nor WAYLAND_DISPLAY is set): running the default experiment on the"
    say "terminal, into the same archive."
    headless=yes
fi
if [ "$headless" = yes ]; then
    exec "$root/build/release/bin/dstn" run fashion-mnist-cnn "$@"
fi
exec "$root/build/release/bin/dstn-workbench" "$@"
