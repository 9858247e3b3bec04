"""`anetc mil run`: what it computes, shows and writes, and how it refuses what is wrong.

    tests/python tests/mil_run/run.py [--verbose] [WORD...]     only the checks whose name holds one of the words

Each check runs in a folder of its own. What fails must leave that folder as it was.
"""
import argparse
import json
import os
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
BUILD = (ROOT / os.environ.get("BUILD", "build")).resolve()
TIMEOUT = 120


def program(params, body, results, attributes="", name="main"):
    return (f"program(1.3)\n{{\n    func {name}<ios18>({params}){attributes} {{\n{body}\n"
            f"        }} -> ({results});\n}}\n")


ADD = program("tensor<fp32, [2, 3]> a, tensor<fp32, [2, 3]> b",
              'tensor<fp32, [2, 3]> s = add(x = a, y = b)[name = string("s")];\n'
              'tensor<fp32, [2, 3]> y = mul(x = s, y = b)[name = string("y")];', "y")
INTS = program("tensor<int32, [4]> ids, tensor<uint8, [4]> u",
               'tensor<int32, [4]> w = cast(dtype = string("int32"), x = u)[name = string("w")];\n'
               'tensor<int32, [4]> y = add(x = ids, y = w)[name = string("y")];', "y")
FLAGS = program("tensor<bool, [3]> f", 'tensor<bool, [3]> y = logical_not(x = f)[name = string("y")];', "y")
HALF = program("tensor<fp16, [4]> x", 'tensor<fp16, [4]> y = relu(x = x)[name = string("y")];', "y")
OPEN = program("tensor<fp32, [2, ?]> x", 'tensor<fp32, [2, ?]> y = relu(x = x)[name = string("y")];', "y")
FLEXIBLE = program(
    "tensor<fp32, [2, ?]> x", 'tensor<fp32, [2, ?]> y = relu(x = x)[name = string("y")];', "y",
    "[FlexibleShapeInformation = tuple<tuple<string, dict<string, tensor<int32, [?]>>>, tuple<string, "
    "dict<string, list<tensor<int32, [2]>, ?>>>>(((\"DefaultShapes\", {{\"x\", [2, 5]}}), "
    "(\"RangeDims\", {{\"x\", [[2, 2], [1, 9]]}})))]")
TWO = ("program(1.3)\n{\n    func one<ios18>(tensor<fp32, [2]> x) {\n"
       'tensor<fp32, [2]> y = relu(x = x)[name = string("y")];\n        } -> (y);\n'
       "    func two<ios18>(tensor<fp32, [2]> x) {\n"
       'tensor<fp32, [2]> y = sign(x = x)[name = string("y")];\n        } -> (y);\n}\n')
WEIGHTS = program(
    "tensor<fp32, [3]> x",
    'tensor<fp32, [3]> w = const()[name = string("w"), val = tensor<fp32, [3]>(BLOBFILE(path = '
    'string("@model_path/weights/weight.bin"), offset = uint64(64)))];\n'
    'tensor<fp32, [3]> y = add(x = x, y = w)[name = string("y")];', "y")
SPLIT = program("tensor<fp32, [4]> x",
                'tensor<fp32, [2]> a, tensor<fp32, [2]> b = split(axis = int32(0), num_splits = int32(2), x = x)'
                '[name = string("s")];', "b, a")
INFINITE = program("tensor<fp32, [4]> x",
                   'tensor<fp32, [4]> y = log(x = x, epsilon = fp32(0))[name = string("y")];', "y")
SUM = program("tensor<fp16, [1, 64]> x, tensor<fp16, [64, 2]> w",
              "tensor<fp16, [1, 2]> y = matmul(transpose_x = bool(false), transpose_y = bool(false), x = x, y = w)"
              '[name = string("y")];', "y")
CONSTANT = program("tensor<fp16, [2]> x",
                   'tensor<fp16, [2]> c = const()[name = string("c"), val = tensor<fp16, [2]>([1, 2])];\n'
                   'tensor<int32, [2]> i = cast(dtype = string("int32"), x = c)[name = string("i")];\n'
                   'tensor<fp16, [2]> y = add(x = x, y = c)[name = string("y")];', "y")
STATE = program("state<tensor<fp16, [4]>> s",
                'tensor<fp16, [4]> y = read_state(input = s)[name = string("y")];', "y")


