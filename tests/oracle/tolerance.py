"""How far a result in float or half arithmetic may be from the exact one.

slack() gives for each result the distance that float arithmetic may lead away from the exact value before it is
stored; agrees() then asks that the stored value lies between the roundings of exact - slack and exact + slack. So
half results may be off by half an ulp of half and what the slack adds. Moved elements, integers and booleans must be
exact (slack 0), moved zeros keep their sign."""
import numpy as np

from execute import as_fp16, as_fp32
from registry import OPS, Context, integer, integers

MOVES = {"identity", "reshape", "reshape_like", "transpose", "expand_dims", "squeeze", "flatten2d", "slice_by_index",
         "slice_by_size", "slice_update", "concat", "split", "stack", "tile", "reverse", "reverse_sequence", "crop",
         "sliding_windows", "space_to_depth", "depth_to_space", "pixel_shuffle", "pixel_unshuffle", "space_to_batch",
         "batch_to_space", "gather", "gather_along_axis", "gather_nd", "fill", "fill_like"}
# the exact result is one of the operands, or is rounded once from them
ROUNDED = 1.3e-7
# relative to the result, and absolute
FUNCTION = {
    "sqrt": (2e-7, 0), "rsqrt": (1e-6, 0), "inverse": (5e-7, 0), "exp": (1e-6, 1e-38), "exp2": (1e-6, 1e-38),
    "log": (1e-6, 2e-7), "erf": (1e-6, 1e-7), "sin": (1e-6, 3e-7), "cos": (1e-6, 3e-7), "tan": (2e-6, 3e-7),
    "asin": (1e-6, 2e-7), "acos": (1e-6, 4e-7), "atan": (1e-6, 1e-7), "sinh": (2e-6, 2e-7), "cosh": (2e-6, 0),
    "tanh": (1e-6, 1e-7), "atanh": (2e-6, 2e-7), "sigmoid": (1e-6, 1e-38), "silu": (2e-6, 1e-37),
            "softplus": (1e-6, 2e-7),
    "softsign": (5e-7, 0), "pow": (5e-6, 1e-38), "elu": (1e-6, 2e-7), "scaled_tanh": (2e-6, 1e-6),
    "softplus_parametric": (2e-6, 2e-6), "gelu": (2e-6, 2e-6), "real_div": (5e-7, 1e-44),
    "constexpr_affine_dequantize": (5e-7, 0), "dequantize": (5e-7, 0), "constexpr_blockwise_shift_scale": (5e-7, 0),
    "constexpr_sparse_blockwise_shift_scale": (5e-7, 0), "reduce_prod": (5e-6, 0), "range_1d": (1e-6, 1e-6),
    "non_maximum_suppression": (1e-6, 0),
}
SUM = 2e-6  # of a sum, relative to the sum of the magnitudes
# results that are sums of products of their operands
SUMS = {"add", "sub", "matmul", "linear", "conv", "conv_quantized", "conv_transpose", "einsum", "reduce_sum",
        "reduce_mean", "reduce_l1_norm",
        "reduce_sum_square", "reduce_l2_norm", "cumsum", "avg_pool", "l2_pool", "linear_activation", "scatter",
        "scatter_nd", "scatter_along_axis", "upsample_bilinear", "resize_bilinear", "resize", "crop_resize",
        "resample",
        "affine", "sigmoid_hard"}


def magnitudes(operands):
    """The operands with the signs of what is summed taken away."""
    def absolute(name, v):
        if isinstance(v, list):
            return [absolute(name, member) for member in v]
        keep = name in ("boxes", "roi", "coordinates", "transform_matrix", "variance")
        return np.abs(v) if isinstance(v, np.ndarray) and v.dtype == np.float64 and not keep else v
    return {name: absolute(name, v) for name, v in operands.items()}


def axes_of(x, axes):
    return tuple(range(x.ndim)) if axes is None else tuple(a % x.ndim for a in integers(axes))


def norm_slack(x, axes, epsilon, gamma, beta):
    mean = x.mean(axis=axes, keepdims=True)
    variance = ((x - mean)**2).mean(axis=axes, keepdims=True) + epsilon
    size = (np.abs(x) + np.abs(x).mean(axis=axes, keepdims=True)) / np.sqrt(variance)
    lost = 1 + (x * x).mean(axis=axes, keepdims=True) / variance
    return SUM * (size * lost * np.abs(gamma) + np.abs(beta))


def of_layer_norm(op, p, results):
    axes = axes_of(p["x"], p.get("axes"))
    dims = [d if a in axes else 1 for a, d in enumerate(p["x"].shape)]
    gamma, beta = (np.reshape(p.get(n, e), dims) if p.get(n) is not None else e for n,
                   e in (("gamma", 1), ("beta", 0)))
    return norm_slack(p["x"], axes, p.get("epsilon", 1e-5), gamma, beta)


def of_instance_norm(op, p, results):
    x = p["x"]
    dims = (1, -1) + (1,) * (x.ndim - 2)
    gamma, beta = np.reshape(p.get("gamma", 1.0), dims), np.reshape(p.get("beta", 0.0), dims)
    return norm_slack(x, tuple(range(2, x.ndim)), p.get("epsilon", 1e-5), gamma, beta)


