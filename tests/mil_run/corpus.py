"""`anetc mil run` on programs whose outputs are known: the folders ops/ and nets/ of $ANET_SHARED/mil-corpus.

    tests/python tests/mil_run/corpus.py [--verbose] [WORD...]     only programs whose name holds one of the words
    tests/python tests/mil_run/corpus.py --random                  all programs of the corpus, with random weights

Each output is compared with the expected one, relative to its largest element. What the host device does not run
must be among REFUSED, with the reason that it gives. --random reports the share of programs that run to their end.
"""
import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
BUILD = (ROOT / os.environ.get("BUILD", "build")).resolve()
SHARED = os.environ.get("ANET_SHARED")
BOUNDS = {"fp32": 1e-5, "fp16": 3e-3}
HALF_WEIGHTS = 1e-3  # of networks whose weights are halves, and whose expected outputs were made with the floats
# Programs that cannot run here, and the words that say why.
REFUSED = {
    "cond": "nested blocks are checked, but not run",
    "while_loop": "nested blocks are checked, but not run",
    "non_zero": "the shape of its result depends on the data",
    "list_ops": "lists are checked, but not run",
    "kv_state_ios18": "the input 'kc' is not a tensor: such programs can be checked, but not run",
}
# Outputs whose expected values are those of the network before its weights were compressed: what that costs.
COMPRESSED = {
    "llama_int8_ios16": 1e-2, "resnet_int8affine_ios16": 1e-2, "resnet_pal6_ios16": 5e-2, "llama_pal4_ios18": 0.2,
    "llama_pal2grouped_ios18": 0.3, "resnet_prune_ios16": 0.5, "resnet_pal1_ios18": 10,
}

# Why other programs of the corpus cannot run.
OTHER_REASONS = {"its results are a label and a dictionary, which are no tensors"}
# What some need beside random inputs.
ARGUMENTS = {
    "flexible-multifunction.mil": ["--function", "first"],
    "1280ms-parakeet_eou_preprocessor.mil": ["--shape", "audio_signal=1,16000"],
}
LEAST_SHARE = 0.8


def read_table(path):
    """program -> rows of its inputs and outputs"""
    programs = defaultdict(list)
    with path.open() as file:
        for row in csv.DictReader(file, delimiter="\t"):
            programs[row["program"]].append(row)
    return programs


def array_of(folder, row):
    shape = [int(d) for d in row["shape"].split(",") if d]
    return np.fromfile(folder / row["file"], dtype=row["dtype"]).reshape(shape)


def places(folder, name):
    """The text and the weights of a program in ops/ or in nets/."""
    if (folder / name / "model.mil").exists():
        return folder / name / "model.mil", folder / name
    weights = folder / "weights" / f"{name}.bin"
    return folder / f"{name}.mil", weights if weights.exists() else folder


def run_program(folder, name, rows, numerics, scratch):
    """(error, {output: (got, wanted)})"""
    text, weights = places(folder, name)
    command = [BUILD / "anet-mil-run", text, "--weights", weights, "--numerics", numerics]
    outputs = {}
    for row in rows:
        path = scratch / f"{row['io']}_{row['name']}.npy"
        if row["io"] == "in":
            np.save(path, array_of(folder, row))
        else:
            outputs[row["name"]] = (path, array_of(folder, row))
        command += [f"--{row['io']}", f"{row['name']}={path}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        return f"exit code {done.returncode}: {done.stderr.strip()}", {}
    return None, {name: (np.load(path), wanted) for name, (path, wanted) in outputs.items()}


def difference(got, wanted):
    """The largest, relative to the largest element; infinite when shapes or non-finite elements differ."""
    if got.shape != wanted.shape:
        return np.inf
    got, wanted = got.astype(np.float64), wanted.astype(np.float64)
    finite = np.isfinite(wanted)
    if not np.array_equal(got[~finite], wanted[~finite], equal_nan=True) or not np.isfinite(got[finite]).all():
        return np.inf
    size = max(np.abs(wanted[finite]).max(initial=0), 1e-3)
    return np.abs(got - wanted)[finite].max(initial=0) / size


def check(folder, name, rows, numerics):
    """The complaint about one program, or None; and the largest difference."""
    with tempfile.TemporaryDirectory(prefix="anet-test-") as scratch:
        error, outputs = run_program(folder, name, rows, numerics, Path(scratch))
    if name in REFUSED:
        held = error and REFUSED[name] in error
        return None if held else f"expected a refusal with `{REFUSED[name]}`, got {error or 'a result'}", 0
    if error:
        return error, 0
    worst = max(((difference(*pair), output) for output, pair in outputs.items()), default=(0, ""))
    halves = rows[0].get("precision") == "fp16"
    bound = COMPRESSED.get(name, max(BOUNDS[numerics], HALF_WEIGHTS if halves else 0))
    complaint = f"output {worst[1]} is off by {worst[0]:.1e}, more than {bound:.0e}" if worst[0] > bound else None
    return complaint, worst[0]


def run_random(path):
    """The complaint about a program that is run with random weights and inputs, or None."""
    command = [BUILD / "anet-mil-run", path, "--in", "random:1", "--weights", "random:1", "--numerics", "fp32",
               "--json", *ARGUMENTS.get(path.name, [])]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode:
        return done.stderr.strip()
    elements = [x for output in json.loads(done.stdout)["outputs"] for x in output["shape"]]
    return None if elements.count(0) == 0 else "an output is empty"


def check_random(corpus):
    programs = sorted(corpus.rglob("*.mil"))
    unexpected = reached = 0
    for path in programs:
        complaint = run_random(path)
        reached += complaint is None
        if complaint:
            known = any(reason in complaint for reason in set(REFUSED.values()) | OTHER_REASONS)
            unexpected += not known
            print(f"  {'' if known else 'FAILED '}{path.relative_to(corpus)}: {complaint}")
    share = reached / len(programs)
    print(f"{reached} of {len(programs)} programs run to their end with random weights: {share:.0%}")
    return unexpected > 0 or share < LEAST_SHARE


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--random", action="store_true")
    parser.add_argument("words", nargs="*")
    arguments = parser.parse_args()
    if not SHARED or not (Path(SHARED) / "mil-corpus").is_dir():
        print("skipped: ANET_SHARED does not name a folder with mil-corpus")
        return 0
    if arguments.random:
        return check_random(Path(SHARED) / "mil-corpus")
    failed = total = 0
    for folder in (Path(SHARED) / "mil-corpus" / part for part in ("ops", "nets")):
        for name, rows in read_table(folder / "IO.tsv").items():
            if arguments.words and not any(word in name for word in arguments.words):
                continue
            for numerics in BOUNDS:
                complaint, worst = check(folder, name, rows, numerics)
                total += 1
                failed += complaint is not None
                if complaint or arguments.verbose:
                    print(f"  {'FAILED ' if complaint else ''}{name} in {numerics}: {complaint or f'{worst:.1e}'}")
    print(f"{total - failed} of {total} runs are right")
    return failed > 0


sys.exit(main())
