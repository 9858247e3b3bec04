"""A small reader of MIL text, apart from the one in C that it is to be compared with.

    program = mil.read(text);  program.main.block.ops[0].args["x"]

An argument is a Ref, a Value, or a list of these. Numbers are read into float64 or int64 and are NOT rounded to
the declared dtype."""
import re
from dataclasses import dataclass, field

import numpy as np

TOKEN = re.compile(r'//[^\n]*|"(?:[^"\\]|\\.)*"|[A-Za-z_]\w*|->'
                   r'|[-+]?(?:0[xX][0-9a-fA-F.]+(?:[pP][-+]?\d+)?|\.?\d[\d.]*(?:[eE][-+]?\d+)?|inf|nan)|\S')
FLOATS = {"fp16", "fp32", "fp64", "bf16"}
INTEGERS = {"int4", "int8", "int16", "int32", "int64", "uint1", "uint2", "uint3", "uint4", "uint6", "uint8", "uint16",
            "uint32", "uint64"}
DTYPES = FLOATS | INTEGERS | {"bool", "string"}
OTHER_TYPES = {"tensor", "list", "tuple", "dict", "state"}


@dataclass(frozen=True)
class Type:
    kind: str  # tensor, list, tuple, dict, state
    dtype: str = ""
    dims: tuple = ()  # None: not known before the program runs
    parts: tuple = ()
    length: object = None

    def __str__(self):
        if self.kind == "tensor":
            dims = ", ".join("?" if d is None else str(d) for d in self.dims)
            return f"tensor<{self.dtype}, [{dims}]>"
        return f"{self.kind}<{', '.join(map(str, self.parts))}>"


@dataclass(frozen=True)
class Ref:
    name: str


@dataclass(frozen=True)
class Blob:
    path: str
    offset: int


@dataclass
class Value:
    type: Type
    data: object  # numpy array, str, Blob, list or tuple of these, list of pairs


@dataclass
class Op:
    name: str
    outs: list  # (Type, name)
    args: dict
    attrs: dict
    blocks: list

    @property
    def parameters(self):
        """Arguments, and attributes as the constexpr ops of ios16 have them."""
        return {**{k: v for k, v in self.attrs.items() if k != "name"}, **self.args}


@dataclass
class Block:
    params: list  # (Type, name)
    ops: list = field(default_factory=list)
    results: list = field(default_factory=list)


@dataclass
class Function:
    name: str
    opset: int
    block: Block
    attrs: dict


@dataclass
class Program:
    version: str
    functions: list

    @property
    def main(self):
        return next((f for f in self.functions if f.name == "main"), self.functions[0])


def unquote(token):
    return re.sub(r"\\(.)", r"\1", token[1:-1])


def number(token):
    if token in ("true", "false"):
        return float(token == "true")
    return float.fromhex(token) if "x" in token or "X" in token else float(token)


def whole(token):
    return int(token == "true") if token in ("true", "false") else int(token)


