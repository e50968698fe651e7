#!/usr/bin/env python3
"""Writes the seeds of the fuzz targets into tests/data/fuzz, or the folder that is named. Each is a small file of
its format, so that a fuzzer need not guess magic numbers. The JPEG and WebP files of image/ are an encoder's work, and
stay as they are. Needs Python's standard library alone."""

import gzip
import io
import struct
import sys
import zipfile
import zlib
from pathlib import Path

root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent.parent / "data" / "fuzz"


def write(target, name, content):
    folder = root / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


def idx(shape, data):
    return b"\0\0\x08" + bytes([len(shape)]) + b"".join(struct.pack(">I", n) for n in shape) + data


def npy(descr, shape, data, version=1, fortran=False):
    header = repr({"descr": descr, "fortran_order": fortran, "shape": shape}).encode() + b"\n"
    length = struct.pack("<H" if version == 1 else "<I", len(header))
    return b"\x93NUMPY" + bytes([version, 0]) + length + header + data


def npz(members, method):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0)), content, method)
    return file.getvalue()


def png(width, height, channels, depth=8, interlaced=0, palette=None):
    colour = {1: 0, 2: 4, 3: 2, 4: 6}[channels] if palette is None else 3
    row = b"\0" + bytes(7 * i % 256 for i in range((width * channels * depth + 7) // 8))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    colours = b"" if palette is None else chunk(b"PLTE", palette) + chunk(b"tRNS", b"\0\x80") + chunk(b"gAMA", bytes(4))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + colours + chunk(b"IDAT", zlib.compress(row * height))
            + chunk(b"IEND", b""))


def cache(validation, test):
    """core/data/image_cache.h, in a little-endian machine's byte order."""
    names = [b"cat", b"dog"]
    start = b"DSTNIM\4\0" + struct.pack("<Q6qq", 7, 1, 2, 3, 2, validation, test, len(names))
    start += b"".join(struct.pack("<I", len(text)) + text for text in [b"/images", *names])
    count = 2 + max(validation, 0) + max(test, 0)
    data = bytes(range(6 * count)) + b"".join(struct.pack("<I", i % 2) for i in range(count))
    start += struct.pack("<I", zlib.crc32(data))
    start += struct.pack("<I", zlib.crc32(start))
    return start.ljust(4096, b"\0") + data


def safetensors(header, data):
    text = header.encode()
    return struct.pack("<Q", len(text)) + text + data


write("idx", "labels", idx([3], b"\0\1\2"))
write("idx", "images", idx([2, 2, 3], bytes(12)))
write("idx", "packed", gzip.compress(idx([3], b"\0\1\2"), mtime=0))
write("csv", "header", b"\0a,b,y\n1,2,0.5\n3,4,-1e-2\n")
write("csv", "quoted", b"\0\"a\";\"b\"\n1;\"x\"\"y\"\n2;z\r\n")
write("csv", "spaces", b"\4 1  2.5 .25 \n3 4\t-.75\n")
write("cifar", "ten", b"".join(bytes([i]) + bytes(3072) for i in range(2)))
write("cifar", "hundred", bytes([3, 99]) + bytes(3072))
write("image_cache", "without_test", cache(-1, -1))
write("image_cache", "with_test", cache(-1, 1))
write("image_cache", "with_parts", cache(2, 1))
write("image", "grey.png", png(5, 3, 1))
write("image", "colour.png", png(4, 4, 3))
write("image", "alpha16.png", png(3, 2, 4, 16))
write("image", "bits.png", png(9, 3, 1, 1))
write("image", "interlaced.png", png(1, 1, 1, 8, 1))
write("image", "palette.png", png(3, 2, 1, 8, palette=bytes(range(30, 90))))
grey = (root / "image" / "grey.jpg").read_bytes()
exif = b"Exif\0\0II*\0\x08\0\0\0\1\0" + struct.pack("<HHIHHI", 274, 3, 1, 6, 0, 0)
write("image", "turned.jpg", grey[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + grey[2:])
write("npy", "words", npy(">U2", (2,), "a\0bc".encode("utf-32-be")))
write("npy", "floats", npy("<f4", (2, 2), struct.pack("<4f", 1, 2, 3, 4)))
write("npy", "big_endian", npy(">i2", (3,), struct.pack(">3h", -1, 0, 300), 2))
write("npy", "columns", npy("|u1", (2, 3), bytes(6), 1, True))
write("npy", "half", npy("<f2", (2,), b"\0\x3c\1\0", 3))
arrays = [("x.npy", npy("|u1", (4, 2, 3), bytes(24))), ("y.npy", npy("<i8", (4,), struct.pack("<4q", 0, 1, 2, 1)))]
tables = [("x.npy", npy("<f8", (2, 1), struct.pack("<2d", 1, 2))), ("y.npy", npy("<f4", (2, 2), struct.pack("<4f", 1, 2, 3, 5)))]
words = [("x.npy", npy("<f4", (3,), struct.pack("<3f", 1, 2, 3))), ("y.npy", npy("|S3", (3,), b"catdogcat"))]
codes = [("x.npy", npy("<f4", (2, 1, 2), struct.pack("<4f", 0, 1, -1, 2))), ("y.npy", npy("<f4", (2, 2), struct.pack("<4f", 1, 0, 0, 1)))]
write("npz", "words", npz(words, zipfile.ZIP_STORED))
write("npz", "codes", npz(codes, zipfile.ZIP_STORED))
write("npz", "stored", npz(arrays, zipfile.ZIP_STORED))
write("npz", "deflated", npz(tables, zipfile.ZIP_DEFLATED))
write("text", "words", b" no it was n't <unk> \n$9,000... \"License,\" don't\r\n")
write("text", "unicode", "\ufeffna\u00efve \u201cit\u2019s\u201d \u65e5\u672c\u3001\u8a9e \U0001f600\n".encode())
write("experiment", "smallest.json", b'{"schema": 1, "data": {"source": "csv", "path": "x.csv"}, "model": {"parts": [{"type": "linear", "out": 1}]}}')
for preset in sorted((Path(__file__).parent.parent.parent / "resources" / "presets").glob("*.json")):
    write("experiment", preset.name, preset.read_bytes())
write("safetensors", "tensors", safetensors(
    '{"__metadata__": {"format": "pt"}, "a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}, '
    '"b": {"dtype": "U8", "shape": [], "data_offsets": [8, 9]}}', bytes(9)))
write("safetensors", "empty", safetensors("{}", b""))
