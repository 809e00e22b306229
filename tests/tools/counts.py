#!/usr/bin/env python3
"""Counts what `pinfold compile` asks for and how many instructions it takes, and compares
that with what was recorded: a regression shows as a number, on any machine, at any load.

    cargo build --release
    python3 tests/tools/counts.py            # compares with fixtures/counts.json
    python3 tests/tools/counts.py --write    # records

The index is made up and on loopback (`counted_index.py`). Counted for each mode: pages,
metadata, answers that nothing has changed, other requests, waves (round trips, without
those of connections), bytes of bodies; connections, and requests abandoned by the end of the
program. Each must be what was recorded, the last two about so. Fewer is reported like more:
what is not recorded can be lost again without anyone seeing it. Whether a guess is still
sent can hang on a moment; so what differs is counted again, and wrong if it differs in each of
five runs. What is recorded is the most common of five.

What is read and written, in bytes, and instructions are counted in runs without a network,
where threads do not wait for each other in an order of the moment. They may go up or down by a
little, as the limits say. The system counts bytes; valgrind counts instructions of the
program itself (`--tool=callgrind`), and its CPU is the same on all x86-64 machines with AVX2.
Instructions hang on the compiler that made the program: after another one has come, and
nothing else, record again. Where there is no valgrind, or the system does not count, they are
left out, and that is said.

What a mode starts from:

    start         nothing: `pinfold --version`
    cold          no cache, no lock
    warm          a fresh cache, no lock
    relock        a fresh cache and the lock
    noop          the same, and a run before that changed nothing
    relock-cold   the lock, no cache
    stale         a stale cache, no lock
    stale-relock  a stale cache and the lock
    stale-noop    the same, and a run before that changed nothing
    upgrade       a stale cache and an old lock, `--upgrade`

Wants Python 3.11, and Linux to tell waves from each other by more than time.
"""

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
from counted_index import Server

REPOSITORY = Path(__file__).resolve().parents[2]
RECORD = REPOSITORY / "fixtures" / "counts.json"
COUNTS = ["pages", "metadata", "unchanged", "others", "waves", "bytes", "connections", "abandoned"]
# Of these only about as many as were recorded.
ABOUT = {"connections", "abandoned"}
RUNS = 5
WORK = ["read", "written", "instructions"]
# By how much work may grow, and shrink before it has to be recorded again.
MORE, LESS = 0.03, 0.10
# So many bytes are no matter: libraries and the machine's own files differ, too.
FEW_BYTES = 2048


class Failure(Exception):
    """Nothing could be counted."""


