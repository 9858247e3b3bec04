"""Runs MIL programs in float64 and int64.

    machine = Machine(mil.read(text), weights={"@model_path/weights/weight.bin": bytes})
    outputs = machine.run({"x": array})

`store(array, dtype)` says what becomes of each value when it is stored (default: nothing); constants are rounded to
their dtype unless `keep` is set."""
import numpy as np

import blob
import mil
import ops_elementwise
import ops_index
import ops_math
import ops_recurrent
import ops_resize
import ops_shape
import ops_weights
from registry import OPS, Context, integer, integers

MODULES = (ops_elementwise, ops_index, ops_math, ops_recurrent, ops_resize, ops_shape, ops_weights)
# not in OPS: they work on names, blocks, lists and states
CONTROL = ("const", "while_loop", "cond", "make_list", "list_write", "list_read", "list_gather", "list_scatter",
           "list_length", "read_state", "write_state", "classify", "random_bernoulli", "random_normal",
           "random_uniform", "random_categorical")


def widen(array, dtype):
    """To the type that the oracle computes in."""
    if dtype in mil.FLOATS:
        return np.asarray(array, np.float64)
    return np.asarray(array, bool if dtype == "bool" else np.int64)


def as_fp16(array):
    with np.errstate(over="ignore"):
        return np.asarray(array, np.float64).astype(np.float16).astype(np.float64)


def as_fp32(array):
    with np.errstate(over="ignore"):
        return np.asarray(array, np.float64).astype(np.float32).astype(np.float64)


def as_declared(array, dtype):
    if dtype == "fp16":
        return as_fp16(array)
    return as_fp32(array) if dtype == "fp32" else array


def evaluate(op, opset, operands, dtypes):
    """Results of one op (a list), each of its declared kind; `dtypes` of the operands."""
    dtype = dtypes.get("x") or next(iter(dtypes.values()), "")
    with np.errstate(all="ignore"):
        results = OPS[op.name](Context(opset, [t for t, _ in op.outs], dtype), **operands)
    results = results if isinstance(results, tuple) else (results,)
    if len(results) < len(op.outs):
        raise ValueError(f"{op.name} has {len(results)} results")
    checked = []
    for result, (kind, name) in zip(results, op.outs):
        result = widen(result, kind.dtype)
        if len(result.shape) != len(kind.dims) or any(d not in (None, n) for n, d in zip(result.shape, kind.dims)):
            raise ValueError(f"{op.name} gives {list(result.shape)} for {kind} {name}")
        checked.append(result)
    return checked


class Machine:
    def __init__(self, program, weights=None, store=None, keep=False, seen=None):
        self.program, self.weights, self.keep = program, weights or {}, keep
        self.store = store or (lambda array, dtype: array)
        self.seen = seen  # called with op, operands, dtypes, results
        self.opset = program.main.opset

    # ---- values ----

    def constant(self, value):
        kind, data = value.type, value.data
        if isinstance(data, mil.Blob):
            data = blob.read(self.weights[data.path], data.offset, kind.dtype, kind.dims)
        if kind.kind != "tensor" or kind.dtype == "string":
            return data
        data = widen(data, kind.dtype)
        return data if self.keep else as_declared(data, kind.dtype)

    def look(self, argument, names):
        """The value of an argument and its dtype."""
        if isinstance(argument, list):
            members = [self.look(a, names) for a in argument]
            return [v for v, _ in members], members[0][1] if members else ""
        if isinstance(argument, mil.Ref):
            return names[argument.name]
        return self.constant(argument), argument.type.dtype

    def operands(self, op, names):
        values, dtypes = {}, {}
        for name, argument in op.parameters.items():
            values[name], dtypes[name] = self.look(argument, names)
            if name in ("values", "ref_tensors", "begins", "ends", "end_masks", "loop_vars") and not isinstance(
                    values[name], list):
                values[name] = [values[name]]
        return values, dtypes

    # ---- running ----

    def run(self, inputs):
        main = self.program.main
        names = {}
        for kind, name in main.block.params:
            tensor = kind.parts[0] if kind.kind == "state" else kind
            data = inputs.get(name)
            if data is None and kind.kind == "state":
                data = np.zeros(tensor.dims)
            names[name] = self.store(widen(data, tensor.dtype), tensor.dtype), tensor.dtype
        results = self.block(main.block, names)
        return dict(zip(main.block.results, results))

    def block(self, block, names, arguments=()):
        names = dict(names) if arguments or block.params == [] else names
        for (kind, name), value in zip(block.params, arguments):
            names[name] = value, kind.dtype
        for op in block.ops:
            self.step(op, names)
        return [names[r][0] for r in block.results]

    def step(self, op, names):
        handler = getattr(self, "do_" + op.name, None)
        if handler:
            results = handler(op, names)
        else:
            operands, dtypes = self.operands(op, names)
            results = evaluate(op, self.opset, operands, dtypes)
            if self.seen:
                self.seen(op, operands, dtypes, results)
        for (kind, name), result in zip(op.outs, results):
            if kind.kind == "tensor" and kind.dtype != "string" and op.name != "const":
                result = self.store(result, kind.dtype)
            names[name] = result, kind.dtype

    def do_const(self, op, names):
        return [self.constant(op.attrs["val"])]

    # ---- control flow, lists, states ----

    def do_cond(self, op, names):
        pred, _ = self.look(op.args["pred"], names)
        return self.block(op.blocks[0 if pred else 1], names)

    def do_while_loop(self, op, names):
        state = self.operands(op, names)[0]["loop_vars"]
        while self.block(op.blocks[0], names, state)[0].all():
            state = self.block(op.blocks[1], names, state)
        return state

    def do_make_list(self, op, names):
        operands, _ = self.operands(op, names)
        return [[None] * integer(operands.get("init_length", 1))]

    def do_list_write(self, op, names):
        p, _ = self.operands(op, names)
        items = list(p["ls"]) + [None] * max(0, integer(p["index"]) + 1 - len(p["ls"]))
        items[integer(p["index"])] = p["value"]
        return [items]

    def do_list_read(self, op, names):
        p, _ = self.operands(op, names)
        return [p["ls"][integer(p["index"])]]

    def do_list_gather(self, op, names):
        p, _ = self.operands(op, names)
        return [np.stack([p["ls"][i] for i in integers(p["indices"])])]

    def do_list_scatter(self, op, names):
        p, _ = self.operands(op, names)
        items = list(p["ls"]) + [None] * max(0, max(integers(p["indices"])) + 1 - len(p["ls"]))
        for i, value in zip(integers(p["indices"]), p["value"]):
            items[i] = value
        return [items]

    def do_list_length(self, op, names):
        p, _ = self.operands(op, names)
        return [np.array(len(p["ls"]))]

    def do_read_state(self, op, names):
        return [self.look(next(iter(op.args.values())), names)[0]]

    def do_write_state(self, op, names):
        data, dtype = self.look(op.args["data"], names)
        names[op.args["input"].name] = data, dtype
        return []

    def do_classify(self, op, names):
        p, _ = self.operands(op, names)
        best = int(np.argmax(p["probabilities"]))
        return [p["classes"][best], dict(zip(p["classes"], np.reshape(p["probabilities"], -1)))]
