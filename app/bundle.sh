#!/bin/sh
# Makes an archive of the program for machines where nothing can be installed.
set -u

usage() {
    cat <<'TEXT'
Usage: sh app/bundle.sh --python PYTHON [--no-install] [--help]

Makes build/bundle/dstn-VERSION-linux-ARCH.tar.gz: the command line, the engine, the engine's tests and their small
libraries, for machines where nothing can be installed. LibTorch is not in it: it is built against the one in
PYTHON's package torch (in build/bundle-build) and finds one of the same version at run time through python3. With a
torch for CUDA the bundle computes on NVIDIA GPUs; the machine that makes it needs none, nor the CUDA toolkit.

  --python PYTHON  a Python that has torch with all that it requires, such as VENV/bin/python
  --no-install     install no packages of the system
  --help           show this text
TEXT
}

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P) || exit 1
. "$root/app/packages.sh"

python=
install=yes
while [ $# -gt 0 ]; do
    case $1 in
    --python)
        if [ $# -lt 2 ]; then
            printf -- '--python takes a value.\n\n' >&2
            usage >&2
            exit 2
        fi
        python=$2
        shift
        ;;
    --no-install) install=no ;;
    --help | -h)
        usage
        exit 0
        ;;
    *)
        printf 'There is no option %s.\n\n' "$1" >&2
        usage >&2
        exit 2
        ;;
    esac
    shift
done
if [ -z "$python" ]; then
    printf 'Name a Python that has torch with --python.\n\n' >&2
    usage >&2
    exit 2
fi

# The folder, the version and the CUDA version of torch, a line each.
found=$("$python" "$root/app/bundle/find_torch.py") ||
    fail "$python has no torch to build against; see its error above."
folder=$(printf '%s\n' "$found" | sed -n 1p)
version=$(printf '%s\n' "$found" | sed -n 2p)
cuda=$(printf '%s\n' "$found" | sed -n 3p)
say "Building against torch $version in $folder."

# shellcheck disable=SC2086 # a list
[ "$install" = no ] || install_packages $base_packages binutils
for tool in cmake ldd objdump strip tar; do
    command -v $tool >/dev/null || fail "$tool is missing. Leave out --no-install, or install it."
done

build=$root/build/bundle-build
with_cuda=ON
[ "$cuda" != none ] || with_cuda=OFF
grep -qsxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$build/CMakeCache.txt" || rm -rf "$build"
cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DDSTN_BUILD_UI=OFF -DDSTN_BUILD_TESTS=ON \
    "-DDSTN_TORCH=$folder" -DDSTN_TORCH_CUDA=$with_cuda -DCMAKE_SKIP_RPATH=ON >&2 ||
    fail "The build could not be configured; see CMake's error above."
cmake --build "$build" --parallel "$(build_jobs)" --target dstn dstn-engine dstn-test-engine >&2 ||
    fail "The build failed; see the compiler's error above."

program=$(sed -n 's/^project(delta-stn-workbench VERSION \([0-9.]*\).*/\1/p' "$root/CMakeLists.txt")
name=dstn-$program-linux-$(uname -m)
bundle=$root/build/bundle/$name
rm -rf "$bundle"
mkdir -p "$bundle/bin" "$bundle/lib" "$bundle/data" || exit 1

# The launcher says where libraries lie, these and LibTorch's.
cp "$build/bin/dstn" "$build/bin/dstn-test-engine" "$bundle/bin/" || exit 1
cp "$build/bin/libdstn-core.so" "$build/bin/libdstn-engine.so" "$bundle/lib/" || exit 1
# Copies the libraries that a file needs, and those that they need, but for the system's own and those that come with
# torch, whose needs would be found here too where the system has a LibTorch.
copy_libraries() {
    for library in $(objdump -p "$1" | sed -n 's/^ *NEEDED *//p'); do
        case $library in
        ld-linux* | libc.so.* | libm.so.* | libdl.so.* | libpthread.so.* | librt.so.* | libstdc++.so.* | libgcc_s.so.*) continue ;;
        libgomp* | libtorch* | libc10* | libcu*.so.* | libnv* | libnccl*) continue ;;
        esac
        [ ! -e "$bundle/lib/$library" ] || continue
        path=$(ldd "$1" | awk -v name="$library" '$1 == name && $3 ~ /^\// {print $3; exit}')
        [ -n "$path" ] || fail "${1##*/} needs $library, which is not found."
        cp "$path" "$bundle/lib/$library" || exit 1
        copy_libraries "$path"
    done
}
for file in "$bundle"/bin/* "$bundle"/lib/libdstn-*; do copy_libraries "$file"; done
strip "$bundle"/bin/* "$bundle"/lib/* || fail "The programs could not be stripped."

# The newest version of a library's interface (GLIBC, GLIBCXX) that anything in the bundle asks for.
newest() {
    objdump -T "$bundle"/bin/* "$bundle"/lib/* 2>/dev/null | sed -n "s/.*[ (]$1_\([0-9.]*\).*/\1/p" | sort -uV | tail -n 1
}

cp -R "$root/tests/data/reference" "$bundle/data/" || exit 1
for file in dstn selftest libtorch.sh find_torch.py README.md; do cp "$root/app/bundle/$file" "$bundle/" || exit 1; done
cp "$root/LICENSE" "$bundle/"
chmod 755 "$bundle/dstn" "$bundle/selftest"
cat >"$bundle/built" <<TEXT
program=$program
commit=$(git -C "$root" rev-parse --short HEAD 2>/dev/null || echo unknown)
torch=$(printf '%s' "$version" | sed 's/^\([0-9]*\.[0-9]*\).*/\1/')
cuda=$cuda
glibc=$(newest GLIBC)
glibcxx=$(newest GLIBCXX)
TEXT
tar -C "$root/build/bundle" --owner=0 --group=0 -czf "$bundle.tar.gz" "$name" || fail "$bundle.tar.gz could not be written."
say "Made $bundle.tar.gz, $(($(wc -c <"$bundle.tar.gz") / 1048576)) MiB. It needs:"
say "  torch $(sed -n 's/^torch=//p' "$bundle/built") (CUDA: $cuda), glibc $(sed -n 's/^glibc=//p' "$bundle/built"), libstdc++ with GLIBCXX_$(sed -n 's/^glibcxx=//p' "$bundle/built")."
