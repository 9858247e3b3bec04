"""MILBlob v2 weight files: reading and writing."""
import struct

import numpy as np

SENTINEL = 0xDEADBEEF
CODES = {"fp16": 1, "fp32": 2, "uint8": 3, "int8": 4, "bf16": 5, "int16": 6, "uint16": 7, "int4": 8, "uint1": 9,
         "uint2": 10, "uint4": 11, "uint3": 12, "uint6": 13, "int32": 14, "uint32": 15}
WHOLE = {"fp16": "<f2", "fp32": "<f4", "fp64": "<f8", "uint8": "u1", "int8": "i1", "int16": "<i2", "uint16": "<u2",
         "int32": "<i4", "uint32": "<u4", "int64": "<i8", "uint64": "<u8", "bool": "?"}
SUB_BYTE = {"int4": 4, "uint1": 1, "uint2": 2, "uint3": 3, "uint4": 4, "uint6": 6}


def bits_of(dtype):
    if dtype in SUB_BYTE:
        return SUB_BYTE[dtype]
    return 16 if dtype == "bf16" else np.dtype(WHOLE[dtype]).itemsize * 8


def unpack_bits(data, bits, count):
    """Element i is bits [i * bits, (i + 1) * bits) of the stream; bit 0 is the lowest of byte 0."""
    stream = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")[:count * bits].reshape(count, bits)
    return stream.astype(np.int64) @ (1 << np.arange(bits))


def pack_bits(values, bits):
    stream = (np.asarray(values).reshape(-1, 1) >> np.arange(bits)) & 1
    return np.packbits(stream.astype(np.uint8).reshape(-1), bitorder="little").tobytes()


def decode(data, dtype, count):
    if dtype in SUB_BYTE:
        bits = SUB_BYTE[dtype]
        values = unpack_bits(data, bits, count)
        return np.where(values >= 8, values - 16, values) if dtype == "int4" else values
    if dtype == "bf16":
        return (np.frombuffer(data, "<u2", count).astype(np.uint32) << 16).view(np.float32)
    return np.frombuffer(data, WHOLE[dtype], count)


def encode(values, dtype):
    if dtype in SUB_BYTE:
        bits = SUB_BYTE[dtype]
        return pack_bits(np.asarray(values).astype(np.int64) & ((1 << bits) - 1), bits)
    if dtype == "bf16":
        return (np.asarray(values, np.float32).view(np.uint32) >> 16).astype("<u2").tobytes()
    return np.asarray(values).astype(WHOLE[dtype]).tobytes()


def read(file, offset, dtype, dims):
    """The tensor whose metadata is at `offset` of the bytes `file`."""
    sentinel, code, size, at = struct.unpack_from("<IIQQ", file, offset)
    count = int(np.prod(dims, dtype=np.int64))
    if sentinel != SENTINEL or code != CODES[dtype] or size != -(-count * bits_of(dtype) // 8):
        raise ValueError(f"offset {offset} holds no {dtype} of {dims}: {sentinel:#x}, code {code}, {size} bytes")
    return decode(file[at:at + size], dtype, count).reshape(dims)


def entry(data, dtype, count, offset):
    """Metadata for offset `offset`, and the data behind it."""
    padding = len(data) * 8 - count * bits_of(dtype)
    return struct.pack("<IIQQQ", SENTINEL, CODES[dtype], len(data), offset + 64, padding).ljust(64, b"\0") + data


class Writer:
    def __init__(self):
        self.bytes, self.count = bytearray(64), 0

    def add(self, values, dtype):
        """Returns the offset for MIL."""
        self.bytes += bytes(-len(self.bytes) % 64)
        offset = len(self.bytes)
        self.bytes += entry(encode(values, dtype), dtype, np.size(values), offset)
        self.count += 1
        return offset

    def finish(self):
        struct.pack_into("<II", self.bytes, 0, self.count, 2)
        return bytes(self.bytes)
