"""Cases of operations that move elements, index, sort and fill."""
import numpy as np

from cases import Operand
from generate import FLOATS

PLAIN = ("fp32", "fp16", "int32", "bool")
SMALL = ("int8", "uint8", "int16", "uint16")


def kinds(g, small=SMALL):
    """Every dtype that a move takes, with the opset from which it does."""
    return [(d, 15) for d in PLAIN] + [(d, 17) for d in small]


def views(g):
    for dtype, since in kinds(g):
        for dims, shape in [((2, 3, 4), (4, 6)), ((2, 3, 4), (-1,)), ((2, 3, 4), (0, -1)), ((6,), (1, 2, 3, 1, 1)),
                            ((1,), (1, 1)), ((2, 3, 4), (0, 0, 2, 2))]:
            g.add("reshape", since=since, x=g.any(dims, dtype, g.how()), shape=list(shape))
        for dims, perm in [((2, 3), (1, 0)), ((2, 3, 4), (2, 0, 1)), ((2, 3, 4), (-1, 0, -2)),
                           ((1, 2, 3, 4), (0, 3, 1, 2)),
                           ((2, 1, 3, 2, 2), (4, 2, 0, 1, 3)), ((4,), (0,)), ((40, 37), (1, 0))]:
            g.add("transpose", since=since, x=g.any(dims, dtype, g.how()), perm=list(perm))
        for dims, axes in [((), (0,)), ((3,), (0,)), ((3,), (-1,)), ((2, 3), (0, 3)), ((2, 3), (-1, 1)),
                           ((2, 3, 4), (2,))]:
            g.add("expand_dims", since=since, x=g.any(dims, dtype, g.how()), axes=list(axes))
        for dims, axes in [((1,), (0,)), ((1, 3), (0,)), ((2, 1, 3, 1), (-1, 1)), ((1, 2, 1), None),
                           ((1, 1, 1), None)]:
            g.add("squeeze", since=since, x=g.any(dims, dtype, g.how()), axes=list(axes) if axes else None)
    for dtype in PLAIN:
        for axis in (0, 1, 2, 3, -1, None):
            g.add("flatten2d", x=g.any((2, 3, 4), dtype), axis=axis)
        for dims in [(3,), (2, 3, 4), (1, 2, 1, 1, 2)]:
            g.add("shape", x=g.any(dims, dtype), out="int32")
    ref = g.real((2, 6)), g.real((3, 4))
    pairs = [g.whole((), 0, 1, how="const"), g.whole((), 1, 2, how="const")]
    ends = [Operand(np.array(1), "int32", "const"), Operand(np.array(0), "int32", "const")]
    masks = [Operand(np.array(b), "bool", "const") for b in (False, True)]
    for dtype in ("fp32", "fp16"):
        g.add("reshape_like", since=16, x=g.any((2, 4), dtype), ref_tensors=list(ref), begins=pairs, ends=ends,
              end_masks=masks, out=dtype)


SLICES = [  # dims, begin, end, stride, begin_mask, end_mask, squeeze_mask
    ((5,), [1], [4], None, None, None, None), ((5,), [0], [5], [2], None, None, None),
    ((5,), [-1], [0], [-1], None, [True], None), ((5,), [3], [0], [-2], None, None, None),
    ((5,), [-4], [-1], None, None, None, None), ((5,), [1], [99], None, None, None, None),
    ((5,), [77], [2], None, [True], None, None), ((5,), [2], [0], None, None, None, [True]),
    ((5,), [-2], [0], None, None, None, [True]),
    ((3, 4), [0, 1], [2, 4], None, None, None, None),
          ((3, 4), [1, 0], [2, 4], None, None, [False, True], [True, False]),
    ((3, 4), [0, 0], [0, 0], [1, -1], [True, True], [True, True], None),
    ((2, 3, 4), [0, 1, 0], [2, 2, 4], [1, 1, 3], None, None, [False, True, False]),
    ((2, 3, 4), [1, 2, 3], [0, 0, 0], None, None, None, [True, True, True]),
    ((2, 3, 4), [-1, -2, -3], [2, 3, 4], [1, 1, 2], None, None, None),
    ((1, 2, 3, 4), [0, 0, 1, 1], [1, 2, 3, 4], None, [True, False, False, False], None, None),
    ((2, 1, 2, 3, 4), [0, 0, 0, 2, 0], [2, 1, 2, 0, 4], [1, 1, 1, -1, 2], None, [False] * 3 + [True, False], None),
]


