"""Bad input to anetc and to the programs it writes: the exit code, the message, and that nothing is left half written.

    python3 tests/cli/run.py [--verbose] [WORD...]     only the cases whose title holds one of the words

A case runs in a folder of its own with the files of `Files`. What fails must leave that folder as it was.
"""
import argparse
import json
import os
import random
import re
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = (ROOT / os.environ.get("BUILD", "build")).resolve()
ANETC = BUILD / "anetc"
DATA = ROOT / "models" / "data"
SIZES = {"dim": 16, "hidden": 24, "layers": 2, "heads": 2, "kv_heads": 1, "seq": 16}
TIMEOUT = 120


def compiled(path, **sizes):
    defines = [f"-D{name}={value}" for name, value in {**SIZES, **sizes}.items()]
    subprocess.run([ANETC, ROOT / "models" / "stories260k.anet", *defines, "-o", path], check=True)
    return path


# ---- files to go wrong with ----

def safetensors(entries, data=b""):
    header = json.dumps(entries).encode()
    return struct.pack("<Q", len(header)) + header + data


def split_safetensors(whole):
    (length,) = struct.unpack("<Q", whole[:8])
    return json.loads(whole[8:8 + length]), whole[8 + length:]


# what no training writes
ABSURD_STATE = {"tokens": str(2 ** 63 - 1), "clean": str(2 ** 63 - 1), "skipped": "4", "loss_scale": "0", "beta1": "1"}


