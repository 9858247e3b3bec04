"""Cases with random shapes and parameters, for the slow run."""
import numpy as np

from cases import Operand
from generate import FLOATS

ROUNDS = 60
ELEMENTWISE = ("add", "sub", "mul", "maximum", "minimum", "less", "greater_equal")
REDUCTIONS = ("reduce_sum", "reduce_mean", "reduce_max", "reduce_min", "reduce_l1_norm", "reduce_sum_square",
              "reduce_log_sum_exp")


def shrunk(g, dims):
    """Dims that broadcast to these: some are 1, some of the first are missing."""
    kept = [d if g.rng.random() < 0.6 else 1 for d in dims]
    return tuple(kept[g.rng.integers(0, len(dims) + 1):]) if g.rng.random() < 0.5 else tuple(kept)


def axes_of(g, rank, least=1):
    axes = g.rng.permutation(rank)[:g.rng.integers(least, rank + 1)]
    return [int(a) - (rank if g.rng.random() < 0.5 else 0) for a in axes]


def elementwise(g):
    for _ in range(ROUNDS):
        dims, dtype, op = g.dims(0, 5, 6), g.pick(FLOATS), g.pick(ELEMENTWISE)
        out = "bool" if op in ("less", "greater_equal") else dtype
        g.add(op, x=g.spaced(shrunk(g, dims), dtype, g.how()), y=g.spaced(dims, dtype, g.pick(("input", "moved"))),
              out=out)
        g.add("select", cond=g.any(shrunk(g, dims), "bool"), a=g.any(dims, dtype), b=g.any(shrunk(g, dims), dtype),
              out=dtype)
        g.add(g.pick(("tanh", "exp", "relu", "sigmoid", "sin", "erf")), x=g.real(g.dims(1, 3, 90), dtype, g.how()))


def reductions(g):
    for _ in range(ROUNDS):
        dims, dtype = g.dims(1, 5, 7), g.pick(FLOATS)
        g.add(g.pick(REDUCTIONS), x=g.real(dims, dtype, g.how()), axes=axes_of(g, len(dims)),
              keep_dims=g.pick((True, False)))
        axis = int(g.rng.integers(-len(dims), len(dims)))
        g.add(g.pick(("reduce_argmax", "reduce_argmin")), x=g.spaced(dims, dtype, g.how()), axis=axis, out="int32")
        g.add("softmax", x=g.real(dims, dtype, g.how(), -9, 9), axis=axis)
        g.add("cumsum", x=g.real(dims, dtype, g.how()), axis=axis, reverse=g.pick((True, False)),
              exclusive=g.pick((True, False)))
        g.add("layer_norm", x=g.real(dims, dtype, g.how(), -1, 3),
              axes=sorted(a % len(dims) for a in axes_of(g, len(dims))),
              epsilon=2.0**-8)


def moves(g):
    for _ in range(ROUNDS):
        dims, dtype = g.dims(1, 5, 6), g.pick(("fp32", "fp16", "int32", "bool"))
        rank = len(dims)
        g.add("transpose", x=g.any(dims, dtype, g.how()), perm=[int(p) for p in g.rng.permutation(rank)])
        begin = [int(g.rng.integers(0, d)) for d in dims]
        end = [int(g.rng.integers(b + 1, d + 1)) for b, d in zip(begin, dims)]
        stride = [int(g.rng.integers(1, 4)) for _ in dims]
        back = g.rng.random(rank) < 0.2
        begin, end = ([e - 1 if r else b for b, e, r in zip(begin, end, back)],
                      [b - 1 if r else e for b, e, r in zip(begin, end, back)])
        masks = {"end_mask": [bool(r and e < 0) for r, e in zip(back, end)],
                 "begin_mask": [bool(m) for m in g.rng.random(rank) < 0.2],
                 "squeeze_mask": [False] * rank}
        g.add("slice_by_index", x=g.any(dims, dtype, g.how()), begin=begin, end=end,
              stride=[-s if r else s for s, r in zip(stride, back)], **masks)
        if 0 in g.cases[-1].results[0].shape:
            g.cases.pop()
        axis = int(g.rng.integers(-rank, rank))
        parts = [g.any(dims[:axis % rank] + (int(g.rng.integers(1, 5)),) + dims[axis % rank + 1:], dtype, g.how())
                 for _ in range(g.rng.integers(1, 5))]
        g.add("concat", values=parts, axis=axis)
        g.add("tile", x=g.any(dims, dtype, g.how()), reps=[int(r) for r in g.rng.integers(1, 4, rank)])
        if dtype != "bool":
            at = g.dims(0, 5 - rank + 1, 4) if rank < 5 else ()
            g.add("gather", x=g.any(dims, dtype, g.how()), indices=g.whole(at, 0, dims[axis]), axis=axis)
        g.add("reverse", x=g.any(dims, dtype, g.how()), axes=axes_of(g, rank))


