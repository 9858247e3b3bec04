#!/usr/bin/env python3
"""run.py: `anetc doctor` against machines that the stand-in (tests/ane_sim) plays: it finds what they were set to be,
its report is read back, the compiler writes for that machine, and what fails is a line of the table."""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = (ROOT / os.environ.get("BUILD", "build")).resolve()
SIM = BUILD / "ane_sim"
TINY = ROOT / "tests/ane/files/tiny.anet"
failures = []


def check(truth, what):
    if not truth:
        failures.append(what)
        print("FAILED:", what)


class Place:
    """A folder to work in, with a folder for what is temporary, in which nothing may be left."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.temporary = self.folder / "tmp"
        self.temporary.mkdir()

    def environment(self, settings, sim=True):
        env = {k: v for k, v in os.environ.items() if not k.startswith(("ANE_SIM", "ANET_"))}
        env.update(TMPDIR=str(self.temporary), HOME=str(self.folder), ANET_COMPILE_RETRY_MS="0", **settings)
        if sim:
            env["ANET_FRAMEWORKS"] = str(SIM)
        return env

    def run(self, *words, sim=True, leaves=False, **settings):
        done = subprocess.run([str(BUILD / "anetc"), *map(str, words)], cwd=self.folder, capture_output=True,
                              text=True, env=self.environment(settings, sim), timeout=120)
        left = list(self.temporary.iterdir())
        check(leaves or not left, f"{words}, {settings}: {left} is left")
        for folder in left:
            shutil.rmtree(folder)
        return done

    def doctor(self, *words, **settings):
        """the table, and the report"""
        report = self.folder / "report.json"
        report.unlink(missing_ok=True)
        done = self.run("doctor", "--quick", f"--report={report}", *words, **settings)
        check(done.returncode == 0, f"{settings}: exit code {done.returncode}: {done.stderr}")
        return done.stdout, json.loads(report.read_text())


def by_item(report):
    return {line["item"]: line for line in report["battery"]}


def failed_items(report):
    return [line["item"] for line in report["battery"] if line["state"] != "ok"]


def without_engine(place):
    done = place.run("doctor", sim=False)
    check(done.returncode == 3, f"no frameworks: exit code {done.returncode}")
    check("system\n" in done.stdout and "missing" in done.stdout and "battery" not in done.stdout,
          f"no frameworks: {done.stdout}")
    check("no engine to examine: " in done.stderr and "Apple silicon" in done.stderr, f"no frameworks: {done.stderr}")
    report = json.loads(place.run("doctor", "--json", sim=False).stdout)
    check("properties" not in report and all(line["state"] == "skipped" for line in report["battery"]),
          "no frameworks: a report of properties")
    (place.folder / "none.json").write_text(json.dumps(report))
    done = place.run(TINY, "--target=none.json", "--check", sim=False)
    check(done.returncode == 1 and 'no object "properties"' in done.stderr, f"no properties: {done.stderr}")
    done = place.run("doctor", ANE_SIM_HAS_ANE="0")
    check(done.returncode == 3 and "no Neural Engine" in done.stderr, f"no engine: {done.stderr}")


# what each machine is set to be, and what is to be found
MACHINES = {
    "m1": ({"ANE_SIM_SIZES": "ascending", "ANE_SIM_COMPILE_LIMIT": "30"},
           {"chip": "m1", "architecture": "h13", "minor": 0, "opset": "ios16", "order": "size", "sizes": "ascending",
            "smallest_surface": 16384, "row_alignment": 64, "compile_limit": 30, "slices_saturate": True,
            "rounds_even": True}),
    "m2": ({"ANE_SIM_SMALLEST": "20000", "ANE_SIM_ROW": "128", "ANE_SIM_COMPILE_LIMIT": "25"},
           {"chip": "m2", "architecture": "h14", "minor": 0, "opset": "ios16", "order": "name", "sizes": "any",
            "smallest_surface": 20096, "row_alignment": 128, "compile_limit": 25, "slices_saturate": True,
            "rounds_even": True}),
    "m4": ({"ANE_SIM_SIZES": "equal"},
           {"chip": "m4", "architecture": "h16g", "minor": 3, "opset": "ios18", "order": "name", "sizes": "equal",
            "smallest_surface": 49152, "row_alignment": 64, "compile_limit": 119, "slices_saturate": False,
            "rounds_even": False}),
    "m5": ({"ANE_SIM_SMALLEST": "1", "ANE_SIM_COMPILE_LIMIT": "300", "ANE_SIM_BUILD": "26C5"},
           {"chip": "m5", "architecture": "h17", "build": "26C5", "minor": 3, "opset": "ios18", "sizes": "any",
            "smallest_surface": 128, "compile_limit": 256, "slices_saturate": False, "rounds_even": False}),
}


def finds(place, chip):
    settings, wanted = MACHINES[chip]
    table, report = place.doctor(ANE_SIM_CHIP=chip, **settings)
    found = report["properties"]
    for name, value in {"several_inputs": True, "runtime_conv_weight": True, "concat": True, **wanted}.items():
        check(found[name] == value, f"{chip}: {name} is {found[name]}, not {value}")
    for name in "dispatch_us", "matmul_tflops", "conv_tflops", "weight_write_gbps":
        check(found[name] > 0, f"{chip}: {name} is {found[name]}")
    check(failed_items(report) == (["new_dialect"] if chip in ("m1", "m2") else []),
          f"{chip}: {failed_items(report)} failed")
    check(all(word in table for word in (wanted["chip"], "several inputs", "ok", "ANET_FRAMEWORKS is set")),
          f"{chip}: {table}")
    check(report["stand_in"] and report["quick"] and str(place.folder) not in json.dumps(report),
          f"{chip}: the report's header")
    reads_back(place, {"ANE_SIM_CHIP": chip, **settings}, found)
    print(f"{chip}: is what it was set to be")
    return report


def reads_back(place, settings, found):
    """A process of the battery reads the report, and writes it again."""
    words = [BUILD / "anet-doctor", "--quick", "--item=rounding", "--known=report.json", "--result=again.json"]
    subprocess.run(words, cwd=place.folder, check=True, env=place.environment(settings))
    again = json.loads((place.folder / "again.json").read_text())
    check(again["fine"] and again["properties"] == found, f"{settings}: read back as {again}")


def mil_for(place, target):
    done = place.run(TINY, f"--target={target}", "--emit=mil,c", "-o", "-", sim=False)
    check(done.returncode == 0, f"--target={target}: {done.stderr}")
    return done.stdout


def write_report(place, name, report, **properties):
    changed = {**report, "properties": {**report["properties"], **properties}}
    (place.folder / name).write_text(json.dumps(changed))
    return name


def compiles_for(place, chip, report):
    known = mil_for(place, f"ane:{chip}")
    check(mil_for(place, write_report(place, "same.json", report)) == known, f"{chip}: other MIL than for ane:{chip}")
    if chip == "m4":
        old = mil_for(place, write_report(place, "old.json", report, minor=0, opset="ios16"))
        check("program(1.0)" in old and "func main<ios16>" in old and "ios18" not in old, "m4 with an old system")
        cut = mil_for(place, write_report(place, "cut.json", report, slices_saturate=True))
        check(cut != known, "m4 whose slices saturate")
        by_size = mil_for(place, write_report(place, "size.json", report, order="size"))
        rising = mil_for(place, write_report(place, "rising.json", report, sizes="ascending"))
        check(by_size == rising != known, "m4 that binds by size")
        name = write_report(place, "poor.json", report, several_inputs=False, concat=False)
        check(mil_for(place, name).count("packed)") > 0, "m4 with one input: nothing is packed")
        said = place.run(TINY, f"--target={name}", "--weights=parameter", "--check", sim=False).stderr
        check("programs with several inputs do not work there [several_inputs]" in said, f"m4 with one input: {said}")
        check("concat does not work there [concat]" in said, f"m4 without concat: {said}")


def refuses(place, report):
    def expect(text, code, message):
        (place.folder / "bad.json").write_text(text)
        done = place.run(TINY, "--target=bad.json", "--check", sim=False)
        check(done.returncode == code and re.search(message, done.stderr) and done.stderr.count("\n") == 1,
              f"{text[:40]}: exit code {done.returncode}, {done.stderr}")

    expect("{", 1, r"bad\.json:1:2: bad JSON")
    expect("[]", 1, "is no report of `anetc doctor`")
    expect('{"properties": {"minor": "three"}}', 1, r"bad\.json:1:26: minor of a machine is a whole number")
    expect('{"properties": {"sizes": "some"}}', 1, "sizes of a machine is one of")
    expect('{"properties": {"chip": "m99"}}', 1, "no chip `m99` is known")
    done = place.run(TINY, "--target=absent.json", "--check", sim=False)
    check(done.returncode == 2 and "cannot read the machine's report absent.json" in done.stderr, done.stderr)
    name = write_report(place, "same.json", report)
    done = place.run(TINY, f"--target={name},ane:m4", "--check", sim=False)
    check(done.returncode == 2 and "names ane:m4 twice" in done.stderr, done.stderr)


ALL_BUT_ENGINE = 16
# fault, how many items fail, what one of them says
FAULTS = [
    ("compile:1+", ALL_BUT_ENGINE, "ANECCompile"),
    ("load:1", 13, "to load it failed"),
    ("silent:1+", ALL_BUT_ENGINE, "failed"),
    ("attributes:missing", 1, "does not report"),
    ("attributes:contradictory", 9, "strides that put elements on each other"),
    ("evaluate:1+", 11, "status=0x1d"),
    ("wrong:1+", 4, "wrong"),
    ("zeros:1+", 7, "how fast they come is of no use"),
    ("swap:1+", 1, "the numbers are wrong with slots as the model reports them"),
    ("evaluate:3=timeout", 0, ""),
    ("surface:1+", 12, "no memory for an IOSurface"),
    ("folder", ALL_BUT_ENGINE, "needs this folder"),
    ("unload:1", 0, ""),
]


def bears(place, fault, least, said):
    _, report = place.doctor(ANE_SIM_FAULT=fault, ANE_SIM_COMPILE_LIMIT="20")
    failed = [line for line in report["battery"] if line["state"] != "ok"]
    check(len(failed) >= least, f"{fault}: only {failed_items(report)} failed")
    check(not least or any(said in line["found"] for line in failed), f"{fault}: {failed}")
    check(all("ended" not in line["found"] for line in failed), f"{fault}: {failed}")
    check(report["properties"]["chip"] == "m4", f"{fault}: {report['properties']}")


def bears_a_crash(place):
    """A process that is ended is a line, too: here by the stand-in, which meets a setting that it does not know. What
    such a process made stays, as its folder belongs to the framework."""
    _, report = place.doctor(ANE_SIM_SIZES="odd", ANE_SIM_COMPILE_LIMIT="5", leaves=True)
    found = by_item(report)["inputs"]
    check(found["state"] == "failed" and "ended with code 97: " in found["found"] and "odd" in found["found"],
          f"a crash: {found}")
    check(by_item(report)["rows"]["state"] == "ok", "a crash: the rest does not go on")
    _, report = place.doctor(ANE_SIM_SIZES="odd, reason: 'none'\ncall stack\n", ANE_SIM_COMPILE_LIMIT="5", leaves=True)
    found = by_item(report)["inputs"]["found"]
    check("ended with code 97: reason: 'none'" in found and "stack" not in found, f"an exception: {found}")


def bears_hanging(place):
    """With --slow. What hangs is ended; after three of these in a row the rest is left out."""
    _, report = place.doctor("--patience=5", ANE_SIM_FAULT="slow:60000ms", leaves=True)
    found = by_item(report)
    late = [item for item, line in found.items() if line["found"] == "nothing came of it within 5 seconds"]
    check(late == ["inputs", "sizes", "smallest"], f"hanging: {late}")
    check(found["rows"]["state"] == "skipped" and "hang" in found["rows"]["found"], f"hanging: {found['rows']}")


def misses_methods(place):
    """A macOS without a method that the device calls: said, and no message is sent."""
    done = place.run("doctor", ANE_SIM_LACKS="unloadWithQoS:error:")
    check(done.returncode == 3 and "lacks -[_ANEInMemoryModel unloadWithQoS:error:];" in done.stderr,
          f"a method is missing: {done.returncode}, {done.stderr}")


def stops(place):
    """Interrupted: a message, and nothing is left."""
    env = place.environment({"ANE_SIM_FAULT": "slow:60000ms"})
    process = subprocess.Popen([str(BUILD / "anetc"), "doctor", "--quick"], env=env, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    while not list(place.temporary.glob("anet-doctor-*/known.json")) and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    check(process.returncode == 130 and "interrupted" in err and not out, f"interrupted: {process.returncode}, {err}")
    check(not list(place.temporary.glob("anet-doctor-*")), "interrupted: the folder is left")


def usage(place):
    for words, message in (("--jsn",), "did you mean '--json'"), (("--item=x",), "wants --known"), (("--patience=x",), "wants seconds"), (("x",), "unknown"):
        done = place.run("doctor", *words, sim=False)
        check(done.returncode == 2 and message in done.stderr, f"{words}: {done.returncode}, {done.stderr}")
    done = place.run("doctor", "--report=/nowhere/x.json", sim=False)
    check(done.returncode == 2 and "cannot write /nowhere/x.json" in done.stderr, f"unwritable: {done.stderr}")
    done = place.run("doctor", "--help", sim=False)
    check(done.returncode == 0 and "Usage: anetc doctor" in done.stdout, "--help")


def main():
    with tempfile.TemporaryDirectory() as folder:
        place = Place(folder)
        usage(place)
        if sys.platform != "darwin":
            without_engine(place)
        if not (SIM / "libane_sim.so").exists():
            print("skipped: no stand-in for the engine's frameworks is built (make ane-sim)")
            return
        for chip in MACHINES:
            report = finds(place, chip)
            if chip in ("m1", "m4"):
                compiles_for(place, chip, report)
            if chip == "m4":
                refuses(place, report)
        for fault in FAULTS:
            bears(place, *fault)
        bears_a_crash(place)
        if "--slow" in sys.argv:
            bears_hanging(place)
        misses_methods(place)
        stops(place)
    print(f"doctor: {len(FAULTS)} faults are lines of the table" if not failures else f"{len(failures)} failures")
    sys.exit(1 if failures else 0)


main()
