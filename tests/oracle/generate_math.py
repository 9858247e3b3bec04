"""Cases of products, convolutions, pools, norms, weights, recurrences and resizing."""
import numpy as np

import blob
from cases import Operand
from generate import FLOATS


def products(g):
    for dtype in FLOATS:
        for x, w, bias in [((5,), (3, 5), True), ((2, 5), (3, 5), True), ((2, 5), (3, 5), False),
                           ((1, 4, 6), (7, 6), True),
                           ((2, 1, 3, 8), (2, 8), False), ((1, 2, 1, 3, 4), (5, 4), True),
                           ((33, 65), (17, 65), True)]:
            how = g.pick(("const", "blob"))
            g.add("linear", x=g.real(x, dtype, g.pick(("input", "moved"))), weight=g.real(w, dtype, how),
                  bias=g.real(w[:1], dtype, how) if bias else None)
        for x, y in [((3,), (3,)), ((3,), (3, 2)), ((4, 3), (3,)), ((4, 3), (3, 5)), ((2, 4, 3), (3, 5)),
                     ((2, 4, 3), (2, 3, 5)),
                     ((4, 3), (2, 3, 5)), ((1, 2, 4, 3), (5, 1, 3, 2)), ((2, 3, 4, 3), (2, 3, 3, 2)),
                     ((1, 1, 2, 2, 3), (2, 1, 2, 3, 2)),
                     ((35, 70), (70, 19)), ((2, 2, 3), (3,)), ((1, 1), (1, 1))]:
            for tx, ty in [(None, None), (True, False), (False, True), (True, True)]:
                a = x[:-2] + (x[-1], x[-2]) if tx and len(x) > 1 else x
                b = y[:-2] + (y[-1], y[-2]) if ty and len(y) > 1 else y
                if len(x) == 1 and len(y) == 1 and tx:
                    continue
                g.add("matmul", x=g.real(a, dtype, g.how()), y=g.real(b, dtype, g.pick(("input", "moved", "blob"))),
                      transpose_x=tx, transpose_y=ty)
        g.add("einsum", values=[g.real((2, 3, 4, 5), dtype), g.real((2, 5, 4, 6), dtype)], equation="nchw,nwhu->nchu")
        g.add("einsum", values=[g.real((1, 3, 4, 5), dtype), g.real((2, 5, 1, 6), dtype)], equation="nchw,nwhu->nchu")
        g.add("einsum", values=[g.real((3, 4, 5), dtype), g.real((5, 4, 2), dtype)], equation="chw,whr->chr")
    for x, y in [((2, 3), (3, 4)), ((2, 2, 3), (2, 3, 2)), ((3,), (3,))]:
        g.add("matmul", x=g.whole(x, -9, 9), y=g.whole(y, -9, 9))
    g.add("linear", x=g.whole((2, 3), -9, 9), weight=g.whole((4, 3), -9, 9, how="const"),
          bias=g.whole((4,), -9, 9, how="const"))
    g.add("matmul", since=17, x=g.real((2, 3), "fp16"), y=g.real((3, 2), "fp32"), out="fp16")
    g.add("linear", since=17, x=g.real((2, 3), "fp16"), weight=g.real((2, 3), "fp32", "const"),
          bias=g.real((2,), "fp32", "const"), out="fp16")


def attention(g):
    for dtype in FLOATS:
        for q, k, v in [((1, 2, 3, 4), (1, 2, 5, 4), (1, 2, 5, 4)), ((2, 3, 4), (2, 6, 4), (2, 6, 2)),
                        ((2, 1, 3, 4), (1, 2, 5, 4), (1, 1, 5, 3)),
                        ((1, 1, 1, 8), (1, 1, 1, 8), (1, 1, 1, 8)),
                        ((2, 1, 2, 3, 4), (2, 1, 2, 2, 4), (2, 1, 2, 2, 4))]:
            batch = np.broadcast_shapes(q[:-2], k[:-2], v[:-2])
            for mask in (None, "bool", dtype):
                m = None
                if mask == "bool":
                    m = g.any((q[-2], k[-2]), "bool")
                    m.data[..., 0] = True
                elif mask:
                    m = g.real(batch + (q[-2], k[-2]), dtype)
                g.add("scaled_dot_product_attention", since=18, query=g.real(q, dtype), key=g.real(k, dtype),
                      value=g.real(v, dtype), attn_mask=m)