class Reader:
    def __init__(self, text):
        self.tokens = [t for t in TOKEN.findall(text) if not t.startswith("//")] + [""]
        self.at = 0

    @property
    def next(self):
        return self.tokens[self.at]

    def take(self):
        self.at += 1
        return self.tokens[self.at - 1]

    def expect(self, *tokens):
        for token in tokens:
            if self.take() != token:
                around = " ".join(self.tokens[max(0, self.at - 12):self.at + 3])
                raise ValueError(f"expected '{token}' in: {around}")

    def accept(self, token):
        if self.next == token:
            self.at += 1
            return True
        return False

    def sequence(self, item, close):
        """item {"," item} close; the opening bracket has been read."""
        items = []
        while not self.accept(close):
            items.append(item())
            if not self.accept(","):
                self.expect(close)
                break
        return items

    # ---- types and values ----

    def dim(self):
        token = self.take()
        return None if token == "?" else int(token)

    def type(self):
        kind = self.take()
        if kind in DTYPES:
            return Type("tensor", kind)
        if kind not in OTHER_TYPES:
            raise ValueError(f"'{kind}' is no type")
        self.expect("<")
        if kind == "tensor":
            dtype = self.take()
            self.expect(",", "[")
            dims = tuple(self.sequence(self.dim, "]"))
            self.expect(">")
            return Type("tensor", dtype, dims)
        if kind == "list":
            part = self.type()
            self.expect(",")
            length = self.dim()
            self.expect(">")
            return Type("list", parts=(part,), length=length)
        return Type(kind, parts=tuple(self.sequence(self.type, ">")))

    def value(self):
        kind = self.type()
        self.expect("(")
        data = self.literal(kind)
        self.expect(")")
        return Value(kind, data)

    def literal(self, kind):
        if self.accept("BLOBFILE"):
            self.expect("(", "path", "=")
            path = self.value().data
            self.expect(",", "offset", "=")
            offset = int(self.value().data)
            self.expect(")")
            return Blob(path, offset)
        if kind.kind == "tensor":
            return self.tensor(kind)
        if kind.kind == "list":
            self.expect("[")
            return self.sequence(lambda: self.literal(kind.parts[0]), "]")
        if kind.kind == "tuple":
            self.expect("(")
            parts = iter(kind.parts)
            return tuple(self.sequence(lambda: self.literal(next(parts)), ")"))
        self.expect("{")
        return self.sequence(lambda: self.pair(kind), "}")

    def pair(self, kind):
        self.expect("{")
        key = self.literal(kind.parts[0])
        self.expect(",")
        data = self.literal(kind.parts[1])
        self.expect("}")
        return key, data

    def tensor(self, kind):
        items, depth = [], 0
        while True:
            token = self.take()
            if token == "[":
                depth += 1
            elif token == "]":
                depth -= 1
            elif token != ",":
                items.append(token)
            if depth == 0:
                break
        if kind.dtype == "string":
            strings = [unquote(t) for t in items]
            return strings if kind.dims else strings[0]
        dims = [-1 if d is None else d for d in kind.dims]
        if kind.dtype in FLOATS:
            return np.array([number(t) for t in items], np.float64).reshape(dims)
        data = np.array([whole(t) for t in items], np.int64).reshape(dims)
        return data.astype(bool) if kind.dtype == "bool" else data

    # ---- programs ----

    def argument(self):
        if self.accept("("):
            return self.sequence(self.argument, ")")
        token = self.next
        if (token in DTYPES or token in OTHER_TYPES) and self.tokens[self.at + 1] in "(<":
            return self.value()
        if token in ("true", "false"):
            return Value(Type("tensor", "bool"), np.array(self.take() == "true"))
        if token[0] == '"':
            return Value(Type("tensor", "string"), unquote(self.take()))
        if token[0].isdigit() or token[0] in "-+.":
            return Value(Type("tensor", "fp32"), np.array(number(self.take())))
        return Ref(self.take())

    def named(self, item):
        name = self.take()
        self.expect("=")
        return name, item()

    def attributes(self):
        return dict(self.sequence(lambda: self.named(self.value), "]")) if self.accept("[") else {}

    def typed_name(self):
        return self.type(), self.take()

    def op(self):
        outs = []
        if self.tokens[self.at + 1] not in "(" and not (
                self.tokens[self.at + 1] == "<" and self.next not in DTYPES | OTHER_TYPES):
            outs.append(self.typed_name())
            while self.accept(","):
                outs.append(self.typed_name())
            self.expect("=")
        name = self.take()
        if self.accept("<"):
            self.take()
            self.expect(">")
        self.expect("(")
        args = dict(self.sequence(lambda: self.named(self.argument), ")"))
        attrs = self.attributes()
        blocks = []
        while not self.accept(";"):
            blocks.append(self.block())
        return Op(name, outs, args, attrs, blocks)

    def block(self):
        self.expect("(")
        block = Block(self.sequence(self.typed_name, ")"))
        return self.body(block)

    def body(self, block):
        self.expect("{")
        while not self.accept("}"):
            block.ops.append(self.op())
        self.expect("->", "(")
        block.results = self.sequence(self.take, ")")
        return block

    def function(self):
        self.expect("func")
        name = self.take()
        self.expect("<")
        opset = int(self.take().removeprefix("ios"))
        self.expect(">", "(")
        block = Block(self.sequence(self.typed_name, ")"))
        attrs = self.attributes()
        self.body(block)
        self.expect(";")
        return Function(name, opset, block, attrs)

    def program(self):
        self.expect("program", "(")
        version = self.take()
        self.expect(")")
        self.attributes()
        self.expect("{")
        functions = []
        while not self.accept("}"):
            functions.append(self.function())
        self.expect("")
        return Program(version, functions)


def read(text):
    return Reader(text).program()
