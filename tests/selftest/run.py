#!/usr/bin/env python3
"""What programs do on the ane device, which here is the stand-in tests/ane_sim, beside training: `selftest` names every
fault and raises no false alarm; `bench` and `profile` count; a signal leaves nothing behind.

    python3 tests/selftest/run.py [WORD...]     only the checks whose title holds one of the words
"""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = (ROOT / os.environ.get("BUILD", "build")).resolve()
DATA = ROOT / "models" / "data"
TIMEOUT = 60
NUMERICS = {"m1": "ane-m1", "m2": "ane-m1", "m4": "ane-m4", "m5": "ane-m5"}
INPUT = r"(part for '[\w.]+' of )?input '\w+'"

# ANE_SIM_FAULT, the kernel that it hits, what selftest calls it, and what it says. Each kernel is evaluated twice.
FAULTS = [
    ("wrong:1", "kFwdAttn", "wrong", r"worst is element \d+ of output '\w+'.* instead of .*only the first of two"),
    ("wrong:8", "kHeadBwd", "wrong", r"^2 of 2112 elements .*only the second of two runs$"),
    ("wrong:1+", "every", "wrong", r"^\d of \d+ elements are wrong"),
    ("zeros:3", "kFwdFFN", "zeros", "^every output is zero throughout; only the first of two runs$"),
    ("zeros:1+", "every", "zeros", "^every output is zero throughout"),
    ("stale:6", "kFwdHead", "stale-output", "^no output is written; only the second of two runs$"),
    ("stale:1+", "every", "stale-output", "^no output is written$"),
    ("swap:1", "kFwdAttn", "swapped-inputs", "^inputs 'attention_norm_weight' and 'causal_mask' are exchanged"),
    ("swap:1+", "every", "swapped-inputs", r"^inputs '\w+' and '\w+' are exchanged$"),
    ("ignore:3", "kFwdFFN", "ignored-input", "^input 'w3_weight' is ignored, as if it were zeros; only"),
    # of what is a product of its inputs, nothing but zeros is left
    ("ignore:1+", "every", "ignored-input|zeros", f"{INPUT} is ignored|^every output is zero.*without .*{INPUT}"),
    ("evaluate:5", "kFwdHead", "failed", "to evaluate it failed"),
    ("compile:2=invalid-program", "kFwdFFN", "failed", "to compile it failed"),
]


class Failed(Exception):
    pass


def require(condition, message):
    if not condition:
        raise Failed(message)


class Bench:
    def __init__(self, folder):
        self.folder, self.temporary = folder, folder / "tmp"
        self.temporary.mkdir()

    def program(self, chip, weights):
        path = self.folder / f"tiny_{chip}_{weights}"
        if not path.exists():
            subprocess.run([BUILD / "anetc", ROOT / "tests/ane/files/tiny.anet", f"--target=ane:{chip}",
                            f"--weights={weights}", "-o", path], check=True, stderr=subprocess.DEVNULL)
        return path

    def environment(self, chip, fault=None):
        """With a folder for temporary files that no other program uses."""
        own = tempfile.mkdtemp(dir=self.temporary)
        found = {**os.environ, "ANET_FRAMEWORKS": str(BUILD / "ane_sim"), "ANE_SIM_CHIP": chip, "TMPDIR": own,
                 "XDG_CACHE_HOME": tempfile.mkdtemp(dir=self.folder)}
        return {**found, "ANE_SIM_FAULT": fault} if fault else found

    def start(self, words, chip="m4", fault=None, weights="parameter", **settings):
        return subprocess.Popen([self.program(chip, weights), *words], cwd=self.folder,
                                env={**self.environment(chip, fault), **settings}, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, errors="replace")

    def finish(self, process, code):
        out, said = process.communicate(timeout=TIMEOUT)
        require(process.returncode == code, f"exit code {process.returncode}, not {code}: {out}{said}")
        require(not self.left(), f"left behind: {self.left()}")
        return out, said

    def left(self):
        return [str(path) for path in self.temporary.glob("*/*")]

    def wait_for_folders(self, programs):
        """Until so many programs have begun to compile."""
        deadline, begun = time.monotonic() + TIMEOUT, set()
        while len(begun) < programs and time.monotonic() < deadline:
            begun |= {path.parent for path in self.temporary.glob("*/*")}
            time.sleep(0.001)

    def run(self, words, code=0, **options):
        return self.finish(self.start(words, **options), code)


# ---- selftest ----

