#!/usr/bin/env python3
"""Breaks what `pinfold` depends on, one thing at a time, and looks whether the result is right,
or absent with a reason.

    cargo build --release
    python3 tests/tools/faults.py                  # everything, about a quarter of an hour
    python3 tests/tools/faults.py --every 9 --kills 10 --stops 10 answers kills

answers
    Each request of a resolution of 12 projects, and of `docker` with three images, gets each of
    the faults of `faulty_server.py`: alone (`once`), and with all that follow (`on`). Then the
    same command runs without a fault, with the cache that the first run left. Right is the lock
    of an undisturbed run, or an exit code other than 0, a reason, and no file; after the second
    run only the lock.
kills
    SIGKILL at random instants of each command, half of them late, when files are written. Right
    is that each file is the old one or the new one; and after a second run, that every file is
    the new one and nothing else is left, beside the files or in TMPDIR.
stops
    SIGINT at random instants of a long computation, and of a wait for an answer. Right is exit
    code 130 and no file; how long it took is printed.

Prints a line for each violation, then a table; exits with 1 if there was a violation. Random
instants come from `--seed`. Wants Python 3.11, git, and a system with signals.
"""

import argparse
import concurrent.futures
import itertools
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.dont_write_bytecode = True
from faulty_server import FAULTS, IMAGES, Run, Server

REPOSITORY = Path(__file__).resolve().parents[2]
# No run takes this long, in seconds: whatever does is stuck.
PATIENCE = 60.0
# A stop that takes longer is a violation, in seconds. What is promised is 0.2; this leaves room
# for a busy machine.
STOP = 1.0
# Ways in which the index serves.
WAYS = {"metadata": "simple", "ranges": "simple-bare"}
# What `update --commit` commits to.
BRANCH = "pinfold/update"
# Not a result, and not an answer to a signal either.
PANIC = 101


