"""Makes cases: seeded random operands, and the rules by which plain Python values become constants."""
import itertools

import numpy as np

from cases import Operand, make

FLOATS = ("fp32", "fp16")
LARGEST = {"fp32": 3.0e38, "fp16": 65504.0}
SUBNORMAL = {"fp32": 1e-40, "fp16": 6e-8}
RANGE = {"int8": (-128, 128), "uint8": (0, 256), "int16": (-32768, 32768), "uint16": (0, 65536),
         "int32": (-1000, 1000), "bool": (0, 2)}
OPSETS = (15, 16, 17, 18)


class Generator:
    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.cases = []
        self.turn = itertools.count()

    # ---- operands ----

    def real(self, dims, dtype="fp32", how="input", low=-2.0, high=2.0):
        return Operand(self.rng.uniform(low, high, dims), dtype, how)

    def spaced(self, dims, dtype="fp32", how="input"):
        """Numbers of which no two are equal, in any order, exact in half."""
        n = int(np.prod(dims))
        return Operand((self.rng.permutation(n) - n // 2).reshape(dims) / 8.0, dtype, how)

    def whole(self, dims, low, high, dtype="int32", how="input"):
        return Operand(self.rng.integers(low, high, dims), dtype, how)

    def any(self, dims, dtype, how="input"):
        """Elements of any dtype, to be moved about."""
        if dtype in FLOATS:
            return self.spaced(dims, dtype, how)
        return self.whole(dims, *RANGE[dtype], dtype, how)

    def edges(self, dtype, how="input", nan=True, repeat=1):
        """The values at which functions go wrong, as a vector."""
        big, tiny = LARGEST[dtype], SUBNORMAL[dtype]
        values = [0.0, -0.0, 1.0, -1.0, tiny, -tiny, big, -big, np.inf, -np.inf, 0.5, -1.5, 2.5, 3.0]
        return Operand(np.array(sorted(values + ([np.nan] if nan else [])) * repeat), dtype, how)

    def pick(self, choices):
        return choices[self.rng.integers(len(choices))]

    def dims(self, low=0, high=5, most=4):
        """Random dims of a rank from low to high."""
        return tuple(int(d) for d in self.rng.integers(1, most + 1, self.rng.integers(low, high + 1)))

    def how(self):
        return self.pick(("input", "input", "moved", "const"))

    # ---- cases ----

    def constant(self, value, real):
        if isinstance(value, (Operand, str)):
            return value
        if isinstance(value, list) and value and isinstance(value[0], (Operand, str)):
            return value
        array = np.asarray(value)
        dtype = {"b": "bool", "i": "int32", "f": real}[array.dtype.kind]
        return Operand(array, dtype, "inline" if next(self.turn) % 3 == 0 else "const")

    def add(self, op, since=15, until=26, opset=None, out=None, attrs=False, title="", **operands):
        """`out`: dtypes of the results; the default is that of the first tensor."""
        tensors = [v for v in operands.values() if isinstance(v, Operand)]
        tensors += [p for v in operands.values() if isinstance(v, list) for p in v if isinstance(p, Operand)]
        first = next((t.dtype for t in tensors), "fp32")
        real = next((t.dtype for t in tensors if t.dtype in FLOATS), "fp32")
        operands = {name: self.constant(v, real) for name, v in operands.items() if v is not None}
        opsets = [o for o in OPSETS if since <= o <= until]
        opset = opset or opsets[next(self.turn) % len(opsets)]
        dtypes = [out or first] if not isinstance(out, tuple) else list(out)
        self.cases.append(make(op, opset, operands, dtypes, title, attrs))
