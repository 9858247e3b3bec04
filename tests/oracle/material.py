"""Weights and inputs for programs that come without."""
import struct
import zlib
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

import blob
import mil
from execute import as_fp16

def every_op(block):
    for op in block.ops:
        yield op
        for inner in op.blocks:
            yield from every_op(inner)


# ---- weights ----

@dataclass
class Place:
    """A blob that a program refers to, and what it is used for."""
    kind: mil.Type
    roles: set = field(default_factory=set)  # (op, parameter)
    fan: int = 1       # how many products are summed with it
    ones: int = -1     # of a mask: how many


def fan_of(op, parameter, dims):
    if op == "matmul":
        return dims[-2] if len(dims) > 1 else dims[-1]
    return max(1, int(np.prod(dims[1:])) if op.startswith("conv") and len(dims) > 2 else dims[-1] if dims else 1)


def places(function):
    """path -> offset -> Place"""
    found, of_name = defaultdict(dict), {}
    for op in every_op(function.block):
        for parameter, argument in op.parameters.items():
            for part in argument if isinstance(argument, list) else [argument]:
                place = of_name.get(part.name) if isinstance(part, mil.Ref) else None
                if isinstance(part, mil.Value) and isinstance(part.data, mil.Blob):
                    place = found[part.data.path].setdefault(part.data.offset, Place(part.type))
                if place is None:
                    continue
                if op.name == "const":
                    of_name[op.outs[0][1]] = place
                    continue
                place.roles.add((op.name, parameter))
                dims = [t.dims for t, _ in op.outs][0] if op.name.startswith("constexpr") else place.kind.dims
                place.fan = fan_of(op.name, parameter, dims)
                if parameter in ("mask", "indices_mask", "data_mask"):
                    other = op.parameters["nonzero_data" if parameter != "indices_mask" else "indices_nonzero_data"]
                    place.ones = int(np.prod(other.type.dims)) if isinstance(other, mil.Value) else place.ones
    return found


def numbers(place, rng):
    """Values of a kind that keeps what is computed with them near 1."""
    dims, dtype = place.kind.dims, place.kind.dtype
    parameters = {p.removesuffix("_back") for _, p in place.roles}
    count = int(np.prod(dims))
    if place.ones >= 0:
        bits = np.zeros(count * (8 if dtype == "uint8" else 1), np.int64)
        bits[rng.permutation(len(bits) - (7 if dtype == "uint8" else 0))[:place.ones]] = 1
        return np.packbits(bits.astype(np.uint8), bitorder="little") if dtype == "uint8" else bits.reshape(dims)
    if dtype not in mil.FLOATS:
        if "zero_point" in parameters:
            return rng.integers(0, 4, dims)
        bits = blob.bits_of(dtype)
        low = -(1 << (bits - 1)) if dtype.startswith("int") else 0
        return rng.integers(low, low + (1 << bits), dims)
    if parameters & {"variance", "gamma", "epsilon"} or ("mul", "y") in place.roles:
        return rng.uniform(0.5, 1.5, dims)
    if "scale" in parameters:
        return rng.uniform(0.5, 1.5, dims) / (70 * np.sqrt(place.fan))
    if parameters & {"bias", "beta", "mean", "initial_h", "initial_c"}:
        return rng.normal(0, 0.1, dims)
    if ("gather", "x") in place.roles or ("add", "y") in place.roles:
        return rng.normal(0, 0.5, dims)
    return rng.standard_normal(dims, np.float32) / np.float32(np.sqrt(place.fan))


def random_weights(function, seed):
    """path -> bytes of a file with an entry wherever the program expects one."""
    files = {}
    for path, by_offset in places(function).items():
        file = bytearray(struct.pack("<II", len(by_offset), 2).ljust(64, b"\0"))
        for offset, place in sorted(by_offset.items()):
            rng = np.random.default_rng([seed, offset])
            data = blob.encode(numbers(place, rng), place.kind.dtype)
            if len(file) > offset:
                raise ValueError(f"{path}: the entry at {offset} begins within the one before")
            file += bytes(offset - len(file))
            file += blob.entry(data, place.kind.dtype, int(np.prod(place.kind.dims)), offset)
        files[path] = file
    return files


# ---- inputs ----

def default_shapes(function):
    given = function.attrs.get("FlexibleShapeInformation")
    for key, value in given.data if given else ():
        if key == "DefaultShapes":
            return {name: [int(d) for d in dims] for name, dims in value}
    return {}


def range_dims(function):
    given = function.attrs.get("FlexibleShapeInformation")
    for key, value in given.data if given else ():
        if key == "RangeDims":
            return {name: [[int(b) for b in bounds] for bounds in dims] for name, dims in value}
    return {}


def concrete_shape(function, kind, name):
    """The declared shape; for what is open in it the default, or where that is a mere 1 a sequence of 24, or of 4000
    samples."""
    default, ranges = default_shapes(function).get(name), range_dims(function).get(name)
    long = 4000 if kind.dtype in mil.FLOATS and len(kind.dims) == 2 else 24
    dims = []
    for i, d in enumerate(kind.dims):
        if d is None:
            d = default[i] if default else 1
            high = ranges[i][1] if ranges else d
            d = min(high, long) if d == 1 and i > 0 and high > 1 else d
        dims.append(d)
    return tuple(dims)


def random_inputs(function, seed):
    """name -> float64 or int64 array. Integers are 0 and 1: good as indices, masks and lengths. Floats are from 0 to
    1 where roots or logarithms are taken, else normal."""
    positive = any(op.name in ("sqrt", "log") for op in every_op(function.block))
    rng = np.random.default_rng([seed, zlib.crc32(function.name.encode())])
    inputs = {}
    for kind, name in function.block.params:
        if kind.kind != "tensor":
            continue
        dims = concrete_shape(function, kind, name)
        if kind.dtype in mil.FLOATS:
            inputs[name] = as_fp16(rng.uniform(0, 1, dims) if positive else rng.normal(size=dims))
        else:
            count = int(np.prod(dims))
            inputs[name] = rng.integers(0, 2, dims) if count > 1 else np.ones(dims, np.int64)
    return inputs