def no_false_alarm(bench):
    for chip, numerics in NUMERICS.items():
        found = json.loads(bench.run(["selftest", "--json"], chip=chip)[0])
        require(found["reference"] == numerics and found["architecture"], f"{chip}: compared with {found['reference']}")
        require(len(found["kernels"]) == 8 and found["wrong"] == 0, f"{chip}: {found}")
        for kernel in found["kernels"]:
            require(kernel["exact"] and kernel["result"] == "ok" and kernel["unchecked"] == "", f"{chip}: {kernel}")
    out, _ = bench.run(["selftest", "--seed", "5"])
    require("all 8 kernels are right: train with --device ane\n" in out, out)


def faults(bench):
    for fault, name, word, why in FAULTS:
        out, said = bench.run(["selftest", "--json"], code=3, fault=fault)
        kernels = json.loads(out)["kernels"]
        wrong = [k for k in kernels if k["result"] != "ok"]
        require(len(wrong) == (len(kernels) if name == "every" else 1), f"{fault}: {len(wrong)} kernels are wrong")
        require(name in ("every", wrong[0]["name"]), f"{fault}: in {wrong[0]['name']}")
        for kernel in wrong:
            require(re.fullmatch(word, kernel["result"]) and re.search(why, kernel["why"]), f"{fault}: {kernel}")
        require(re.fullmatch(r".*: \d of 8 kernels (is|are) wrong on this device: do not train on .*\n", said), said)


def faults_on_m1(bench):
    """Slots are in another order there."""
    for fault, word in (("swap:1+", "swapped-inputs"), ("stale:1+", "stale-output"), ("wrong:1+", "wrong")):
        out, _ = bench.run(["selftest", "--json"], code=3, chip="m1", fault=fault)
        require(all(k["result"] == word for k in json.loads(out)["kernels"]), f"{fault}: {out}")


def weights_in_other_places(bench):
    """As parts of one input, and as constants, which are exchanged after the two runs."""
    for weights in ("packed", "baked"):
        kernels = json.loads(bench.run(["selftest", "--json"], weights=weights)[0])["kernels"]
        for kernel in kernels:
            constants = weights == "baked" and kernel["name"] != "kSdpaBwd2"  # which has no weights
            require(kernel["exact"] and kernel["reloaded"] == constants and not kernel["unchecked"], kernel)
        out, _ = bench.run(["selftest", "--json"], code=3, weights=weights, fault="stale:1")
        found = [k["result"] for k in json.loads(out)["kernels"] if k["result"] != "ok"]
        require(found == ["stale-output"], f"{weights}: {found}")
    words = ["bench", "--json", "--device", "ane", "--steps", "1", "--warmup-seconds", "0"]
    found = json.loads(bench.run(words, weights="baked")[0])
    require(found["measured"]["patches"] == 7 and found["measured"]["patch_seconds"] > 0, found)


def constants_that_stay(bench):
    """A machine on which a patched program computes with its old weights."""
    words = ["selftest", "--json", "--update", "patch"]
    out, said = bench.run(words, code=3, weights="baked", ANE_SIM_PATCHES="0")
    kernels = [k for k in json.loads(out)["kernels"] if k["name"] != "kSdpaBwd2"]
    require(all(k["result"] == "old-constant" and "what they were before" in k["why"] for k in kernels), out)
    require("--update recompile" in said, said)
    out, _ = bench.run(["selftest", "--json", "--update", "recompile"], weights="baked", ANE_SIM_PATCHES="0")
    require(all(k["exact"] for k in json.loads(out)["kernels"]), out)


def text_of_a_fault(bench):
    out, said = bench.run(["selftest"], code=3, fault="zeros:1")
    require(re.search(r"\nkFwdAttn +zeros .*\n    every output is zero throughout; only the first", out), out)
    require("The first is kFwdAttn (zeros): " in said, said)


def host_numerics(bench):
    for numerics in ("fp16", "fp32", "ane-m1", "ane-m4"):
        out, _ = bench.run(["selftest", "--device", "host", "--numerics", numerics, "--json"])
        found = json.loads(out)
        require(found["reference"] == "fp32" and found["wrong"] == 0, out)
        require(all(k["exact"] == (numerics == "fp32") for k in found["kernels"]), out)


# ---- bench and profile ----

