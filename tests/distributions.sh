#!/bin/sh
# Both commands of the README on a bare system of another release.
set -u

usage() {
    cat <<'TEXT'
Usage: sh tests/distributions.sh [OPTIONS] NAME

Makes the bare Debian system NAME (bookworm, trixie) with debootstrap, puts a clean copy of the last commit in, and
runs both commands there, for some steps of training and for all tests. Each command's time is printed; the exit
code is 0 where both passed. As root. What is mounted for it is mounted in a namespace of its own, which ends with
the script.

  --folder DIR     where the system is made (default: ~/.cache/delta-stn-workbench/distributions/NAME); what is there
                   is replaced
  --mirror URL     the package mirror (default: the one of this machine's apt)
  --pypi-torch     run both commands with --pypi-torch, without the package libtorch-dev
  --again          continue in the system of an earlier trial, with everything it installed and built
  --ccache DIR     share this folder of ccache, so that repeated trials are cheap; the times are then not those of a
                   first build
  --help           show this text
TEXT
}

say() { printf '%s\n' "$*" >&2; }
fail() {
    say "$*"
    exit 1
}
refuse() {
    printf '%s\n\n' "$*" >&2
    usage >&2
    exit 2
}

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P) || exit 1
name=
folder=
mirror=
torch=
again=no
ccache=
arguments=$(for argument in "$@"; do printf "'%s' " "$(printf '%s' "$argument" | sed "s/'/'\\\\''/g")"; done)
while [ $# -gt 0 ]; do
    case $1 in
    --folder | --mirror | --ccache)
        [ $# -gt 1 ] || refuse "$1 takes a value."
        case $1 in
        --folder) folder=$2 ;;
        --mirror) mirror=$2 ;;
        --ccache) ccache=$2 ;;
        esac
        shift
        ;;
    --pypi-torch) torch=--pypi-torch ;;
    --again) again=yes ;;
    --help | -h)
        usage
        exit 0
        ;;
    -*) refuse "There is no option $1." ;;
    *)
        [ -z "$name" ] || refuse "One system at a time: $name or $1."
        name=$1
        ;;
    esac
    shift
done
case $name in
bookworm | trixie) ;;
'') refuse "Name the system: bookworm or trixie." ;;
*) refuse "Unknown system $name: choose bookworm or trixie." ;;
esac

[ "$(id -u)" -eq 0 ] || fail "This script must run as root."
for tool in debootstrap unshare git; do
    command -v $tool >/dev/null || fail "$tool is missing. Install it (Debian: debootstrap, util-linux, git)."
done

# What is mounted ends with this namespace, however the script ends.
if [ -z "${DSTN_NAMESPACE:-}" ]; then
    eval "exec env DSTN_NAMESPACE=1 unshare --mount --propagation private sh \"\$0\" $arguments"
fi

[ -n "$folder" ] || folder=${XDG_CACHE_HOME:-$HOME/.cache}/delta-stn-workbench/distributions/$name
mkdir -p "$folder" || exit 1
folder=$(CDPATH='' cd -- "$folder" && pwd -P) || exit 1
case $folder/ in
"$root"/*) fail "The system cannot be made inside the source tree ($folder): the copy would contain itself." ;;
esac
tree=/src/delta-stn-workbench
certificates=/etc/ssl/host-certificates.crt

seconds() { date +%s; }

make_system() {
    if [ -z "$mirror" ]; then
        # shellcheck disable=SC2016 # apt-get's own variables
        mirror=$(apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
            sed -n 's/^Debian //p' | sed -n 1p)
        [ -n "$mirror" ] ||
            fail "apt on this machine has no Debian mirror configured (apt-get update may help); name one with --mirror."
    fi
    if [ -e "$folder/.made" ] || [ -z "$(ls -A "$folder")" ]; then
        find "$folder" -xdev -mindepth 1 -delete || exit 1
    else
        fail "$folder holds something other than a system made by this script; name another folder with --folder."
    fi
    : >"$folder/.made"
    say "Making $name in $folder."
    debootstrap --variant=minbase "$name" "$folder" "$mirror" >"$folder/.debootstrap.log" 2>&1 || {
        tail -n 20 "$folder/.debootstrap.log" >&2
        fail "debootstrap failed; see the end of its output above."
    }
    # How this machine's apt and pip reach their packages.
    apt-config dump 2>/dev/null | grep -E '^Acquire::(Check-|Retries|Force|https?::)' >"$folder/etc/apt/apt.conf.d/90host"
    ! [ -e /etc/pip.conf ] || cp /etc/pip.conf "$folder/etc/pip.conf"
    # Not under the name of the system's own, which a package that is installed there writes.
    ! [ -e /etc/ssl/certs/ca-certificates.crt ] ||
        { mkdir -p "$folder/etc/ssl" && cp /etc/ssl/certs/ca-certificates.crt "$folder$certificates"; } || exit 1
}

put_tree() {
    # The mirror does not know the time of the last trial: what is not in the commit goes, the build stays.
    mkdir -p "$folder$tree"
    find "$folder$tree" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
    git -C "$root" archive HEAD | tar -x -C "$folder$tree" || fail "The last commit could not be copied."
}

mount_all() {
    { mount -t proc proc "$folder/proc" && mount --rbind /dev "$folder/dev" && mount --rbind /sys "$folder/sys"; } ||
        fail "The system's /proc, /dev and /sys could not be mounted."
    cp /etc/resolv.conf "$folder/etc/resolv.conf"
    cp /etc/hosts "$folder/etc/hosts"
    if [ -n "$ccache" ]; then
        [ -d "$ccache" ] || fail "There is no folder $ccache."
        mkdir -p "$folder/var/cache/ccache"
        mount --bind "$ccache" "$folder/var/cache/ccache" || fail "$ccache could not be mounted."
    fi
}

# Runs a command in the system's copy of the tree; of this machine's environment it gets what apt, pip and OpenBLAS
# are told here.
inside() {
    # shellcheck disable=SC2046 # a list of NAME=VALUE without spaces
    chroot "$folder" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
        CCACHE_DIR=/var/cache/ccache CCACHE_BASEDIR=$tree CCACHE_NOHASHDIR=1 \
        $(env | grep -E '^(https?_proxy|no_proxy|HTTPS?_PROXY|NO_PROXY|PIP_[A-Z_]*|OPENBLAS_[A-Z0-9_]*)=[^ ]*$' || true) \
        $([ -e "$folder$certificates" ] && echo "PIP_CERT=$certificates") \
        sh -c "cd $tree && exec \"\$@\"" sh "$@"
}

# Runs the command named by the rest and adds its time and outcome to the report.
report=
failed=no
trial() {
    words=$1
    shift
    say "== $words"
    began=$(seconds)
    if "$@"; then outcome=passed; else outcome="failed, exit code $?" failed=yes; fi
    report="$report$words: $(($(seconds) - began)) s, $outcome
"
}

if [ "$again" = yes ]; then
    [ -e "$folder/.made" ] || fail "There is no system in $folder to go on in. Leave out --again."
else
    make_system
fi
mount_all
put_tree
[ -z "$ccache" ] || { inside apt-get update -qq && inside apt-get install -y --no-install-recommends ccache; } >&2 ||
    fail "ccache could not be installed in the system."

# shellcheck disable=SC2086 # torch may be empty
{
    trial "$name: sh app/launch.sh --headless${torch:+ $torch} -- --max-steps 50" \
        inside sh app/launch.sh --headless $torch -- --max-steps 50
    trial "$name: sh tests/run.sh${torch:+ $torch}" inside sh tests/run.sh $torch
}
printf '%s' "$report"
[ "$failed" = no ]