def slices(g):
    for dtype, since in kinds(g):
        for dims, begin, end, stride, begin_mask, end_mask, squeeze_mask in SLICES:
            how = g.pick(("input", "moved"))
            g.add("slice_by_index", since=since, x=g.any(dims, dtype, how), begin=begin, end=end, stride=stride,
                  begin_mask=begin_mask, end_mask=end_mask, squeeze_mask=squeeze_mask)
            if any(squeeze_mask or [False]) and stride is None:
                continue
            result = g.cases[-1].results[0]
            if result.size and since == 15 and dtype == "fp32":
                g.add("slice_update", since=18, x=g.any(dims, dtype, how), update=g.any(result.shape, dtype),
                      begin=begin,
                      end=end, stride=stride, begin_mask=begin_mask, end_mask=end_mask, squeeze_mask=squeeze_mask)
        for dims, begin, size in [((5,), [1], [3]), ((5,), [2], [-1]), ((2, 3, 4), [0, 1, 2], [2, 2, -1]),
                                  ((2, 3, 2, 2), [1, 0, 1, 0], [1, 3, 1, 2]),
                                  ((1, 2, 3, 2, 2), [0, 1, 1, 0, 0], [1, 1, 2, 2, 2])]:
            g.add("slice_by_size", since=since, x=g.any(dims, dtype, g.how()), begin=begin, size=size)
        if since == 17 or dtype == "fp16":
            g.add("slice_update", since=18, x=g.any((3, 4), dtype), update=g.any((1, 4), dtype), begin=[1, 0],
                  end=[2, 4])
    g.add("slice_by_size", x=g.any((4, 5), "fp32"), begin=g.whole((2,), 0, 3), size=[2, 3], title="begin at run time")
    g.add("slice_update", since=18, x=g.any((4, 5), "fp32"), update=g.any((1, 5), "fp32"),
          begin=Operand(np.array([2, 0]), "int32"), end=Operand(np.array([3, 5]), "int32"),
          title="bounds at run time")


def joins(g):
    for dtype, _ in kinds(g, ()):
        for dims, axis, n in [((3,), 0, 2), ((2, 3), 0, 3), ((2, 3), -1, 2), ((2, 3, 4), 1, 2), ((1, 2, 3, 2), 2, 4),
                              ((1, 2, 1, 2, 3), -5, 2), ((2, 3), 1, 1)]:
            parts = [g.any(dims[:axis % len(dims)] + (i + 1,) + dims[axis % len(dims) + 1:], dtype,
                           g.how()) for i in range(n)]
            g.add("concat", values=parts, axis=axis)
            g.add("concat", values=[g.any(dims, dtype) for _ in range(n)], axis=axis,
                  interleave=g.pick((True, False)))
        for dims, axis, n in [((), 0, 3), ((3,), 0, 2), ((3,), -1, 2), ((2, 3), 1, 3), ((2, 3, 2), 3, 2),
                              ((2, 1, 2, 2), 0, 2),
                              ((2, 2), 0, 1)]:
            g.add("stack", values=[g.any(dims, dtype, g.how()) for _ in range(n)], axis=axis)
        for dims, axis, how in [((6,), 0, 3), ((6,), 0, [1, 2, 3]), ((2, 6), -1, 2), ((2, 6, 2), 1, [5, 1]),
                                ((1, 2, 4, 3), 2, 4), ((1, 2, 4, 3, 2), 2, [2, 2])]:
            parts = {"split_sizes": how} if isinstance(how, list) else {"num_splits": how}
            n = len(how) if isinstance(how, list) else how
            g.add("split", x=g.any(dims, dtype, g.how()), axis=axis, out=(dtype,) * n, **parts)
        g.add("concat", values=[g.any((), "int32") for _ in range(3)], axis=0, title="scalars")
        for dims, reps in [((3,), [2]), ((2, 3), [1, 3]), ((2, 3), [2, 1]), ((1, 2, 3), [4, 1, 2]),
                           ((1, 1, 2, 2, 1), [1, 3, 1, 2, 2])]:
            g.add("tile", x=g.any(dims, dtype, g.how()), reps=reps)
    for dims, n in [((2, 4), 3), ((3, 2, 2), 2)]:
        g.add("concat", values=[g.any(dims, "fp32") for _ in range(n)], axis=0, interleave=True)
        g.add("concat", values=[g.any(dims, "fp32") for _ in range(n)], axis=-1, interleave=True)


