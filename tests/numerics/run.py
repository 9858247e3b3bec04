"""Numbers of the compiled models against the reference: losses, gradients, stories, resumed and long trainings.

    tests/python tests/numerics/run.py [--slow] [WORD...]     only the checks whose name holds one of the words

Each line says what was measured and what the bound is. Real checkpoints come from the folder $ANET_SHARED.
"""
import argparse
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import files
import reference

ROOT = Path(__file__).resolve().parents[2]
BUILD = (ROOT / os.environ.get("BUILD", "build")).resolve()
DATA = ROOT / "models" / "data"
SHARED = Path(os.environ["ANET_SHARED"]) if os.environ.get("ANET_SHARED") else None
SANITIZED = bool(os.environ.get("SAN"))
BOUNDS = {"fp32": {"loss": 2e-5, "gradient": 1e-4}, "fp16": {"loss": 5e-3, "gradient": 3e-2}}
MODES = [(level, numerics) for level in (0, 1) for numerics in ("fp32", "fp16")]

CONFIGS = {
    "heads = kv_heads": (reference.Config(64, 172, 2, 4, 4, 96, 32), 0.08),
    "kv_heads = 1": (reference.Config(64, 172, 2, 8, 1, 96, 48), 0.08),
    "untied": (reference.Config(64, 128, 3, 4, 2, 160, 40, tied=False), 0.02),
    "odd sizes": (reference.Config(48, 100, 2, 4, 2, 101, 37), 0.08),
    "odd, untied, one layer": (reference.Config(30, 37, 1, 5, 1, 53, 19, tied=False), 0.15),
}


class Checks:
    """Counts what holds and what does not, and says the latter (verbose: both)."""

    def __init__(self, verbose):
        self.verbose, self.passed, self.failed = verbose, 0, 0

    def that(self, holds, text):
        self.passed += bool(holds)
        self.failed += not holds
        if self.verbose or not holds:
            print(("  " if holds else "  FAILED ") + text, flush=True)

    def below(self, what, value, bound):
        self.that(value <= bound, f"{what}: {value:.2e}, at most {bound:.0e}")

    def show(self, text):
        print("  " + text, flush=True)


class Program:
    """A compiled model. Calling it runs it and returns what it printed; `said` is what went to standard error."""

    def __init__(self, folder, model, level=1, config=None, place="models"):
        self.path = folder / f"{model}-{level}-{len(list(folder.iterdir()))}"
        self.said = ""
        defines = [f"-D{name}={str(value).lower()}" for name, value in (config or {}).items()]
        subprocess.run([BUILD / "anetc", ROOT / place / f"{model}.anet", f"-O{level}", *defines, "-o", self.path],
                       check=True)

    def __call__(self, *arguments):
        done = subprocess.run([self.path, *map(str, arguments)], capture_output=True)
        self.said = done.stderr.decode(errors="replace")
        if done.returncode:
            raise RuntimeError(f"{' '.join(map(str, arguments))}: exit code {done.returncode}\n"
                               f"{self.said}")
        return done.stdout.decode(errors="replace")

    def losses(self, folder, *arguments):
        """Trains, and returns the log."""
        log = folder / "log.jsonl"
        self("train", "--quiet", "--log", log, *arguments)
        return [json.loads(line) for line in log.read_text().splitlines() if '"step"' in line]


def given_reference():
    """The reference of $ANET_SHARED as a function like reference.loss_and_gradients, or None."""
    path = SHARED / "reference" / "llama_ref.py" if SHARED else None
    if not path or not path.exists():
        return None
    spec = importlib.util.spec_from_file_location("given", path)
    given = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(given)

    def loss_and_gradients(checkpoint, tokens):
        config, weights, tables = given.load(checkpoint)
        tokens = np.asarray(tokens)[None]
        _, loss, gradients = given.model(config, weights, tables, tokens[:, :-1], tokens[:, 1:], True)
        return loss, gradients
    return loss_and_gradients


def worst_error(gradients, wanted):
    """Largest relative error (Frobenius) of a parameter, and which."""
    errors = {name: np.linalg.norm(gradients[name] - g) / np.linalg.norm(g) for name, g in wanted.items()}
    return max((float(e) if np.isfinite(e) else np.inf, name) for name, e in errors.items())


# ---- the checks ----

