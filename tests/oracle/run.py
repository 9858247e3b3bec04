"""The host device held to the float64 executor of MIL in this folder.

    tests/python tests/oracle/run.py [--slow] [--seed N] [--seeds N] [--op OP] [--program WORD] [PART...]

PART self-check: the executor itself against results of others, and the tolerances; properties: every op that the host
device runs, over shapes, dtypes and edge values; corpus: the programs of $ANET_SHARED/mil-corpus with random weights,
each op's result compared. Failing cases are kept under $BUILD/oracle."""
import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from corpus import check_corpus
from device import Device, keep_case
from property import WITHOUT_CASES, Properties, all_cases, check_tolerances, executing_ops
from selfcheck import self_check

ROOT = Path(__file__).resolve().parents[2]
BUILD = (ROOT / os.environ.get("BUILD", "build")).resolve()
SHARED = Path(os.environ["ANET_SHARED"]) if os.environ.get("ANET_SHARED") else None
SLOW_SEEDS = 6
MEMORY_FOLDER = "/dev/shm"
PARTS = ("self-check", "properties", "corpus")


class Checks:
    """Counts what holds and what does not, and says the latter."""

    def __init__(self):
        self.passed = self.failed = 0

    def that(self, holds, text):
        self.passed += bool(holds)
        self.failed += not holds
        if not holds:
            self.show("FAILED " + text)

    def show(self, text):
        print("  " + text, flush=True)


def check_properties(check, device, options):
    executing = executing_ops(ROOT)

    def keep(name, writer, problem):
        folder = keep_case(BUILD / "oracle", name, writer, problem)
        check.show(f"{name}: {problem}\n    kept in {folder}\n{writer.text()}")

    properties = Properties(device, keep)
    seeds = options.seeds or (SLOW_SEEDS if options.slow else 1)
    for seed in range(options.seed, options.seed + seeds):
        made = [c for c in all_cases(seed, options.op, options.slow) if c.op in executing]
        properties.run_all(made)
        if seed == options.seed and not options.op:
            without = executing - {c.op for c in made} - WITHOUT_CASES
            check.that(not without, f"ops of kernels.def without a property test: {', '.join(sorted(without))}")
    for op, problems in sorted(properties.failed.items()):
        check.that(False, f"{op}: {len(problems)} cases")
    check.passed += sum(properties.ran.values())
    check.show(f"properties: {sum(properties.ran.values())} cases of {len(properties.ran)} ops, "
               f"{sum(map(len, properties.failed.values()))} failed")


def run_part(part, check, device, options):
    if part == "properties":
        check_properties(check, device, options)
        return
    if part == "self-check":
        check_tolerances(check)
    if not SHARED or not (SHARED / "mil-corpus").is_dir():
        check.show(f"SKIPPED {part}: ANET_SHARED has no mil-corpus")
    elif part == "self-check":
        self_check(check, SHARED)
    else:
        check_corpus(check, device, SHARED / "mil-corpus", options.seed, options.slow, options.program)


def folder_for(part, options):
    """Where the files of runs go: in memory if there is such a place, but not the gigabytes of large programs."""
    large = part == "corpus" and (options.slow or options.program)
    return MEMORY_FOLDER if os.access(MEMORY_FOLDER, os.W_OK) and not large else None


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--slow", action="store_true", help="many seeds, and all of the corpus")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=0, help="how many")
    parser.add_argument("--op", action="append", default=[], help="only cases of this op")
    parser.add_argument("--program", default="", help="only programs whose path holds this")
    parser.add_argument("part", nargs="*", help=" or ".join(PARTS))
    options = parser.parse_args()
    check = Checks()
    for part in options.part or PARTS:
        start = time.monotonic()
        with tempfile.TemporaryDirectory(dir=folder_for(part, options)) as folder, np.errstate(all="ignore"):
            run_part(part, check, Device(BUILD, Path(folder)), options)
        check.show(f"{part}: {time.monotonic() - start:.1f} s")
    print(f"  {check.passed} checks hold, {check.failed} do not")
    return 1 if check.failed else 0


if __name__ == "__main__":
    sys.exit(main())