def weight_file(values):
    data = np.asarray(values, "<f4").tobytes()
    return (struct.pack("<II56x", 1, 2) + struct.pack("<IIQQ40x", 0xDEADBEEF, 2, len(data), 128) + data)


class Run:
    """One folder with files, and the program run in it."""

    def __init__(self, folder, files):
        self.folder = Path(folder)
        for name, content in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, np.ndarray):
                np.save(path, content)
            else:
                path.write_bytes(content.encode() if isinstance(content, str) else content)

    def __call__(self, *arguments, stdin=None, **more):
        return subprocess.run([BUILD / "anet-mil-run", *arguments], cwd=self.folder, capture_output=True,
                              timeout=TIMEOUT, input=stdin, check=False, **more)

    def load(self, name):
        return np.load(self.folder / name)

    def listing(self):
        return {str(p.relative_to(self.folder)): p.read_bytes() for p in self.folder.rglob("*") if p.is_file()}


def expect(holds, what):
    if not holds:
        raise AssertionError(what)


def succeed(done):
    expect(done.returncode == 0, f"exit code {done.returncode}: {done.stderr.decode()}")
    return done.stdout.decode()


def equal(got, wanted):
    expect(got.dtype == wanted.dtype, f"dtype {got.dtype}, not {wanted.dtype}")
    expect(got.shape == wanted.shape, f"shape {got.shape}, not {wanted.shape}")
    expect(np.array_equal(got, wanted, equal_nan=True), f"got {got}, not {wanted}")


# ---- what is computed ----

A = np.arange(6, dtype=np.float32).reshape(2, 3) - 2.5
B = np.array([[2, -1, 0.5], [8, 0, -3]], np.float32)


def check_files(run_in):
    """Every type and order of file that holds the same numbers gives the same result."""
    forms = [A, A.astype("<f8"), A.astype(">f4"), A.astype("f2"), np.asfortranarray(A), A.astype(">f8").copy("F")]
    for form in forms:
        run = run_in({"m.mil": ADD, "a.npy": form, "b.npy": B})
        succeed(run("m.mil", "--in", "a=a.npy", "--in=b=b.npy", "--out", "y=y.npy", "--numerics=fp32"))
        equal(run.load("y.npy"), (A + B) * B)


def check_integers(run_in):
    i, u = np.array([-5, 0, 2 ** 30, 7]), np.array([250, 255, 0, 1])
    for kind in (np.int64, np.int32):
        run = run_in({"m.mil": INTS, "i.npy": i.astype(kind), "u.npy": u.astype(np.uint8)})
        succeed(run("m.mil", "--in", "ids=i.npy", "--in", "u=u.npy", "--out", "y.npy"))
        equal(run.load("y.npy"), (i + u).astype(np.int32))


def check_flags(run_in):
    flags = np.array([True, False, True])
    for form in (flags, flags.astype(np.int32), flags.astype(np.uint8)):
        run = run_in({"m.mil": FLAGS, "f.npy": form})
        succeed(run("m.mil", "--in", "f.npy", "--out", "y.npy"))
        equal(run.load("y.npy"), ~flags)


def check_rounding(run_in):
    """An fp16 input is rounded as it is stored, unless the arithmetic is fp32."""
    x = np.array([0.1, 1 / 3, 2049, 70000], np.float32)
    run = run_in({"m.mil": HALF, "x.npy": x[:3].repeat(2)[:4]})
    succeed(run("m.mil", "--in", "x.npy", "--out", "y.npy", "--numerics", "fp16"))
    equal(run.load("y.npy"), x[:3].repeat(2)[:4].astype(np.float16))


def check_made_up_inputs(run_in):
    run = run_in({"m.mil": ADD})
    for what, value in (("zeros", 0), ("ones", 2)):
        succeed(run("m.mil", "--in", what, "--out", "y.npy"))
        equal(run.load("y.npy"), np.full((2, 3), value, np.float32))
    first, again, other = (succeed(run("m.mil", "--in", f"random:{seed}", "--json")) for seed in (1, 1, 2))
    expect(first == again and first != other, "a seed does not decide the values")
    mixed = succeed(run("m.mil", "--in", "zeros", "--in", "b=random:1", "--json", "--print-stats"))
    by_name = {v["name"]: v for v in json.loads(mixed)["values"]}
    expect(by_name["a"]["max"] == 0 and by_name["b"]["max"] > 0, "--in NAME does not go before --in")