# x, weight, then parameters
CONVS = [
    ((1, 2, 9), (3, 2, 3), {}), ((2, 3, 8), (4, 3, 1), {"strides": [2]}),
    ((1, 4, 9), (4, 1, 3), {"groups": 4, "pad_type": "same"}),
    ((1, 3, 10), (2, 3, 3), {"dilations": [3], "pad_type": "custom", "pad": [2, 1]}),
    ((1, 2, 5, 6), (3, 2, 3, 3), {}), ((2, 2, 5, 6), (3, 2, 2, 3), {"pad_type": "same", "strides": [2, 1]}),
    ((1, 2, 5, 7), (3, 2, 2, 4), {"pad_type": "same_lower", "strides": [1, 2]}),
    ((1, 4, 6, 6), (6, 2, 3, 3), {"groups": 2, "pad_type": "custom", "pad": [1, 0, 2, 1], "strides": [2, 2]}),
    ((1, 3, 4, 4), (5, 3, 1, 1), {"pad": [1, 1, 1, 1], "pad_type": "valid"}),
    ((1, 6, 5, 5), (6, 1, 3, 3), {"groups": 6}),
    ((1, 6, 5, 5), (12, 1, 3, 2), {"groups": 6, "dilations": [2, 1], "pad_type": "same"}),
    ((1, 2, 4, 5, 6), (3, 2, 2, 3, 3), {}),
    ((1, 2, 4, 5, 6), (2, 1, 3, 2, 2), {"groups": 2, "strides": [2, 1, 2], "pad_type": "same"}),
    ((1, 2, 3, 4, 4), (2, 2, 2, 2, 2), {"pad_type": "custom", "pad": [1, 0, 0, 1, 1, 1], "dilations": [1, 2, 1]}),
    ((1, 16, 12, 11), (24, 16, 3, 3), {"pad_type": "custom", "pad": [1, 1, 1, 1]}),
    ((3, 8, 1, 32), (16, 8, 1, 1), {}),
    ((1, 1, 64), (8, 1, 16), {"strides": [4]}), ((1, 5, 1), (2, 5, 1), {}),
]


def convolutions(g):
    for dtype in FLOATS:
        for x, w, parameters in CONVS:
            since = 16 if parameters.get("pad_type") == "same_lower" else 15
            for bias in (False, True):
                how = g.pick(("const", "blob"))
                g.add("conv", since=since, x=g.real(x, dtype, g.pick(("input", "moved"))),
                      weight=g.real(w, dtype, how),
                      bias=g.real(w[:1], dtype, how) if bias else None, **parameters)
            if "dilations" not in parameters:
                g.add("conv", since=since, x=g.real(x, dtype), weight=g.real(w, dtype, "input"),
                      title="weight at run time",
                      **parameters)
        for x, w, parameters in CONVS[:6]:
            for scales in ((1,), w[:1]):
                g.add("conv_quantized", x=g.real(x, dtype), weight=g.whole(w, 0, 256, "uint8", "blob"),
                      quantization_type="linear",
                      quant_scale=g.real(scales, dtype, "const", 0.001, 0.01),
                      quant_bias=g.real(scales, dtype, "const", -0.5, 0.5),
                      **parameters)
    g.add("conv", since=17, x=g.real((1, 2, 5, 5), "fp16"), weight=g.real((3, 2, 3, 3), "fp32", "const"))
    transposed = [
        ((1, 2, 5), (2, 3, 3), {}), ((1, 2, 5), (2, 3, 3), {"strides": [2]}),
        ((1, 4, 5), (4, 2, 4), {"strides": [2], "groups": 2}),
        ((1, 3, 4, 5), (3, 2, 3, 3), {"strides": [2, 2], "pad_type": "custom", "pad": [1, 1, 1, 0]}),
        ((1, 3, 4, 5), (3, 2, 3, 2), {"strides": [2, 1], "pad_type": "same"}),
        ((2, 2, 3, 3), (2, 1, 2, 2), {"groups": 2, "strides": [2, 2]}),
        ((1, 3, 4, 4), (3, 2, 3, 3), {"dilations": [2, 1]}),
        ((1, 2, 3, 3, 3), (2, 2, 2, 2, 2), {"strides": [2, 1, 2]}),
        ((1, 2, 4, 4), (2, 3, 4, 4),
         {"strides": [2, 2], "pad_type": "custom", "pad": [1, 1, 1, 1], "output_shape": [1, 3, 8, 8]}),
        ((1, 2, 4, 4), (2, 3, 3, 3),
         {"strides": [2, 2], "pad_type": "custom", "pad": [1, 0, 1, 0], "output_shape": [1, 3, 8, 8]}),
        ((1, 2, 3), (2, 1, 5), {"strides": [3], "pad_type": "same"}),
    ]
    for dtype in FLOATS:
        for x, w, parameters in transposed:
            channels = w[1] * parameters.get("groups", 1)
            for bias in (False, True):
                how = g.pick(("const", "blob"))
                g.add("conv_transpose", x=g.real(x, dtype), weight=g.real(w, dtype, how),
                      bias=g.real((channels,), dtype, how) if bias else None, **parameters)


