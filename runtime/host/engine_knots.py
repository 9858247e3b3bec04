#!/usr/bin/env python3
"""Writes engine_knots.h, the tables in which the engine looks functions up.

    python3 runtime/host/engine_knots.py >runtime/host/engine_knots.h

Most tables are samples of the function. gelu, silu and M1's sigmoid are fitted ones: what is known
of them is their domain, their largest error and a few of their knots. The other knots are the least
squares fit of a line that bends at the knots only and goes through those that are known."""

import math
import struct


def half(x):
    return struct.unpack("<e", struct.pack("<e", x))[0]


def grid(low, high, segments):
    step = (high - low) / segments
    return [low + step * i for i in range(segments + 1)]


def sampled(f, low, high, segments):
    return [f(x) for x in grid(low, high, segments)]


def fitted(f, low, high, segments, known):
    """known: knot number -> value"""
    step, parts = (high - low) / segments, 200
    n = segments + 1
    right = [0.0] * n
    for s in range(segments):
        for k in range(parts):
            t = (k + 0.5) / parts
            y = f(low + step * (s + t)) / parts
            right[s] += y * (1 - t)
            right[s + 1] += y * t
    rows = []
    for i in range(n):
        if i in known:
            rows.append((0.0, 1.0, 0.0, known[i]))
        else:
            end = i in (0, n - 1)
            rows.append((1 / 6, 1 / 3 if end else 2 / 3, 1 / 6, right[i]))
    return solve(rows)


def solve(rows):
    """rows of a tridiagonal system: left, middle, right, value"""
    upper, value = [], []
    for i, (left, middle, right, v) in enumerate(rows):
        if i:
            middle -= left * upper[-1]
            v -= left * value[-1]
        upper.append(right / middle)
        value.append(v / middle)
    for i in range(len(rows) - 2, -1, -1):
        value[i] -= upper[i] * value[i + 1]
    return value


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def gelu(x):
    return x * (1 + math.erf(x / math.sqrt(2))) / 2


def silu(x):
    return x * sigmoid(x)


# The residual of a fit of gelu or silu is even, as f(x) - x / 2 is and the grid: so a known knot
# tells the one opposite.
GELU = {16: -5.43e-4, 17: 0.1436, 15: 0.1436 - 0.25}
SILU = {16: -1.259e-3, 17: 0.296, 15: 0.296 - 0.5}

TABLES = [
    ("sigmoid", -8, 8, 32, sampled, sigmoid),
    ("sigmoid_m1", -9.938, 8.320, 32, lambda *a: fitted(*a, {}), sigmoid),
    ("tanh", 0, 4, 32, sampled, math.tanh),
    ("erf", 0, 2, 32, sampled, math.erf),
    ("gelu", -4, 4, 32, lambda *a: fitted(*a, GELU), gelu),
    ("silu", -8, 8, 32, lambda *a: fitted(*a, SILU), silu),
    ("sine", 0, 1, 32, sampled, lambda x: math.sin(x * math.pi / 2)),
    ("exp2", 0, 1, 32, sampled, lambda x: 2.0**x),
    ("log2", 0.5, 1, 32, sampled, math.log2),
    ("inverse", 0.5, 1, 32, sampled, lambda x: 1 / x),
    ("sqrt", 0.5, 2, 24, sampled, math.sqrt),
    ("rsqrt", 0.5, 2, 24, sampled, lambda x: 1 / math.sqrt(x)),
]


def main():
    print("/* engine_knots.h: tables of the engine's functions, written by engine_knots.py. */")
    print("#ifndef ANET_HOST_ENGINE_KNOTS_H\n#define ANET_HOST_ENGINE_KNOTS_H\n\n/* clang-format off */\n")
    for name, low, high, segments, how, f in TABLES:
        print("/* [%g, %g] in steps of %g */" % (low, high, (high - low) / segments))
        print("static const float knots_%s[%d] = {" % (name, segments + 1))
        line = "   "
        for y in how(f, low, high, segments):
            word = " %.11gf," % half(y)
            word = word if "." in word or "e" in word else word.replace("f,", ".0f,")
            if len(line + word) > 100:
                print(line)
                line = "   "
            line += word
        print(line + "\n};\n")
    print("#endif")


main()
