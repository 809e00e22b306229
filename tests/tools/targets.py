#!/usr/bin/env python3
"""Compiles real requirements for several targets against PyPI, and compares what comes of
it with what is known of it: how many lines, how many with a marker, which of them.

    cargo build --release
    python3 tests/tools/targets.py [--program FILE] [--sets DIR]

The releases are those of before 2026-10-01, so the answers stay. `--sets` is a directory with
`web.in` and `data.in`, the larger sets; without it, their cases are left out, and that is
said. Wants Python 3.11 and PyPI.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
BEFORE = "2026-10-01T00:00:00Z"
AMD64, ARM64 = "x86_64-manylinux_2_36", "aarch64-manylinux_2_36"
SIX = [
    *(f"--python-version={python}" for python in ("3.10", "3.12", "3.13")),
    f"--python-platform={AMD64}",
    f"--python-platform={ARM64}",
]
# What is compiled, for whom, how many lines that gives, how many of them with a marker, and
# some of them.
CASES = [
    ("cryptography", ["--target=3.9.1@linux", "--target=3.9.2@linux"], None, None, [
        'cryptography==43.0.3 ; python_full_version < "3.9.2"',
        'cryptography==50.0.2 ; python_full_version >= "3.9.2"',
    ]),
    ("redis", ["--target=3.11.0@linux", "--target=3.11.9@linux"], 2, 1, [
        'async-timeout==5.0.1 ; python_full_version < "3.11.3"',
        "redis==8.1.0",
    ]),
    ("flask", ["--universal", "--python-version=3.9"], 11, None, [
        'click==8.1.8 ; python_version < "3.10"',
        'click==8.5.0 ; python_version >= "3.10"',
    ]),
    ("flask", ["--universal", "--python-version=3.12"], 7, None, ["click==8.5.0"]),
    ("cryptography", ["--universal", "--python-version=3.9"], None, None, [
        'cryptography==43.0.3 ; python_full_version < "3.9.2"',
        'cryptography==50.0.2 ; python_full_version >= "3.9.2"',
    ]),
    ("web.in", SIX, 141, 12, [
        'django==5.2.17 ; python_version < "3.12"',
        'tomli==2.4.1 ; python_version < "3.12"',
    ]),
    ("web.in", [*SIX, "--fork-strategy=fewest"], 137, 4, []),
    ("web.in", ["--universal", "--python-version=3.12"], 134, None, []),
    ("web.in", [
        "--target=3.12@x86_64-manylinux_2_28",
        "--target=3.12@aarch64-manylinux_2_28",
        "--target=3.12@x86_64-musllinux_1_2",
    ], 133, 0, []),
    ("data.in", SIX, 295, None, []),
    ("data.in", [*SIX, "--fork-strategy=fewest"], 266, 5, []),
    ("data.in", ["--target=3.12@x86_64-manylinux_2_17"], 258, 0, []),
    ("data.in", [
        f"--target=3.12@{AMD64}",
        "--target=3.12@x86_64-manylinux_2_17",
    ], 258, 0, []),
    ("data.in", ["--universal", "--python-version=3.12"], 268, None, [
        'networkx==3.6 ; python_full_version == "3.14.1"',
    ]),
]


def lines_of(program, source, arguments, folder):
    """Returns the lines of a lock that pin."""
    output = folder / "requirements.txt"
    output.unlink(missing_ok=True)
    command = [program, "compile", source, "-o", output, "--no-header", "--no-hashes", "-q"]
    command += ["--exclude-newer", BEFORE, "--cache-dir", folder / "cache", *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        return None, done.stderr
    lines = output.read_text().splitlines()
    return [line for line in lines if line and not line.startswith((" ", "#", "-"))], ""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=REPOSITORY / "target" / "release" / "pinfold")
    parser.add_argument("--sets", type=Path)
    options = parser.parse_args()
    wrong = left_out = 0
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        for what, arguments, count, marked, some in CASES:
            source = folder / "requirements.in"
            if what.endswith(".in"):
                if options.sets is None:
                    left_out += 1
                    continue
                source = options.sets / what
            else:
                source.write_text(what + "\n")
            lines, said = lines_of(options.program, source, arguments, folder)
            faults = [said] if lines is None else [
                *([f"{len(lines)} lines instead of {count}"] if count not in (None, len(lines)) else []),
                *[f"no line `{line}`" for line in some if line not in lines],
            ]
            if lines is not None and marked is not None:
                found = sum(" ; " in line for line in lines)
                if found != marked:
                    faults.append(f"{found} lines with a marker instead of {marked}")
            for fault in faults:
                print(f"{what} {' '.join(arguments)}: {fault}")
            wrong += bool(faults)
    if left_out:
        print(f"left out: {left_out} cases of larger sets, as there is no --sets")
    print(f"targets: {len(CASES) - wrong - left_out} of {len(CASES) - left_out} as known")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