POOLS = [((1, 2, 9), [3], {}), ((1, 2, 9), [2], {"strides": [2]}),
         ((2, 3, 8), [3], {"pad_type": "same", "strides": [2]}),
         ((1, 2, 5, 6), [2, 3], {}),
         ((1, 2, 6, 7), [3, 3], {"strides": [2, 2], "pad_type": "custom", "pad": [1, 1, 0, 1]}),
         ((2, 1, 7, 7), [3, 2], {"pad_type": "same", "strides": [2, 2]}),
         ((1, 2, 7, 6), [2, 3], {"pad_type": "same_lower", "strides": [2, 1]}),
         ((1, 1, 1, 4), [1, 2], {"strides": [1, 2]}), ((1, 3, 8, 8), [8, 8], {})]
CEIL = [((1, 2, 8), [3], {"strides": [2], "ceil_mode": True}),
        ((1, 2, 7, 8), [3, 2], {"strides": [2, 2], "ceil_mode": True}),
        ((1, 1, 7, 7), [3, 3], {"strides": [3, 2], "pad_type": "custom", "pad": [1, 1, 1, 1], "ceil_mode": True}),
        ((1, 1, 6, 6), [2, 2], {"strides": [3, 3], "pad_type": "custom", "pad": [1, 1, 1, 1], "ceil_mode": True})]


def pools(g):
    solid = [((1, 2, 4, 5, 6), [2, 2, 3], {}),
             ((1, 1, 4, 4, 4), [2, 3, 2], {"pad_type": "same", "strides": [2, 1, 2]})]
    for dtype in FLOATS:
        for x, kernel, parameters in POOLS + CEIL + solid:
            parameters = {"pad_type": "valid", **parameters}
            since = 16 if parameters["pad_type"] == "same_lower" else 15
            g.add("max_pool", since=since, x=g.real(x, dtype, g.how()), kernel_sizes=kernel, **parameters)
            g.add("avg_pool", since=since, x=g.real(x, dtype, g.how()), kernel_sizes=kernel, **parameters,
                  exclude_padding_from_average=True)
            if "ceil_mode" not in parameters:
                g.add("avg_pool", since=since, x=g.real(x, dtype), kernel_sizes=kernel, **parameters,
                      exclude_padding_from_average=g.pick((None, False)))
                if len(x) < 5:
                    g.add("l2_pool", since=since, x=g.real(x, dtype, g.how()), kernel_sizes=kernel, **parameters)
        x = g.real((1, 1, 4, 4), dtype)
        x.data[0, 0, 1, 1], x.data[0, 0, 3, 2] = -np.inf, np.inf
        g.add("max_pool", x=x, kernel_sizes=[2, 2], strides=[2, 2], pad_type="valid", title="infinite")
        g.add("max_pool", x=g.real((1, 2, 5, 5), dtype, low=-9, high=-3), kernel_sizes=[3, 3], pad_type="same",
              title="padding is less than any element")


