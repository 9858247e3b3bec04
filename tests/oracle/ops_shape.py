"""Operations that move elements and change shapes."""
import numpy as np

from registry import integer, integers, op, truth


@op("reshape")
def reshape(cx, x, shape):
    dims = [x.shape[i] if d == 0 else d for i, d in enumerate(integers(shape))]
    return x.reshape(dims)


@op("reshape_like")
def reshape_like(cx, x, ref_tensors, begins, ends, end_masks):
    dims = []
    for ref, begin, end, mask in zip(ref_tensors, begins, ends, end_masks):
        dims += ref.shape[integer(begin):None if truth(mask) else integer(end)]
    return x.reshape(dims)


@op("transpose")
def transpose(cx, x, perm):
    return np.transpose(x, integers(perm))


@op("expand_dims")
def expand_dims(cx, x, axes):
    return np.expand_dims(x, tuple(integers(axes)))


@op("squeeze")
def squeeze(cx, x, axes=None):
    axes = range(x.ndim) if axes is None else [a % x.ndim for a in integers(axes)]
    return np.squeeze(x, tuple(a for a in axes if x.shape[a] == 1))


@op("flatten2d")
def flatten2d(cx, x, axis=1):
    axis = integer(axis) + (x.ndim if integer(axis) < 0 else 0)
    return x.reshape(int(np.prod(x.shape[:axis])), -1)


@op("shape")
def shape(cx, x):
    return np.array(x.shape, np.int64)


def slice_index(x_dims, begin, end, stride, begin_mask, end_mask, squeeze_mask):
    """One Python index per axis, and the axes that go."""
    def mask(m):
        return [False] * len(x_dims) if m is None else [bool(b) for b in np.reshape(m, -1)]
    steps = [1] * len(x_dims) if stride is None else integers(stride)
    index, gone = [], []
    for axis, (d, b, e, s, no_begin, no_end, one) in enumerate(zip(
            x_dims, integers(begin), integers(end), steps, mask(begin_mask), mask(end_mask), mask(squeeze_mask))):
        if one:
            b = 0 if no_begin else b + d if b < 0 else b
            index.append(slice(b, b + 1))
            gone.append(axis)
            continue
        index.append(slice(None if no_begin else b, None if no_end else e, s))
    return tuple(index), tuple(gone)


@op("slice_by_index")
def slice_by_index(cx, x, begin, end, stride=None, begin_mask=None, end_mask=None, squeeze_mask=None):
    index, gone = slice_index(x.shape, begin, end, stride, begin_mask, end_mask, squeeze_mask)
    # A dimension of 1 stays 1 whatever the bounds say.
    index = tuple(slice(0, 1) if d == 1 and len(range(1)[i]) == 0 else i for d, i in zip(x.shape, index))
    return np.squeeze(x[index], gone)


@op("slice_by_size")
def slice_by_size(cx, x, begin, size):
    return x[tuple(slice(b % d if b < 0 else b, None if n == -1 else (b % d if b < 0 else b) + n)
                   for d, b, n in zip(x.shape, integers(begin), integers(size)))]


@op("slice_update")
def slice_update(cx, x, update, begin, end, stride=None, begin_mask=None, end_mask=None, squeeze_mask=None):
    index, gone = slice_index(x.shape, begin, end, stride, begin_mask, end_mask, squeeze_mask)
    result = x.copy()
    result[index] = np.reshape(update, result[index].shape)
    return result


@op("concat")
def concat(cx, values, axis, interleave=False):
    values = [np.atleast_1d(v) for v in values]
    if truth(interleave):
        stacked = np.stack(values, axis=integer(axis) % values[0].ndim + 1)
        dims = list(values[0].shape)
        dims[integer(axis)] *= len(values)
        return stacked.reshape(dims)
    return np.concatenate(values, axis=integer(axis))


@op("split")
def split(cx, x, axis, num_splits=None, split_sizes=None):
    if split_sizes is None:
        return tuple(np.split(x, integer(num_splits), axis=integer(axis)))
    return tuple(np.split(x, np.cumsum(integers(split_sizes))[:-1], axis=integer(axis)))


@op("stack")
def stack(cx, values, axis):
    return np.stack(values, axis=integer(axis))


@op("tile")
def tile(cx, x, reps):
    return np.tile(x, [max(1, r) for r in integers(reps)])