def products(g):
    for _ in range(ROUNDS):
        dtype = g.pick(FLOATS)
        batch = g.dims(0, 3, 3)
        m, k, n = (int(d) for d in g.rng.integers(1, 40, 3))
        tx, ty = g.pick((True, False)), g.pick((True, False))
        a = shrunk(g, batch) + ((k, m) if tx else (m, k))
        b = batch + ((n, k) if ty else (k, n))
        g.add("matmul", x=g.real(a, dtype, g.how()), y=g.real(b, dtype, g.pick(("input", "moved", "blob"))),
              transpose_x=tx,
              transpose_y=ty)


def windows(g):
    for _ in range(ROUNDS):
        dtype, spatial = g.pick(FLOATS), int(g.rng.integers(1, 4))
        groups = int(g.pick((1, 1, 2, 3)))
        inner, outer = int(g.rng.integers(1, 5)), int(g.rng.integers(1, 5))
        kernel = [int(k) for k in g.rng.integers(1, 4, spatial)]
        dilations = [int(d) for d in g.rng.integers(1, 3, spatial)]
        dims = [int(k * d + e) for k, d, e in zip(kernel, dilations, g.rng.integers(1, 7, spatial))]
        strides = [int(s) for s in g.rng.integers(1, 4, spatial)]
        pads = {"pad_type": g.pick(("valid", "same", "custom")),
                "pad": [int(p) for p in g.rng.integers(0, 2, 2 * spatial)]}
        x, w = (int(g.rng.integers(1, 3)), inner * groups, *dims), (outer * groups, inner, *kernel)
        bias = g.pick((None, g.real(w[:1], dtype, "const")))
        g.add("conv", x=g.real(x, dtype, g.how()), weight=g.real(w, dtype, "blob"), bias=bias, strides=strides,
              dilations=dilations, groups=groups, **pads)
        g.add("conv_transpose", x=g.real((1, inner * groups, *[min(d, 5) for d in dims]), dtype),
              weight=g.real((inner * groups, outer, *kernel), dtype, "blob"), strides=strides, dilations=dilations,
              groups=groups,
              **({"pad_type": "valid"} if pads["pad_type"] == "custom" else pads))
        if all(p < k for p, k in zip(pads["pad"], np.repeat(kernel, 2))):
            for op in ("max_pool", "avg_pool"):
                extra = {"exclude_padding_from_average": g.pick((True, False))} if op == "avg_pool" else {}
                g.add(op, x=g.real(x, dtype, g.how()), kernel_sizes=kernel, strides=strides, **pads, **extra)
        size = Operand(np.array([1.5, 2.25, 3.0])[g.rng.integers(0, 3)], "fp32", "const")
        g.add("upsample_nearest_neighbor", x=g.any((1, inner, dims[0], dims[-1]), dtype), scale_factor_height=size,
              scale_factor_width=size)


GENERATORS = (elementwise, reductions, moves, products, windows)