def norms(g):
    for dtype in FLOATS:
        for dims, axes in [((6,), [0]), ((3, 8), [-1]), ((2, 3, 8), [1, 2]), ((2, 3, 8), [1]),
                           ((2, 3, 4, 2), [-3, -1]), ((2, 3), None),
                           ((1, 8, 1, 5), [1]), ((1, 2, 3, 2, 4), [2, 3, 4]), ((4, 257), [-1])]:
            own = [dims[a] for a in axes] if axes else list(dims)
            gamma, beta = (g.real(own, dtype, g.pick(("const", "blob"))) for _ in range(2))
            if axes == [-3, -1]:
                own = [3, 2]
                gamma, beta = g.real(own, dtype, "const"), g.real(own, dtype, "const")
            for with_gamma, with_beta in [(True, True), (False, False), (True, False)]:
                g.add("layer_norm", x=g.real(dims, dtype, g.how(), -3, 5), axes=axes,
                      gamma=gamma if with_gamma else None,
                      beta=beta if with_beta else None, epsilon=g.pick((2.0**-10, None)))
        for dims in [(2, 3, 4), (1, 5, 2, 3), (2, 3, 2, 1, 2), (1, 1, 6)]:
            mean, gamma, beta = (g.real(dims[1:2], dtype, g.pick(("const", "blob"))) for _ in range(3))
            variance = g.real(dims[1:2], dtype, "const", 0.2, 3)
            g.add("batch_norm", x=g.real(dims, dtype, g.how()), mean=mean, variance=variance, gamma=gamma, beta=beta,
                  epsilon=g.pick((2.0**-10, None)))
            g.add("batch_norm", x=g.real(dims, dtype, g.how()), mean=mean, variance=variance)
            if len(dims) < 5:
                g.add("instance_norm", x=g.real(dims, dtype, g.how()), gamma=gamma, beta=beta,
                      epsilon=g.pick((2.0**-10, None)))
                g.add("instance_norm", x=g.real(dims, dtype))
            g.add("l2_norm", x=g.real(dims, dtype, g.how()), epsilon=g.pick((2.0**-12, None)))
            g.add("local_response_norm", x=g.real(dims, dtype), size=3, alpha=0.5, beta=0.75, k=1.0)
            g.add("local_response_norm", x=g.real(dims, dtype), size=5)
    g.add("layer_norm", since=17, x=g.real((2, 6), "fp16"), axes=[-1], gamma=g.real((6,), "fp32", "const"),
          beta=g.real((6,), "fp32", "const"), epsilon=Operand(np.array(2.0**-10), "fp32", "const"))
    g.add("batch_norm", since=17, x=g.real((1, 3, 4), "fp16"), mean=g.real((3,), "fp32", "const"),
          variance=g.real((3,), "fp32", "const", 0.5, 2))


def quantising(g):
    for dtype in FLOATS:
        for data in ("int8", "uint8"):
            for dims, axis in [((6,), None), ((3, 4), None), ((3, 4), 0), ((2, 3, 4), -1), ((4, 3, 1, 1), 0)]:
                n = () if axis is None else (dims[axis],)
                scale = Operand(g.rng.choice([0.125, 0.25, 0.5], n), dtype, "const")
                zero = g.whole(n, 0, 9, data, "const")
                for z in (zero, None):
                    g.add("dequantize", since=17, input=g.whole(dims, 0, 120, data), scale=scale, zero_point=z,
                          axis=axis, out=dtype)
                    x = Operand(g.rng.integers(-300, 300, dims) / 16 + 1 / 64, dtype)
                    g.add("quantize", since=17, input=x, scale=scale, zero_point=z, axis=axis, output_dtype=data,
                          out=data)
                g.add("constexpr_affine_dequantize", since=16, until=17, attrs=True, out=dtype, axis=axis or 0,
                      quantized_data=g.whole(dims, 0, 120, data, g.pick(("inline", "inline_blob"))),
                      scale=Operand(scale.data, dtype, "inline"), zero_point=Operand(zero.data, data, "inline"))
            halves = Operand(np.arange(-9, 10) / 4, dtype)
            g.add("quantize", since=17, input=halves, scale=0.5, output_dtype=data, out=data,
                  title="ties, and below the range")
            g.add("quantize", since=17, input=Operand(np.array([-1e4, 1e4, 63.5, 64.0]), dtype), scale=0.5,
                  output_dtype=data, out=data,
                  title="beyond the range")


def inline(array, dtype):
    return Operand(np.asarray(array), dtype, "inline_blob" if np.size(array) > 9 else "inline")