def of_batch_norm(op, p, results):
    dims = (1, -1) + (1,) * (p["x"].ndim - 2)
    mean, variance, gamma, beta = (np.reshape(p.get(n, e), dims) for n, e in (
        ("mean", 0.0), ("variance", 1.0), ("gamma", 1.0), ("beta", 0.0)))
    scale = np.abs(gamma) / np.sqrt(variance + p.get("epsilon", 1e-5))
    return SUM * ((np.abs(p["x"]) + np.abs(mean)) * scale + np.abs(beta))


def of_softmax(op, p, results):
    x = p["x"]
    far = np.max(x, axis=integer(p.get("axis", -1)), keepdims=True) - x
    return 1e-6 * results[0] * (1 + np.where(np.isfinite(far), far, 0)) + 1e-37


def of_log_sum(op, p, results):
    top = np.max(np.abs(np.where(np.isfinite(p["x"]), p["x"], 0)), initial=1)
    return 1e-6 * (np.abs(results[0]) + top)


def of_attention(op, p, results):
    most = np.max(np.abs(p["query"]) @ np.swapaxes(np.abs(p["key"]), -1, -2), axis=-1, keepdims=True)
    top = np.max(np.abs(p["value"]), axis=-2, keepdims=True)
    return SUM * top * (1 + most / np.sqrt(p["query"].shape[-1]))


def of_mod(op, p, results):
    return SUM * np.abs(p["x"]) if results[0].dtype == np.float64 else 0


def of_l2_norm(op, p, results):
    return 1e-6 * np.abs(results[0])


def of_local_response(op, p, results):
    return 4e-6 * np.abs(results[0])


def of_pad(op, p, results):
    return 0.0


SPECIAL = {"layer_norm": of_layer_norm, "instance_norm": of_instance_norm, "batch_norm": of_batch_norm,
           "softmax": of_softmax, "reduce_log_sum_exp": of_log_sum, "reduce_log_sum": of_log_sum,
           "scaled_dot_product_attention": of_attention, "mod": of_mod, "l2_norm": of_l2_norm,
           "local_response_norm": of_local_response, "pad": of_pad}


def sum_size(name, opset, operands, result):
    """The sum of the magnitudes that went into each element."""
    p = magnitudes(operands)
    if name == "sub":
        return p["x"] + p["y"]
    if name in ("scatter", "scatter_nd", "scatter_along_axis"):
        mode = p.get("mode", "add")
        if mode == "update":
            return 0
        p["mode"] = {"sub": "add"}.get(mode, mode)
        return np.abs(result) + OPS[name](Context(opset, []), **p)
    return OPS[name](Context(opset, []), **p)


RECURRENT = {"lstm", "gru", "rnn"}


def of_recurrent(name, opset, operands, results):
    """What sums of products may lose goes through every later step: as far as the results move when each factor is off
    by a rounding, in some direction; twice the farthest of a few."""
    rng = np.random.default_rng(1)
    moved = [np.zeros_like(r) for r in results]
    for _ in range(4):
        off = {n: v * (1 + ROUNDED * rng.choice([-1, 1], v.shape)) if isinstance(v, np.ndarray) and v.dtype == np.float64
               else v for n, v in operands.items()}
        for most, exact, other in zip(moved, results, OPS[name](Context(opset, []), **off)):
            np.maximum(most, np.abs(exact - other), out=most)
    return [1e-5 * np.abs(r) + 1e-5 + 2 * m for r, m in zip(results, moved)]


def slack(name, opset, operands, results):
    """One array (or number) for each result."""
    if name in MOVES:
        return [0.0] * len(results)
    with np.errstate(all="ignore"):
        if name in RECURRENT:
            return of_recurrent(name, opset, operands, results)
        if name in SPECIAL:
            first = SPECIAL[name](name, operands, results)
        elif name in FUNCTION:
            relative, absolute = FUNCTION[name]
            return [relative * np.abs(r) + absolute if r.dtype == np.float64 else 0.0 for r in results]
        elif name in SUMS and results[0].dtype == np.float64:
            factor = ROUNDED if name in ("add", "sub") else SUM
            first = factor * sum_size(name, opset, operands, results[0])
        else:
            return [ROUNDED * np.abs(r) if r.dtype == np.float64 else 0.0 for r in results]
    return [first] + [0.0] * (len(results) - 1)


def agrees(got, exact, slack, numerics, moved=False):
    """Element by element. In fp16 numerics every float is stored as half, in fp32 as float, whatever its dtype."""
    if exact.dtype != np.float64:
        return np.asarray(got == exact)
    round_to = as_fp16 if numerics == "fp16" else as_fp32
    with np.errstate(all="ignore"):
        exact, got = np.asarray(exact, float), np.asarray(got, float)
        slack = np.where(np.isfinite(slack), slack, 0)
        within = (got >= round_to(exact - slack)) & (got <= round_to(exact + slack))
        if moved:
            within &= np.signbit(got) == np.signbit(exact)
    return within | (np.isnan(got) & np.isnan(exact))  # the sign of a NaN is nobody's


def error(got, exact):
    """The largest difference, relative to the largest exact value; for reports."""
    with np.errstate(all="ignore"):
        exact, got = np.asarray(exact, float), np.asarray(got, float)
        finite = np.isfinite(exact) & np.isfinite(got)
        largest = np.max(np.abs(exact[finite]), initial=1e-30)
        return float(np.max(np.abs(got - exact)[finite], initial=0)) / largest
