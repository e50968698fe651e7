# Finds the LibTorch that the programs of this bundle are loaded with: the one in python3's package torch.
# Sourced by dstn and selftest, which set `here` to the bundle's folder. Ends with exit code 4, the one for devices,
# where there is none that fits.
# shellcheck shell=sh disable=SC2154

# What the bundle was built against: a line of its file `built`.
built() { sed -n "s/^$1=//p" "$here/built"; }

find_libtorch() {
    python=${DSTN_PYTHON:-python3}
    if ! command -v "$python" >/dev/null; then
        echo "There is no $python, whose package torch is needed; set DSTN_PYTHON to one that has it." >&2
        exit 4
    fi
    if ! found=$("$python" "$here/find_torch.py"); then
        echo "torch $(built torch) is needed: run \"$python -m pip install 'torch==$(built torch).*'\", or set DSTN_PYTHON" \
            "to a Python that has it." >&2
        exit 4
    fi
    folder=$(printf '%s\n' "$found" | sed -n 1p)
    version=$(printf '%s\n' "$found" | sed -n 2p)
    cuda=$(printf '%s\n' "$found" | sed -n 3p)
    case $version in
    "$(built torch)".*) ;;
    *)
        echo "$python has torch $version, and this bundle was built against $(built torch): LibTorch does not load" \
            "across versions. Set DSTN_PYTHON to a Python with torch $(built torch)." >&2
        exit 4
        ;;
    esac
    wanted=$(built cuda)
    if [ "${cuda%%.*}" != "${wanted%%.*}" ]; then
        echo "$python has torch $version for CUDA $cuda, and this bundle was built against one for CUDA $wanted. Set" \
            "DSTN_PYTHON to a Python that has it." >&2
        exit 4
    fi
    # libc says "glibc 2.36"; where that cannot be asked (another libc) the loader will tell.
    libc=$(getconf GNU_LIBC_VERSION 2>/dev/null | sed -n 's/^glibc //p')
    needed=$(built glibc)
    if [ -n "$libc" ] && [ "$(printf '%s\n' "$needed" "$libc" | sort -V | sed -n 1p)" != "$needed" ]; then
        echo "This system has glibc $libc, and this bundle needs $needed or newer." >&2
        exit 4
    fi

    libraries=$here/lib:$folder/lib
    for nvidia in "${folder%/*}"/nvidia/*/lib; do
        if [ -d "$nvidia" ]; then libraries=$libraries:$nvidia; fi
    done
    LD_LIBRARY_PATH=$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
    export LD_LIBRARY_PATH
}
