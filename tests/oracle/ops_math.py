"""Products, convolutions, pools and norms."""
import numpy as np

from registry import channels, integer, integers, op, truth


@op("linear")
def linear(cx, x, weight, bias=0):
    return x @ weight.T + bias


@op("matmul")
def matmul(cx, x, y, transpose_x=False, transpose_y=False):
    if truth(transpose_x) and x.ndim > 1:
        x = np.swapaxes(x, -1, -2)
    if truth(transpose_y) and y.ndim > 1:
        y = np.swapaxes(y, -1, -2)
    return np.matmul(x, y)


@op("einsum")
def einsum(cx, values, equation):
    """A letter of one operand may stand for 1 where the other has more."""
    inputs, result = equation.replace(" ", "").split("->")
    letters = inputs.split(",")
    dims = {}
    for names, v in zip(letters, values):
        for name, d in zip(names, v.shape):
            dims[name] = max(d, dims.get(name, 1))
    values = [np.broadcast_to(v, [dims[name] for name in names]) for names, v in zip(letters, values)]
    return np.einsum(f"{inputs}->{result}", *values, optimize=True)


@op("scaled_dot_product_attention")
def attention(cx, query, key, value, attn_mask=None):
    scores = query @ np.swapaxes(key, -1, -2) / np.sqrt(query.shape[-1])
    if attn_mask is not None:
        scores = np.where(attn_mask, scores, -np.inf) if attn_mask.dtype == bool else scores + attn_mask
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True) @ value


# ---- windows ----