def palettes(g):
    for dtype in FLOATS:
        for bits, dims in [(1, (3, 5)), (2, (7,)), (4, (3, 3, 1)), (6, (5, 4)), (8, (2, 3, 4))]:
            n = int(np.prod(dims))
            codes = g.rng.integers(0, 2**bits, n)
            packed = np.frombuffer(blob.pack_bits(codes, bits), np.uint8).astype(np.int64)
            g.add("constexpr_lut_to_dense", since=16, until=17, attrs=True, indices=inline(packed, "uint8"),
                  out=dtype,
                  lut=inline(g.rng.normal(size=2**bits), dtype), shape=Operand(np.array(dims), "uint32", "inline"))
            mask = g.rng.integers(0, 2, n)
            mask[0] = 1
            packed = np.frombuffer(blob.pack_bits(mask, 1), np.uint8).astype(np.int64)
            g.add("constexpr_sparse_to_dense", since=16, until=17, attrs=True, mask=inline(packed, "uint8"),
                  out=dtype,
                  nonzero_data=inline(g.rng.normal(size=mask.sum()), dtype),
                  shape=Operand(np.array(dims), "uint32", "inline"))
        for bits, dims, groups in [(1, (4, 6), (1, 1)), (2, (4, 6), (2, 1)), (3, (6,), (3,)), (4, (4, 6), (4, 3)),
                                   (6, (2, 3, 4, 1), (2, 1, 1, 1)),
                                   (8, (3, 5), (1, 1))]:
            codes = g.rng.integers(0, 2**bits, dims)
            lut = g.rng.normal(size=groups + (2**bits, 1))
            g.add("constexpr_lut_to_dense", since=18, indices=Operand(codes, f"uint{bits}", "inline_blob"),
                  lut=inline(lut, dtype), out=dtype)
            mask = g.rng.integers(0, 2, dims)
            mask.flat[0] = 1
            if bits < 8:
                g.add("constexpr_lut_to_sparse", since=18, indices_mask=Operand(mask, "uint1", "inline_blob"),
                      indices_nonzero_data=Operand(codes[mask != 0], f"uint{bits}", "inline_blob"),
                      lut=inline(lut, dtype),
                      out=("uint1", dtype))
            g.add("constexpr_sparse_to_dense", since=18, mask=Operand(mask, "uint1", "inline_blob"), out=dtype,
                  nonzero_data=inline(g.rng.normal(size=int(mask.sum())), dtype))
        lut = g.rng.normal(size=(1, 1, 4, 2))
        for axis in (0, 1):
            g.add("constexpr_lut_to_dense", since=18,
                  indices=Operand(g.rng.integers(0, 4, (3, 4)), "uint2", "inline_blob"),
                  lut=inline(lut, dtype), vector_axis=axis, out=dtype, title="vectors")
        if dtype == "fp32":
            g.add("constexpr_cast", since=16, until=17, attrs=True,
                  source_val=inline(g.rng.normal(size=(3, 4)), "fp16"),
                  output_dtype="fp32", out="fp32")


def blocks(g):
    for dtype in FLOATS:
        for data, low, high in [("int4", -8, 8), ("uint4", 0, 16), ("int8", -128, 128), ("uint8", 0, 256)]:
            for dims, parts in [((4, 6), (1, 1)), ((4, 6), (4, 1)), ((4, 6), (2, 3)), ((2, 4, 4), (1, 2, 4)),
                                ((12,), (3,))]:
                codes = Operand(g.rng.integers(low, high, dims), data, "inline_blob")
                scale = inline(g.rng.uniform(0.1, 1, parts), dtype)
                offset = Operand(g.rng.integers(max(low, -5), 6, parts), data, "inline_blob")
                for shift in (offset, None):
                    g.add("constexpr_blockwise_shift_scale", since=18, data=codes, scale=scale, offset=shift,
                          out=dtype)
                mask = g.rng.integers(0, 2, dims)
                mask.flat[0] = 1
                g.add("constexpr_sparse_blockwise_shift_scale", since=18,
                      data_mask=Operand(mask, "uint1", "inline_blob"),
                      nonzero_data=Operand(codes.data[mask != 0], data, "inline_blob"), scale=scale, offset=offset,
                      out=("uint1", dtype))


