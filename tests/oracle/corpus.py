"""Every program of $ANET_SHARED/mil-corpus on the device, each op's result compared with the oracle's."""
import time
from collections import Counter, defaultdict

import numpy as np

import material
import mil
import selfcheck
from compare import Comparison

GOAL = 0.8
QUICK_BYTES, QUICK_SECONDS = 40_000, 15  # the quick run takes small programs, and stops
LONG = 8  # seconds after which a program is named
FP16_BOUND = 5e-3  # of results in fp16 numerics against results of others
NOT_RUN = {"while_loop": "control flow", "cond": "control flow", "make_list": "lists", "read_state": "states",
           "classify": "a dictionary as result", "non_zero": "a data-dependent shape"}


def reason_not_run(function):
    """Why the host device is not meant to run the function, or None."""
    return next((NOT_RUN[op.name] for op in material.every_op(function.block) if op.name in NOT_RUN), None)


class Corpus:
    def __init__(self, check, device, folder, seed):
        self.check, self.device, self.folder, self.seed = check, device, folder, seed
        self.counts, self.worst, self.refused = Counter(), {}, defaultdict(list)

    def name_and_kind(self, path):
        """Of a program that has weights, inputs and results of its own; else None."""
        parts = path.relative_to(self.folder).parts
        if parts[0] not in ("ops", "nets"):
            return None
        return (parts[1] if parts[0] == "nets" else path.stem), self.folder / parts[0]

    def files_and_inputs(self, path, function):
        inputs, own = material.random_inputs(function, self.seed), self.name_and_kind(path)
        if not own:
            return material.random_weights(function, self.seed), inputs
        name, kind = own
        weights = selfcheck.program_files(kind, name)[1]
        for row in selfcheck.io_table(kind)[name]:
            if row["io"] == "in":
                inputs[row["name"]] = selfcheck.array_of(kind, row)
        return ({"@model_path/weights/weight.bin": weights.read_bytes()} if weights.exists() else {}), inputs

    def compare_results(self, path, trace, numerics):
        """With the results that come with the program."""
        name, kind = self.name_and_kind(path)
        for row in selfcheck.io_table(kind)[name]:
            if row["io"] == "out":
                error = selfcheck.relative_error(trace(row["name"]), selfcheck.array_of(kind, row))
                bound = selfcheck.bound_of(name, path.read_text()) if kind.name == "nets" else selfcheck.BOUND
                bound = max(bound, FP16_BOUND) if numerics == "fp16" else bound
                self.check.that(error <= bound,
                                f"{path.relative_to(self.folder)} in {numerics}, {row['name']} against "
                                                f"what comes with it: {error:.2e}, at most {bound:g}")

    def run(self, path, numerics):
        title = str(path.relative_to(self.folder))
        program = mil.read(path.read_text())
        function, reason = program.main, reason_not_run(program.main)
        if reason:
            self.refused[reason].append(title)
            return
        files, inputs = self.files_and_inputs(path, function)
        dtypes = {name: kind.dtype for kind, name in function.block.params}
        start = time.monotonic()
        try:
            trace = self.device.trace(path, function.name, files, {n: (a, dtypes[n]) for n, a in inputs.items()},
                                      numerics)
        except RuntimeError as problem:
            self.refused[str(problem)].append(title)
            return
        ran = time.monotonic()
        comparison = Comparison(program, files, numerics)
        comparison.run(function, inputs, trace)
        if time.monotonic() - start > LONG:
            self.check.show(f"{title} in {numerics}: run in {ran - start:.0f} s, "
                            f"compared in {time.monotonic() - ran:.0f} s")
        self.counts.update({"runs": 1, "ops": comparison.compared, "odd": comparison.odd})
        self.check.that(not comparison.failed, f"{title} in {numerics}: {len(comparison.failed)} ops: "
                        + "\n    ".join(comparison.failed[:4]))
        for op, (error, name) in comparison.worst.items():
            self.worst[op, numerics] = max(self.worst.get((op, numerics), (0.0, "")), (error, f"{title} {name}"))
        if self.name_and_kind(path):
            self.compare_results(path, trace, numerics)

    def report(self, programs):
        show = self.check.show
        refused = len({title for titles in self.refused.values() for title in titles})
        share, ops = (programs - refused) / programs, len({op for op, _ in self.worst})
        show(f"corpus: {programs} programs read, {programs - refused} executed ({share:.1%}), "
             f"{self.counts['ops']} results of {ops} ops compared in {self.counts['runs']} runs, "
             f"{self.counts['odd']} of them not finite")
        for reason, titles in sorted(self.refused.items(), key=lambda r: -len(r[1])):
            show(f"not executed, {reason}: {len(set(titles))}: {', '.join(sorted(set(titles)))}")
        return share


def programs_of(folder, word):
    return [p for p in sorted(folder.rglob("*.mil")) if word in str(p.relative_to(folder))]


def check_corpus(check, device, folder, seed, slow, word=""):
    """Quick: the small programs, until the time is over."""
    paths, start = programs_of(folder, word), time.monotonic()
    if not slow and not word:
        paths = [p for p in paths if p.stat().st_size < QUICK_BYTES]
        np.random.default_rng(seed).shuffle(paths)
    corpus, done = Corpus(check, device, folder, seed), 0
    for path in paths:
        for numerics in ("fp32", "fp16"):
            corpus.run(path, numerics)
        done += 1
        if not slow and not word and time.monotonic() - start > QUICK_SECONDS:
            break
    device.clean()
    share = corpus.report(done)
    if slow and not word:
        check.that(share >= GOAL, f"{share:.1%} of the corpus executes, the goal is {GOAL:.0%}")
        for (op, numerics), (error, where) in sorted(corpus.worst.items()):
            check.show(f"{op} in {numerics}: worst error {error:.1e} of the largest value, in {where}")