class Case:
    """A folder with inputs, lock and cache, in which the program is run."""

    def __init__(self, folder, program, server, recorded):
        """`recorded` has the counts by mode; none if they are to be recorded."""
        self.work, self.saved = folder / "work", folder / "saved"
        self.program, self.server, self.recorded = program, server, recorded
        self.saved.mkdir()

    def begin(self, state=None, lock=True):
        """Makes the folder what it was when `state` was kept, or new; without the lock if
        that is not wanted."""
        shutil.rmtree(self.work, ignore_errors=True)
        if state is None:
            self.work.mkdir()
            (self.work / "requirements.in").write_text("\n".join(self.server.roots) + "\n")
        else:
            shutil.copytree(self.saved / state, self.work, symlinks=True)
        if not lock:
            (self.work / "requirements.txt").unlink(missing_ok=True)

    def keep(self, state):
        shutil.rmtree(self.saved / state, ignore_errors=True)
        shutil.copytree(self.work, self.saved / state, symlinks=True)

    def lock(self):
        return (self.work / "requirements.txt").read_text()

    def environment(self):
        return {
            "HOME": str(self.work / "home"),
            "XDG_CACHE_HOME": str(self.work / "home" / "cache"),
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
        }

    def command(self, *arguments):
        return [
            *[str(self.program), "compile", "requirements.in", "--quiet"],
            *["--index-url", self.server.url + "/simple/", "--cache-dir", "cache"],
            *["--python-version", "3.11", "--python-platform", "linux"],
            *["--no-config", "--no-foreign-config", *arguments],
        ]

    def count(self, mode, *arguments, max_age=600):
        """Runs the program from the present state until it asks for what was recorded, and
        leaves the folder as the last run does; returns what it asked for."""
        self.keep("start")
        recorded = self.recorded and self.recorded.get(mode, {})
        runs = []
        while len(runs) < RUNS:
            if runs:
                self.begin("start")
            runs.append(self.run(*arguments, max_age=max_age))
            if recorded is not None and not list(differences(mode, runs[-1], recorded)):
                return runs[-1]
        return max(runs, key=runs.count)

    def run(self, *arguments, max_age=600, is_past=False):
        """Runs the program once; returns what it asked for."""
        self.server.start(max_age, is_past)
        process = subprocess.Popen(self.command(*arguments), **self.silently())
        self.server.client = process.pid
        said = process.communicate()[1]
        counted = self.server.stop()
        if process.returncode != 0:
            raise Failure(f"exit code {process.returncode} of {' '.join(process.args)}\n{said}")
        return {name: counted[name] for name in COUNTS}

    def work_of(self, command, kinds):
        """Returns what a command reads and writes, and its instructions in all threads."""
        counts = {}
        if "read" in kinds:
            process = subprocess.Popen(command, **self.silently())
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
            found = Path(f"/proc/{process.pid}/io").read_text()
            said = process.communicate()[1]
            if process.returncode != 0:
                raise Failure(f"exit code {process.returncode} of {' '.join(command)}\n{said}")
            counts["read"] = int(re.search(r"rchar: (\d+)", found)[1])
            counts["written"] = int(re.search(r"wchar: (\d+)", found)[1])
        if "instructions" in kinds:
            valgrind = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
            self.begin("start")
            done = subprocess.run([*valgrind, *command], **self.silently())
            found = re.search(r"Collected : (\d+)", done.stderr)
            if done.returncode != 0 or not found:
                raise Failure(f"exit code {done.returncode} of {' '.join(done.args)}\n{done.stderr}")
            counts["instructions"] = int(found[1])
        return counts

    def silently(self):
        """Returns how commands are run."""
        return {
            "cwd": self.work,
            "env": self.environment(),
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.DEVNULL,
            "stderr": subprocess.PIPE,
            "text": True,
        }


def measure(case, kinds):
    """Yields each mode with its counts; `kinds` are those of work that can be counted."""
    case.begin()
    case.keep("start")
    yield "start", case.work_of([str(case.program), "--version"], kinds)

    # A lock of earlier days, for `upgrade`.
    case.begin()
    case.run(is_past=True)
    old = case.lock()

    case.begin()
    yield "cold", case.count("cold")
    expected = case.lock()
    if old == expected:
        raise Failure("the old lock is the new one: nothing is upgraded")
    case.keep("filled")

    def run(mode, *arguments, max_age=600, offline=False):
        """Counts a run from the present state."""
        counts = case.count(mode, *arguments, max_age=max_age)
        if case.lock() != expected:
            raise Failure(f"{mode} writes another lock than cold")
        case.keep(f"{mode}, done")
        if offline:
            case.begin("start")
            counts |= case.work_of(case.command("--offline"), kinds)
        return mode, counts

    case.begin("filled", lock=False)
    yield run("warm", offline=True)
    case.begin("filled")
    yield run("relock", offline=True)
    case.begin("relock, done")
    yield run("noop", offline=True)
    case.begin()
    (case.work / "requirements.txt").write_text(expected)
    yield run("relock-cold")

    case.begin()
    case.run(max_age=0)
    case.keep("outdated")
    case.begin("outdated", lock=False)
    yield run("stale", max_age=0)
    case.begin("outdated")
    yield run("stale-relock", max_age=0)
    case.begin("stale-relock, done")
    yield run("stale-noop", max_age=0)
    case.begin("outdated")
    (case.work / "requirements.txt").write_text(old)
    yield run("upgrade", "--upgrade", max_age=0)


# ------------------------------------------------------------------ what it is compared with


def circumstances(program):
    """Returns what the instructions hang on, beside the code."""
    found = re.search(rb"rustc version ([\d.]+[^\0]*?)\0", program.read_bytes())
    valgrind = subprocess.run(["valgrind", "--version"], capture_output=True, text=True)
    return {
        "compiler": found[1].decode() if found else "unknown",
        "C library": " ".join(platform.libc_ver()),
        "machine": platform.machine(),
        "valgrind": valgrind.stdout.strip().removeprefix("valgrind-"),
    }