class Trial:
    """A folder with inputs, and a name at the server."""

    numbers = itertools.count()

    def __init__(self, harness, run):
        self.harness, self.name, self.run = harness, f"r{next(self.numbers)}", run
        self.root = harness.folder / self.name
        self.work, self.temporary = self.root / "work", self.root / "tmp"
        self.work.mkdir(parents=True)
        self.temporary.mkdir()
        harness.server.runs[self.name] = run

    def remove(self):
        del self.harness.server.runs[self.name]
        shutil.rmtree(self.root, ignore_errors=True)

    def index(self, way):
        return f"http://{self.harness.server.address}/{self.name}/{WAYS[way]}/"

    def write(self, name, text):
        path = self.work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def images(self):
        names = (f"{self.harness.server.address}/{self.name}/{name}:1" for name in IMAGES)
        return "".join(f"FROM {name} AS stage{i}\n" for i, name in enumerate(names))

    def start(self, arguments):
        environment = {
            "HOME": str(self.root / "home"),
            "XDG_CACHE_HOME": str(self.root / "cache"),
            "TMPDIR": str(self.temporary),
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1",
        }
        return subprocess.Popen(
            [self.harness.program, *arguments],
            cwd=self.work,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def finish(self, process):
        """Returns exit code and output; None for the code of what had to be ended."""
        try:
            said = process.communicate(timeout=PATIENCE)[0]
        except subprocess.TimeoutExpired:
            process.kill()
            return None, process.communicate()[0]
        return process.returncode, said

    def files(self):
        """Returns the files and what is in them, also of the branch that `update` commits to,
        without the trial's name."""
        found = {}
        for path in sorted(self.work.rglob("*")):
            relative = path.relative_to(self.work)
            if path.is_file() and relative.parts[0] != ".git":
                found[str(relative)] = path.read_text(errors="replace")
        for path in self.committed():
            found[f"{BRANCH}:{path}"] = git(self, "show", f"{BRANCH}:{path}")
        return {path: text.replace(f"/{self.name}/", "/NAME/") for path, text in found.items()}

    def committed(self):
        """Returns the paths on the branch, if there is one."""
        if not (self.work / ".git").exists() or not git(self, "branch", "--list", BRANCH):
            return []
        return git(self, "ls-tree", "-r", "--name-only", BRANCH).splitlines()

    def left_over(self):
        return [str(path) for path in self.temporary.iterdir()]


class Harness:
    def __init__(self, program, folder, options):
        self.program, self.folder, self.options = program, folder, options
        self.server = Server()
        self.violations, self.lock = [], threading.Lock()

    def violation(self, what, said=""):
        last = " | ".join(said.strip().splitlines()[-4:])
        with self.lock:
            self.violations.append(what)
            print(f"WRONG: {what}\n       {last}" if last else f"WRONG: {what}", flush=True)

    def every(self, jobs, do):
        """Runs jobs beside each other, as most of them wait; returns what they return."""
        with concurrent.futures.ThreadPoolExecutor(self.options.jobs) as pool:
            return list(pool.map(do, jobs))


# ------------------------------------------------------------------ answers


def compile_arguments(trial, way):
    return [
        *["compile", "requirements.in", "--index-url", trial.index(way), "--no-config"],
        *["--no-foreign-config", "--python-version", "3.12", "--python-platform", "linux"],
        *["--retries", "1", "--timeout", "1"],
    ]


def answers_of(kind):
    """Returns what makes the inputs, and the arguments, of a kind of run."""
    if kind == "docker":
        return (
            lambda trial: trial.write("Dockerfile", trial.images()),
            lambda trial: ["docker", "--no-config"],
        )
    return (
        lambda trial: trial.write("requirements.in", "app\n"),
        lambda trial: compile_arguments(trial, kind),
    )


def answers(harness):
    rows = []
    for kind in [*WAYS, "docker"]:
        prepare, arguments = answers_of(kind)
        trial = Trial(harness, run := Run())
        prepare(trial)
        code, said = trial.finish(trial.start(arguments(trial)))
        if code != 0:
            raise SystemExit(f"an undisturbed run fails: {said}")
        right, requests = trial.files(), run.count
        trial.remove()
        jobs = list(itertools.product(FAULTS, range(1, requests + 1), [True, False]))
        jobs = jobs[:: harness.options.every]

        def one(job):
            return answered(harness, kind, prepare, arguments, right, *job)

        outcomes = harness.every(jobs, one)
        good = sum(outcome == "right" for outcome in outcomes)
        failed = sum(outcome == "none" for outcome in outcomes)
        rows.append((f"answers: {kind}", len(jobs), f"{good} right, {failed} without a result"))
    return rows


def answered(harness, kind, prepare, arguments, right, fault, number, once):
    trial = Trial(harness, Run(fault, number, once))
    prepare(trial)
    before = trial.files()
    label = f"{kind}, {fault}, {'' if once else 'from '}request {number}"
    code, said = trial.finish(trial.start(arguments(trial)))
    after, outcome = trial.files(), "wrong"
    if fault == "status 404" and not once and code == 0:
        # Each request for it says that a listed file is missing, so its release is skipped: what
        # comes of the others is right, too.
        right = after
    if code is None or code < 0 or code == PANIC:
        harness.violation(f"{label}: ended with {code}", said)
    elif code == 0 and after != right:
        harness.violation(f"{label}: exit code 0 and another result", said)
    elif code != 0 and after != before and not (kind == "docker" and is_part(before, after, right)):
        harness.violation(f"{label}: exit code {code} and a file written", said)
    elif code != 0 and not said.strip():
        harness.violation(f"{label}: exit code {code} without a reason")
    else:
        outcome = "right" if code == 0 else "none"
    trial.run.fault = None
    code, said = trial.finish(trial.start(arguments(trial)))
    if code != 0 or trial.files() != right:
        harness.violation(f"{label}: the next run ends with {code} and another result", said)
        outcome = "wrong"
    if left := trial.left_over():
        harness.violation(f"{label}: left {left}")
    trial.remove()
    return outcome


def is_part(before, after, right):
    """Tells whether each line is the old one or the new one: images are pinned one by one."""
    lines = [files["Dockerfile"].splitlines() for files in (before, after, right)]
    return all(now in (old, new) for old, now, new in zip(*lines, strict=True))


# ------------------------------------------------------------------ kills


def git(trial, *arguments):
    identity = ["-c", "user.name=Tester", "-c", "user.email=tester@example.com"]
    return subprocess.run(
        ["git", *identity, *arguments], cwd=trial.work, check=True, capture_output=True, text=True
    ).stdout


def repository(trial):
    """A repository with old pins in two locks, and images to be pinned."""
    index = f'index-url = "{trial.index("metadata")}"'
    trial.write("pinfold.toml", f'[compile]\n{index}\n[policy]\nimage-tags = "keep"\n')
    target = "--python-version 3.12 --python-platform linux"
    for folder in ["", "worker/"]:
        trial.write(f"{folder}requirements.in", "forms\n")
        header = "# This file is autogenerated by pinfold with Python 3.12 for linux\n"
        header += "# by the following command:\n#\n"
        header += f"#    pinfold compile {target} requirements.in\n#\n"
        pins = "fields==1.1\nforms==1.1\nmarkers==1.0\ntypes-common==1.1\n"
        trial.write(f"{folder}requirements.txt", header + pins)
        trial.write(f"{folder}Dockerfile", trial.images())
    git(trial, "init", "-q", "-b", "main")
    git(trial, "config", "user.name", "Tester")
    git(trial, "config", "user.email", "tester@example.com")
    git(trial, "add", ".")
    git(trial, "commit", "-q", "-m", "Begin")


def planned(trial):
    repository(trial)
    code, said = trial.finish(trial.start(["update", "--plan-out", "../plan.json", "--dry-run"]))
    if code != 0:
        raise SystemExit(f"cannot plan: {said}")


COMMANDS = {
    "compile": (
        lambda trial: trial.write("requirements.in", "app\n"),
        lambda trial: compile_arguments(trial, "metadata"),
    ),
    "docker": (repository, lambda trial: ["docker"]),
    "update": (repository, lambda trial: ["update"]),
    "update --commit": (repository, lambda trial: ["update", "--commit"]),
    "apply": (planned, lambda trial: ["apply", "../plan.json"]),
}


def kills(harness):
    rows = []
    for command, (prepare, arguments) in COMMANDS.items():
        trial = Trial(harness, Run(delay=0.005))
        prepare(trial)
        before, begun = trial.files(), time.monotonic()
        code, said = trial.finish(trial.start(arguments(trial)))
        took, right = time.monotonic() - begun, trial.files()
        if code != 0 or right == before:
            raise SystemExit(f"an undisturbed {command} ends with {code}: {said}")
        trial.remove()
        chance = random.Random(f"{harness.options.seed} {command}")
        instants = [
            chance.uniform(0, took) if number % 2 else chance.uniform(0.8 * took, 1.1 * took)
            for number in range(harness.options.kills)
        ]

        def one(instant):
            return killed(harness, command, prepare, arguments, before, right, instant)

        cut_off = sum(harness.every(instants, one))
        rows.append((f"kills: {command}", len(instants), f"{cut_off} before the end"))
    return rows


def killed(harness, command, prepare, arguments, before, right, instant):
    """Returns whether the command was still running."""
    trial = Trial(harness, Run(delay=0.005))
    prepare(trial)
    label = f"{command} killed after {instant * 1000:.1f} ms"
    process = trial.start(arguments(trial))
    try:
        process.wait(instant)
    except subprocess.TimeoutExpired:
        process.kill()
    was_running = trial.finish(process)[0] == -signal.SIGKILL
    for name, text in trial.files().items():
        if name in right and text not in (before.get(name), right[name]):
            harness.violation(f"{label}: {name} is neither the old nor the new one")
    code, said = trial.finish(trial.start(arguments(trial)))
    after = trial.files()
    # A plan that has been carried out is refused, and that is right.
    if after != right or (code != 0 and command != "apply"):
        differing = [name for name in after.keys() | right if after.get(name) != right.get(name)]
        harness.violation(f"{label}: the next run ends with {code}; differing: {differing}", said)
    if left := trial.left_over():
        harness.violation(f"{label}: left {left}")
    if (trial.work / ".git").exists():
        git(trial, "fsck", "--strict")
    trial.remove()
    return was_running


# ------------------------------------------------------------------ stops


def stops(harness):
    """Computing: more projects than places for them, so that all orders are tried. Waiting: an
    answer that stops in its middle."""
    rows = []
    for kind in ["computing", "waiting"]:
        chance = random.Random(f"{harness.options.seed} {kind}")
        instants = [chance.uniform(0.1, 3.0) for _ in range(harness.options.stops)]
        taken = sorted(harness.every(instants, lambda instant: stopped(harness, kind, instant)))
        middle, longest = taken[len(taken) // 2], taken[-1]
        told = f"half within {middle * 1000:.0f} ms, all within {longest * 1000:.0f} ms"
        rows.append((f"stops: {kind}", len(instants), told))
    return rows


def stopped(harness, kind, instant):
    """Returns how long it took to end, in seconds."""
    number = random.Random(instant).randint(1, 20)
    run = Run("stalled body", number, once=False) if kind == "waiting" else Run()
    trial = Trial(harness, run)
    arguments = compile_arguments(trial, "metadata")
    if kind == "waiting":
        trial.write("requirements.in", "app\n")
        arguments[-1] = "30"
    else:
        pigeonholes(trial, 13)
        arguments += ["--no-index", "--find-links", "wheels"]
    before = trial.files()
    process = trial.start(arguments)
    label = f"{kind}, stopped after {instant * 1000:.0f} ms"
    try:
        process.wait(instant)
        harness.violation(f"{label}: had ended by itself", process.communicate()[0])
    except subprocess.TimeoutExpired:
        pass
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    code, said = trial.finish(process)
    took = time.monotonic() - begun
    if code not in (130, -signal.SIGINT):
        harness.violation(f"{label}: ended with {code}", said)
    if took > STOP:
        harness.violation(f"{label}: took {took:.2f} s")
    if trial.files() != before or trial.left_over():
        harness.violation(f"{label}: something is left")
    trial.remove()
    return took


def pigeonholes(trial, count):
    """Writes wheels of `count` projects, each of which wants one of `count` - 1 places for
    itself, as metadata that no two of them agree on."""
    from faulty_server import metadata, wheel

    folder = trial.work / "wheels"
    folder.mkdir()

    def add(project, version, requires):
        name = f"{project.replace('-', '_')}-{version}-py3-none-any.whl"
        (folder / name).write_bytes(wheel(name, metadata(project, version, requires)))

    for bird in range(count):
        for place in range(1, count):
            add(f"bird-{bird}", f"{place}.0", [f"place-{place}=={bird}.0"])
        for place in range(1, count):
            if bird == 0:
                for owner in range(count):
                    add(f"place-{place}", f"{owner}.0", [])
    trial.write("requirements.in", "".join(f"bird-{bird}\n" for bird in range(count)))


PARTS = {"answers": answers, "kills": kills, "stops": stops}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="default: all")
    parser.add_argument("--program", default=REPOSITORY / "target" / "release" / "pinfold")
    parser.add_argument("--every", type=int, default=1, help="only each N-th request and fault")
    parser.add_argument("--kills", type=int, default=100, help="of each command")
    parser.add_argument("--stops", type=int, default=50, help="of each kind")
    parser.add_argument("--jobs", type=int, default=4, help="so many runs at once")
    parser.add_argument("--seed", default="1")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pinfold-faults-") as folder:
        harness = Harness(str(Path(options.program).resolve()), Path(folder), options)
        rows = [row for part in options.parts or PARTS for row in PARTS[part](harness)]
    for name, count, told in rows:
        print(f"{name:26} {count:6}  {told}")
    print(f"{len(harness.violations)} violations")
    return 1 if harness.violations else 0


if __name__ == "__main__":
    sys.exit(main())
