"""Compressed weights and quantisation."""
import numpy as np

from blob import unpack_bits
from registry import integer, integers, op


def along(v, axis, x):
    """A scalar or a vector over `axis` of x, so that it broadcasts."""
    if np.ndim(v) == 0 or axis is None:
        return v
    dims = [1] * x.ndim
    dims[integer(axis)] = -1
    return np.reshape(v, dims)


@op("constexpr_affine_dequantize")
def affine(cx, quantized_data, zero_point, scale, axis):
    return along(scale, axis, quantized_data) * (quantized_data - along(zero_point, axis, quantized_data))


@op("quantize")
def quantize(cx, input, scale, output_dtype, zero_point=0, axis=None):
    low, high = {"int8": (-128, 127), "uint8": (0, 255)}[output_dtype]
    codes = np.rint(input / along(scale, axis, input)) + along(zero_point, axis, input)
    return np.clip(codes, low, high).astype(np.int64)


@op("dequantize")
def dequantize(cx, input, scale, zero_point=0, axis=None):
    return along(scale, axis, input) * (input - along(zero_point, axis, input)).astype(float)


def spread(blocks, dims):
    """Every block parameter repeated over its block of a tensor of `dims`."""
    for axis, d in enumerate(dims):
        blocks = np.repeat(blocks, d // blocks.shape[axis], axis=axis)
    return blocks


@op("constexpr_blockwise_shift_scale")
def blockwise(cx, data, scale, offset=None):
    shift = 0 if offset is None else spread(offset, data.shape)
    return spread(scale, data.shape) * (data - shift)


@op("constexpr_sparse_blockwise_shift_scale")
def sparse_blockwise(cx, data_mask, nonzero_data, scale, offset=None):
    at = data_mask != 0
    shift = 0 if offset is None else spread(offset, at.shape)[at]
    return data_mask, spread(scale, at.shape)[at] * (nonzero_data - shift)


def palette(codes, lut, vector_axis):
    """codes of any shape; lut [groups.., 2^n, V]."""
    groups = lut.shape[:-2]
    where = np.indices(codes.shape)
    group = tuple(i // (d // g) for i, d, g in zip(where, codes.shape, groups))
    vectors = lut[group + (codes,)]
    if lut.shape[-1] == 1:
        return vectors[..., 0]
    axis = integer(vector_axis) % codes.ndim
    dims = list(codes.shape)
    dims[axis] *= lut.shape[-1]
    return np.moveaxis(vectors, -1, axis + 1).reshape(dims)


@op("constexpr_lut_to_dense")
def lut_to_dense(cx, indices, lut, shape=None, vector_axis=None):
    if shape is None:
        return palette(indices, lut, vector_axis)
    bits = {2: 1, 4: 2, 16: 4, 64: 6, 256: 8}[lut.size]
    codes = unpack_bits(indices.astype(np.uint8).tobytes(), bits, int(np.prod(integers(shape))))
    return lut[codes].reshape(integers(shape))


@op("constexpr_lut_to_sparse")
def lut_to_sparse(cx, indices_mask, indices_nonzero_data, lut, vector_axis=None):
    at = indices_mask != 0
    codes = np.zeros(at.shape, np.int64)
    codes[at] = indices_nonzero_data
    dense = palette(codes, lut, vector_axis)
    mask = indices_mask
    if lut.shape[-1] > 1:
        mask = np.repeat(mask, lut.shape[-1], axis=integer(vector_axis))
    return mask, dense[mask != 0]


@op("constexpr_sparse_to_dense")
def sparse_to_dense(cx, nonzero_data, mask, shape=None):
    if shape is None:
        at = mask != 0
    else:
        count = int(np.prod(integers(shape)))
        at = unpack_bits(mask.astype(np.uint8).tobytes(), 1, count).reshape(integers(shape)) != 0
    dense = np.zeros(at.shape, nonzero_data.dtype)
    dense[at] = nonzero_data
    return dense


@op("constexpr_cast")
def constexpr_cast(cx, source_val, output_dtype):
    return source_val


