"""The table of operations: name -> function(context, **parameters) -> result or tuple of results.

Operands are float64, int64 or bool arrays (strings are str, tuples are lists). Functions compute in these and do
not round; the context says what the arrays cannot."""
from dataclasses import dataclass

import numpy as np

OPS = {}


@dataclass
class Context:
    opset: int      # 15 .. 18, 26
    outs: list      # declared mil.Types of the results
    dtype: str = "" # of the operand x (or the first one), as declared

    def dims(self, i=0):
        return self.outs[i].dims


def op(*names):
    """The function below computes these; it gets the name as `name` if it asks for several."""
    def enter(function):
        for name in names:
            if name in OPS:
                raise ValueError(f"{name} is there already")
            OPS[name] = function if len(names) == 1 else lambda cx, name=name, **p: function(cx, name, **p)
        return function
    return enter


def integer(x):
    return int(np.asarray(x).reshape(()))


def integers(x):
    return [int(i) for i in np.asarray(x).reshape(-1)]


def truth(x):
    return bool(np.asarray(x).reshape(()))


def is_float(x):
    return x.dtype == np.float64


def channels(v, x):
    """A vector over axis 1 of x, so that it broadcasts."""
    return np.reshape(v, (1, -1) + (1,) * (x.ndim - 2))
