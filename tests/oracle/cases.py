"""Single-op cases: what a case is, and MIL programs made of many of them."""
from dataclasses import dataclass, field

import numpy as np

import blob
import mil
from execute import as_declared, as_fp16, widen
from registry import OPS, Context

PATH = "@model_path/weights/weight.bin"


@dataclass
class Operand:
    """A tensor of a case: given as an input of the program, or a constant of it."""
    data: np.ndarray  # of float64, int64 or bool
    dtype: str
    how: str = "input"  # input, const, inline, blob, moved (an input that a transpose turns the right way)


@dataclass
class Case:
    op: str
    opset: int
    operands: dict  # name -> Operand, list of Operands, or str
    dtypes: list    # of the results
    title: str = ""
    attrs: bool = False  # the parameters are attributes, as in the constexpr ops of ios16
    results: list = field(default_factory=list)


def literal(x, dtype):
    if dtype in mil.FLOATS:
        return "nan" if np.isnan(x) else ("-inf" if x < 0 else "inf") if np.isinf(x) else float(x).hex()
    return str(bool(x)).lower() if dtype == "bool" else str(int(x))


def nested(array, dtype):
    if array.ndim == 0:
        return literal(array[()], dtype)
    return "[" + ", ".join(nested(row, dtype) for row in array) + "]"


class Writer:
    """The text of one program; `old`: the spelling of program(1.0)."""

    def __init__(self, opset):
        self.opset, self.old = opset, opset < 17
        self.params, self.lines, self.results = [], [], []
        self.inputs, self.weights = {}, blob.Writer()

    def type(self, dtype, dims):
        if dims or self.old:
            return f"tensor<{dtype}, [{', '.join(map(str, dims))}]>"
        return dtype

    def value(self, data, dtype):
        if isinstance(data, str):
            return f'{self.type("string", ())}("{data}")'
        return f"{self.type(dtype, data.shape)}({nested(data, dtype)})"

    def blob(self, data, dtype):
        offset = self.weights.add(data, dtype)
        return (f'{self.type(dtype, data.shape)}(BLOBFILE(path = {self.value(PATH, "string")}, '
                f'offset = {self.type("uint64", ())}({offset})))')

    def line(self, text):
        self.lines.append(f"            {text};")

    def const(self, name, kind, value):
        self.line(f'{kind} {name} = const()[name = {self.value(name, "string")}, val = {value}]')
        return name

    def operand(self, name, operand):
        """Declares what is needed and gives the text of the argument."""
        if isinstance(operand, str):
            return self.const(name, self.type("string", ()), self.value(operand, "string"))
        if isinstance(operand, list):
            parts = [self.operand(f"{name}_{i}", part) for i, part in enumerate(operand)]
            return parts[0] if len(parts) == 1 else f"({', '.join(parts)})"
        data, dtype = operand.data, operand.dtype
        kind = self.type(dtype, data.shape)
        if operand.how == "inline":
            return self.value(data, dtype)
        if operand.how == "inline_blob":
            return self.blob(data, dtype)
        if operand.how in ("const", "blob"):
            return self.const(name, kind,
                              self.value(data, dtype) if operand.how == "const" else self.blob(data, dtype))
        if operand.how == "moved" and data.ndim > 1:
            return self.moved(name, data, dtype)
        self.params.append(f"{kind} {name}")
        self.inputs[name] = operand
        return name

    def in_place(self, name, operand):
        """The value of an attribute."""
        if isinstance(operand, str):
            return self.value(operand, "string")
        return (self.blob if operand.how == "inline_blob" else self.value)(operand.data, operand.dtype)

    def moved(self, name, data, dtype):
        order = list(range(1, data.ndim)) + [0]
        source = np.ascontiguousarray(np.transpose(data, np.argsort(order)))
        self.params.append(f"{self.type(dtype, source.shape)} {name}_m")
        self.inputs[name + "_m"] = Operand(source, dtype)
        perm = self.const(f"{name}_p", self.type("int32", (data.ndim,)), self.value(np.array(order), "int32"))
        self.line(f"{self.type(dtype, data.shape)} {name} = transpose(perm = {perm}, x = {name}_m)"
                  f'[name = {self.value(name, "string")}]')
        return name

    def case(self, case, name):
        """Returns the names of the results."""
        outs = [f"{name}_out{i}" for i in range(len(case.results))]
        kinds = ", ".join(f"{self.type(d, r.shape)} {o}" for d, r, o in zip(case.dtypes, case.results, outs))
        place = self.in_place if case.attrs else self.operand
        given = [f"{p} = {place(f'{name}_{p}', v)}" for p, v in sorted(case.operands.items())]
        label = f'name = {self.value(outs[0], "string")}'
        if case.attrs:
            self.line(f"{kinds} = {case.op}()[{', '.join(sorted(given + [label]))}]")
        else:
            self.line(f"{kinds} = {case.op}({', '.join(given)})[{label}]")
        self.results += outs
        return outs

    def text(self):
        head = f"program({'1.0' if self.old else '1.3'})\n{{\n"
        return (f"{head}    func main<ios{self.opset}>({', '.join(self.params)}) {{\n" + "\n".join(self.lines)
                + f"\n        }} -> ({', '.join(self.results)});\n}}\n")


def prepare(operand, numerics):
    """What the op sees of an operand: rounded as the device stores it."""
    if isinstance(operand, str):
        return operand
    if isinstance(operand, list):
        return [prepare(part, numerics) for part in operand]
    if operand.dtype in mil.FLOATS and numerics == "fp16":
        return as_fp16(operand.data)
    return operand.data


def dtype_of(case):
    first = case.operands.get("x", next(iter(case.operands.values())))
    first = first[0] if isinstance(first, list) else first
    return "string" if isinstance(first, str) else first.dtype


def exact(case, numerics):
    """Operands as stored, and the exact results."""
    operands = {name: prepare(v, numerics) for name, v in case.operands.items()}
    context = Context(case.opset, [mil.Type("tensor", d) for d in case.dtypes], dtype_of(case))
    with np.errstate(all="ignore"):
        results = OPS[case.op](context, **operands)
    results = results if isinstance(results, tuple) else (results,)
    return operands, [widen(r, d) for r, d in zip(results, case.dtypes)]


def make(op, opset, operands, dtypes, title="", attrs=False):
    """A case whose operands hold what their dtypes can hold, and whose results are known."""
    def rounded(v):
        if isinstance(v, list):
            return [rounded(part) for part in v]
        if isinstance(v, Operand):
            return Operand(as_declared(widen(v.data, v.dtype), v.dtype), v.dtype, v.how)
        return v
    case = Case(op, opset, {name: rounded(v) for name, v in operands.items()}, dtypes, title, attrs)
    case.results = exact(case, "fp32")[1]
    return case