def check_random_normals(run_in):
    run = run_in({"m.mil": program("tensor<fp32, [10000]> x, tensor<int32, [1000]> i, tensor<bool, [1000]> f",
                                   'tensor<fp32, [10000]> y = relu(x = x)[name = string("y")];', "y")})
    values = json.loads(succeed(run("m.mil", "--in", "random:3", "--json", "--print-stats")))["values"]
    x, i, f = values[:3]
    expect(abs(x["mean"]) < 0.05 and 3 < x["max"] < 6 and -6 < x["min"] < -3, f"x is not normal: {x}")
    expect(i["min"] == 0 and i["max"] == 3, f"i is not small: {i}")
    expect(f["min"] == 0 and f["max"] == 1 and 0.4 < f["mean"] < 0.6, f"f is no flag: {f}")


def check_shapes(run_in):
    run = run_in({"open.mil": OPEN, "flexible.mil": FLEXIBLE, "x.npy": np.ones((2, 7), np.float32)})
    for arguments, width in ((["open.mil", "--in", "ones", "--shape", "x=2,3"], 3),
                             (["open.mil", "--in", "ones", "--shape", "2,4"], 4),
                             (["open.mil", "--in", "x.npy"], 7),
                             (["flexible.mil", "--in", "ones"], 5),
                             (["flexible.mil", "--in", "x=x.npy"], 7),
                             (["flexible.mil", "--in", "ones", "--shape=x=2,9"], 9)):
        succeed(run(*arguments, "--out", "y.npy"))
        equal(run.load("y.npy"), np.ones((2, width), np.float32))


def check_functions(run_in):
    run = run_in({"m.mil": TWO, "x.npy": np.array([-3, 3], np.float32)})
    for function, wanted in (("one", [0, 3]), ("two", [-1, 1])):
        succeed(run("m.mil", "--function", function, "--in", "x.npy", "--out", "y.npy"))
        equal(run.load("y.npy"), np.array(wanted, np.float32))


def check_weights(run_in):
    good, bad = weight_file([1, 2, 3]), weight_file([10, 20, 30])
    run = run_in({"m/model.mil": WEIGHTS, "m/weights/weight.bin": good, "other/weights/weight.bin": bad,
                  "x.npy": np.zeros(3, np.float32)})
    text = (run.folder / "m/model.mil").read_bytes()
    for arguments, wanted in ((["m/model.mil"], [1, 2, 3]), (["m"], [1, 2, 3]),
                              (["m/model.mil", "--weights", "other"], [10, 20, 30]),
                              (["m/model.mil", "--weights", "other/weights/weight.bin"], [10, 20, 30]),
                              (["-", "--weights", "m"], [1, 2, 3])):
        succeed(run(*arguments, "--in", "x.npy", "--out", "y.npy", stdin=text))
        equal(run.load("y.npy"), np.array(wanted, np.float32))
    one, two = (json.loads(succeed(run("m", "--weights", f"random:{s}", "--in", "zeros", "--json")))
                for s in (1, 2))
    expect(one["outputs"] != two["outputs"], "random weights do not depend on the seed")


def check_several_outputs(run_in):
    run = run_in({"m.mil": SPLIT, "x.npy": np.arange(4, dtype=np.float32)})
    succeed(run("m.mil", "--in", "x.npy", "--out", "a=a.npy", "--out", "b=b.npy"))
    equal(run.load("a.npy"), np.array([0, 1], np.float32))
    equal(run.load("b.npy"), np.array([2, 3], np.float32))
    shown = succeed(run("m.mil", "--in", "x.npy", "--out", "a=a.npy")).splitlines()
    expect(len(shown) == 2 and shown[1].startswith("b "), f"only b should be shown: {shown}")


# ---- what is shown ----

