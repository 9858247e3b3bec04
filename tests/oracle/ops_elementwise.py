"""Elementwise operations."""
import math

import numpy as np

from registry import channels, is_float, op, truth

erf = np.vectorize(math.erf, otypes=[np.float64])


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


def softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def quotient(x, y):
    """Integers truncate toward zero."""
    if is_float(x) or is_float(y):
        return x / y
    whole = np.abs(x) // np.abs(y)
    return np.where((x < 0) != (y < 0), -whole, whole)


def power(x, y):
    return np.power(x, y) if is_float(x) else np.power(x.astype(float), y).astype(np.int64)


BINARY = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "real_div": quotient, "pow": power,
    "floor_div": lambda x, y: np.floor(x / y) if is_float(x) else x // y,
    "mod": lambda x, y: x - np.floor(x / y) * y if is_float(x) else x % y,
    "maximum": np.maximum, "minimum": np.minimum,
    "equal": np.equal, "not_equal": np.not_equal, "less": np.less, "less_equal": np.less_equal,
    "greater": np.greater, "greater_equal": np.greater_equal,
    "logical_and": np.logical_and, "logical_or": np.logical_or, "logical_xor": np.logical_xor,
}
UNARY = {
    "logical_not": np.logical_not, "abs": np.abs, "sign": np.sign, "square": np.square, "sqrt": np.sqrt,
    "exp": np.exp, "exp2": np.exp2, "erf": erf, "floor": np.floor, "ceil": np.ceil, "round": np.rint,
    "sin": np.sin, "cos": np.cos, "tan": np.tan, "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan,
    "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh, "atanh": np.arctanh,
    "relu": lambda x: np.maximum(x, 0), "relu6": lambda x: np.minimum(np.maximum(x, 0), 6),
    "sigmoid": sigmoid, "silu": lambda x: x * sigmoid(x), "softplus": softplus,
    "softsign": lambda x: x / (1 + np.abs(x)),
}
TWO_NUMBERS = {
    "clip": lambda x, a, b: np.minimum(np.maximum(x, a), b),
    "clamped_relu": lambda x, a, b: np.minimum(np.where(x >= 0, x, a * x), b),
    "sigmoid_hard": lambda x, a, b: np.minimum(np.maximum(a * x + b, 0), 1),
    "scaled_tanh": lambda x, a, b: a * np.tanh(b * x),
    "linear_activation": lambda x, a, b: a * x + b,
    "softplus_parametric": lambda x, a, b: channels(a, x) * softplus(channels(b, x) * x),
}
ONE_NUMBER = {
    "threshold": np.maximum,
    "leaky_relu": lambda x, a: np.where(x >= 0, x, a * x),
    "prelu": lambda x, a: np.where(x > 0, x, channels(a, x) * x),
    "elu": lambda x, a: np.where(x >= 0, x, a * np.expm1(np.minimum(x, 0))),
    "thresholded_relu": lambda x, a: np.where(x >= a, x, 0),
}
# of absent epsilons, before they are rounded to the dtype of x
EPSILON = {"rsqrt": 1e-12, "inverse": 1e-4, "log": 1e-45}


@op(*BINARY)
def binary(cx, name, x, y):
    return BINARY[name](x, y)


@op(*UNARY)
def unary(cx, name, x):
    return UNARY[name](x)


@op(*TWO_NUMBERS)
def two_numbers(cx, name, x, alpha, beta):
    return TWO_NUMBERS[name](x, alpha, beta)


@op(*ONE_NUMBER)
def one_number(cx, name, x, alpha):
    return ONE_NUMBER[name](x, alpha)


@op(*EPSILON)
def with_epsilon(cx, name, x, epsilon=None):
    if epsilon is None:
        epsilon = np.float64(np.float16(EPSILON[name]) if cx.dtype == "fp16" else np.float32(EPSILON[name]))
    shifted = x + epsilon
    return {"rsqrt": lambda: 1 / np.sqrt(shifted), "inverse": lambda: 1 / shifted,
            "log": lambda: np.log(shifted)}[name]()


@op("gelu")
def gelu(cx, x, mode="EXACT"):
    if mode == "EXACT":
        return x / 2 * (1 + erf(x / math.sqrt(2)))
    if mode == "TANH_APPROXIMATION":
        return x / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    return x * sigmoid(1.702 * x)


@op("select")
def select(cx, cond, a, b):
    return np.where(cond, a, b)


@op("identity")
def identity(cx, x):
    return x


@op("cast")
def cast(cx, x, dtype):
    if dtype == "bool":
        return x != 0
    if dtype.startswith("fp"):
        return x.astype(np.float64)
    return np.trunc(x).astype(np.int64) if is_float(x) else x.astype(np.int64)


@op("softmax")
def softmax(cx, x, axis=-1):
    e = np.exp(x - np.max(x, axis=int(axis), keepdims=True))
    return e / np.sum(e, axis=int(axis), keepdims=True)


# ---- reductions ----

def square_sum(x, **how):
    return np.sum(x * x, **how)


def log_sum_exp(x, axis, keepdims):
    top = np.max(x, axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    total = np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True)) + top
    return total if keepdims else np.squeeze(total, axis)


def mean(x, **how):
    if is_float(x):
        return np.mean(x, **how)
    return quotient(np.sum(x, **how), np.int64(x.size // max(1, np.sum(x, **how).size)))


REDUCE = {
    "reduce_sum": np.sum, "reduce_mean": mean, "reduce_max": np.max, "reduce_min": np.min, "reduce_prod": np.prod,
    "reduce_l1_norm": lambda x, **how: np.sum(np.abs(x), **how),
    "reduce_l2_norm": lambda x, **how: np.sqrt(square_sum(x, **how)),
    "reduce_sum_square": square_sum, "reduce_log_sum": lambda x, **how: np.log(np.sum(x, **how)),
    "reduce_log_sum_exp": log_sum_exp,
}


@op(*REDUCE)
def reduction(cx, name, x, axes=None, keep_dims=False):
    axes = tuple(range(x.ndim)) if axes is None else tuple(int(a) % x.ndim for a in np.reshape(axes, -1))
    return REDUCE[name](x, axis=axes, keepdims=truth(keep_dims))


@op("reduce_argmax", "reduce_argmin")
def argument(cx, name, x, axis=-1, keep_dims=False, output_dtype="int32"):
    find = np.argmax if name == "reduce_argmax" else np.argmin
    return find(x, axis=int(axis), keepdims=truth(keep_dims))


@op("cumsum")
def cumsum(cx, x, axis=0, exclusive=False, reverse=False):
    x = np.flip(x, int(axis)) if truth(reverse) else x
    total = np.cumsum(x, axis=int(axis))
    if truth(exclusive):
        total = total - x
    return np.flip(total, int(axis)) if truth(reverse) else total
