#!/usr/bin/env python3
"""inspect.py --minimum 13.0 FILE...: whether Mach-O programs are for arm64, for that macOS, and need libSystem only.

The layout is that of <mach-o/loader.h>: a header of eight words, then load commands of (kind, size, ...).
"""
import struct
import sys

MAGIC_64, CPU_ARM64, EXECUTABLE = 0xFEEDFACF, 0x0100000C, 2
LOAD_DYLIB, LOAD_WEAK_DYLIB, REEXPORT_DYLIB, BUILD_VERSION = 0x0C, 0x80000018, 0x8000001F, 0x32
PLATFORM_MACOS = 1
LIB_SYSTEM = "/usr/lib/libSystem.B.dylib"


def commands(data):
    magic, cpu, _, kind, count, size, _, _ = struct.unpack_from("<8I", data)
    if (magic, cpu, kind) != (MAGIC_64, CPU_ARM64, EXECUTABLE):
        raise ValueError(f"not an arm64 program: magic {magic:#x}, CPU {cpu:#x}, kind {kind}")
    at, end = 32, 32 + size
    for _ in range(count):
        command, length = struct.unpack_from("<2I", data, at)
        if length < 8 or at + length > end:
            raise ValueError("a load command leaves the header")
        yield command, data[at : at + length]
        at += length


def version(word):
    return f"{word >> 16}.{word >> 8 & 255}"


def inspect(path, minimum):
    with open(path, "rb") as file:
        data = file.read()
    libraries, builds = [], []
    for command, body in commands(data):
        if command in (LOAD_DYLIB, LOAD_WEAK_DYLIB, REEXPORT_DYLIB):
            start = struct.unpack_from("<I", body, 8)[0]
            libraries.append(body[start:].split(b"\0")[0].decode())
        if command == BUILD_VERSION:
            builds.append(struct.unpack_from("<2I", body, 8))
    if libraries != [LIB_SYSTEM]:
        raise ValueError(f"needs {libraries}, not only {LIB_SYSTEM}")
    if len(builds) != 1 or builds[0][0] != PLATFORM_MACOS or version(builds[0][1]) != minimum:
        raise ValueError(f"is built for {[(p, version(v)) for p, v in builds]}, not for macOS {minimum}")
    print(f"{path}: arm64, macOS {minimum} and later, {LIB_SYSTEM} only, {len(data)} bytes")


def main():
    _, option, minimum, *paths = sys.argv
    if option != "--minimum" or not paths:
        sys.exit(__doc__)
    for path in paths:
        try:
            inspect(path, minimum)
        except (ValueError, struct.error) as error:
            sys.exit(f"{path}: {error}")


main()
