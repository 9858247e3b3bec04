"""The oracle against results that were made by others: PyTorch's and coremltools' outputs in $ANET_SHARED."""
from collections import defaultdict

import numpy as np

import mil
from execute import Machine

DTYPES = {"float32": np.float32, "int32": np.int32, "bool": np.bool_}


def io_table(folder):
    """program -> list of rows of IO.tsv as dictionaries"""
    lines = [line.split("\t") for line in (folder / "IO.tsv").read_text().rstrip("\n").split("\n")]
    table = defaultdict(list)
    for cells in lines[1:]:
        row = dict(zip(lines[0], cells))
        table[row["program"]].append(row)
    return table


def array_of(folder, row):
    dims = [int(d) for d in row["shape"].split(",") if d]
    return np.fromfile(folder / row["file"], DTYPES[row["dtype"]]).reshape(dims)


def program_files(folder, name):
    """The text and the weights of a program in ops/ or nets/."""
    if (folder / f"{name}.mil").exists():
        return folder / f"{name}.mil", folder / "weights" / f"{name}.bin"
    return folder / name / "model.mil", folder / name / "weights" / "weight.bin"


def load(folder, name):
    path, weights = program_files(folder, name)
    program = mil.read(path.read_text())
    return program, {"@model_path/weights/weight.bin": weights.read_bytes()} if weights.exists() else {}


def relative_error(got, want):
    """Largest difference, relative to the largest value."""
    got, want = np.asarray(got, float), np.asarray(want, float)
    if got.shape != want.shape:
        return np.inf
    same = (got == want) | (np.isnan(got) & np.isnan(want))
    if same.all():
        return 0.0
    scale = np.max(np.abs(want[np.isfinite(want)]), initial=1e-6)
    error = np.where(same, 0, np.abs(got - want)) / scale
    return float(np.nan_to_num(error, nan=np.inf).max())


# What the oracle, which rounds nothing but constants, may be off by. The nets' expected outputs are PyTorch's of the
# uncompressed net, so the ones with coded weights are off by what the code loses.
BOUND, FP16_BOUND = 1e-5, 3e-3
CODED = {"llama_int8_ios16": 0.02, "resnet_int8affine_ios16": 0.02, "resnet_pal6_ios16": 0.1, "llama_pal4_ios18": 0.4,
         "llama_pal2grouped_ios18": 0.5, "resnet_prune_ios16": 0.8, "resnet_pal1_ios18": 10}


def bound_of(name, text):
    return CODED.get(name) or (FP16_BOUND if "fp16" in text else BOUND)


def outputs_of(folder, name, rows):
    program, weights = load(folder, name)
    inputs = {row["name"]: array_of(folder, row) for row in rows if row["io"] == "in"}
    return Machine(program, weights).run(inputs)


def self_check(check, shared):
    """Returns the worst error of programs without compression."""
    worst, count = 0.0, 0
    for kind in ("ops", "nets"):
        folder = shared / "mil-corpus" / kind
        for name, rows in io_table(folder).items():
            bound = bound_of(name, program_files(folder, name)[0].read_text()) if kind == "nets" else BOUND
            try:
                results = outputs_of(folder, name, rows)
            except (KeyError, TypeError, ValueError, IndexError) as problem:
                check.that(False, f"oracle on {kind}/{name}: {problem!r}")
                continue
            for row in rows:
                if row["io"] == "out":
                    error = relative_error(results[row["name"]], array_of(folder, row))
                    check.that(error <= bound,
                               f"oracle on {kind}/{name}, {row['name']}: {error:.2e}, at most {bound:g}")
                    worst, count = max(worst, error if bound == BOUND else 0), count + 1
    check.show(f"self-check: {count} outputs, worst error where nothing is compressed or fp16 {worst:.1e}")