def recurrent(g):
    functions = [None, "sigmoid", "tanh", "relu"]
    for dtype, since in (("fp32", 15), ("fp16", 17)):
        for t, b, i, h in [(1, 1, 3, 2), (5, 2, 3, 4), (3, 1, 7, 5)]:
            for direction in (None, "forward", "reverse", "bidirectional"):
                dirs = 2 if direction == "bidirectional" else 1
                whole = g.pick((True, False, None))

                def weights(gates, back=""):
                    return {f"weight_ih{back}": g.real((gates * h, i), dtype, "const", -0.5, 0.5),
                            f"weight_hh{back}": g.real((gates * h, h), dtype, "const", -0.5, 0.5)}
                state = {n: g.real((b, dirs * h), dtype) for n in ("initial_h", "initial_c")}
                x = g.real((t, b, i), dtype, g.pick(("input", "moved")))
                extra = {"bias": g.real((4 * h,), dtype, "const")} if t > 1 else {}
                if t == 5:
                    extra["peephole"] = g.real((3 * h,), dtype, "const")
                if t == 3:
                    extra.update(clip=0.5, activation="tanh", recurrent_activation="sigmoid", cell_activation="tanh")
                if dirs == 2:
                    extra.update(weights(4, "_back"), **{f"{n}_back": g.real((v.data.shape), dtype, "const")
                                                         for n, v in list(extra.items()) if n in ("bias",
                                                                                                  "peephole")})
                g.add("lstm", since=since, x=x, **state, **weights(4), **extra, direction=direction,
                      output_sequence=whole,
                      out=(dtype,) * 3)
                if dirs == 2:
                    continue
                del state["initial_c"]
                g.add("gru", since=since, x=x, **state, **weights(3), direction=direction, output_sequence=whole,
                      bias=g.real((3 * h,), dtype, "const") if t > 1 else None, out=(dtype,) * 2)
                g.add("gru", since=18, x=x, **state, **weights(3), direction=direction, output_sequence=whole,
                      reset_after=True,
                      bias=g.real((3 * h,), dtype, "const"), input_bias=g.real((3 * h,), dtype, "const"),
                      out=(dtype,) * 2)
                g.add("rnn", since=since, x=x, **state, **weights(1), direction=direction, output_sequence=whole,
                      bias=g.real((h,), dtype, "const") if t > 1 else None, activation=functions[t % 4],
                      out=(dtype,) * 2)


def resizing(g):
    modes = ("DEFAULT", "STRICT_ALIGN_CORNERS", "ALIGN_CORNERS", "OFFSET_CORNERS", "UNALIGN_CORNERS", None)
    for dtype in FLOATS:
        for dims in [(1, 2, 3, 4), (2, 1, 5, 3), (1, 1, 1, 6)]:
            for h, w in [(1, 1), (2, 3), (3, 2)]:
                g.add("upsample_nearest_neighbor", x=g.any(dims, dtype, g.how()), scale_factor_height=h,
                      scale_factor_width=w)
                for corners in (True, False, None):
                    g.add("upsample_bilinear", x=g.real(dims, dtype, g.how()), scale_factor_height=h,
                          scale_factor_width=w,
                          align_corners=corners)
            half = Operand(np.array(1.5), "fp32", "const")
            g.add("upsample_nearest_neighbor", x=g.any(dims, dtype), scale_factor_height=half,
                  scale_factor_width=half)
            g.add("upsample_bilinear", x=g.real(dims, dtype), scale_factor_height=half, scale_factor_width=half,
                  align_corners=False)
            g.add("upsample_bilinear", since=16, x=g.real(dims, dtype), scale_factor_height=2, scale_factor_width=2,
                  align_corners=False, half_pixel_centers=g.pick((True, False)))
            for h, w in [(5, 7), (2, 2), (1, 1), (3, 4), (4, 1)]:
                g.add("resize_nearest_neighbor", x=g.any(dims, dtype), target_size_height=h, target_size_width=w)
                for mode in modes:
                    g.add("resize_bilinear", x=g.real(dims, dtype, g.how()), target_size_height=h,
                          target_size_width=w, sampling_mode=mode)
                    g.add("resize", since=17, x=g.real(dims, dtype), shape=[h, w],
                          resized_dims=Operand(np.array(2), "uint32", "const"),
                          interpolation_mode="LINEAR", sampling_mode=mode or "DEFAULT")
            g.add("resize", since=17, x=g.real(dims, dtype), shape=[0, 3],
                  resized_dims=Operand(np.array(2), "uint32", "const"),
                  title="0 keeps")
            # points that fall on elements, so that every way to round gives the same
            g.add("resize", since=17, x=g.any((1, 1, 5, 9), dtype), shape=[3, 3],
                  resized_dims=Operand(np.array(2), "uint32", "const"),
                  interpolation_mode="NEAREST_NEIGHBOR", sampling_mode="STRICT_ALIGN_CORNERS")


