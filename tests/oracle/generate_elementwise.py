"""Cases of elementwise operations, activations and reductions."""
import numpy as np

from cases import Operand
from generate import FLOATS, SUBNORMAL

BROADCASTS = [((), ()), ((5,), ()), ((), (2, 3)), ((2, 3, 4), (2, 3, 4)), ((2, 3, 4), (4,)), ((3, 1), (1, 4)),
              ((2, 1, 3, 1), (4, 1, 5)), ((1, 1, 1, 1, 1), (2, 1, 3, 1, 2)), ((2, 3, 2, 2, 3), (3, 1, 2, 1)),
              ((67,), (67,)),
              ((1,), (1, 1, 7)), ((8, 33), (8, 1))]
COMPARE = ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal")
ARITHMETIC = ("add", "sub", "mul", "real_div", "floor_div", "mod", "pow", "maximum", "minimum")


def binary_operands(g, op, dims, dtype):
    a, b = dims
    how = g.how(), g.pick(("input", "input", "moved", "const", "inline"))
    if how[0] == "const" and how[1] in ("const", "inline"):
        how = "input", how[1]
    if op in COMPARE or dtype == "int32":
        low, high = (1, 7) if op == "pow" else (-9, 10)
        x = g.whole(a, low, high, dtype, how[0])
        y = g.whole(b, *((0, 4) if op == "pow" else (low, high)), dtype, how[1])
        if op in ("real_div", "floor_div", "mod"):
            y.data[y.data == 0] = 3
        return x, y
    if op in ("floor_div", "mod"):  # quotients that are not next to an integer
        y = Operand(g.rng.choice([-2.0, -0.5, 0.25, 1.0, 4.0], b), dtype, how[1])
        return Operand(g.rng.integers(-40, 41, a) / 8 + 1 / 64, dtype, how[0]), y
    if op == "pow":
        return g.real(a, dtype, how[0], 0.1, 4), g.real(b, dtype, how[1], -3, 3)
    y = g.real(b, dtype, how[1], -3, 3)
    if op == "real_div":
        y.data = np.where(np.abs(y.data) < 0.1, 0.7, y.data)
    return g.real(a, dtype, how[0], -3, 3), y


def binary(g):
    for op in ARITHMETIC + COMPARE:
        out = "bool" if op in COMPARE else None
        for i, dims in enumerate(BROADCASTS):
            for dtype in FLOATS + (("int32",) if i % 3 == 0 else ()):
                x, y = binary_operands(g, op, dims, dtype)
                g.add(op, x=x, y=y, out=out)
    for op in ("add", "sub", "mul", "real_div") + COMPARE:
        for dtype in FLOATS:
            x = g.edges(dtype, repeat=2)
            y = Operand(np.roll(x.data, g.rng.integers(1, 14)), dtype)
            g.add(op, x=x, y=y, out="bool" if op in COMPARE else None, title="edges")
    for op in ("maximum", "minimum"):
        for dtype in FLOATS:
            x = g.edges(dtype, nan=False)
            g.add(op, x=x, y=Operand(np.roll(x.data, 5), dtype), title="edges")
    for y in (2.0, 0.5, -0.5, 3.0, 0.0):
        g.add("pow", x=g.real((3, 5), low=0.1, high=3), y=y)
    g.add("pow", x=g.real((3, 5), low=-3, high=3), y=2.0)
    g.add("pow", x=g.real((3, 5), low=-3, high=3), y=3.0, title="of negative numbers")


def logic(g):
    for dims in BROADCASTS:
        for op in ("logical_and", "logical_or", "logical_xor"):
            g.add(op, x=g.any(dims[0], "bool"), y=g.any(dims[1], "bool"))
        g.add("logical_not", x=g.any(dims[0], "bool", g.how()))
    for dims in BROADCASTS:
        for dtype in ("fp32", "fp16", "int32", "bool"):
            g.add("select", cond=g.any(dims[1], "bool"), a=g.any(dims[0], dtype, g.how()), b=g.any(dims[1], dtype),
                  out=dtype)
    for dtype in FLOATS:
        g.add("select", cond=g.any((3, 4), "bool"), a=g.real((3, 4), dtype), b=-np.inf, out=dtype)
        g.add("select", cond=g.any((15,), "bool"), a=g.edges(dtype), b=g.real((), dtype), out=dtype, title="edges")