def measures(bench):
    for command in ("bench", "profile"):
        for device, warm_up in (("host", 1), ("ane", 3)):
            words = [command, "--json", "--steps", "2", "--device", device, "--warmup-seconds", "0"]
            found = json.loads(bench.run(words)[0])
            require(found["warm_up_steps"] == warm_up, f"{found['warm_up_steps']} steps to warm up")
            require(found["evaluations_scheduled"] == sum(k["calls"] for k in found["kernels"]) == 8 * 2 * 2, found)
            require(all(k["us_per_call"] > 0 and k["gflops"] > 0 for k in found["kernels"]), found)
            require(abs(found["kernels"][2]["gflop_per_call"] - 2e-9 * 512 * 64 * 32) < 1e-7, found["kernels"][2])
            require(all(("of_peak" in k) == (device == "ane") for k in found["kernels"]), found)
            require(0 <= found["outside_device"] <= 1 and len(found["phases_ms"]) == 9, found)
            require(found["evaluations"] == 32 and found["opening"]["compiles"] == 8, found)
            require(found["measured"]["compiles"] == found["measured"]["patches"] == 0, found)
            require((found["border_bytes_per_step"] > 0) == (device == "ane"), found)
            if device == "ane":
                require(found["peak"]["chip"] == "M4" and found["peak"]["source"], found["peak"])


def failed_evaluations_are_not_counted(bench):
    _, said = bench.run(["bench", "--device", "ane", "--warmup-seconds", "0"], code=3, fault="evaluate:60")
    require("to evaluate it failed" in said, said)


def warm_up_takes_its_time(bench):
    words = ["bench", "--json", "--steps", "1", "--warmup-seconds", "0.1"]
    require(json.loads(bench.run(words)[0])["warm_up_seconds"] >= 0.1, "shorter than 0.1 s")


# ---- signals ----

def interrupts(bench):
    """What takes minutes with a slow engine ends soon, in one line; programs and folders are gone."""
    bench.run(["train", "--data", DATA / "stories.val.txt", "--tokenizer", DATA / "stories.tok512.bin", "--steps", "1",
               "--quiet", "--out", "w.safetensors"])
    init, data = ["--init", "w.safetensors"], ["--data", DATA / "stories.val.txt"]
    tokenizer = ["--tokenizer", DATA / "stories.tok512.bin"]
    commands = {
        "eval": [*init, *data, *tokenizer],
        "generate": [*init, *tokenizer, "--temp", "5"],
        "grad": [*init, *data, *tokenizer, "--out", "g.safetensors", "--windows", "50"],
        "bench": ["--steps", "1000"],
        "profile": ["--steps", "1000"],
        "selftest": [],
    }
    running = {name: bench.start([name, "--device", "ane", *words], fault="slow:100ms")
               for name, words in commands.items()}
    bench.wait_for_folders(len(commands))
    time.sleep(0.2)
    for i, process in enumerate(running.values()):
        process.send_signal((signal.SIGTERM, signal.SIGINT)[i % 2])
    said = {name: process.communicate(timeout=TIMEOUT)[1] for name, process in running.items()}
    for name, process in running.items():
        require(process.returncode == 130 and said[name].endswith("interrupted before the end\n")
                and len(said[name].splitlines()) == 1, f"{name}: exit code {process.returncode}: {said[name]}")
    require(not bench.left(), f"left behind: {bench.left()}")
    require(not (bench.folder / "g.safetensors").exists(), "grad wrote something")


def interrupt_while_compiling(bench):
    """The signal comes when the first program has its folder."""
    process = bench.start(["bench", "--device", "ane", "--steps", "1000"], fault="slow:50ms")
    bench.wait_for_folders(1)
    process.send_signal(signal.SIGTERM)
    _, said = bench.finish(process, 130)
    require(len(said.splitlines()) == 1 and ": interrupted " in said, said)


CHECKS = [no_false_alarm, faults, faults_on_m1, weights_in_other_places, constants_that_stay, text_of_a_fault,
          host_numerics, measures, failed_evaluations_are_not_counted, warm_up_takes_its_time, interrupts,
          interrupt_while_compiling]


def main():
    words, failed = sys.argv[1:], 0
    if not (BUILD / "ane_sim" / "libane_sim.so").exists():
        print("skipped: no stand-in for the engine's frameworks is built (make ane-sim)")
        return 0
    with tempfile.TemporaryDirectory(prefix="anet-selftest-") as folder:
        bench = Bench(Path(folder))
        for check in CHECKS:
            title = check.__name__.replace("_", " ")
            if words and not any(word in title for word in words):
                continue
            try:
                check(bench)
            except Failed as error:
                failed += 1
                print(f"FAILED {title}: {error}")
    print(f"selftest: {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