def sampling(g):
    boxes = np.array([[0.0, 1, 3, 4], [1, 0, 2, 2], [0, 0, 4, 5]])
    for dtype in FLOATS:
        for mode in ("STRICT_ALIGN_CORNERS", "ALIGN_CORNERS"):
            for layout in ("CORNERS_HEIGHT_FIRST", "CORNERS_WIDTH_FIRST", "CENTER_SIZE_HEIGHT_FIRST",
                           "CENTER_SIZE_WIDTH_FIRST"):
                at = boxes if layout.startswith("CORNERS") else np.array([[2.0, 2, 2, 2], [2, 3, 4, 4],
                                                                          [1.5, 2, 1, 3]])
                both = {"box_coordinate_mode": layout, "sampling_mode": mode, "target_height": 3, "target_width": 2}
                g.add("crop_resize", since=17, x=g.real((2, 3, 5, 6), dtype), boxes=Operand(at, dtype, "const"),
                      box_indices=Operand(np.array([1, 0, 1]), "int32", "const"), **both)
                g.add("crop_resize", until=16, x=g.real((1, 3, 5, 6), dtype),
                      roi=Operand(at.reshape(3, 1, 4, 1, 1), dtype, "const"), **both)
            g.add("crop_resize", since=17, x=g.real((1, 2, 5, 9), dtype),
                  boxes=Operand(np.array([[0.25, 0.125, 0.75, 1]]), dtype, "const"),
                  box_indices=Operand(np.array([0]), "int32", "const"), normalized_coordinates=True, target_height=3,
                  target_width=3,
                  sampling_mode=mode)
        for coordinates_mode in ("normalized_minus_one_to_one", "normalized_zero_to_one", "unnormalized"):
            low, high = {"u": (-1, 6), "normalized_z": (-0.2, 1.2), "normalized_m": (-1.2, 1.2)}[
                "u" if coordinates_mode[0] == "u" else coordinates_mode[:12]]
            for corners in (True, False):
                for padding in ("constant", "border"):
                    at = np.round(g.rng.uniform(low, high, (2, 3, 4, 2)) * 64) / 64 + 1 / 256
                    g.add("resample", x=g.real((2, 3, 5, 6), dtype), coordinates=Operand(at, "fp32"),
                          sampling_mode="bilinear",
                          padding_mode=padding, padding_value=0.5, coordinates_mode=coordinates_mode,
                          align_corners=corners)
        matrix = g.real((2, 6), dtype, "input", -0.7, 0.7)
        for h, w in [(3, 4), (5, 2)]:
            g.add("affine", x=g.real((2, 3, 5, 6), dtype), transform_matrix=matrix, output_height=h, output_width=w,
                  sampling_mode="bilinear",
                  padding_mode="constant", padding_value=0.0, coordinates_mode="normalized_minus_one_to_one",
                  align_corners=True)


def suppression(g):
    for dtype in FLOATS:
        for n, b, k in [(1, 6, 1), (2, 5, 3)]:
            boxes = np.concatenate([g.rng.uniform(0, 4, (n, b, 2)), g.rng.uniform(1, 3, (n, b, 2))], -1)
            scores = Operand(g.spaced((n, b, k)).data * 0.25, dtype)
            for per_class in (False, True):
                g.add("non_maximum_suppression", until=16, boxes=Operand(boxes, dtype), scores=scores,
                      iou_threshold=0.3,
                      score_threshold=-0.5, max_boxes=4, per_class_suppression=per_class,
                      out=(dtype, dtype, "int32", "int32"))
                g.add("non_maximum_suppression", since=17, boxes=Operand(np.moveaxis(boxes, 2, 1), dtype),
                      scores=Operand(np.moveaxis(scores.data, 2, 1), dtype), iou_threshold=0.3, max_boxes=3,
                      per_class_suppression=per_class, out=(dtype, dtype, "int32"))


GENERATORS = (products, attention, convolutions, pools, norms, quantising, palettes, blocks, recurrent, resizing,
              sampling,
              suppression)