# op: range of x, whether NaN and infinity are defined
UNARY = {"abs": (-5, 5, 1), "sign": (-5, 5, 0), "square": (-5, 5, 1), "sqrt": (0, 9, 0), "exp": (-9, 9, 1),
         "exp2": (-9, 9, 1), "erf": (-4, 4, 1), "floor": (-5, 5, 1), "ceil": (-5, 5, 1), "round": (-5, 5, 1),
         "sin": (-20, 20, 0), "cos": (-20, 20, 0), "tan": (-1.4, 1.4, 0), "asin": (-1, 1, 0), "acos": (-1, 1, 0),
         "atan": (-9, 9, 1), "sinh": (-5, 5, 0), "cosh": (-5, 5, 0), "tanh": (-5, 5, 1), "atanh": (-0.98, 0.98, 0),
         "relu": (-3, 3, 0), "relu6": (-3, 9, 0), "sigmoid": (-12, 12, 1), "silu": (-12, 12, 0),
         "softplus": (-12, 12, 0),
         "softsign": (-9, 9, 0)}


def unary(g):
    for op, (low, high, nan) in UNARY.items():
        for dims in [(), (1,), (67,), (2, 3), (2, 1, 5), (1, 2, 3, 4), (2, 1, 2, 3, 2)]:
            for dtype in FLOATS:
                g.add(op, x=g.real(dims, dtype, g.how(), low, high))
        for dtype in FLOATS if nan else ():
            g.add(op, x=g.edges(dtype), title="edges")
        if not nan and low <= -5:
            x = [0.0, -0.0, 1.0, -1.0, 1e-3, -1e-3, 4.0, -4.0, 1e-6]
            g.add(op, x=Operand(np.array(x), "fp32"), title="about 0")
    for dtype in FLOATS:
        halves = np.arange(-9, 10) / 2
        g.add("round", x=Operand(halves, dtype), title="ties go to even")
        g.add("relu", x=g.edges(dtype, nan=False), title="edges")
        g.add("sqrt", x=Operand(np.array([0, 1, 4, np.inf, SUBNORMAL[dtype]]), dtype), title="edges")
        g.add("softplus", x=Operand(np.array([-200.0, -50, 50, 200, 1e4, -1e4]), dtype), title="far out")
        g.add("silu", x=Operand(np.array([-200.0, -50, 50, 200, 1e4, -1e4]), dtype), title="far out")
        g.add("tanh", x=Operand(np.array([-200.0, -50, 50, 200, 1e4, -1e4, 1e-4, 1e-7]), dtype), title="far out")
    for op in ("abs", "sign", "square", "exp2"):
        low, high = (0, 12) if op == "exp2" else (-40, 40)
        g.add(op, x=g.whole((3, 4), low, high))
        g.add(op, x=g.whole((), low, high))


# op: (parameters), range
TUNED = {"clip": ("alpha", "beta"), "clamped_relu": ("alpha", "beta"), "sigmoid_hard": ("alpha", "beta"),
         "scaled_tanh": ("alpha", "beta"), "linear_activation": ("alpha", "beta"), "threshold": ("alpha",),
         "leaky_relu": ("alpha",), "elu": ("alpha",), "thresholded_relu": ("alpha",), "rsqrt": ("epsilon",),
         "inverse": ("epsilon",), "log": ("epsilon",)}