def check_gradients_of(check, folder, title, c, weights, checkpoint, tokens):
    loss, wanted = reference.loss_and_gradients(c, weights, tokens)
    given = given_reference()
    if given:
        given_loss, arrays = given(checkpoint, tokens)
        error, name = worst_error(wanted, files.llama2c_gradients(c, arrays))
        check.below(f"{title}, reference against the given one", max(error, abs(loss - given_loss)), 1e-9)
    worst = {}
    for level in (0, 1):
        program = Program(folder, "stories260k", level, vars(c))
        for numerics, bounds in BOUNDS.items():
            out = folder / "gradients.safetensors"
            program("grad", "--init", checkpoint, "--tokens", " ".join(map(str, tokens)), "--out", out,
                    "--numerics", numerics)
            gradients = files.read_safetensors(out)
            check.that(wanted.keys() <= gradients.keys(), f"{title}, -O{level} {numerics}: every gradient is there")
            error, name = worst_error(gradients, wanted)
            check.below(f"{title}, -O{level} {numerics}, worst gradient ({name})", error, bounds["gradient"])
            difference = abs(float(gradients["loss"]) - loss)
            check.below(f"{title}, -O{level} {numerics}, loss", difference, bounds["loss"])
            worst[numerics] = max(worst.get(numerics, (0, 0)), (error, difference))
    check.show(f"{title}: worst gradient and loss are off by " + "; ".join(
        f"{error:.1e} and {difference:.1e} in {numerics}" for numerics, (error, difference) in worst.items()))


def check_gradients(check, folder):
    for seed, (title, (c, std)) in enumerate(CONFIGS.items()):
        weights = reference.random_weights(c, seed, std)
        checkpoint = folder / "random.bin"
        files.write_llama2c(checkpoint, c, weights)
        tokens = np.random.default_rng(seed).integers(0, c.vocab, c.seq + 1)
        check_gradients_of(check, folder, title, c, weights, checkpoint, tokens)


def check_gradients_trained(check, folder):
    if SHARED:
        checkpoint = SHARED / "data" / "stories260K.bin"
        c, weights = files.read_llama2c(checkpoint)
        tokens = files.read_tokens(SHARED / "data" / "tinystories_sample.tok512.bin")[:c.seq + 1]
        check_gradients_of(check, folder, "260K", c, weights, checkpoint, tokens)


def check_eval_random(check, folder):
    """Windows, remainder and all, of a small random model."""
    c, std = CONFIGS["odd sizes"]
    weights = reference.random_weights(c, 11, std)
    checkpoint, data = folder / "random.bin", folder / "tokens.bin"
    files.write_llama2c(checkpoint, c, weights)
    tokens = np.random.default_rng(5).integers(0, c.vocab, 6 * c.seq + 20)
    files.write_tokens(data, tokens)
    check_losses(check, folder, vars(c), checkpoint, data, reference.loss_over(c, weights, tokens), 6 * c.seq)


def check_losses(check, folder, config, checkpoint, data, wanted, tokens):
    for level in (0, 1):
        program = Program(folder, "stories260k", level, config)
        for numerics, bounds in BOUNDS.items():
            found = json.loads(program("eval", "--init", checkpoint, "--data", data, "--numerics", numerics, "--json"))
            check.below(f"eval -O{level} {numerics}, loss {found['loss']:.7f}", abs(found["loss"] - wanted),
                        bounds["loss"])
            check.that(found["tokens"] == tokens, f"eval -O{level} {numerics}: {found['tokens']} tokens")
            if level:
                check.show(f"{numerics}: loss {found['loss']:.7f}, the reference says {wanted:.7f}")


def check_eval_trained(check, folder):
    if SHARED:
        data = SHARED / "data"
        wanted = float(re.search(r"\*\*(1\.79\d+)\*\*", (data / "README.md").read_text()).group(1))
        check_losses(check, folder, {}, data / "stories260K.bin", data / "tinystories_sample.tok512.bin", wanted,
                     129 * 512)


def check_greedy_story(check, folder):
    if not SHARED:
        return
    data = SHARED / "data"
    lines = re.findall(r"^ *> ?(.*)$", (data / "README.md").read_text(), re.MULTILINE)
    wanted = "\n".join(lines)
    program = Program(folder, "stories260k")

    def story(numerics, tokens):
        return program("generate", "--init", data / "stories260K.bin", "--tokenizer", data / "tok512.bin", "--temp", 0,
                       "--prompt", "", "--steps", tokens + 1, "--numerics", numerics).rstrip("\n")
    exact = story("fp32", 200)
    check.that(len(exact) > 400 and wanted.startswith(exact), "greedy story in fp32: the 200 tokens documented")
    check.that(story("fp16", 200).startswith(story("fp32", 60)), "greedy story in fp16: the first 60 tokens at least")


