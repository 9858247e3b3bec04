"""The host device as a program: $BUILD/anet-mil-run with .npy files for what goes in and comes out."""
import shutil
import subprocess
from pathlib import Path

import numpy as np

import blob

PROGRAM = "anet-mil-run"
MEMORY = 4 << 30


def to_npy(path, data, dtype):
    np.save(path, np.asarray(data).astype(np.dtype(blob.WHOLE[dtype])))


class Device:
    def __init__(self, build, folder):
        self.path, self.folder = build / PROGRAM, folder

    def fresh(self):
        """An empty folder for the files of one run."""
        work = self.folder / "work"
        shutil.rmtree(work, ignore_errors=True)
        (work / "weights").mkdir(parents=True)
        return work

    def call(self, *arguments):
        """Raises RuntimeError with what the program said."""
        command = [str(a) for a in (self.path, *arguments)]
        done = subprocess.run(["/bin/sh", "-c", f'ulimit -v {MEMORY // 1024}; exec "$@"', "sh", *command],
                              capture_output=True)
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip()
            raise RuntimeError(f"exit code {done.returncode}: {said[-600:]}")

    def run(self, writer, numerics):
        """Runs a program of cases.Writer; name -> array of each of its results."""
        work = self.fresh()
        (work / "model.mil").write_text(writer.text())
        (work / "weights" / "weight.bin").write_bytes(writer.weights.finish())
        arguments = [work / "model.mil", "--weights", work, f"--numerics={numerics}"]
        for name, operand in writer.inputs.items():
            to_npy(work / f"{name}.npy", operand.data, operand.dtype)
            arguments += ["--in", f"{name}={work / name}.npy"]
        for name in writer.results:
            arguments += ["--out", f"{name}={work / name}.npy"]
        self.call(*arguments)
        return {name: np.load(work / f"{name}.npy") for name in writer.results}

    def trace(self, path, files, inputs, numerics):
        """Runs a program of the corpus; returns a function from the name of a value to its array. `files`: path in the
        program -> bytes; `inputs`: name -> (array, dtype)."""
        work = self.fresh()
        for name, data in files.items():
            to = work / name.removeprefix("@model_path/")
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_bytes(data)
        arguments = [path, "--weights", work, f"--numerics={numerics}", "--trace", "all", "--trace-dir", work / "trace"]
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
