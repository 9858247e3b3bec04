"""Runs cases on the host device and compares them with the oracle."""
import re
from collections import Counter, defaultdict

import numpy as np

import cases
import generate_elementwise
import generate_math
import generate_moves
import generate_random
import tolerance
from execute import as_fp16, as_fp32
from generate import Generator

GENERATORS = generate_elementwise.GENERATORS + generate_moves.GENERATORS + generate_math.GENERATORS
BATCH = 200
EXECUTING = re.compile(r"^(?:UNARY|TUNED|BINARY|COMPARE|OTHER|CALL|CALL_PLAIN)\((\w+),", re.M)
# rows that no case can be made of: const is in every program, the rest is compared with nothing but its own rules
WITHOUT_CASES = {"const", "random_bernoulli", "random_normal", "random_uniform", "random_categorical"}


def executing_ops(root):
    """The ops with a row in kernels.def that runs them."""
    return set(EXECUTING.findall((root / "runtime" / "host" / "kernels.def").read_text()))


def all_cases(seed, words=(), sweep=False):
    """`sweep`: with the random ones."""
    made = []
    for index, generator in enumerate(GENERATORS + (generate_random.GENERATORS if sweep else ())):
        g = Generator([seed, index])
        generator(g)
        made += g.cases
    return [c for c in made if not words or c.op in words]


def failure(case, got, numerics):
    """What is wrong with the results, or None."""
    operands, exact = cases.exact(case, numerics)
    slacks = tolerance.slack(case.op, case.opset, operands, exact)
    for i, (mine, true, slack) in enumerate(zip(got, exact, slacks)):
        if mine.shape != true.shape:
            return f"result {i} has the dims {list(mine.shape)} instead of {list(true.shape)}"
        right = tolerance.agrees(mine, true, slack, numerics, case.op in tolerance.MOVES)
        if not right.all():
            at = tuple(int(k) for k in np.argwhere(~right)[0])
            return (f"result {i}{list(at)}: {mine[at]!r} instead of {true[at]!r} "
                    f"(slack {np.broadcast_to(slack, true.shape)[at]:.2g}); "
                    f"{np.sum(~right)} of {right.size} are wrong")
    return None


def nearly(result, numerics):
    """The result with its largest element a little wrong: two ulps of half, or 1e-4 of it in float."""
    wrong = np.array(result)
    at = np.unravel_index(np.argmax(np.abs(wrong)), wrong.shape)
    if wrong.dtype == bool:
        wrong[at] = not wrong[at]
    elif wrong.dtype == np.int64:
        wrong[at] += 1
    else:
        wrong[at] = wrong[at] * (1 + (2.0**-9 if numerics == "fp16" else 1e-4)) if wrong[at] else 1e-3
    return wrong


def check_tolerances(check):
    """For one case of each op: the rounded exact results pass, nearly right ones do not."""
    seen = set()
    for case in all_cases(1):
        if case.op in seen or case.results[0].size == 0 or not np.isfinite(case.results[0]).all():
            continue
        seen.add(case.op)
        for numerics, rounded in (("fp32", as_fp32), ("fp16", as_fp16)):
            right = [rounded(r) if r.dtype == np.float64 else r for r in cases.exact(case, numerics)[1]]
            check.that(failure(case, right, numerics) is None, f"{case.op}: the exact result passes in {numerics}")
            wrong = [nearly(right[0], numerics)] + right[1:]
            check.that(failure(case, wrong, numerics), f"{case.op}: a wrong result does not pass in {numerics}")


class Properties:
    def __init__(self, device, keep):
        self.device, self.keep = device, keep
        self.ran, self.failed = Counter(), defaultdict(list)

    def fail(self, case, numerics, problem):
        """Keeps the first programs of an op that fail, one case each."""
        self.failed[case.op].append(problem)
        if len(self.failed[case.op]) <= 3:
            writer = cases.Writer(case.opset)
            writer.case(case, "c")
            self.keep(f"{case.op}-{numerics}-{len(self.failed[case.op])}", writer, problem)

    def run(self, batch):
        """A batch that is refused is run in halves, to find out which case it is."""
        writer = cases.Writer(batch[0].opset)
        names = [writer.case(case, f"c{i}") for i, case in enumerate(batch)]
        self.device.load(writer)
        for numerics in ("fp32", "fp16"):
            try:
                results = self.device.run(numerics)
            except RuntimeError as problem:
                if len(batch) == 1:
                    self.fail(batch[0], numerics, str(problem))
                else:
                    self.run(batch[:len(batch) // 2])
                    self.run(batch[len(batch) // 2:])
                return
            for case, outs in zip(batch, names):
                self.ran[case.op] += 1
                problem = failure(case, [results[name] for name in outs], numerics)
                if problem:
                    self.fail(case, numerics, problem)

    def run_all(self, made):
        by_opset = defaultdict(list)
        for case in made:
            by_opset[case.opset].append(case)
        for group in by_opset.values():
            for at in range(0, len(group), BATCH):
                self.run(group[at:at + BATCH])