def check_resume(check, folder):
    program = Program(folder, "stories260k", 1, {"layers": 2, "seq": 64})
    for numerics in BOUNDS:
        at_once, in_two = folder / "at_once.safetensors", folder / "in_two.safetensors"
        common = ["train", "--quiet", "--data", DATA / "stories.txt", "--tokenizer", DATA / "stories.tok512.bin",
                  "--steps", 20, "--batch", 2, "--accumulate", 2, "--warmup", 4, "--seed", 3, "--threads", 2,
                  "--numerics", numerics]
        program(*common, "--out", at_once)
        program(*common, "--out", in_two, "--stop-after", 10)
        check.that(at_once.read_bytes() != in_two.read_bytes(), f"{numerics}: step 10 is not yet step 20")
        program(*common, "--out", in_two, "--resume")
        check.that(at_once.read_bytes() == in_two.read_bytes(), f"{numerics}: 20 steps are 10 and 10 resumed, exactly")


def check_short_training(check, folder):
    """Both numerics learn, and learn the same."""
    program = Program(folder, "stories260k", 1, {"seq": 128})
    last = {}
    for numerics in BOUNDS:
        log = program.losses(folder, "--data", DATA / "stories.txt", "--tokenizer", DATA / "stories.tok512.bin",
                             "--steps", 100, "--batch", 4, "--lr", 6e-3, "--warmup", 10, "--numerics", numerics)
        first, last[numerics] = log[0]["loss"], np.mean([entry["loss"] for entry in log[-10:]])
        check.that(abs(first - np.log(512)) < 0.05, f"{numerics}: first loss {first:.3f}, near ln 512")
        check.that(last[numerics] < 4.9, f"{numerics}: loss after 100 steps {last[numerics]:.3f}, below 4.9")
        check.show(f"{numerics}: loss from {first:.3f} to {last[numerics]:.3f} in 100 steps")
    check.below("fp16 against fp32 after 100 steps", abs(last["fp16"] - last["fp32"]), 3e-2)


ENGINES = ("ane-m1", "ane-m4", "ane-m5", "ane-m6")
TEXT = ["--data", DATA / "stories.val.txt", "--tokenizer", DATA / "stories.tok512.bin"]


def check_engine_sums(check, folder):
    """A sum that reaches 32768 on its way spoils a training in silence, on the engine only; the report says where and
    since when; summing smaller numbers cures it."""
    loss, said = {}, {}
    for shrink in (1, 0.0625):
        program = Program(folder, "overflow", 1, {"shrink": shrink}, "tests/numerics/files")
        for numerics in ("fp32", "fp16", *ENGINES):
            log = program.losses(folder, *TEXT, "--steps", 10, "--numerics", numerics, "--numerics-report")
            check.that(not any(step["skipped"] for step in log), f"{numerics}, shrink {shrink}: no step was skipped")
            loss[shrink, numerics], said[shrink, numerics] = log[-1]["loss"], program.said
    line = "step 1: kFwdHead: matmul 'product': a sum of products reached 32768, so it is infinite\n"
    for numerics in ("fp32", "fp16", *ENGINES):
        engine = numerics in ENGINES
        spoilt, cured = (abs(loss[shrink, numerics] - loss[1, "fp32"]) for shrink in (1, 0.0625))
        check.that(spoilt > 0.1 if engine else spoilt < 1e-3, f"{numerics}: the loss is off by {spoilt:.4f}")
        check.that(said[1, numerics].startswith(line) == engine, f"{numerics}: the report has {'the' if engine else 'no'} overflow")
        check.below(f"{numerics}, smaller sums: loss off", cured, 1e-3)
        check.that("2^15" not in said[0.0625, numerics], f"{numerics}, smaller sums: the report has none")
    check.show(f"loss after 10 steps {loss[1, 'fp32']:.4f} in fp32, {loss[1, 'ane-m4']:.4f} in ane-m4, "
               f"{loss[0.0625, 'ane-m4']:.4f} with smaller sums")


def lost_share(said, kernel):
    """The largest share of products that a kernel lost, in percent."""
    found = re.findall(rf"^{kernel}: matmul .*\n(?:    (?!products).*\n)*    products lost +\d+ +([\d.]+) %", said, re.M)
    return max(map(float, found), default=0.0)


