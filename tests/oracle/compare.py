"""What the device computed, held to the oracle one op after the other."""
from collections import defaultdict

import numpy as np

import mil
import tolerance
from execute import CONTROL, Machine, as_fp16, evaluate, widen


class Comparison:
    """Holds what was traced to the oracle, one op after the other; `trace[name]` is what the device had there."""

    def __init__(self, program, weights, numerics):
        self.machine = Machine(program, weights, keep=True)
        self.numerics = numerics
        self.worst = {}       # op -> (relative error, name)
        self.failed = []      # sentences
        self.compared = 0
        self.odd = 0          # results that are not finite

    def stored(self, array, dtype):
        return as_fp16(array) if self.numerics == "fp16" and dtype in mil.FLOATS else array

    def run(self, function, inputs, trace):
        names = {}
        for kind, name in function.block.params:
            if name in inputs:
                names[name] = self.stored(widen(inputs[name], kind.dtype), kind.dtype), kind.dtype
        uses = last_uses(function.block)
        for at, op in enumerate(function.block.ops):
            self.step(op, names, trace)
            for name in uses.get(at, ()):
                names.pop(name, None)

    def step(self, op, names, trace):
        if op.name == "const":
            kind, name = op.outs[0]
            value = self.machine.constant(op.attrs["val"])
            names[name] = (self.stored(value, kind.dtype) if isinstance(value, np.ndarray) else value), kind.dtype
            return
        operands, dtypes = self.machine.operands(op, names)
        operands = {name: self.stored_operand(v, dtypes[name]) for name, v in operands.items()}
        got = [widen(trace(name), kind.dtype) for kind, name in op.outs]
        if op.name not in CONTROL:
            self.compare(op, operands, dtypes, got)
        for (kind, name), value in zip(op.outs, got):
            names[name] = value, kind.dtype

    def stored_operand(self, value, dtype):
        if isinstance(value, list):
            return [self.stored_operand(v, dtype) for v in value]
        return self.stored(value, dtype) if isinstance(value, np.ndarray) else value

    def compare(self, op, operands, dtypes, got):
        try:
            exact = evaluate(op, self.machine.opset, operands, dtypes)
        except (ValueError, IndexError, TypeError, KeyError) as problem:
            self.failed.append(f"{op.name} {op.outs[0][1]}: the oracle cannot: {problem!r}")
            return
        slacks = tolerance.slack(op.name, self.machine.opset, operands, exact)
        self.compared += 1
        for mine, true, slack, (_, name) in zip(got, exact, slacks, op.outs):
            if mine.shape != true.shape:
                self.failed.append(f"{op.name} {name}: dims {list(mine.shape)} instead of {list(true.shape)}")
                continue
            self.odd += not np.isfinite(true).all()
            right = tolerance.agrees(mine, true, slack, self.numerics, op.name in tolerance.MOVES)
            if not right.all():
                at = tuple(int(k) for k in np.argwhere(~right)[0])
                self.failed.append(f"{op.name} {name}{list(at)}: {mine[at]!r} instead of {true[at]!r}, slack "
                                   f"{np.broadcast_to(slack, true.shape)[at]:.2g}; {np.sum(~right)} of {right.size}")
            error = tolerance.error(mine, true)
            if error > self.worst.get(op.name, (-1, ""))[0]:
                self.worst[op.name] = error, name


def last_uses(block):
    """index of an op -> names that nothing after it needs"""
    last = {}
    for at, op in enumerate(block.ops):
        for argument in op.parameters.values():
            for part in argument if isinstance(argument, list) else [argument]:
                if isinstance(part, mil.Ref):
                    last[part.name] = at
    by_op = defaultdict(list)
    for name, at in last.items():
        by_op[at].append(name)
    return by_op
