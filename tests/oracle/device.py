"""The host device as a program: $BUILD/anet-mil-run with .npy files for what goes in and comes out."""
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np

import blob

PROGRAM = "anet-mil-run"
MEMORY = 4 << 30  # of address space; sanitizers need more than any limit
OUTPUTS = 4  # so many results of a program are asked for with --out, too


def to_npy(path, data, dtype):
    np.save(path, np.asarray(data).astype(np.dtype(blob.WHOLE[dtype])))


class Device:
    def __init__(self, build, folder):
        self.path, self.folder = build / PROGRAM, folder
        sanitized = "-fsanitize" in (build / "flags").read_text()
        self.limit = "" if sanitized else f"ulimit -v {MEMORY // 1024}; "

    def fresh(self):
        """An empty folder for the files of one run."""
        work = self.folder / "work"
        shutil.rmtree(work, ignore_errors=True)
        (work / "weights").mkdir(parents=True)
        return work

    def call(self, *arguments):
        """Raises RuntimeError with what the program said."""
        command = [str(a) for a in (self.path, *arguments)]
        done = subprocess.run(["/bin/sh", "-c", f'{self.limit}exec "$@"', "sh", *command],
                              capture_output=True, env={**os.environ, "OPENBLAS_NUM_THREADS": "1"})
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip()
            raise RuntimeError(f"exit code {done.returncode}: {said[-600:]}")

    def load(self, writer):
        """Takes a program of cases.Writer and its inputs."""
        work = self.fresh()
        (work / "model.mil").write_text(writer.text())
        (work / "weights" / "weight.bin").write_bytes(writer.weights.finish())
        self.loaded = [work / "model.mil", "--weights", work, "--threads", 1, "--trace", ",".join(writer.results)]
        for name, operand in writer.inputs.items():
            to_npy(work / f"{name}.npy", operand.data, operand.dtype)
            self.loaded += ["--in", f"{name}={work / name}.npy"]
        self.results = writer.results

    def run(self, numerics):
        """Runs what is loaded; name -> array of each result. Traces show fp16 results of fp32 arithmetic as they are,
        and cost less than outputs, each of which is synced: a few of these are asked for, too, and must be the same."""
        work = self.folder / "work"
        arguments = ["--numerics", numerics, "--trace-dir", work / numerics]
        for name in self.results[:OUTPUTS]:
            arguments += ["--out", f"{name}={work}/out-{name}.npy"]
        self.call(*self.loaded, *arguments)
        results = {name: np.load(work / numerics / f"{name}.npy") for name in self.results}
        for name in self.results[:OUTPUTS]:
            output = np.load(work / f"out-{name}.npy")
            if not np.array_equal(output, results[name].astype(output.dtype), equal_nan=output.dtype.kind == "f"):
                raise RuntimeError(f"--out and --trace give different values for {name}")
        return results

    def trace(self, path, function, files, inputs, numerics):
        """Runs a function of a program of the corpus; returns a function from the name of a value to its array.
        `files`: path in the program -> bytes; `inputs`: name -> (array, dtype)."""
        work = self.fresh()
        for name, data in files.items():
            to = work / name.removeprefix("@model_path/")
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_bytes(data)
        arguments = [path, "--function", function, "--weights", work, "--numerics", numerics, "--threads", 1,
                     "--trace", "all",
                     "--trace-dir", work / "trace"]
        for name, (data, dtype) in inputs.items():
            to_npy(work / f"in-{name}.npy", data, dtype)
            arguments += ["--in", f"{name}={work}/in-{name}.npy"]
        self.call(*arguments)
        return lambda name: np.load(work / "trace" / f"{name}.npy", mmap_mode="r")

    def clean(self):
        shutil.rmtree(self.folder / "work", ignore_errors=True)


def keep_case(folder, name, writer, problem):
    """A failing case as files that anet-mil-run takes."""
    to = Path(folder) / name
    shutil.rmtree(to, ignore_errors=True)
    (to / "weights").mkdir(parents=True)
    (to / "model.mil").write_text(writer.text())
    (to / "weights" / "weight.bin").write_bytes(writer.weights.finish())
    (to / "problem.txt").write_text(problem + "\n")
    for argument, operand in writer.inputs.items():
        to_npy(to / f"{argument}.npy", operand.data, operand.dtype)
    return to