def check_tables(run_in):
    run = run_in({"m.mil": ADD, "a.npy": A, "b.npy": B})
    shown = succeed(run("m.mil", "--in", "a=a.npy", "--in", "b=b.npy", "--print-stats", "--numerics", "fp32"))
    expect(shown.splitlines() == [
        "value  op     type         min   max  mean     non-finite",
        "a      input  fp32 [2, 3]  -2.5  2.5  0        0",
        "b      input  fp32 [2, 3]  -3    8    1.08333  0",
        "s      add    fp32 [2, 3]  -2.5  8.5  1.08333  0",
        "y      mul    fp32 [2, 3]  -1    68   11.8333  0",
        "",
        "output  type         min  max  mean     non-finite  first",
        "y       fp32 [2, 3]  -1   68   11.8333  0           -1 2.5 0 68 0 1.5",
    ], shown)


def check_json(run_in):
    run = run_in({"m.mil": INFINITE, "x.npy": np.array([1, 0, np.e, -1], np.float32)})
    shown = json.loads(succeed(run("m.mil", "--in", "x.npy", "--json", "--print-stats", "--time", "--numerics=fp32")))
    expect(shown["program"] == "m.mil" and shown["function"] == "main" and shown["numerics"] == "fp32", shown)
    expect(set(shown["seconds"]) == {"read", "plan", "run"}, shown)
    y = shown["values"][1]
    expect((y["name"], y["op"], y["dtype"], y["shape"], y["nonfinite"]) == ("y", "log", "fp32", [4], 2), y)
    expect(y["min"] == 0 and abs(y["max"] - 1) < 1e-6 and abs(y["mean"] - 0.5) < 1e-6, y)
    expect(shown["outputs"][0]["first"][1] is None and shown["outputs"][0]["first"][0] == 0, shown)


def check_traces(run_in):
    run = run_in({"m.mil": ADD, "a.npy": A, "b.npy": B})
    inputs = ("--in", "a=a.npy", "--in", "b=b.npy", "--numerics", "fp32")
    succeed(run("m.mil", *inputs, "--trace", "s,a", "--trace-dir", "some/where"))
    expect({p.name for p in (run.folder / "some/where").iterdir()} == {"s.npy", "a.npy"}, "other files")
    equal(run.load("some/where/s.npy"), A + B)
    succeed(run("m.mil", *inputs, "--trace=all", "--trace-dir=all"))
    expect({p.name for p in (run.folder / "all").iterdir()} == {"a.npy", "b.npy", "s.npy", "y.npy"}, "other files")
    equal(run.load("all/y.npy"), (A + B) * B)
    run = run_in({"m.mil": CONSTANT})
    succeed(run("m.mil", "--in", "ones", "--print-stats", "--trace", "c,i", "--trace-dir", "some"))
    equal(run.load("some/c.npy"), np.array([1, 2], np.float16))
    equal(run.load("some/i.npy"), np.array([1, 2], np.int32))


def check_numerics(run_in):
    """64 products of 600: the engine's sum is beyond 2^15."""
    run = run_in({"m.mil": SUM, "x.npy": np.full((1, 64), 100, np.float16), "w.npy": np.full((64, 2), 6, np.float16)})
    arguments = ("m.mil", "--in", "x=x.npy", "--in", "w=w.npy", "--out", "y.npy", "--numerics-report")
    for mode, value in (("fp32", 38400), ("fp16", 38400), ("ane-m1", np.inf), ("ane-m4", np.inf), ("ane-m5", np.inf),
                        ("ane-m6", np.inf)):
        done = run(*arguments, "--numerics", mode)
        succeed(done)
        expect((run.load("y.npy") == value).all(), f"{mode}: {run.load('y.npy')}")
        report = done.stderr.decode()
        expect(("sum >= 2^15" in report) == (value == np.inf), f"{mode}: {report}")
        expect(("nothing was lost" in report) == (value != np.inf), f"{mode}: {report}")
        totals = json.loads(succeed(run(*arguments, "--numerics", mode, "--json")))["report"]
        expect(totals["sum >= 2^15"] == (2 if value == np.inf else 0), f"{mode}: {totals}")


def check_help(run_in):
    run = run_in({})
    shown = succeed(run("--help"))
    expect("Usage: anetc mil run" in shown and "--print-stats" in shown, shown)
    expect(all(len(line) <= 84 for line in shown.splitlines()), "lines too long")
    full = subprocess.run(["sh", "-c", f"{BUILD}/anet-mil-run --help > /dev/full"], capture_output=True, check=False)
    expect(full.returncode == 2 and b"cannot write standard output" in full.stderr, full.stderr)


# ---- what is refused: arguments, exit code, words of the message ----

