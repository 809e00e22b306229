"""A build backend (PEP 517, PEP 660) that does what files beside the project say.

BUILT is the metadata it gives; `asks` has more requirements of the build; with `fails`
it says what is in there and fails; with `hangs` it calls the test and waits. A wheel
has the Python files at the top of the project.
"""

import os
import socket
import sys
import time
import zipfile
from pathlib import Path


def built():
    text = Path("BUILT").read_text()
    fields = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)
    return text, fields["Name"].replace("-", "_"), fields["Version"]


def note(hook, settings):
    log = os.environ.get("BUILD_LOG")
    if log:
        _, name, version = built()
        line = "%s %s %s" % (name, version, hook)
        for key, value in sorted((settings or {}).items()):
            values = value if isinstance(value, list) else [value]
            line += " %s=%s" % (key, ",".join(values))
        with open(log, "a") as file:
            file.write(line + "\n")


def work(hook, settings):
    note(hook, settings)
    if Path("fails").exists():
        print(Path("fails").read_text())
        raise SystemExit("no way to build this")
    if Path("hangs").exists():
        host, port = os.environ["BUILD_CALLS"].split(":")
        call = socket.create_connection((host, int(port)))
        call.sendall(b"here\n")
        time.sleep(600)


def get_requires_for_build_wheel(config_settings=None):
    asks = Path("asks")
    return asks.read_text().split("\n") if asks.exists() else []


def prepare_metadata_for_build_wheel(folder, config_settings=None):
    work("metadata", config_settings)
    return write_info(folder)


def prepare_metadata_for_build_editable(folder, config_settings=None):
    work("editable-metadata", config_settings)
    return write_info(folder)


def write_info(folder):
    text, name, version = built()
    info = "%s-%s.dist-info" % (name, version)
    Path(folder, info).mkdir()
    Path(folder, info, "METADATA").write_text(text)
    return info


def build_wheel(folder, config_settings=None, metadata_directory=None):
    work("wheel", config_settings)
    text, name, version = built()
    stem = "%s-%s" % (name, version)
    filename = stem + "-py3-none-any.whl"
    with zipfile.ZipFile(Path(folder, filename), "w") as wheel:
        for path in Path(".").glob("*.py"):
            wheel.write(str(path))
        info = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        wheel.writestr(stem + ".dist-info/WHEEL", info)
        wheel.writestr(stem + ".dist-info/METADATA", text)
    return filename


def build_editable(folder, config_settings=None, metadata_directory=None):
    return build_wheel(folder, config_settings)


# For projects without a `build-system` table.
__legacy__ = sys.modules[__name__]