def differences(mode, counts, recorded):
    """Yields what is not as it was recorded."""
    for name, count in counts.items():
        was = recorded.get(name)
        if was is None:
            yield f"{mode}: {name} are not recorded"
        elif name in WORK:
            few = 0 if name == "instructions" else FEW_BYTES
            if not was * (1 - LESS) - few <= count <= was * (1 + MORE) + few:
                name = name if name == "instructions" else f"bytes {name}"
                yield f"{mode}: {count:,} {name} instead of {was:,}, {count / was - 1:+.1%}"
        elif name in ABOUT and was and was * 2 // 3 - 1 <= count <= was * 3 // 2 + 1:
            continue
        elif count != was:
            yield f"{mode}: {count:,} {name} instead of {was:,}, {'more' if count > was else 'fewer'}"


def table(results):
    names = [*COUNTS, *WORK]
    rows = [["mode", *names]]
    for mode, counts in results.items():
        rows.append([mode, *(f"{counts[name]:,}" if name in counts else "" for name in names)])
    widths = [max(map(len, column)) for column in zip(*rows)]
    for row in rows:
        first, *rest = (cell.rjust(width) for cell, width in zip(row, widths))
        print("  ".join([row[0].ljust(widths[0]), *rest]).rstrip())


def main():
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0], formatter_class=argparse.RawDescriptionHelpFormatter
    )
    target = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
    parser.add_argument("--program", type=Path, default=target / "release" / "pinfold")
    parser.add_argument("--write", action="store_true", help="record what is counted")
    parser.add_argument("--requests", action="store_true", help="count requests only")
    options = parser.parse_args()
    program = options.program.resolve()
    if not program.is_file():
        sys.exit(f"error: there is no {options.program}: cargo build --release")

    record = {"made with": {}, "modes": {}} if options.write else json.loads(RECORD.read_text())
    kinds = set() if options.requests else set(WORK)
    lacking = {}
    recorded_on = record["made with"].get("machine", platform.machine())
    if not shutil.which("valgrind"):
        lacking["instructions"] = "there is no valgrind"
    elif recorded_on != platform.machine():
        lacking["instructions"] = f"those recorded are of {recorded_on}"
    if not Path("/proc/self/io").exists():
        lacking["read"] = lacking["written"] = "there is no /proc/self/io"
    for kind in sorted(kinds & set(lacking)):
        what = kind if kind == "instructions" else f"bytes {kind}"
        print(f"SKIPPED: {what} are not counted, {lacking[kind]}")
    kinds -= set(lacking)
    if options.write and kinds != set(WORK):
        sys.exit("error: what is recorded has to have all counts")

    try:
        with tempfile.TemporaryDirectory(prefix="counts-") as folder:
            case = Case(Path(folder), program, Server(), None if options.write else record["modes"])
            results = dict(measure(case, kinds))
    except Failure as failure:
        sys.exit(f"error: {failure}")
    table(results)

    now = circumstances(program) if "instructions" in kinds else {}
    if options.write:
        RECORD.write_text(json.dumps({"made with": now, "modes": results}, indent=2) + "\n")
        print(f"\nRecorded in {RECORD.relative_to(REPOSITORY)}")
        return
    wrong = [
        line
        for mode, counts in results.items()
        for line in differences(mode, counts, record["modes"].get(mode, {}))
    ]
    if not wrong:
        print(f"\nAll {len(results)} modes are as they were recorded.")
        return
    print("\nNot as recorded in fixtures/counts.json:")
    print("\n".join(f"  {line}" for line in wrong))
    if any("instructions instead" in line for line in wrong):
        for what, value in now.items():
            was = record["made with"].get(what)
            if value != was:
                print(f"note: the {what} is {value}, recorded was {was}: that alone moves instructions")
    print(
        "help: if that is what the change is for, record it: "
        "python3 tests/tools/counts.py --write"
    )
    sys.exit(1)


if __name__ == "__main__":
    main()