def check_engine_loss_scale(check, folder):
    """Without a loss scale the engine drops the small gradients."""
    c, std = CONFIGS["heads = kv_heads"]
    weights = reference.random_weights(c, 0, std)
    checkpoint, out = folder / "w.bin", folder / "g.safetensors"
    files.write_llama2c(checkpoint, c, weights)
    tokens = np.random.default_rng(5).integers(0, c.vocab, c.seq + 1)
    _, wanted = reference.loss_and_gradients(c, weights, tokens)
    program = Program(folder, "stories260k", 1, vars(c))
    for numerics in ("ane-m1", "ane-m4"):
        error, lost = {}, {}
        for scale in (1, 1024):
            program("grad", "--init", checkpoint, "--tokens", " ".join(map(str, tokens)), "--out", out, "--numerics",
                    numerics, "--loss-scale", scale, "--numerics-report")
            error[scale], name = worst_error(files.read_safetensors(out), wanted)
            lost[scale] = lost_share(program.said, "kFFNBwd")
        check.below(f"{numerics}, loss scale 1024: worst gradient ({name})", error[1024], 4e-2)
        check.that(error[1] > (1.5 if numerics == "ane-m1" else 4) * error[1024], f"{numerics}: without a scale {error[1]:.2f}")
        check.that(lost[1] > 10 > 2 > lost[1024], f"{numerics}: {lost[1]} % lost, with a scale {lost[1024]} %")
        check.show(f"{numerics}: worst gradient is off by {error[1]:.3f}, with a loss scale of 1024 by {error[1024]:.3f};"
                   f" products lost in kFFNBwd {lost[1]} % and {lost[1024]} %")


def check_compile_cost(check, folder):
    """How long anetc takes for the largest model, and how much memory: shown, and bounded loosely."""
    # measured by a small process, as a new process starts with the peak of the one that made it
    measure = ("import resource, subprocess, sys, time; start = time.perf_counter(); subprocess.run(sys.argv[1:], "
               "check=True); print(time.perf_counter() - start, "
               "resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")
    command = [BUILD / "anetc", ROOT / "models/stories110m.anet", "--no-verify-each", "--emit=mil,c", "-o",
               folder / "out"]
    runs = [[float(word) for word in subprocess.check_output([sys.executable, "-S", "-c", measure, *command]).split()]
            for _ in range(5)]
    ms = 1e3 * min(seconds for seconds, _ in runs)
    mib = max(size for _, size in runs) / (1024 ** 2 if sys.platform == "darwin" else 1024)
    check.show(f"anetc on stories110m, all stages to MIL and C: {ms:.0f} ms, {mib:.0f} MiB")
    if not SANITIZED:
        check.that(ms < 200, f"{ms:.0f} ms, below 200 even on a busy machine (50 on a quiet one)")
        check.that(mib < 100, f"{mib:.0f} MiB, below 100")


# ---- the slow ones ----

RECIPE = ["--batch", 8, "--accumulate", 1, "--lr", 2e-3, "--decay", 0.1, "--clip", 1, "--warmup", 30]


def check_slow_training(check, folder):
    """300 steps of 8 x 512 tokens from scratch, as PyTorch does it in fp32."""
    if not SHARED:
        return
    program = Program(folder, "stories260k")
    for numerics in BOUNDS:
        log = program.losses(folder, "--data", SHARED / "data" / "tinystories_sample.tok512.bin", "--steps", 300,
                             *RECIPE, "--numerics", numerics)
        path = ", ".join(f"{log[i - 1]['loss']:.2f} at {i}" for i in (1, 50, 100, 150, 200, 250, 300))
        last = np.mean([entry["loss"] for entry in log[-10:]])
        check.show(f"{numerics}: loss {path}; mean of the last ten {last:.3f}")
        check.that(last <= 3.2, f"{numerics}: {last:.3f} is at most 3.2")


def check_slow_fine_tuning(check, folder):
    if not SHARED:
        return
    program = Program(folder, "stories260k")
    data = SHARED / "data"
    for numerics in BOUNDS:
        out = folder / "tuned.safetensors"
        common = ["--data", data / "tinystories_sample.tok512.bin", "--numerics", numerics]
        before = json.loads(program("eval", "--init", data / "stories260K.bin", "--json", *common))["loss"]
        program("train", "--quiet", "--init", data / "stories260K.bin", "--out", out, "--steps", 100, "--batch", 4,
                "--lr", 3e-4, "--warmup", 10, *common)
        after = json.loads(program("eval", "--init", out, "--json", *common))["loss"]
        check.show(f"{numerics}: loss {before:.4f} before, {after:.4f} after")
        check.that(after < before - 0.02, f"{numerics}: fine-tuning lowers the loss")


