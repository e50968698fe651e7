#!/usr/bin/env bash
# Static analysis with clang-tidy of the sources that do not see LibTorch, whose headers clang 14 cannot compile
# as C++20. Needs no build: only CMake's commands, written to build/tidy, without precompiled headers, so that a
# file that leaves out an include is found where it is analysed by itself.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$(pwd -P)
stamps=${XDG_CACHE_HOME:-$HOME/.cache}/delta-stn-workbench/tidy
export root stamps

usage() {
    cat <<'TEXT'
Usage: tests/tidy.sh [--all] [--changed] [FILE...]

Runs clang-tidy over the files named, one by one; without any over all sources of core, ui and app without LibTorch,
each folder's as one, which takes a third of the time. What passed is not analysed again until its preprocessed text,
its compiler options, .clang-tidy or clang-tidy's version changes. The stamps that say so are in
~/.cache/delta-stn-workbench/tidy.

  --all       also analyse what passed before
  --changed   only files changed since the branch left main (on main: by the last commit), one by one
  --help      show this text
TEXT
}

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

all=no changed=no
while [ $# -gt 0 ]; do
    case $1 in
    --all) all=yes ;;
    --changed) changed=yes ;;
    --help | -h)
        usage
        exit 0
        ;;
    -*)
        usage >&2
        exit 2
        ;;
    *) break ;;
    esac
    shift
done
together=ON build=build/tidy
if [ "$changed" = yes ] || [ $# -gt 0 ]; then together=OFF build=build/tidy-each; fi
export all build

command -v clang-tidy >/dev/null || fail "clang-tidy is missing (Debian: apt-get install clang-tidy)."
version=$(clang-tidy --version)
export version

configure() {
    cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON \
        -DCMAKE_UNITY_BUILD=$together -DDSTN_BUILD_ENGINE=OFF -DDSTN_BUILD_TESTS=OFF >"$build.log" 2>&1 ||
        { cat "$build.log" >&2 && fail "The build could not be configured; see CMake's error above."; }
}

# "FILE<TAB>FOLDER<TAB>COMMAND" for every source that CMake compiles and we wrote.
commands() {
    awk -v root="$root/" '
        function text(line) {
            sub(/^ *"[a-z]+": "/, "", line); sub(/",?$/, "", line)
            gsub(/\\"/, "\"", line); gsub(/\\\\/, "\\", line)
            return line
        }
        /^ *"directory": / { folder = text($0) }
        /^ *"command": / { command = text($0); sub(/ -o [^ ]+ -c /, " ", command) }
        /^ *"file": / {
            file = text($0)
            if (index(file, root) != 1) next
            file = substr(file, length(root) + 1)
            if (file ~ /^(core|ui|app)\/|\/unity_[^\/]*$/ && !(file in seen)) {
                seen[file] = 1
                print file "\t" folder "\t" command
            }
        }' "$build/compile_commands.json"
}

changed_files() {
    local base
    base=$(git merge-base HEAD origin/main 2>/dev/null || git merge-base HEAD main 2>/dev/null || true)
    [ -n "$base" ] && [ "$base" != "$(git rev-parse HEAD)" ] || base=$(git rev-parse --verify --quiet HEAD~1 || git rev-parse HEAD)
    # A header is looked at with the source of the same name.
    { git diff --name-only --diff-filter=d "$base" && git ls-files --others --exclude-standard; } |
        sed -nE 's/\.(h|cpp)$/.cpp/p' | sort -u
}

# Analyses one line of commands. What clang-tidy says is printed only where it finds something.
analyse() {
    local file folder command own stamp output
    local -a tidy
    IFS=$'\t' read -r file folder command <<<"$1"
    output=$(mktemp)
    trap 'rm -f "$output"' RETURN
    (cd "$folder" && eval "$command -E -P -C -o -") >"$output" || return 1
    # GCC's options that clang does not know are not the files' mistakes; a name that only compilers may use is.
    tidy=(clang-tidy -p "$build" --quiet --extra-arg=-Wno-unknown-warning-option
        --extra-arg=-Wno-ignored-optimization-argument --extra-arg=-Wreserved-identifier --extra-arg=-Werror)
    if [[ $file == */unity_* ]]; then
        # A folder's sources as one: it includes sources, which may give the same type the same short name, and its
        # checks are the folder's.
        tidy+=(--checks=-bugprone-suspicious-include --extra-arg=-Wno-shadow)
        own=$(sed -nE 's|^#include "(.*)/[^/]*"$|\1/.clang-tidy|p' "$file" | head -n 1)
        [ ! -f "$own" ] || tidy+=("--config-file=$own")
    fi
    stamp=$stamps/$({
        printf '%s\n' "$version" "$file" "${command//"$root"/}"
        "${tidy[@]}" --dump-config "$file"
        cat "$output"
    } | sha1sum | cut -d ' ' -f 1)
    if [ "$all" = no ] && [ -e "$stamp" ]; then
        touch "$stamp"
        return 0
    fi
    if "${tidy[@]}" "$file" >"$output" 2>&1; then
        touch "$stamp"
    else
        cat "$output"
        return 1
    fi
}
export -f analyse

mkdir -p build "$stamps"
configure
lines=$(commands)
[ -n "$lines" ] || fail "No source was found in $build/compile_commands.json."
if [ "$changed" = yes ] || [ $# -gt 0 ]; then
    if [ "$changed" = yes ]; then
        names=$(changed_files)
    else
        names=$(printf '%s\n' "$@" | sed "s|^$root/||")
        unknown=$(grep -vxFf <(cut -f 1 <<<"$lines") <<<"$names" || true)
        [ -z "$unknown" ] || fail "clang-tidy cannot analyse these files: $unknown"
    fi
    lines=$(awk -F '\t' 'NR == FNR { wanted[$0] = 1; next } $1 in wanted' <(printf '%s\n' "$names") - <<<"$lines")
    if [ -z "$lines" ]; then
        echo "No source has changed that clang-tidy can analyse."
        exit 0
    fi
fi
# shellcheck disable=SC2016 # it expands in the shell that xargs starts
printf '%s\n' "$lines" | tr '\n' '\0' | xargs -0 -n 1 -P "$(getconf _NPROCESSORS_ONLN)" bash -c 'analyse "$1"' _ ||
    fail "clang-tidy found mistakes; see above."
find "$stamps" -type f -mtime +30 -delete