def damaged_safetensors(whole):
    """Name -> bytes: ways in which a checkpoint can be wrong."""
    header, data = split_safetensors(whole)
    name = "net.blocks.1.ffn.w2.weight"
    begin = header[name]["data_offsets"][0]

    def changed(**fields):
        return safetensors({**header, name: {**header[name], **fields}}, data)

    def stated(**values):
        metadata = {**header["__metadata__"], **{f"anet.{k}": v for k, v in values.items()}}
        return safetensors({**header, "__metadata__": metadata}, data)

    def negated(at):
        return data[:at] + struct.pack("<f", -1.0) + data[at + 4:]

    def poisoned(value):
        return safetensors(header, data[:begin + 8] + struct.pack("<f", value) + data[begin + 12:])
    rng = random.Random(1)
    return {
        "empty": b"",
        "truncated": whole[:len(whole) // 2],
        "no_data": whole[:len(whole) - len(data)],
        "short_header": whole[:100],
        "seven_bytes": whole[:7],
        "huge_header": struct.pack("<Q", 2 ** 63) + whole[8:],
        "garbage": rng.randbytes(5000),
        "no_json": struct.pack("<Q", 16) + b"{\"a\": [[[[[[[[[[" + data,
        "deep_json": struct.pack("<Q", 100000) + b"[" * 100000 + data,
        "wrong_shape": changed(shape=[24, 16]),
        "huge_shape": changed(shape=[2 ** 40, 2 ** 40]),
        "negative_shape": changed(shape=[-1, 24]),
        "wrong_dtype": changed(dtype="I32"),
        "far_offsets": changed(data_offsets=[begin + 2 ** 40, begin + 2 ** 40 + 4 * 16 * 24]),
        "crossed_offsets": changed(data_offsets=[begin + 1536, begin]),
        "missing_array": safetensors({(k if k != name else "net.blocks.1.ffn.other"): v for k, v in header.items()}, data),
        "nan": poisoned(float("nan")),
        "infinity": poisoned(float("inf")),
        **{f"state_{key}": stated(**{key: value}) for key, value in ABSURD_STATE.items()},
        "negative_square": safetensors(header, negated(header["optimizer.v." + name]["data_offsets"][0])),
    }


def damaged_llama2c(whole):
    numbers = list(struct.unpack("<7i", whole[:28]))

    def header(**changes):
        names = ["dim", "hidden", "layers", "heads", "kv_heads", "vocab", "seq"]
        return struct.pack("<7i", *[changes.get(n, v) for n, v in zip(names, numbers)]) + whole[28:]
    return {
        "empty": b"",
        "truncated": whole[:len(whole) // 2],
        "header_only": whole[:28],
        "short_header": whole[:20],
        "trailing": whole + b"\0\0\0\0",
        "negative": header(layers=-3),
        "zero_heads": header(heads=0),
        "huge": header(dim=2 ** 30, hidden=2 ** 30, vocab=2 ** 30),
        "other_sizes": header(hidden=25),
        "untied": header(vocab=-numbers[5]) + bytes(4 * numbers[0] * numbers[5]),
        "nan": whole[:28 + 400] + struct.pack("<f", float("nan")) + whole[28 + 404:],
        "garbage": b"ggml" + random.Random(2).randbytes(2000),
    }


class Files:
    """Programs, checkpoints and data that the cases share; made once, copied into each case's folder."""

    def __init__(self, folder):
        self.folder = folder
        compiled(folder / "tiny")
        compiled(folder / "other", dim=32)
        compiled(folder / "small_vocab", vocab=300)
        compiled(folder / "large_vocab", vocab=600)
        shutil.copy(DATA / "stories.tok512.bin", folder / "tokenizer.bin")
        words = [random.Random(3).randrange(3, 512) for _ in range(400)]
        self.write("tokens.bin", struct.pack("<400H", *words))
        self.write("large_id.bin", struct.pack("<400H", *words[:77], 512, *words[78:]))
        self.write("short.bin", struct.pack("<16H", *words[:16]))
        self.write("one_window.bin", struct.pack("<17H", *words[:17]))
        self.write("odd.bin", b"\1\0\2\0\3")
        self.write("empty.bin", b"")
        self.write("empty.txt", b"")
        self.write("story.txt", (DATA / "stories.txt").read_bytes()[:5000])
        tokenizer = (DATA / "stories.tok512.bin").read_bytes()
        self.write("cut_tokenizer.bin", tokenizer[:1000])
        self.write("no_tokenizer.bin", random.Random(4).randbytes(6000))
        self.write("long_token.bin", tokenizer[:8] + struct.pack("<i", 2 ** 30) + tokenizer[12:])
        for program, out in (("tiny", "good.safetensors"), ("tiny", "good.bin"), ("other", "other.safetensors")):
            subprocess.run([folder / program, "--data", "tokens.bin", "--steps", "3", "--quiet", "--batch", "1",
                            "--out", out], check=True, cwd=folder)
        for name, content in damaged_safetensors((folder / "good.safetensors").read_bytes()).items():
            self.write(f"{name}.safetensors", content)
        for name, content in damaged_llama2c((folder / "good.bin").read_bytes()).items():
            self.write(f"{name}.llama2c.bin", content)

    def write(self, name, content):
        (self.folder / name).write_bytes(content)


# ---- the cases: title, command, exit code, what the message must say (regular expressions) ----

def checkpoint_cases():
    said = {
        "empty": "only 0 bytes", "truncated": "truncated", "no_data": "truncated", "short_header": "header of",
        "seven_bytes": "only 7 bytes", "huge_header": "header of", "garbage": "not a safetensors file|header of",
        "no_json": "bad JSON", "deep_json": "bad JSON|nest", "wrong_shape": r"ffn.w2.weight' is \[24, 16\].* \[16, 24\]",
        "huge_shape": "w2.weight: the shape is too large", "negative_shape": "w2.weight: a dimension",
        "wrong_dtype": "w2.weight.*I32", "far_offsets": "w3.weight.*gap", "crossed_offsets": "w2.weight.*data_offsets",
        "missing_array": "w2.weight|ffn.other", "nan": "w2.weight' holds NaN", "infinity": "w2.weight' holds infinity",
    }
    for name, message in said.items():
        yield (f"safetensors: {name}", f"./tiny eval --init {name}.safetensors --data tokens.bin", 1,
               f"{name}.safetensors.*({message})")
    said = {
        "empty": "not a llama2.c checkpoint", "truncated": "truncated", "header_only": "truncated",
        "short_header": "20 bytes", "trailing": "too long", "negative": "n_layers", "zero_heads": "n_heads",
        "huge": "not a llama2.c checkpoint|truncated|too large", "other_sizes": "hidden|truncated",
        "untied": "wcls|tied", "nan": "token_embedding_table holds NaN", "garbage": "not a llama2.c checkpoint",
    }
    for name, message in said.items():
        yield (f"llama2.c: {name}", f"./tiny eval --init {name}.llama2c.bin --data tokens.bin", 1,
               f"{name}.llama2c.bin.*({message})")
    yield "missing checkpoint", "./tiny eval --init none.bin --data tokens.bin", 2, "none.bin: No such file"
    yield "a folder as checkpoint", "./tiny eval --init . --data tokens.bin", 2, "."
    yield ("checkpoint of another model", "./tiny eval --init other.safetensors --data tokens.bin", 1,
           r"\[512, 32\].*\[512, 16\]|\[512, 16\].*\[512, 32\]")
    yield ("training from a broken checkpoint",
           "./tiny --init truncated.safetensors --data tokens.bin --out new.safetensors", 1, "truncated.safetensors")
    yield "neither .bin nor .safetensors", "./tiny eval --init story.txt --data tokens.bin", 1, "story.txt"


def data_cases():
    for command in ("eval --init good.bin", "train --out new.safetensors", "grad --out new.safetensors"):
        yield (f"{command.split()[0]}: id beyond the vocabulary", f"./tiny {command} --data large_id.bin", 1,
               "large_id.bin.*77.*512")
        yield (f"{command.split()[0]}: shorter than a window", f"./tiny {command} --data short.bin", 1,
               "short.bin.*16.*17")
        yield f"{command.split()[0]}: empty data", f"./tiny {command} --data empty.bin", 1, "empty.bin"
        yield f"{command.split()[0]}: odd size", f"./tiny {command} --data odd.bin", 1, "odd.bin"
        yield f"{command.split()[0]}: no data file", f"./tiny {command} --data none.bin", 2, "none.bin: No such file"
        yield f"{command.split()[0]}: no --data", f"./tiny {command}", 2, "--data"
    yield "one window is enough", "./tiny eval --init good.bin --data one_window.bin --json", 0, '"tokens":16'
    yield "empty text", "./tiny eval --init good.bin --data empty.txt --tokenizer tokenizer.bin", 1, "empty.txt"
    yield ("text without tokenizer", "./tiny eval --init good.bin --data story.txt", "1|2",
           "story.txt: text needs a tokenizer")
    yield "a folder as data", "./tiny eval --init good.bin --data .", 2, "."
    yield ("validation data shorter than a window", "./tiny --data tokens.bin --val short.bin --out new.safetensors",
           1, "short.bin")
    yield "too many --tokens", f"./tiny grad --tokens '{'7 ' * 18}' --out new.safetensors", 2, "17"
    yield "one of --tokens alone", "./tiny grad --tokens 7 --out new.safetensors", 2, "--tokens"
    yield ("--tokens beyond the vocabulary",
           "./tiny grad --tokens '1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 512' --out new.safetensors", 2, "512")
    yield "--tokens that are no numbers", "./tiny grad --tokens '1 2 x' --out new.safetensors", 2, "x"


def tokenizer_cases():
    generate = "./tiny generate --init good.bin"
    yield "generate without tokenizer", generate, 2, "--tokenizer"
    yield "missing tokenizer", f"{generate} --tokenizer none.bin", 2, "none.bin: No such file"
    yield "cut tokenizer", f"{generate} --tokenizer cut_tokenizer.bin", 1, "cut_tokenizer.bin"
    yield "no tokenizer at all", f"{generate} --tokenizer no_tokenizer.bin", 1, "no_tokenizer.bin"
    yield "absurd length of a token", f"{generate} --tokenizer long_token.bin", 1, "long_token.bin"
    yield "empty tokenizer", f"{generate} --tokenizer empty.bin", 1, "empty.bin"
    yield ("more tokens than the model knows", "./small_vocab generate --tokenizer tokenizer.bin --init good.bin", 1,
           "tokenizer.bin.*300|good.bin")
    yield ("fewer tokens than the model knows", "./large_vocab --data story.txt --tokenizer tokenizer.bin --steps 1",
           1, "512.*600")
    yield ("text with more tokens than the model knows",
           "./small_vocab --data story.txt --tokenizer tokenizer.bin --steps 1", 1, "300")
    yield ("prompt longer than the model's window",
           f"{generate} --tokenizer tokenizer.bin --prompt '{'many words ' * 40}'", 2, "16")


def output_cases():
    train = "./tiny --data tokens.bin --steps 2 --quiet --batch 1"
    yield "--out to a full disk", f"{train} --out /dev/full", 2, "/dev/full"
    yield ("--out into a folder that is not there", f"{train} --out no/such/model.safetensors", 2,
           "no/such/model.safetensors")
    yield "--out is a folder", f"{train} --out .", 2, "."
    yield "--out without a name", f"{train} --out ''", 2, "cannot write"
    yield "--out over the data", f"{train} --out ./tokens.bin", 2, "tokens.bin is also the file of --data"
    yield "--out over the tokenizer", f"{train} --tokenizer tokenizer.bin --out tokenizer.bin", 2, "--tokenizer"
    yield "--log over the data", f"{train} --log tokens.bin", 2, "tokens.bin is also the file of --data"
    yield "--log and --out in one file", f"{train} --log new.safetensors --out new.safetensors", 2, "--out"
    yield "gradients over the weights", "./tiny grad --data tokens.bin --init good.bin --out good.bin", 2, "--init"
    yield "--log to a full disk", f"{train} --log /dev/full", 2, "/dev/full"
    yield "--log into a folder that is not there", f"{train} --log no/such/log", 2, "no/such/log"
    yield "gradients to a full disk", "./tiny grad --data tokens.bin --out /dev/full", 2, "/dev/full"
    yield "gradients without --out", "./tiny grad --data tokens.bin", 2, "--out"
    yield ("eval to a full standard output", "./tiny eval --init good.bin --data tokens.bin >/dev/full", 2,
           "standard output|No space")
    yield ("generate to a full standard output",
           "./tiny generate --init good.bin --tokenizer tokenizer.bin >/dev/full", 2, "standard output|No space")
    yield "help to a full standard output", "./tiny --help >/dev/full", 2, "standard output|No space"
    yield "info to a full standard output", "./tiny info >/dev/full", 2, "standard output|No space"


def resume_cases():
    train = "./tiny --data tokens.bin --quiet --batch 1"
    yield "--resume without a checkpoint", f"{train} --steps 5 --out none.safetensors --resume", 2, "none.safetensors"
    yield "--resume without --out", f"{train} --steps 5 --resume", 2, "--out"
    yield "--resume from another model", f"{train} --steps 5 --out other.safetensors --resume", 1, "other.safetensors"
    yield "--resume from weights alone", f"{train} --steps 5 --out good.bin --resume", "1|2", "good.bin"
    yield ("--resume from a broken checkpoint", f"{train} --steps 5 --out truncated.safetensors --resume", 1,
           "truncated.safetensors")
    for key in ABSURD_STATE:
        yield (f"--resume with an absurd {key}", f"{train} --steps 5 --out state_{key}.safetensors --resume", 1,
               f"state_{key}.safetensors: metadata anet.{key}")
    yield ("--resume with a negative square", f"{train} --steps 5 --out negative_square.safetensors --resume", 1,
           "optimizer.v.*negative")
    yield ("--resume and --init", f"{train} --steps 5 --out good.safetensors --init good.bin --resume", 2,
           "--init.*--resume|--resume.*--init")
    yield "--resume of a training that is done", f"{train} --steps 3 --out good.safetensors --resume", "0|2", ".*"


def usage_cases():
    yield "unknown option", "./tiny --dta tokens.bin", 2, "--dta.*--data"
    yield "unknown command", "./tiny trian --data tokens.bin", 2, "trian.*train"
    yield "option of another command", "./tiny eval --lr 1", 2, "--lr"
    yield "missing argument", "./tiny --data", 2, "--data"
    yield "a word for a number", "./tiny --data tokens.bin --steps many", 2, "--steps.*many"
    yield "a number too large", "./tiny --data tokens.bin --steps 99999999999", 2, "--steps"
    yield "a negative number", "./tiny --data tokens.bin --lr -1", 2, "--lr"
    yield "not a number", "./tiny --data tokens.bin --lr nan", 2, "--lr"
    yield "a seed too large", "./tiny --data tokens.bin --seed 18446744073709551615", 2, "--seed must be between"
    yield "unknown numerics", "./tiny eval --init good.bin --data tokens.bin --numerics fp8", 2, "fp16.*fp8"
    yield "unknown device", "./tiny eval --init good.bin --data tokens.bin --device gpu", 2, "host.*gpu"
    yield ("the engine where there is none",
           "ANET_FRAMEWORKS=/nowhere ./tiny eval --init good.bin --data tokens.bin --device ane", 3,
           "/nowhere/.*macOS.*--device host")
    yield ("selftest where there is no engine", "ANET_FRAMEWORKS=/nowhere ./tiny selftest", 3,
           "/nowhere/.*macOS.*--device host")
    yield "selftest of the engine with other numerics", "./tiny selftest --numerics fp32", 2, "--numerics.*host"
    yield "selftest of some data", "./tiny selftest --data tokens.bin", 2, "'selftest' has no option --data"
    yield ("selftest to a full standard output", "./tiny selftest --device host >/dev/full", 2,
           "cannot write standard output")
    yield ("the engine with another's numerics",
           "./tiny eval --init good.bin --data tokens.bin --device ane --numerics fp32", 2, "--numerics.*host")
    yield "too many words", "./tiny eval tokens.bin", 2, "tokens.bin"
    yield "eval without weights", "./tiny eval --data tokens.bin", 2, "--init"


def driver_cases():
    yield ("no C compiler on the PATH", f"PATH=/nowhere {ANETC} model.anet -o out", 3, "no C compiler.*out.c",
           ("out.c",))
    yield ("10,000 parentheses", f"{ANETC} --check parentheses.anet", 1,
           "parentheses.anet:.*deep|parentheses.anet:.*nest")
    yield "a line of 100 MB", f"{ANETC} --check line.anet", "1|2", "line.anet"
    yield "a NUL byte", f"{ANETC} --check nul.anet", 1, "nul.anet:2:"
    yield "invalid UTF-8", f"{ANETC} --check utf8.anet", 1, "utf8.anet:1:"
    yield "an empty file", f"{ANETC} --check empty.txt", 1, "empty.txt"
    yield "a folder", f"{ANETC} --check .", 2, r"\."
    yield "a file that is not there", f"{ANETC} none.anet", 2, "none.anet: No such file"
    yield "a binary file", f"{ANETC} --check tiny", "1|2", "tiny"
    yield "-D of an unknown name", f"{ANETC} --check model.anet -D layer=2", "1|2", "layer.*layers"
    yield "-D of the wrong type", f"{ANETC} --check model.anet -D layers=1.5", "1|2", "layers"
    yield "-D without a value", f"{ANETC} --check model.anet -D layers", 2, "layers"
    yield "-D that breaks a requirement", f"{ANETC} --check model.anet -D heads=7", 1, "divisible"
    yield ("sizes that overflow", f"{ANETC} --check model.anet -D vocab=4000000000000 -D dim=4000000000000", 1,
           "sizes are from 1 to")
    yield "more memory than any machine has", f"{ANETC} --check model.anet -D dim=1000000000", "0|1", ".*"
    yield "a negative size of a tied parameter", f"{ANETC} --check model.anet -D dim=-16", 1, "size -16"
    yield "a C compiler of blanks", f"CC=' ' {ANETC} model.anet -D layers=1 -o blank && rm blank", 0, "^$"
    yield ("a C compiler that makes nothing", f"CC=true {ANETC} model.anet -o 'no thing'", 3,
           "true made no program.*-o 'no thing'", ("no thing.c",))
    yield "a C file beyond the limit of sizes", f"ulimit -f 1; {ANETC} model.anet -o out", 2, "File too large"
    yield "a negative size", f"{ANETC} --check model.anet -D hidden=-4", 1, "hidden|positive"
    yield "zero layers", f"{ANETC} --check model.anet -D layers=0", 1, "layer"
    yield "MIL to a full disk", f"{ANETC} model.anet --emit=c -o /dev/full", 2, "/dev/full"
    yield "MIL into a file", f"{ANETC} model.anet --emit=mil -o story.txt", 2, "story.txt"


def cases():
    for group in (checkpoint_cases, data_cases, tokenizer_cases, output_cases, resume_cases, usage_cases, driver_cases):
        yield from group()


def write_sources(folder):
    source = (ROOT / "models" / "stories260k.anet").read_text()
    (folder / "model.anet").write_text(source)
    (folder / "parentheses.anet").write_text(source.replace("layers = 5", f"layers = {'(' * 10000}5{')' * 10000}"))
    (folder / "nul.anet").write_bytes(b"// a model\nimport \0std.llama\n")
    (folder / "utf8.anet").write_bytes(b"model \xff\xfe {}\n")
    with (folder / "line.anet").open("wb") as f:
        f.write(b"import std.llama model x { config { a = ")
        for _ in range(100):
            f.write(b"1 + " * 250000)
        f.write(b"1 } }\n")


# ---- running them ----

class Runner:
    def __init__(self, files, words, verbose):
        self.files, self.words, self.verbose, self.passed, self.failed = files, words, verbose, 0, 0

    def wanted(self, title):
        return not self.words or any(word in title for word in self.words)

    def say(self, title, complaints, output=""):
        self.passed += not complaints
        self.failed += bool(complaints)
        if complaints or self.verbose:
            print(("FAILED " if complaints else "") + title + "".join(f"\n    {c}" for c in complaints))
            print("".join(f"    | {line}\n" for line in output.splitlines()[:8]), end="", flush=True)

    def run(self, command, **options):
        return subprocess.run(["sh", "-c", command], cwd=self.files.folder, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=TIMEOUT, **options)

    def snapshot(self):
        return {str(path.relative_to(self.files.folder)): (path.stat().st_size, path.stat().st_mtime_ns)
                for path in self.files.folder.rglob("*") if path.is_file()}

    def case(self, title, command, code, message, leaves=()):
        if not self.wanted(title):
            return
        before = self.snapshot()
        done = self.run(command)
        output = (done.stderr + done.stdout).decode(errors="replace")
        complaints = []
        if str(done.returncode) not in str(code).split("|"):
            complaints.append(f"exit code {done.returncode}, not {code}")
        if not re.search(message, output, re.DOTALL):
            complaints.append(f"does not say {message!r}")
        if "Sanitizer" in output or "runtime error" in output:
            complaints.append("a sanitizer complains")
        if done.returncode and "/anetc" not in command and len(done.stderr.splitlines()) != 1:
            complaints.append("the message is not one line")
        after = self.snapshot()
        touched = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)} - set(leaves)
        if touched and done.returncode:
            complaints.append(f"left behind or changed: {', '.join(sorted(touched))}")
        for name in leaves:
            if name not in after:
                complaints.append(f"{name} is missing")
            (self.files.folder / name).unlink(missing_ok=True)
        self.say(f"{title}: {command if len(command) < 150 else command[:150] + '...'}", complaints, output)


