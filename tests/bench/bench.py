"""One training step of stories110m (4 windows of 256 tokens, AdamW), beside PyTorch on the same machine.

    make bench            or  python3 tests/bench/bench.py [--steps 3] [--rounds 2] [--no-torch]

The contestants take turns, as other work on the machine comes and goes; the best round of each counts. PyTorch
runs as it comes, and with the settings under which it is fastest: memory kept by malloc, BLAS with OpenMP.
"""
import argparse
import json
import os
import platform
import random
import re
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = (ROOT / os.environ.get("BUILD", "build")).resolve()
VENV = (ROOT / os.environ.get("VENV", "build/venv")).resolve()
SHARED = os.environ.get("ANET_SHARED")
TOKENS_PER_STEP = 4 * 256
SLOWER = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
MALLOC = ("glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=8589934592:"
          "glibc.malloc.trim_threshold=17179869184")


def clean_environment():
    found = [f"{name}={os.environ[name]}" for name in SLOWER if name in os.environ]
    if found:
        print(f"not used: {' '.join(found)}, which make OpenBLAS slower")
    return {name: value for name, value in os.environ.items() if name not in SLOWER}


def tokens(folder):
    real = Path(SHARED) / "data" / "tinystories_sample.tok32000.bin" if SHARED else None
    if real and real.exists():
        return real
    made = folder / "tokens.bin"
    rng = random.Random(1)
    made.write_bytes(b"".join(struct.pack("<H", min(int(rng.paretovariate(0.7)), 31999)) for _ in range(30000)))
    return made


def with_torch():
    """An interpreter that has PyTorch, or None."""
    for python in ("python3", "/usr/bin/python3", VENV / "bin" / "python3"):
        if subprocess.run([python, "-c", "import torch, numpy"], capture_output=True).returncode == 0:
            return python
    return None


def openmp_blas():
    """A folder with OpenBLAS built for OpenMP, as LD_LIBRARY_PATH, or None."""
    found = sorted(BUILD.glob("bench/openblas/usr/lib/*/openblas-openmp")) + \
        sorted(Path("/usr/lib").glob("*/openblas-openmp"))
    return found[0] if found else None


class Contestant:
    def __init__(self, name, command, environment, read):
        self.name, self.command, self.environment, self.read, self.best = name, command, environment, read, None

    def run(self):
        done = subprocess.run(list(map(str, self.command)), env=self.environment, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{self.name}: {done.stderr.strip()}")
        result = self.read(json.loads(done.stdout))
        if not self.best or result["ms"] < self.best["ms"]:
            self.best = result


def anet_result(line):
    return {"ms": line["ms_per_step"], "peak_mib": line["peak_mib"]}


def contestants(folder, options):
    environment, data = clean_environment(), tokens(folder)
    program = folder / "stories110m"
    subprocess.run([BUILD / "anetc", ROOT / "models/stories110m.anet", "-o", program], check=True)
    found = [Contestant(f"anet, {numerics}", [program, "bench", "--data", data, "--steps", options.steps, "--numerics",
                                              numerics, "--json"], environment, anet_result)
             for numerics in ("fp16", "fp32")]
    python = None if options.no_torch else with_torch()
    if python:
        step = [python, ROOT / "tests/bench/torch_step.py", data, "--steps", options.steps]
        tuned = {**environment, "GLIBC_TUNABLES": MALLOC, "OMP_PROC_BIND": "true"}
        threads = ["--threads", os.cpu_count()]
        if openmp_blas():
            tuned["LD_LIBRARY_PATH"] = str(openmp_blas())
        elif python != VENV / "bin" / "python3":
            threads = []  # Debian's threads of PyTorch and those of its BLAS would be in each other's way
        found += [Contestant("PyTorch, as it comes", step, environment, dict),
                  Contestant("PyTorch, tuned", step + threads, tuned, dict)]
    elif not options.no_torch:
        print("no PyTorch here: pip install torch into", VENV, "or apt-get install python3-torch")
    return found, program, data, environment


def cpu_name():
    found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text()) if Path("/proc/cpuinfo").exists() else None
    return found.group(1) if found else platform.processor()


def show(found):
    fastest = min(c.best["ms"] for c in found if c.name.startswith("anet"))
    print(f"\n| stories110m, a step of {TOKENS_PER_STEP} tokens | ms/step | tokens/s | against anet | peak memory |")
    print("|---|---|---|---|---|")
    for c in found:
        ms = c.best["ms"]
        print(f"| {c.name} | {ms:.0f} | {1e3 * TOKENS_PER_STEP / ms:.0f} | {ms / fastest:.2f} | "
              f"{c.best['peak_mib'] / 1024:.1f} GiB |")
    for c in found:
        if "phases" in c.best:
            total = sum(c.best["phases"].values())
            print(f"\n{c.name} ({c.best['version']}): " + ", ".join(
                f"{name} {100 * ms / total:.0f} %" for name, ms in c.best["phases"].items()))


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--steps", type=int, default=3)
    arguments.add_argument("--rounds", type=int, default=2)
    arguments.add_argument("--no-torch", action="store_true")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="anet-bench-") as name:
        found, program, data, environment = contestants(Path(name), options)
        print(f"{cpu_name()}, {os.cpu_count()} cores; load {os.getloadavg()[0]:.1f}; {options.rounds} rounds of "
              f"{options.steps} steps", flush=True)
        for _ in range(options.rounds):
            for contestant in found:
                contestant.run()
        show(found)
        print("\nWhere the time of anet goes (fp16):", flush=True)
        subprocess.run([program, "profile", "--data", data, "--steps", "2"], env=environment, check=True)


if __name__ == "__main__":
    main()