X = np.ones(4, np.float32)
FILES = {"add.mil": ADD, "ints.mil": INTS, "flags.mil": FLAGS, "half.mil": HALF, "open.mil": OPEN, "two.mil": TWO,
         "weights.mil": WEIGHTS, "split.mil": SPLIT, "state.mil": STATE, "a.npy": A, "b.npy": B, "x.npy": X,
         "wide.npy": np.ones((3, 2), np.float32), "int.npy": np.ones((2, 3), np.int64),
         "large.npy": np.array([2 ** 40, 0, 0, 0]), "u.npy": np.array([0, 256, 0, 0]),
         "minus.npy": np.array([0, 0, -1, 0]), "two.npy": np.array([0, 1, 2]), "c.npy": np.ones((2, 3), complex),
         "cut.npy": b"\x93NUMPY\x01\x00v\x00{'descr'", "text.npy": "1 2 3", "empty.npy": "",
         "bad.mil": "program(1.3) {",
         "notes.txt": "hello", "v1/weights/weight.bin": struct.pack("<II", 1, 1) + bytes(200),
         "cut/weights/weight.bin": weight_file([1, 2, 3])[:135],
         "up.mil": WEIGHTS.replace("@model_path/weights", "@model_path/../weights")}
GIVEN = ("--in", "a=a.npy", "--in", "b=b.npy")
REFUSED = [
    ([], 2, "which program? anetc mil run FILE --in random:1"),
    (["missing.mil"], 2, "cannot read missing.mil: No such file or directory"),
    (["v1"], 2, "cannot read v1/model.mil: No such file or directory"),
    (["bad.mil"], 1, "bad.mil:1:15: "),
    (["notes.txt"], 1, "notes.txt:1:1: "),
    (["add.mil", "x.npy"], 2, "unexpected argument 'x.npy'"),
    (["add.mil"], 2, "no value for the inputs a (tensor<fp32, [2, 3]>), b (tensor<fp32, [2, 3]>); write "
                     "--in a=FILE.npy"),
    (["add.mil", "--in", "a=a.npy"], 2, "no value for the input b (tensor<fp32, [2, 3]>); write --in b=FILE.npy"),
    (["add.mil", "--in", "c=a.npy"], 2, "--in: 'c' is no input of the program; there is a, b"),
    (["ints.mil", "--in", "isd=int.npy"], 2, "'isd' is no input of the program, did you mean 'ids'?"),
    (["add.mil", "--in", "a=a.npy", "--in", "a=b.npy"], 2, "--in is given twice for a"),
    (["add.mil", "--in", "a="], 2, "nothing follows the '='"),
    (["add.mil", "--in"], 2, "--in wants a value: --in NAME=WHAT"),
    (["add.mil", "--inn", "random:1"], 2, "unknown option '--inn', did you mean '--in'?"),
    (["add.mil", "--in", "random:x"], 2, "random: wants a seed such as random:1"),
    (["add.mil", "--in", "random:"], 2, "random: wants a seed such as random:1"),
    (["add.mil", "--in", "random:99999999999999999999"], 2, "random: wants a seed such as random:1"),
    (["add.mil", "--in", "b=b.npy", "--in", "a=missing.npy"], 2,
     "--in a: missing.npy: No such file or directory"),
    (["add.mil", "--in", "b=b.npy", "--in", "a=one"], 2, "--in a: one: No such file or directory (or say random:SEED"),
    (["add.mil", "--in", "b=b.npy", "--in", "a=v1"], 2, "--in a: v1: Is a directory"),
    (["add.mil", "--in", "b=b.npy", "--in", "a=/dev/zero"], 2, "--in a: /dev/zero: not a regular file"),
    (["add.mil", "--in", "b=b.npy", "--in", "a=empty.npy"], 1, "empty.npy: not a .npy file that NumPy writes"),
    (["add.mil", "--in", "b=b.npy", "--in", "a=cut.npy"], 1, "cut.npy: not a .npy file that NumPy writes"),
    (["add.mil", "--in", "b=b.npy", "--in", "a=text.npy"], 1, "text.npy: not a .npy file that NumPy writes"),
    (["add.mil", "--in", "b=b.npy", "--in", "a=c.npy"], 1, "c.npy: elements of type '<c16' cannot be read"),
    (["add.mil", "--in", "b=b.npy", "--in", "a=x.npy"], 1,
     "x.npy holds fp32 [4], but the input 'a' is fp32 [2, 3]"),
    (["add.mil", "--in", "b=b.npy", "--in", "a=wide.npy"], 1, "wide.npy holds fp32 [3, 2], but the input"),
    (["add.mil", "--in", "b=b.npy", "--in", "a=int.npy"], 1,
     "int.npy holds int64 [2, 3], but the input 'a' is fp32 [2, 3]; save it with x.astype(numpy.float32)"),
    (["ints.mil", "--in", "ids=x.npy", "--in", "u=u.npy"], 1, "save it with x.astype(numpy.int32)"),
    (["ints.mil", "--in", "ids=large.npy", "--in", "u=zeros"], 1, "element 0 is 1099511627776, which a 32-bit integer"),
    (["ints.mil", "--in", "ids=zeros", "--in", "u=u.npy"], 1, "u.npy: element 1 is 256, which the input 'u' of uint8"),
    (["ints.mil", "--in", "ids=zeros", "--in", "u=minus.npy"], 1, "minus.npy: element 2 is -1, which the input 'u'"),
    (["flags.mil", "--in", "two.npy"], 1, "two.npy: element 2 is 2, but the input 'f' is bool"),
    (["open.mil", "--in", "ones"], 2, "the input 'x' is fp32 [2, ?]: say its shape, such as --shape x=2,1"),
    (["open.mil", "--in", "x.npy"], 2, "say its shape"),
    (["open.mil", "--in", "ones", "--shape", "x=3,1"], 2, "--shape x=3,1 does not fit the input, which is fp32 [2, ?]"),
    (["open.mil", "--in", "ones", "--shape", "x=2"], 2, "does not fit the input"),
    (["open.mil", "--in", "ones", "--shape", "x=2,1,1"], 2, "does not fit the input"),
    (["open.mil", "--in", "ones", "--shape", "x=2,0"], 2, "does not fit the input"),
    (["open.mil", "--in", "ones", "--shape", "x=2,-1"], 2, "does not fit the input"),
    (["open.mil", "--in", "ones", "--shape", "x=2,99999999999999999999"], 2, "does not fit the input"),
    (["open.mil", "--in", "ones", "--shape", "x=2,9223372036854775806"], 1, "more than 64 GiB"),
    (["open.mil", "--in", "ones", "--shape", "y=2,1"], 2, "--shape: 'y' is no input of the program"),
    (["add.mil", *GIVEN, "--shape", "a=2,4"], 2, "--shape a=2,4 does not fit the input, which is fp32 [2, 3]"),
    (["add.mil", *GIVEN, "--out", "z=z.npy"], 2, "--out: 'z' is no output of the program"),
    (["add.mil", *GIVEN, "--out", "s=s.npy"], 2, "--out: 's' is no output of the program"),
    (["add.mil", *GIVEN, "--out", "y=no/where.npy"], 2, "cannot write no/where.npy: No such file or directory"),
    (["add.mil", *GIVEN, "--out", "y=v1"], 2, "cannot write v1: Is a directory"),
    (["split.mil", "--in", "x.npy", "--out", "y.npy"], 2, "the program has 2 outputs; write --out NAME=y.npy"),
    (["split.mil", "--in", "x.npy", "--out", "a=y.npy", "--out", "b=y.npy"], 2, "two outputs would go to y.npy"),
    (["split.mil", "--in", "x.npy", "--out", "a=a2.npy", "--out", "b=no/b.npy"], 2, "cannot write no/b.npy"),
    (["add.mil", *GIVEN, "--trace", "t", "--trace-dir", "d"], 2, "there is no value 't' in function main"),
    (["add.mil", *GIVEN, "--trace", "s"], 2, "--trace needs a folder to write to: --trace-dir FOLDER"),
    (["add.mil", *GIVEN, "--trace-dir", "d"], 2, "--trace-dir needs --trace NAMES"),
    (["add.mil", *GIVEN, "--trace", "s", "--trace-dir", "x.npy/d"], 2, "cannot make the folder x.npy/d: "),
    (["add.mil", *GIVEN, "--numerics", "fp8"], 2, "unknown mode for --numerics 'fp8', did you mean 'fp16'?"),
    (["add.mil", *GIVEN, "--threads", "0"], 2, "--threads wants a number from 1 to 4096, not '0'"),
    (["add.mil", *GIVEN, "--threads", "two"], 2, "--threads wants a number from 1 to 4096, not 'two'"),
    (["add.mil", *GIVEN, "--json=yes"], 2, "--json takes no value"),
    (["add.mil", *GIVEN, "--weights="], 2, "--weights wants WHERE"),
    (["add.mil", *GIVEN, "--function", "mian"], 2, "add.mil: there is no function 'mian'; there is main"),
    (["two.mil", "--in", "ones"], 2, "two.mil: which function? --function NAME; there is one, two"),
    (["weights.mil", "--in", "ones"], 2, "weights/weight.bin: No such file or directory; say where the program's "
                                         "weights are with --weights FOLDER"),
    (["weights.mil", "--in", "ones", "--weights", "missing"], 2, "missing/weights/weight.bin: No such file"),
    (["weights.mil", "--in", "ones", "--weights", "v1"], 1, "is a weight file of version 1"),
    (["weights.mil", "--in", "ones", "--weights", "cut"], 1, "the file ends at 135: it is cut short"),
    (["weights.mil", "--in", "ones", "--weights", "notes.txt"], 1, "is no weight file"),
    (["weights.mil", "--in", "ones", "--weights", "random:"], 2, "random: wants a seed"),
    (["up.mil", "--in", "ones"], 1, "only paths below it are read"),
    (["state.mil", "--in", "ones"], 1, "state.mil:3:47: the input 's' is not a tensor: such programs can be checked"),
]