@op("pad")
def pad(cx, x, pad, mode="constant", constant_val=0.0):
    pairs = np.reshape(integers(pad), (-1, 2)).tolist()
    pairs = [[0, 0]] * (x.ndim - len(pairs)) + pairs
    if mode == "constant":
        return np.pad(x, pairs, constant_values=constant_val)
    return np.pad(x, pairs, mode={"reflect": "reflect", "replicate": "edge"}[mode])


@op("reverse")
def reverse(cx, x, axes=None):
    return np.flip(x, None if axes is None else tuple(integers(axes)))


@op("reverse_sequence")
def reverse_sequence(cx, x, lengths, seq_axis=0, batch_axis=0):
    result = np.moveaxis(x, (integer(batch_axis), integer(seq_axis)), (0, 1)).copy()
    for row, n in zip(result, integers(lengths)):
        row[:n] = row[:n][::-1].copy()
    return np.moveaxis(result, (0, 1), (integer(batch_axis), integer(seq_axis)))


@op("crop")
def crop(cx, x, crop_height, crop_width):
    (top, bottom), (left, right) = integers(crop_height), integers(crop_width)
    return x[..., top:x.shape[-2] - bottom, left:x.shape[-1] - right]


@op("sliding_windows")
def sliding_windows(cx, x, axis, size, stride=1):
    axis, size, stride = integer(axis) % x.ndim, integer(size), integer(stride)
    n = (x.shape[axis] - size) // stride + 1
    rows = np.arange(n)[:, None] * stride + np.arange(size)
    return np.take(x, rows, axis=axis)


@op("band_part")
def band_part(cx, x, lower=-1, upper=-1):
    rows, columns = np.indices(x.shape[-2:])
    keep = np.ones(x.shape[-2:], bool)
    if integer(lower) >= 0:
        keep &= rows - columns <= integer(lower)
    if integer(upper) >= 0:
        keep &= columns - rows <= integer(upper)
    return np.where(keep, x, np.zeros_like(x))


@op("space_to_depth")
def space_to_depth(cx, x, block_size):
    b, (n, c, h, w) = integer(block_size), x.shape
    blocks = x.reshape(n, c, h // b, b, w // b, b)
    return blocks.transpose(0, 3, 5, 1, 2, 4).reshape(n, c * b * b, h // b, w // b)


@op("depth_to_space")
def depth_to_space(cx, x, block_size):
    b, (n, c, h, w) = integer(block_size), x.shape
    blocks = x.reshape(n, b, b, c // (b * b), h, w)
    return blocks.transpose(0, 3, 4, 1, 5, 2).reshape(n, c // (b * b), h * b, w * b)


@op("pixel_shuffle")
def pixel_shuffle(cx, x, upscale_factor):
    r, (n, c, h, w) = integer(upscale_factor), x.shape
    blocks = x.reshape(n, c // (r * r), r, r, h, w)
    return blocks.transpose(0, 1, 4, 2, 5, 3).reshape(n, c // (r * r), h * r, w * r)


@op("pixel_unshuffle")
def pixel_unshuffle(cx, x, downscale_factor):
    r, (n, c, h, w) = integer(downscale_factor), x.shape
    blocks = x.reshape(n, c, h // r, r, w // r, r)
    return blocks.transpose(0, 1, 3, 5, 2, 4).reshape(n, c * r * r, h // r, w // r)


@op("space_to_batch")
def space_to_batch(cx, x, block_shape, paddings):
    bh, bw = integers(block_shape)
    x = np.pad(x, [[0, 0], [0, 0]] + np.reshape(paddings, (2, 2)).tolist())
    n, c, h, w = x.shape
    blocks = x.reshape(n, c, h // bh, bh, w // bw, bw)
    return blocks.transpose(3, 5, 0, 1, 2, 4).reshape(n * bh * bw, c, h // bh, w // bw)


@op("batch_to_space")
def batch_to_space(cx, x, block_shape, crops):
    (bh, bw), (n, c, h, w) = integers(block_shape), x.shape
    n //= bh * bw
    whole = x.reshape(bh, bw, n, c, h, w).transpose(2, 3, 4, 0, 5, 1).reshape(n, c, h * bh, w * bw)
    (top, bottom), (left, right) = np.reshape(crops, (2, 2)).tolist()
    return whole[:, :, top:h * bh - bottom, left:w * bw - right]