def tuned(g):
    for op, names in TUNED.items():
        low = 0.05 if names == ("epsilon",) else -4
        numbers = {"alpha": 0.375, "beta": 1.25, "epsilon": 2.0**-10}
        for dims in [(), (33,), (2, 3, 4), (1, 2, 2, 3, 2)]:
            for dtype in FLOATS:
                g.add(op, x=g.real(dims, dtype, g.how(), low, 4), **{n: numbers[n] for n in names})
    for op in ("rsqrt", "inverse", "log"):
        for dtype in FLOATS:
            g.add(op, x=g.real((7,), dtype, low=1, high=9), title="default epsilon")
        g.add(op, since=17, x=g.real((7,), "fp16", low=1, high=9),
              epsilon=Operand(np.array(2.0**-12), "fp32", "const"), title="epsilon of another dtype")
    for dtype in FLOATS:
        x = g.edges(dtype, nan=False)
        g.add("clip", x=x, alpha=-np.inf, beta=1.5, title="infinite bound")
        g.add("clip", x=x, alpha=-1.0, beta=np.inf, title="infinite bound")
        g.add("threshold", x=x, alpha=0.25, title="edges")
        g.add("leaky_relu", x=x, alpha=0.25, title="edges")
        g.add("clamped_relu", x=x, alpha=0.25, beta=3.0, title="edges")
        g.add("thresholded_relu", x=x, alpha=0.5, title="edges")
    g.add("threshold", x=g.whole((3, 4), -9, 9), alpha=2)
    for op in ("leaky_relu", "elu", "sigmoid_hard", "linear_activation"):
        extra = {"beta": Operand(np.array(0.5), "fp32", "const")} if len(TUNED[op]) == 2 else {}
        g.add(op, since=17, x=g.real((3, 4), "fp16"), alpha=Operand(np.array(0.25), "fp32", "const"), **extra)
    for dims in [(2, 3, 4), (1, 5, 2, 3), (2, 3, 2, 1, 2), (1, 1, 7)]:
        for dtype in FLOATS:
            alpha, beta = (g.real(dims[1:2], dtype, "const", 0.1, 1.5) for _ in range(2))
            g.add("prelu", x=g.real(dims, dtype, g.how()), alpha=alpha)
            g.add("softplus_parametric", x=g.real(dims, dtype, g.how()), alpha=alpha, beta=beta)
    for mode in ("EXACT", "TANH_APPROXIMATION", "SIGMOID_APPROXIMATION", None):
        for dims in [(), (67,), (2, 3, 4)]:
            for dtype in FLOATS:
                g.add("gelu", x=g.real(dims, dtype, g.how(), -5, 5), mode=mode)
        g.add("gelu", x=Operand(np.array([-80.0, -20, -9, 9, 20, 80, 0]), "fp32"), mode=mode, title="far out")


CAST = ("fp32", "fp16", "int32", "bool")
CAST17 = CAST + ("int8", "uint8", "int16", "uint16")


def cast(g):
    for source in CAST17:
        for to in CAST17:
            since = 15 if source in CAST and to in CAST else 17
            for dims in [(), (9,), (2, 3, 2)]:
                low, high = (0, 100) if source[0] == "u" or to[0] == "u" else (-100, 100)
                x = g.real(dims, source, g.how(), low, high) if source in FLOATS else g.any(dims, "bool", g.how()) \
                    if source == "bool" else g.whole(dims, low, high, source, g.how())
                g.add("cast", since=since, x=x, dtype=to, out=to)
    for dtype in FLOATS:
        x = Operand(np.array([0.0, -0.0, 0.9, -0.9, 1.5, -1.5, 2.5, -2.999]), dtype)
        g.add("cast", x=x, dtype="int32", out="int32", title="toward zero")
        g.add("cast", x=g.edges(dtype), dtype="bool", out="bool", title="edges")
        g.add("cast", x=g.edges("fp16"), dtype=dtype, out=dtype, title="edges")
    g.add("cast", x=Operand(np.array([2**24 + 1, -2**24 - 1, 2**31 - 1, -2**31, 0]), "int32"), dtype="int32",
          out="int32")
    for dtype in ("fp32", "fp16", "int32", "bool"):
        g.add("identity", x=g.any((2, 3), dtype, g.how()))
        g.add("identity", x=g.any((), dtype))