def edges(g):
    for dtype in FLOATS:
        for dims, pad in [((5,), [1, 2]), ((4, 5), [0, 0, 2, 1]), ((4, 5), [2, 1]), ((1, 2, 4, 5), [1, 0, 3, 2]),
                          ((2, 3, 4), [1, 1, 0, 2, 2, 0]), ((1, 1, 2, 4, 4), [1, 3, 2, 0])]:
            g.add("pad", x=g.any(dims, dtype, g.how()), pad=pad, mode="constant",
                  constant_val=g.pick((None, 2.5, -np.inf)))
            g.add("pad", x=g.any(dims, dtype, g.how()), pad=pad)
            if len(pad) <= 4:
                room = all(p < d for p, d in zip(pad[::2], dims[-(len(pad) // 2):])) and all(
                    p < d for p, d in zip(pad[1::2], dims[-(len(pad) // 2):]))
                if room:
                    g.add("pad", x=g.any(dims, dtype, g.how()), pad=pad, mode="reflect")
                g.add("pad", x=g.any(dims, dtype, g.how()), pad=pad, mode="replicate")
        for dims, h, w in [((1, 2, 6, 7), [1, 2], [0, 3]), ((2, 1, 4, 4), [0, 0], [1, 1]),
                           ((3, 5, 6), [2, 0], [1, 1])]:
            g.add("crop", x=g.any(dims, dtype, g.how()), crop_height=h, crop_width=w)
        g.add("slice_by_size", x=g.edges(dtype), begin=[0], size=[15], title="edges")
        g.add("concat", values=[g.edges(dtype), g.edges(dtype)], axis=0, title="edges")
        g.add("transpose", x=Operand(g.edges(dtype).data.reshape(3, 5), dtype), perm=[1, 0], title="edges")
    for dtype, since in kinds(g):
        for dims, axes in [((5,), [0]), ((3, 4), None), ((3, 4), [1]), ((2, 3, 4), [-1, 0]),
                           ((2, 1, 3, 2, 2), [2, 4])]:
            g.add("reverse", since=since, x=g.any(dims, dtype, g.how()), axes=axes)
        for dims, seq, batch, lengths in [((2, 5), 1, 0, [3, 5]), ((5, 2), 0, 1, [0, 4]),
                                          ((3, 4, 2), 1, 0, [1, 2, 4]),
                                          ((2, 3, 4, 2), -2, 1, [2, 4, 0])]:
            g.add("reverse_sequence", since=since, x=g.any(dims, dtype), lengths=lengths, seq_axis=seq,
                  batch_axis=batch)
        for dims, axis, size, stride in [((7,), 0, 3, None), ((7,), 0, 2, 2), ((2, 9), -1, 4, 3),
                                         ((2, 6, 3), 1, 2, 2)]:
            if dtype in ("fp32", "fp16", "int32") or since == 17:
                g.add("sliding_windows", since=since, x=g.any(dims, dtype), axis=axis, size=size, stride=stride)
    for dtype in PLAIN:
        for dims, low, up in [((4, 5), 0, 0), ((4, 5), -1, 0), ((4, 5), 1, -1), ((2, 5, 4), 2, 1),
                              ((3, 3), None, None),
                              ((2, 1, 2, 3, 3), 0, 1)]:
            g.add("band_part", x=g.any(dims, dtype), lower=low, upper=up)


def spaces(g):
    for dtype in FLOATS:
        for n, c, h, w, b in [(1, 4, 4, 6, 2), (2, 9, 3, 6, 3), (1, 8, 2, 2, 2)]:
            g.add("space_to_depth", x=g.any((n, c, h, w), dtype, g.how()), block_size=b)
            g.add("depth_to_space", x=g.any((n, c * b * b, h, w), dtype, g.how()), block_size=b)
            g.add("pixel_shuffle", x=g.any((n, c * b * b, h, w), dtype, g.how()), upscale_factor=b)
            g.add("pixel_unshuffle", since=16, x=g.any((n, c, h, w), dtype, g.how()),
                  downscale_factor=Operand(np.array(b), "uint32", "const"))
        for dims, block, pads in [((1, 2, 4, 6), [2, 3], [[0, 0], [0, 0]]), ((2, 3, 3, 4), [2, 2], [[1, 0], [1, 1]])]:
            g.add("space_to_batch", x=g.any(dims, dtype), block_shape=block, paddings=pads)
        for dims, block, crops in [((6, 2, 2, 2), [2, 3], [[0, 0], [0, 0]]),
                                   ((8, 3, 2, 3), [2, 2], [[1, 0], [1, 2]])]:
            g.add("batch_to_space", x=g.any(dims, dtype), block_shape=block, crops=crops)


GATHERS = [((5,), (3,), 0), ((5,), (), 0), ((4, 3), (2,), 1), ((4, 3), (2, 2), 0), ((4, 3), (2, 2), -1),
           ((2, 4, 3), (5,), 1),
           ((2, 4, 3), (), -2), ((2, 3, 4, 2), (2, 3), 2), ((2, 2, 3, 2, 2), (4,), 2), ((3,), (2, 1, 2, 1), 0)]


def gathers(g):
    for dtype, since in kinds(g):
        if dtype == "bool":
            continue
        for dims, at, axis in GATHERS:
            indices = g.whole(at, 0, dims[axis], how=g.pick(("input", "const")))
            g.add("gather", since=since, x=g.any(dims, dtype, g.how()), indices=indices, axis=axis)
        g.add("gather", since=since, x=g.any((4, 3), dtype), indices=g.whole((2,), 0, 4))
        for dims, axis in [((5,), 0), ((4, 3), 1), ((4, 3), 0), ((2, 4, 3), -2)]:
            at = list(dims)
            at[axis] = 2
            g.add("gather_along_axis", since=since, x=g.any(dims, dtype, g.how()),
                  indices=g.whole(at, 0, dims[axis], how=g.pick(("input", "const"))), axis=axis)
        for dims, at in [((5,), (3, 1)), ((4, 3), (2, 2)), ((4, 3), (2, 1)), ((2, 4, 3), (2, 2, 2)), ((2, 3), (2,))]:
            indices = Operand(np.stack([g.rng.integers(0, d, at[:-1]) for d in dims[:at[-1]]], -1), "int32")
            g.add("gather_nd", since=since, x=g.any(dims, dtype), indices=indices)
        if since == 17 or dtype == "fp32":
            g.add("gather", since=17, x=g.any((4, 3), dtype), indices=g.whole((2,), 0, 4, "uint16"), axis=0,
                  validate_indices=g.pick((True, False)))
            g.add("gather", since=17, x=g.any((4, 3), dtype), indices=g.whole((2,), 0, 4, "int8"), axis=0)
    for dims, at, axis, batch in [((2, 4, 3), (2, 2), 1, 1), ((2, 3, 4), (2, 3, 2), 2, 2), ((2, 4, 3), (2,), 1, 1),
                                  ((2, 3, 4), (2, 2), 2, 1)]:
        g.add("gather", since=16, x=g.any(dims, "fp32"), indices=g.whole(at, 0, dims[axis]), axis=axis,
              batch_dims=batch)
    g.add("gather_nd", since=16, x=g.any((2, 4, 3), "fp16"), indices=g.whole((2, 3, 1), 0, 4), batch_dims=1)
    g.add("gather_nd", since=16, x=g.any((2, 3, 4), "fp32"), indices=g.whole((2, 2, 2), 0, 3), batch_dims=1)
    g.add("gather", until=16, x=g.any((5,), "fp32"), indices=Operand(np.array([-1, -5, 0, 2]), "int32"),
          title="negative")
    g.add("gather_along_axis", until=16, x=g.any((5,), "fp32"), indices=Operand(np.array([-1, -5, 0]), "int32"),
          title="negative")


def scatters(g):
    for dtype in ("fp32", "fp16", "int32"):
        for mode in ("add", "sub", "mul", "div", "max", "min", "update", None):
            def values(dims):
                return g.whole(dims, 1, 9) if dtype == "int32" else g.real(dims, dtype, low=0.5, high=3)
            if mode == "div" and dtype == "int32":
                continue
            for dims, n, axis in [((5,), 2, 0), ((4, 3), 3, 0), ((4, 3), 2, -1), ((2, 4, 3), 3, 1)]:
                indices = Operand(g.rng.permutation(dims[axis])[:n], "int32")
                updates = values(dims[:axis % len(dims)] + (n,) + dims[axis % len(dims) + 1:])
                g.add("scatter", data=values(dims), indices=indices, updates=updates, axis=axis, mode=mode)
                at = np.sort(g.rng.permuted(np.broadcast_to(np.arange(dims[axis]), dims[:axis % len(dims)] + dims[
                    axis % len(dims) + 1:] + (dims[axis],)), axis=-1)[..., :n], axis=-1)
                at = np.moveaxis(at, -1, axis)
                g.add("scatter_along_axis", data=values(dims), indices=Operand(at, "int32"), updates=values(at.shape),
                      axis=axis, mode=mode)
            g.add("scatter_nd", data=values((5,)), indices=Operand(np.array([[3], [0]]), "int32"),
                  updates=values((2,)), mode=mode)
            g.add("scatter_nd", data=values((4, 3)), indices=Operand(np.array([[1, 2], [3, 0]]), "int32"),
                  updates=values((2,)), mode=mode)
            g.add("scatter_nd", data=values((4, 3)), indices=Operand(np.array([[2], [0]]), "int32"),
                  updates=values((2, 3)), mode=mode)
        add = g.whole((4,), 1, 9) if dtype == "int32" else g.real((4,), dtype)
        g.add("scatter", data=g.any((3,), dtype), indices=Operand(np.array([1, 1, 0, 1]), "int32"), updates=add,
              mode="add",
              title="an index twice")


def sorts(g):
    for dtype in ("fp32", "fp16", "int32"):
        for dims, axis in [((6,), 0), ((6,), -1), ((3, 5), 1), ((5, 3), 0), ((2, 4, 3), -2), ((2, 1, 3, 4), 3)]:
            distinct = g.spaced(dims, dtype, g.how())
            if dtype == "int32":
                distinct.data = np.rint(distinct.data * 8).astype(int)
            for ascending in (True, False, None):
                g.add("argsort", x=distinct, axis=axis, ascending=ascending, out="int32")
                k = g.pick((1, 2, dims[axis]))
                g.add("topk", x=distinct, k=k, axis=axis, ascending=ascending, out=(dtype, "int32"))
            g.add("topk", since=16, x=distinct, k=2, axis=axis, sort=True, return_indices=True, out=(dtype, "int32"))
            g.add("topk", since=16, x=distinct, k=2, axis=axis, return_indices=False, out=(dtype,))
            g.add("topk", since=17, x=distinct, k=2, axis=axis, output_indices_dtype="uint16", out=(dtype, "uint16"))
        g.add("topk", x=g.spaced((7,), "fp32"), out=("fp32", "int32"), title="defaults")


def makers(g):
    for dims, axis in [((), -1), ((3,), -1), ((3,), 0), ((2, 3), 1), ((2, 3, 2), -2), ((2, 2, 2, 2), 0)]:
        g.add("one_hot", indices=g.whole(dims, 0, 5), one_hot_vector_size=5, axis=axis, out="int32")
        for dtype in FLOATS:
            g.add("one_hot", indices=g.whole(dims, 0, 4), one_hot_vector_size=4, axis=axis, out=dtype,
                  on_value=Operand(np.array(2.5), dtype, "const"), off_value=Operand(np.array(-1.0), dtype, "const"))
    for dims in [[3], [2, 3], [1, 2, 1, 2, 2]]:
        for dtype, value in (("fp32", 1.5), ("fp16", -2.0), ("int32", 7), ("bool", True)):
            g.add("fill", shape=dims, value=Operand(np.array(value), dtype, "const"), out=dtype)
            g.add("fill_like", since=16, ref_tensor=g.any(dims, g.pick(PLAIN)),
                  value=Operand(np.array(value), dtype, "const"),
                  out=dtype)
    g.add("fill", shape=[2, 2], out="fp32", title="default value")
    for start, end, step in [(0, 5, 1), (2, 11, 3), (5, 0, -2), (-3, 4, 2)]:
        def number(x, dtype):
            return Operand(np.array(x), dtype, "const")
        g.add("range_1d", start=number(start, "int32"), end=number(end, "int32"), step=number(step, "int32"))
        for dtype in FLOATS:
            g.add("range_1d", start=number(start / 2, dtype), end=number(end / 2, dtype),
                  step=number(step / 2, dtype))


GENERATORS = (views, slices, joins, edges, spaces, gathers, scatters, sorts, makers)