def check_slow_engine_training(check, folder):
    """The first 60 steps from scratch, with the recipe's loss scale and without."""
    if not SHARED:
        return
    program = Program(folder, "stories260k", 1, {"seq": 128})
    common = ["--data", SHARED / "data" / "tinystories_sample.tok512.bin", "--steps", 60, "--batch", 8]
    exact = program.losses(folder, *common, "--numerics", "fp32")
    for numerics in ("ane-m1", "ane-m4"):
        norms, lasts = {}, {}
        for scale in (1, 1280):
            log = program.losses(folder, *common, "--numerics", numerics, "--loss-scale", scale)
            norms[scale] = abs(log[0]["grad_norm"] / exact[0]["grad_norm"] - 1)
            lasts[scale] = np.mean([step["loss"] for step in log[-5:]])
        last = np.mean([step["loss"] for step in exact[-5:]])
        check.show(f"{numerics}: loss {lasts[1]:.3f}, with a scale {lasts[1280]:.3f}, in fp32 {last:.3f}; first gradient "
                   f"norm off by {norms[1]:.2%}, with a scale {norms[1280]:.2%}")
        check.that(norms[1] > 0.02 > 0.002 > norms[1280], f"{numerics}: gradient norm needs the scale")
        check.that(lasts[1] > lasts[1280] + 0.02, f"{numerics}: so does the loss")


def check_slow_thousand_steps(check, folder):
    """No NaN and no growth in memory."""
    program = Program(folder, "stories260k", 1, {"seq": 128})
    log = folder / "log.jsonl"
    process = subprocess.Popen([program.path, "train", "--quiet", "--data", DATA / "stories.txt", "--tokenizer",
                                DATA / "stories.tok512.bin", "--steps", "1000", "--batch", "4", "--log", log,
                                "--out", folder / "model.safetensors", "--save-every", "100"])
    resident = {}
    while process.poll() is None:
        time.sleep(0.2)
        steps = log.read_text().count('"step"') if log.exists() else 0
        status = Path(f"/proc/{process.pid}/status")
        found = re.search(r"VmRSS:\s*(\d+)", status.read_text()) if status.exists() else None
        if found and steps:
            resident[steps] = int(found.group(1)) / 1024
    losses = [json.loads(line)["loss"] for line in log.read_text().splitlines() if '"step"' in line]
    check.that(process.returncode == 0 and len(losses) == 1000 and np.all(np.isfinite(losses)),
               "1,000 steps, loss always finite")
    check.show(f"loss from {losses[0]:.2f} to {losses[-1]:.2f}")
    if resident:
        early = max(m for s, m in resident.items() if s <= max(250, min(resident)))
        late = max(resident.values())
        check.show(f"{early:.0f} MiB in the first 250 steps, {late:.0f} MiB at most")
        check.that(late < early + 8, "memory does not grow")


LONG_SANITIZED = ("eval_trained", "greedy_story", "short_training")  # minutes each, and nothing that others miss


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--slow", action="store_true", help="the slow checks, instead of the quick ones")
    arguments.add_argument("--verbose", action="store_true", help="say also what holds")
    arguments.add_argument("words", nargs="*")
    options = arguments.parse_args()
    check = Checks(options.verbose)
    for name, function in list(globals().items()):
        if not name.startswith("check_") or function.__code__.co_argcount != 2:
            continue
        wanted = any(w in name for w in options.words) if options.words else name.startswith("check_slow") == options.slow
        if not wanted or (SANITIZED and name[len("check_"):] in LONG_SANITIZED):
            continue
        print(f"numerics: {name[len('check_'):].replace('_', ' ')}", flush=True)
        folder = Path(tempfile.mkdtemp(prefix="anet-numerics-"))
        try:
            function(check, folder)
        except (RuntimeError, subprocess.CalledProcessError) as problem:
            check.that(False, str(problem))
        finally:
            shutil.rmtree(folder)
    if not SHARED:
        print("numerics: ANET_SHARED is not set, so nothing was compared with the trained checkpoint")
    print(f"numerics: {check.passed} checks hold, {check.failed} do not")
    return 1 if check.failed else 0


if __name__ == "__main__":
    sys.exit(main())