def softmax(g):
    for dims, axis in [((1,), 0), ((7,), -1), ((7,), 0), ((3, 5), 0), ((3, 5), 1), ((2, 3, 4), 1), ((2, 3, 4), -3),
                       ((2, 3, 4, 5), 2), ((1, 2, 3, 2, 4), -2), ((2, 130), None), ((4, 1), 1)]:
        for dtype in FLOATS:
            g.add("softmax", x=g.real(dims, dtype, g.how(), -6, 6), axis=axis)
    for dtype in FLOATS:
        x = g.real((2, 5), dtype)
        x.data[:, 1:3] = -np.inf
        g.add("softmax", x=x, axis=-1, title="masked")
        g.add("softmax", x=Operand(np.array([[3e4, 3e4, -3e4], [-6e4, -6e4, 0.0]]), dtype), axis=-1, title="large")


REDUCE = ("reduce_sum", "reduce_mean", "reduce_max", "reduce_min", "reduce_prod", "reduce_l1_norm", "reduce_l2_norm",
          "reduce_sum_square", "reduce_log_sum", "reduce_log_sum_exp")
AXES = [((5,), [0]), ((3, 4), [0]), ((3, 4), [-1]), ((3, 4), [0, 1]), ((2, 3, 4), [1]), ((2, 3, 4), [0, 2]),
        ((2, 3, 4, 2), [-2, 1]), ((2, 1, 3, 2, 2), [0, 3, 4]), ((1, 1), [0]), ((2, 3), None), ((2, 2, 3), None),
        ((200,), [0])]


def reductions(g):
    for op in REDUCE:
        for i, (dims, axes) in enumerate(AXES):
            for dtype in FLOATS:
                low = 0.2 if op == "reduce_log_sum" else -2
                x = g.real(dims if op != "reduce_prod" else tuple(min(d, 4) for d in dims), dtype, g.how(), low, 2)
                g.add(op, x=x, axes=axes, keep_dims=[None, True, False][i % 3])
        if op not in ("reduce_l2_norm", "reduce_log_sum", "reduce_log_sum_exp"):
            g.add(op, x=Operand(np.array([[2, 4, 6], [3, 6, 9]]), "int32"), axes=[1], keep_dims=True)
            g.add(op, x=Operand(np.array([[2, 4, 6], [4, 6, 2]]), "int32"))
    for dtype in FLOATS:
        for op in ("reduce_max", "reduce_min"):
            g.add(op, x=g.edges(dtype, nan=False), axes=[0], title="infinite")
        g.add("reduce_log_sum_exp", x=Operand(np.array([[1000.0, 1000], [-1000, -1001]]), dtype), axes=[-1],
              title="large")
        for dims, axis in [((5,), 0), ((3, 4), -1), ((3, 4), 0), ((2, 3, 4), 1), ((2, 3, 2, 2), -4), ((3, 4), None)]:
            for op in ("reduce_argmax", "reduce_argmin"):
                keep = g.pick((None, True, False))
                g.add(op, x=g.spaced(dims, dtype, g.how()), axis=axis, keep_dims=keep, out="int32")
                g.add(op, since=17, x=g.spaced(dims, dtype), axis=axis, keep_dims=keep, output_dtype="uint16",
                      out="uint16")
                g.add(op, x=g.whole(dims, 0, 3), axis=axis, out="int32", title="the first of equals")
    for dims, axis in [((5,), 0), ((3, 4), -1), ((3, 4), 0), ((2, 3, 4), 1), ((2, 3, 2, 2), None),
                       ((2, 2, 3, 2, 2), 2)]:
        for dtype in FLOATS + ("int32",):
            x = g.whole(dims, -9, 9) if dtype == "int32" else g.real(dims, dtype, g.how())
            g.add("cumsum", x=x, axis=axis, exclusive=g.pick((None, True, False)),
                  reverse=g.pick((None, True, False)))
            g.add("cumsum", x=x, axis=axis, exclusive=True, reverse=True)


GENERATORS = (binary, logic, unary, tuned, cast, softmax, reductions)