def check_refusals(run_in):
    run = run_in(FILES)
    before = run.listing()
    wrong = []
    for arguments, code, words in REFUSED:
        done = run(*arguments)
        message = done.stderr.decode()
        if done.returncode != code or words not in message or not message.startswith("anetc: "):
            wrong.append(f"{' '.join(arguments)}: exit code {done.returncode} (not {code}): {message}  wanted: {words}")
        if done.stdout or message.count("\n") != 1:
            wrong.append(f"{' '.join(arguments)}: more than a message: {done.stdout} {message}")
        if run.listing() != before:
            wrong.append(f"{' '.join(arguments)}: leaves files behind: {sorted(run.listing())}")
    expect(not wrong, "\n    ".join(wrong))


def check_full_disk(run_in):
    """A file too large for the limit is the nearest that a test has to a full disk: the other output goes, too."""
    run = run_in({"m.mil": program(
        "tensor<fp32, [40000]> x", 'tensor<fp32, [40000]> y = relu(x = x)[name = string("y")];\n'
        'tensor<fp32, [1]> z = reduce_max(axes = tensor<int32, [1]>([0]), keep_dims = bool(true), x = x)'
        '[name = string("z")];', "z, y"), "z.npy": b"old"})
    before = run.listing()
    limited = ["sh", "-c", 'ulimit -f 100; exec "$0" "$@"', BUILD / "anet-mil-run", "m.mil", "--in", "ones"]
    for more in (["--out", "z=z.npy", "--out", "y=y.npy"], ["--out", "z=z.npy", "--trace", "y", "--trace-dir", "."]):
        done = subprocess.run(limited + more, cwd=run.folder, capture_output=True, check=False)
        expect(done.returncode == 2 and b"y.npy: File too large" in done.stderr, done.stderr)
        expect(run.listing() == before, f"left behind: {sorted(run.listing())}")


def carry_out(check):
    """What is wrong, or None."""
    folders = []

    def run_in(files):
        folders.append(tempfile.TemporaryDirectory(prefix="anet-test-"))
        return Run(folders[-1].name, files)
    try:
        check(run_in)
    except AssertionError as complaint:
        return complaint
    finally:
        for folder in folders:
            folder.cleanup()
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("words", nargs="*")
    arguments = parser.parse_args()
    checks = {name[6:]: check for name, check in globals().items() if name.startswith("check_")}
    passed = failed = 0
    for name, check in checks.items():
        if arguments.words and not any(word in name for word in arguments.words):
            continue
        complaint = carry_out(check)
        passed += complaint is None
        failed += complaint is not None
        if complaint or arguments.verbose:
            print(f"  FAILED {name}: {complaint}" if complaint else f"  {name}")
    print(f"{passed} checks passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
