"""Prints what this Python is, as JSON. Run with -I -S; knows Python 3.6 and later."""

import json
import os
import platform
import struct
import sys


def full_version(info):
    text = "{}.{}.{}".format(info.major, info.minor, info.micro)
    if info.releaselevel != "final":
        text += info.releaselevel[0] + str(info.serial)
    return text


def config_variable(name):
    import sysconfig

    return sysconfig.get_config_var(name)


def two_numbers(text):
    numbers = []
    for part in text.split(".")[:2]:
        digits = ""
        for letter in part:
            if not letter.isdigit():
                break
            digits += letter
        numbers.append(int(digits or 0))
    return (numbers + [0, 0])[:2]


def glibc_version():
    try:
        name, version = os.confstr("CS_GNU_LIBC_VERSION").split()
        if name == "glibc":
            return version
    except (AttributeError, OSError, TypeError, ValueError):
        pass
    try:
        import ctypes

        function = ctypes.CDLL(None).gnu_get_libc_version
        function.restype = ctypes.c_char_p
        return function().decode()
    except Exception:
        return None


def program_loader(path):
    """The dynamic loader an ELF file asks for; PT_INTERP of its program headers."""
    try:
        with open(path, "rb") as file:
            head = file.read(64)
            if head[:4] != b"\x7fELF":
                return None
            order = "<" if head[5] == 1 else ">"
            if head[4] == 2:
                (table,) = struct.unpack_from(order + "Q", head, 32)
                size, count = struct.unpack_from(order + "HH", head, 54)
            else:
                (table,) = struct.unpack_from(order + "I", head, 28)
                size, count = struct.unpack_from(order + "HH", head, 42)
            for index in range(count):
                file.seek(table + index * size)
                entry = file.read(size)
                if struct.unpack_from(order + "I", entry)[0] != 3:
                    continue
                if head[4] == 2:
                    start, length = struct.unpack_from(order + "QxxxxxxxxxxxxxxxxQ", entry, 8)
                else:
                    start, length = struct.unpack_from(order + "IxxxxxxxxI", entry, 4)
                file.seek(start)
                return file.read(length).rstrip(b"\0").decode()
    except (OSError, struct.error, UnicodeDecodeError):
        pass
    return None


def musl_version():
    import subprocess

    loader = program_loader(sys.executable)
    loaders = [loader] if loader else []
    if not loaders:
        import glob

        loaders = glob.glob("/lib/ld-musl-*.so.1")
    for path in loaders:
        if "musl" not in path:
            continue
        try:
            process = subprocess.Popen([path], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            said = process.communicate()[1].decode("utf-8", "replace")
        except OSError:
            continue
        for line in said.splitlines():
            if line.startswith("Version "):
                return line[len("Version "):]
    return None


def operating_system():
    if sys.platform.startswith("linux"):
        loader = program_loader(sys.executable)
        version = None if loader and "musl" in loader else glibc_version()
        if version:
            return "manylinux", two_numbers(version)
        version = musl_version()
        if version:
            return "musllinux", two_numbers(version)
        return "linux", [0, 0]
    if sys.platform == "darwin":
        return "macos", two_numbers(platform.mac_ver()[0])
    if sys.platform == "win32":
        return "windows", [0, 0]
    return sys.platform, [0, 0]


def machine():
    if sys.platform == "win32":
        import sysconfig

        return {"win32": "i686", "win-arm64": "aarch64"}.get(sysconfig.get_platform(), "x86_64")
    name = platform.machine()
    if struct.calcsize("P") == 4:
        # A 32-bit Python on a 64-bit kernel.
        return {"x86_64": "i686", "aarch64": "armv7l", "armv8l": "armv7l"}.get(name, name)
    return name


def main():
    kind, level = operating_system()
    implementation = sys.implementation.name
    abi = None
    if implementation == "pypy":
        abi = str(config_variable("SOABI") or "")
    free_threaded = sys.version_info >= (3, 13) and bool(config_variable("Py_GIL_DISABLED"))
    print(
        json.dumps(
            {
                "executable": sys.executable,
                "os": kind,
                "level": level,
                "machine": machine(),
                "free_threaded": free_threaded,
                "abi": abi,
                "environment": {
                    "os_name": os.name,
                    "sys_platform": sys.platform,
                    "platform_system": platform.system(),
                    "platform_machine": platform.machine(),
                    "platform_release": platform.release(),
                    "platform_version": platform.version(),
                    "implementation_name": implementation,
                    "platform_python_implementation": platform.python_implementation(),
                    "python_version": ".".join(platform.python_version_tuple()[:2]),
                    "python_full_version": platform.python_version(),
                    "implementation_version": full_version(sys.implementation.version),
                },
            }
        )
    )


main()
