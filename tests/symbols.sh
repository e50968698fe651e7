#!/bin/sh
# Usage: tests/symbols.sh LIST
# No function or variable of namespace dstn may be defined by two objects of the libraries and programs, which
# share one process: the loader would take one of the two for both. LIST names the objects, one a line. What a
# header defines is in many objects by right: such names, and classes, are held apart by tst_names.
set -eu

if [ $# -ne 1 ] || [ ! -s "$1" ]; then
    echo "Usage: tests/symbols.sh LIST (a file that names objects, one a line)" >&2
    exit 2
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
xargs nm --extern-only --defined-only --print-file-name <"$1" >"$work/all"
# T, D, B and R: strong definitions. Mangled names of what is in dstn begin with _ZN4dstn, those of const member
# functions with qualifiers before the 4.
awk '{ object = $1; sub(/:[0-9a-f]*$/, "", object) }
     $2 ~ /^[TDBR]$/ && $3 ~ /^_ZN[KVRO]*4dstn/ {
         count += 1
         if ($3 in first) print $3 " is defined in\n  " first[$3] "\n  " object
         else first[$3] = object
     }
     END { print count + 0 >"'"$work"'/count" }' "$work/all" | c++filt >"$work/doubles"
[ "$(cat "$work/count")" -gt 0 ] || {
    echo "No object that $1 names defines anything in namespace dstn." >&2
    exit 1
}
[ ! -s "$work/doubles" ] || {
    cat "$work/doubles"
    exit 1
}
echo "$(cat "$work/count") symbols, each defined once."