def window_pads(dims, kernel, strides, pad_type, pad):
    """[before, after] of each spatial dim; `kernel` with its dilation."""
    if pad_type == "valid":
        return [[0, 0]] * len(dims)
    if pad_type == "custom":
        return np.reshape(integers(pad), (-1, 2)).tolist()
    total = [max(0, s * -(-d // s) - d + k - s) for d, k, s in zip(dims, kernel, strides)]
    return [[p // 2, p - p // 2] if pad_type == "same" else [p - p // 2, p // 2] for p in total]


def window_counts(dims, kernel, strides, pads, ceil_mode=False):
    counts = []
    for d, k, s, (before, after) in zip(dims, kernel, strides, pads):
        p = before + after
        n = (d + p - k + (s - 1 if ceil_mode else 0)) // s + 1
        if ceil_mode and p > 0 and (n - 1) * s >= d + before:
            n -= 1
        counts.append(n)
    return counts


def ones(value, n):
    return [1] * n if value is None else integers(value)


@op("conv")
def conv(cx, x, weight, bias=None, strides=None, pad_type="valid", pad=None, dilations=None, groups=1):
    n, spatial, g = x.shape[0], x.ndim - 2, integer(groups)
    strides, dilations = ones(strides, spatial), ones(dilations, spatial)
    kernel = [(k - 1) * d + 1 for k, d in zip(weight.shape[2:], dilations)]
    pads = window_pads(x.shape[2:], kernel, strides, pad_type, pad)
    counts = window_counts(x.shape[2:], kernel, strides, pads)
    x = np.pad(x, [[0, 0], [0, 0]] + pads)
    total = np.zeros((n, g, weight.shape[0] // g, int(np.prod(counts))))
    for at in np.ndindex(weight.shape[2:]):
        seen = tuple(slice(a * d, a * d + s * (c - 1) + 1, s) for a, d, s, c in zip(at, dilations, strides, counts))
        part = x[(slice(None), slice(None)) + seen].reshape(n, g, x.shape[1] // g, -1)
        total += np.matmul(weight[(slice(None), slice(None)) + at].reshape(g, weight.shape[0] // g, -1), part)
    total = total.reshape([n, weight.shape[0]] + counts)
    return total if bias is None else total + channels(bias, total)


@op("conv_quantized")
def conv_quantized(cx, x, weight, quantization_type, quant_scale, quant_bias, bias=None, nbits=8, **how):
    rows = (-1,) + (1,) * (weight.ndim - 1)
    return conv(cx, x, weight * np.reshape(quant_scale, rows) + np.reshape(quant_bias, rows), bias, **how)


@op("conv_transpose")
def conv_transpose(cx, x, weight, bias=None, pad=None, output_shape=None, pad_type="valid", strides=None,
                   dilations=None, groups=1):
    n, spatial, g = x.shape[0], x.ndim - 2, integer(groups)
    strides, dilations, dims = ones(strides, spatial), ones(dilations, spatial), x.shape[2:]
    kernel = [(k - 1) * d + 1 for k, d in zip(weight.shape[2:], dilations)]
    whole = [(d - 1) * s + k for d, s, k in zip(dims, strides, kernel)]
    pads, sizes = [[0, 0]] * spatial, list(whole)
    if pad_type == "custom":
        pads = np.reshape(integers(pad), (-1, 2)).tolist()
        sizes = [w - sum(p) for w, p in zip(whole, pads)]
    elif pad_type != "valid":
        sizes = [d * s for d, s in zip(dims, strides)]
        pads = window_pads(sizes, kernel, strides, pad_type, None)
    if output_shape is not None:
        sizes = integers(output_shape)[-spatial:]
    out_channels = weight.shape[1] * g
    room = [max(w, p[0] + size) for w, p, size in zip(whole, pads, sizes)]
    total = np.zeros([n, g, weight.shape[1]] + room)
    parts = x.reshape(n, g, x.shape[1] // g, -1)
    for at in np.ndindex(weight.shape[2:]):
        w = weight[(slice(None), slice(None)) + at].reshape(g, x.shape[1] // g, weight.shape[1])
        to = tuple(slice(a * d, a * d + s * (c - 1) + 1, s) for a, d, s, c in zip(at, dilations, strides, dims))
        total[(Ellipsis,) + to] += np.matmul(np.swapaxes(w, 1, 2), parts).reshape((n, g, -1) + dims)
    total = total.reshape([n, out_channels] + room)
    total = total[(slice(None), slice(None)) + tuple(slice(p[0], p[0] + s) for p, s in zip(pads, sizes))]
    return total if bias is None else total + channels(bias, total)


def windows(x, kernel_sizes, strides, pad_type, pad, ceil_mode, fill):
    """One array per place in the window, each of the result's shape."""
    kernel, spatial = integers(kernel_sizes), x.ndim - 2
    strides = ones(strides, spatial)
    pads = window_pads(x.shape[2:], kernel, strides, pad_type, pad)
    counts = window_counts(x.shape[2:], kernel, strides, pads, truth(ceil_mode))
    ends = [max(0, (c - 1) * s + k - d - p[0]) for c, s, k, d, p in zip(counts, strides, kernel, x.shape[2:], pads)]
    x = np.pad(x, [[0, 0], [0, 0]] + [[p[0], max(p[1], e)] for p, e in zip(pads, ends)], constant_values=fill)
    for at in np.ndindex(*kernel):
        seen = tuple(slice(a, a + s * (c - 1) + 1, s) for a, s, c in zip(at, strides, counts))
        yield x[(slice(None), slice(None)) + seen]


@op("max_pool")
def max_pool(cx, x, kernel_sizes, pad_type, strides=None, pad=None, ceil_mode=False):
    return np.maximum.reduce(list(windows(x, kernel_sizes, strides, pad_type, pad, ceil_mode, -np.inf)))


@op("avg_pool")
def avg_pool(cx, x, kernel_sizes, pad_type, strides=None, pad=None, ceil_mode=False,
             exclude_padding_from_average=False):
    total = sum(windows(x, kernel_sizes, strides, pad_type, pad, ceil_mode, 0))
    if truth(exclude_padding_from_average):
        return total / sum(windows(np.ones_like(x), kernel_sizes, strides, pad_type, pad, ceil_mode, 0))
    return total / np.prod(integers(kernel_sizes))


@op("l2_pool")
def l2_pool(cx, x, kernel_sizes, pad_type, strides=None, pad=None, ceil_mode=False):
    return np.sqrt(sum(w * w for w in windows(x, kernel_sizes, strides, pad_type, pad, ceil_mode, 0)))


# ---- norms ----

def normalise(x, axes, epsilon):
    centred = x - x.mean(axis=axes, keepdims=True)
    return centred / np.sqrt((centred**2).mean(axis=axes, keepdims=True) + epsilon)


@op("layer_norm")
def layer_norm(cx, x, axes=None, gamma=None, beta=None, epsilon=1e-5):
    axes = tuple(range(x.ndim)) if axes is None else tuple(a % x.ndim for a in integers(axes))
    dims = [d if a in axes else 1 for a, d in enumerate(x.shape)]
    gamma = 1 if gamma is None else gamma.reshape(dims)
    beta = 0 if beta is None else beta.reshape(dims)
    return normalise(x, axes, epsilon) * gamma + beta


@op("batch_norm")
def batch_norm(cx, x, mean, variance, gamma=1.0, beta=0.0, epsilon=1e-5):
    scale = channels(gamma, x) / np.sqrt(channels(variance, x) + epsilon)
    return (x - channels(mean, x)) * scale + channels(beta, x)


@op("instance_norm")
def instance_norm(cx, x, gamma=1.0, beta=0.0, epsilon=1e-5):
    return normalise(x, tuple(range(2, x.ndim)), epsilon) * channels(gamma, x) + channels(beta, x)


@op("l2_norm")
def l2_norm(cx, x, epsilon=1e-6):
    axes = tuple(range(x.ndim))[-3:]
    return x / np.sqrt((x * x).sum(axis=axes, keepdims=True) + epsilon)


@op("local_response_norm")
def local_response_norm(cx, x, size, alpha=1e-4, beta=0.75, k=1.0):
    size = integer(size)
    squares = np.pad(x * x, [[0, 0], [size // 2, (size - 1) // 2]] + [[0, 0]] * (x.ndim - 2))
    near = sum(squares[:, i:i + x.shape[1]] for i in range(size))
    return x / (k + alpha / size * near)**beta