def check_full_disk(runner):
    """A checkpoint that does not fit: the one before it stays."""
    folder = runner.files.folder
    if not runner.wanted("full disk"):
        return
    kept = folder / "kept.safetensors"
    shutil.copy(folder / "good.safetensors", kept)
    old, before = kept.read_bytes(), runner.snapshot()

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(old) // 2, len(old) // 2))
    done = runner.run("./tiny --data tokens.bin --steps 5 --quiet --batch 1 --out kept.safetensors --resume",
                      preexec_fn=limit)
    complaints = []
    if done.returncode != 2:
        complaints.append(f"exit code {done.returncode}, not 2")
    if kept.read_bytes() != old:
        complaints.append("the old checkpoint is gone")
    if runner.snapshot() != before:
        complaints.append("something else is left behind")
    runner.say("a disk that fills up", complaints, done.stderr.decode())
    kept.unlink()


def check_interrupt(runner):
    """SIGINT ends the step, writes the checkpoint and exits with 130; what is resumed from it is exact."""
    folder = runner.files.folder
    if not runner.wanted("interrupt"):
        return
    log = folder / "log.jsonl"
    common = [folder / "tiny", "--data", "tokens.bin", "--quiet", "--batch", "1", "--steps", "100000"]
    process = subprocess.Popen([*common, "--out", "stopped.safetensors", "--log", "log.jsonl"], cwd=folder,
                               stderr=subprocess.PIPE)
    deadline = time.monotonic() + TIMEOUT
    while not (log.exists() and log.read_text().count('"step"') >= 3) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    message = process.communicate(timeout=TIMEOUT)[1].decode()
    complaints = []
    if process.returncode != 130:
        complaints.append(f"exit code {process.returncode}, not 130")
    if "stopped.safetensors" not in message:
        complaints.append("does not say where the checkpoint is")
    step = json.loads(log.read_text().splitlines()[-1])["step"]
    subprocess.run([*common, "--out", "exact.safetensors", "--stop-after", str(step)], cwd=folder, check=True)
    if (folder / "exact.safetensors").read_bytes() != (folder / "stopped.safetensors").read_bytes():
        complaints.append(f"the checkpoint is not that of step {step}")
    runner.say("an interrupt during training", complaints, message)
    for name in ("log.jsonl", "stopped.safetensors", "exact.safetensors"):
        (folder / name).unlink(missing_ok=True)


def check_no_reader(runner):
    """Nobody reads the progress any more: like an interrupt, nothing is lost."""
    if not runner.wanted("no reader"):
        return
    out = runner.files.folder / "unread.safetensors"
    done = runner.run(f"{{ ./tiny --data tokens.bin --batch 1 --steps 100000 --out {out.name}; echo $? >&2; }} | head -n 1")
    message = done.stderr.decode()
    complaints = [] if message.endswith("\n130\n") and out.name in message else ["not exit code 130 and where it is saved"]
    complaints += [] if out.exists() else ["no checkpoint"]
    runner.say("progress that has no reader", complaints, message)
    out.unlink(missing_ok=True)


def check_kept_file(runner):
    """A checkpoint is written through a link, and stays as private as it was."""
    folder = runner.files.folder
    if not runner.wanted("private"):
        return
    kept, link = folder / "private.safetensors", folder / "link.safetensors"
    kept.write_bytes(b"old")
    kept.chmod(0o600)
    link.symlink_to(kept.name)
    runner.run("./tiny --data tokens.bin --batch 1 --steps 1 --quiet --out link.safetensors")
    complaints = [] if link.is_symlink() else ["the link is gone"]
    complaints += [] if kept.stat().st_mode & 0o777 == 0o600 else ["the permissions changed"]
    complaints += [] if kept.stat().st_size > 3 else ["the file is the old one"]
    runner.say("a private checkpoint behind a link", complaints)
    link.unlink()
    kept.unlink()


def check_closed_streams(runner):
    """A program without standard streams: the log takes no other's place."""
    folder = runner.files.folder
    if not runner.wanted("closed"):
        return
    log = folder / "closed.jsonl"
    runner.run(f"./tiny --data tokens.bin --batch 1 --steps 2 --log {log.name} <&- >&- 2>&-")
    lines = log.read_text().splitlines() if log.exists() else []
    complaints = [] if len(lines) == 2 and all(json.loads(line)["step"] for line in lines) else [f"the log is {lines}"]
    runner.say("closed standard streams", complaints)
    log.unlink(missing_ok=True)


def check_same_bytes(runner):
    """Every byte that anetc writes is the same in another folder and in a locale with a decimal comma."""
    folder = runner.files.folder
    if not runner.wanted("same bytes"):
        return
    locales = folder / "locales"
    locales.mkdir()
    made = shutil.which("localedef") and subprocess.run(
        ["localedef", "-f", "UTF-8", "-i", "de_DE", locales / "de_DE.UTF-8"], capture_output=True).returncode == 0
    environment = {**os.environ, "LC_ALL": "de_DE.UTF-8", **({"LOCPATH": str(locales)} if made else {})}
    emit = "--emit=tokens,ast,ir,kernels,mil,schedule,c,dot,cost"
    runs = {"plain": (folder, "model.anet", {**os.environ, "LC_ALL": "C"}),
            "again": (folder, "model.anet", {**os.environ, "LC_ALL": "C"}),
            "elsewhere": (locales, "../model.anet", environment)}
    written = {}
    for name, (place, source, env) in runs.items():
        out = folder / "out" / name
        subprocess.run([ANETC, source, emit, "-o", out], cwd=place, env=env, check=True)
        written[name] = {path.name: path.read_bytes() for path in out.iterdir()}
    complaints = [f"{name}: {file} differs" for name in written for file in written["plain"]
                  if written[name].get(file) != written["plain"][file]]
    complaints += [] if len(written["plain"]) > 10 else [f"only {len(written['plain'])} files"]
    runner.say("the same bytes, also with LC_ALL=de_DE.UTF-8" + ("" if made else " (no such locale here)"), complaints)
    shutil.rmtree(folder / "out")
    shutil.rmtree(locales)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--verbose", action="store_true", help="show also the cases that pass, with what they say")
    arguments.add_argument("words", nargs="*")
    options = arguments.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="anet-cli-"))
    try:
        runner = Runner(Files(folder), options.words, options.verbose)
        write_sources(folder)
        for case in cases():
            runner.case(*case)
        for check in (check_full_disk, check_interrupt, check_no_reader, check_kept_file, check_closed_streams,
                      check_same_bytes):
            check(runner)
    finally:
        shutil.rmtree(folder)
    print(f"cli: {runner.passed} passed, {runner.failed} failed")
    return 1 if runner.failed else 0


if __name__ == "__main__":
    sys.exit(main())
