"""A made-up index on loopback, for counts: what it serves is the same in each run, and
it answers in waves.

It is served as PyPI serves: JSON with core-metadata, gzip, ETags and `max-age`, 304s. Over
HTTP/1.1 and in the clear, as the standard library has no more.

A wave is all that a client asks for before it has nothing to do but wait. The server
answers none of it until nothing has come for a while and all threads of the client
sleep: so the number of waves is that of round trips, whatever else the machine does, and
which request comes first within one makes no difference.
"""

import collections
import gzip
import hashlib
import json
import selectors
import socket
import threading
import time
from pathlib import Path

# For how long nothing comes before a wave is over, in seconds.
QUIET = 0.02
# After this a client that is not seen asleep is answered all the same.
PATIENCE = 10.0

WHEEL_TAGS = [
    "cp310-cp310-manylinux_2_17_x86_64.manylinux2014_x86_64",
    "cp311-cp311-macosx_11_0_arm64",
    "cp311-cp311-manylinux_2_17_aarch64.manylinux2014_aarch64",
    "cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64",
    "cp311-cp311-win_amd64",
    "cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64",
]
# Projects by how far from what is required directly they are.
LAYERS = [16, 30, 26, 14, 6]
KNOT_VERSIONS = 24


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


# ------------------------------------------------------------------ what there is


class Project:
    """Versions, oldest first, and what each requires."""

    def __init__(self, name, count, requires, extras=(), platform_wheels=False):
        self.name, self.extras, self.platform_wheels = name, extras, platform_wheels
        self.versions = [f"1.{number // 10}.{number % 10}" for number in range(count)]
        self.requires = requires

    def metadata(self, number):
        lines = [
            "Metadata-Version: 2.4",
            f"Name: {self.name}",
            f"Version: {self.versions[number]}",
            "Summary: Nothing that exists",
            "Requires-Python: >=3.8",
            *(f"Classifier: Programming Language :: Python :: 3.{minor}" for minor in range(8, 15)),
            *(f"Provides-Extra: {extra}" for extra in self.extras),
            *(f"Requires-Dist: {requirement}" for requirement in self.requires(number)),
        ]
        description = (f"Line {line} of a long description.\n" for line in range(60))
        return "\n".join(lines) + "\n\n" + "".join(description)

    def files(self, number):
        """Yields names of files, and whether they are wheels."""
        stem = f"{self.name.replace('-', '_')}-{self.versions[number]}"
        for tags in WHEEL_TAGS if self.platform_wheels else ["py3-none-any"]:
            yield f"{stem}-{tags}.whl", True
        yield f"{stem}.tar.gz", False

    def page(self, count, base):
        """Returns the page as of when there were `count` versions."""
        files = []
        for number in range(count):
            metadata = sha256(self.metadata(number))
            for name, is_wheel in self.files(number):
                path = sha256(name)
                core_metadata = {"sha256": metadata} if is_wheel else False
                files.append(
                    {
                        "core-metadata": core_metadata,
                        "data-dist-info-metadata": core_metadata,
                        "filename": name,
                        "hashes": {"sha256": sha256(f"content of {name}")},
                        "provenance": None,
                        "requires-python": ">=3.8",
                        "size": 30_000 + number,
                        "upload-time": f"20{10 + number // 24:02}-{1 + number // 2 % 12:02}-0{1 + number % 2}T09:25:38.{number:06}Z",
                        "url": f"{base}/files/{path[:2]}/{path[2:4]}/{path[4:]}/{name}",
                        "yanked": False,
                    }
                )
        return {
            "alternate-locations": [],
            "files": files,
            "meta": {"_last-serial": 28_000_000 + count, "api-version": "1.4"},
            "name": self.name,
            "project-status": {"status": "active"},
            "versions": self.versions[:count],
        }


def projects():
    """Returns all projects, and what is required of them directly."""
    found = []
    for layer, width in enumerate(LAYERS):
        for index in range(width):
            found.append(layered(layer, index))
    # Newest and newest do not go together: the right one agrees with a left one that is
    # four versions older.
    found.append(Project("knot-base", 2 * KNOT_VERSIONS, lambda number: []))
    for name, shift in [("knot-left", 4), ("knot-right", 0)]:
        found.append(Project(name, KNOT_VERSIONS, knotted(shift)))
    # Required on other platforms only: nobody may ask for it.
    found.append(Project("made-elsewhere", 4, lambda number: []))
    roots = [f"made-0-{index}" for index in range(LAYERS[0])]
    roots[3] += "[fast]"
    roots[5] += ">=1.0.1,<2"
    return {project.name: project for project in found}, [*roots, "knot-left", "knot-right"]


def knotted(shift):
    def requires(number):
        low = number + 4 - shift
        return [f"knot-base>=1.{low // 10}.{low % 10},<=1.{(low + 1) // 10}.{(low + 1) % 10}"]

    return requires


def layered(layer, index):
    below = LAYERS[layer + 1] if layer + 1 < len(LAYERS) else 0

    def requires(number):
        lines = ['made-elsewhere>=1.0; sys_platform == "win32"']
        for step in range(3 if below else 0):
            name = f"made-{layer + 1}-{(index * 5 + step * 7) % below}"
            bound = [">=1.0.1", ">=1.0,!=1.0.0", ""][step]
            if step == 0 and index % 7 == 3:
                # Not the newest one, as whoever runs ahead cannot know.
                bound += ",<1.0.3"
            lines.append(name + bound)
        if below:
            lines.append(f"made-{layer + 1}-{index % below}[fast]; extra == 'fast'")
            lines.append(f"made-{layer + 1}-{(index + 1) % below}; extra == 'slow'")
        return lines

    count = 300 if index % 9 == 4 else 60 if index % 5 == 2 else 4 + (index + layer) % 5
    return Project(
        f"made-{layer}-{index}", count, requires, ["fast", "slow"], platform_wheels=index % 3 == 1
    )


# ------------------------------------------------------------------ how it is served


class Count(collections.Counter):
    """What was asked for, by kind; what was `abandoned`, as the client ended without an
    answer; `waves`, `connections`, and `bytes` of bodies before they are compressed: how
    well that goes hangs on the library that does it."""


class Server:
    """Serves the index at `url` until the process ends, on one thread."""

    def __init__(self):
        self.projects, self.roots = projects()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.bodies = {}
        self.max_age, self.is_past = 600, False
        self.count, self.asked, self.client = Count(), [], None
        self.files = {
            name + ".metadata": (project, number)
            for project in self.projects.values()
            for number in range(len(project.versions))
            for name, is_wheel in project.files(number)
            if is_wheel
        }
        self.held = []  # Requests of the present wave: line, headers, connection.
        self.heard = 0.0  # When something came last.
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listener, selectors.EVENT_READ, None)
        threading.Thread(target=self.serve, daemon=True).start()

    def start(self, max_age, is_past):
        """Counts from here on, without a client as yet."""
        self.max_age, self.is_past = max_age, is_past
        self.count, self.asked, self.client = Count(), [], None

    def stop(self):
        """Returns what was counted, when all is read that the client has sent."""
        end = time.monotonic()
        while self.held or time.monotonic() - max(self.heard, end) < 2 * QUIET:
            time.sleep(QUIET / 4)
        return self.count

    def serve(self):
        held_since = time.monotonic()
        while True:
            events = self.selector.select(QUIET / 2)
            now = time.monotonic()
            if events:
                self.heard = now
            for key, _ in events:
                if key.data is None:
                    self.accept()
                else:
                    self.read(key.fileobj, key.data)
            if not self.held:
                held_since = now
            elif now - held_since > PATIENCE or (now - self.heard > QUIET and self.is_client_asleep()):
                self.answer()

    def accept(self):
        connection, _ = self.listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.count["connections"] += 1
        self.selector.register(connection, selectors.EVENT_READ, bytearray())

    def read(self, connection, buffer):
        try:
            received = connection.recv(65536)
        except OSError:
            received = b""
        if not received:
            self.selector.unregister(connection)
            connection.close()
            return
        buffer += received
        # There is never a body: all requests are GET or HEAD.
        while (end := buffer.find(b"\r\n\r\n")) >= 0:
            first, *lines = bytes(buffer[:end]).decode("latin-1").split("\r\n")
            del buffer[: end + 4]
            headers = dict(line.lower().split(": ", 1) for line in lines)
            self.held.append((first, headers, connection))

    def client_states(self):
        """Returns the states of the client's threads, as far as the system tells: `R` runs,
        `S` sleeps, `Z` has ended."""
        states = []
        try:
            for task in Path(f"/proc/{self.client}/task").iterdir():
                states.append((task / "stat").read_text().rpartition(")")[2].split()[0])
        except OSError:
            pass
        return states

    def is_client_asleep(self):
        return set(self.client_states()) <= set("SZX")

    def has_client_ended(self):
        return self.client is not None and set(self.client_states()) <= set("ZX")

    def answer(self):
        """Answers what was asked in the wave that is over."""
        if self.has_client_ended():
            self.count["abandoned"] += len(self.held)
            self.held = []
            return
        self.count["waves"] += 1
        held, self.held = sorted(self.held, key=lambda request: request[0]), []
        for first, headers, connection in held:
            method, path, _ = first.split(" ")
            self.asked.append(path)
            response = self.respond(path, headers)
            if method == "HEAD":
                response = response[: response.index(b"\r\n\r\n") + 4]
            try:
                connection.setblocking(True)
                connection.sendall(response)
            except OSError:
                pass

    def respond(self, path, headers):
        kind, content_type, body = self.find(path)
        if body is None:
            self.count["others"] += 1
            return head("404 Not Found", {"Content-Length": "0"})
        fields = {"Vary": "Accept, Accept-Encoding", "Content-Type": content_type}
        if kind == "pages":
            fields["Cache-Control"] = f"max-age={self.max_age}, public"
        else:
            fields["Cache-Control"] = "max-age=365000000, immutable, public"
        plain, zipped, fields["ETag"] = body
        if headers.get("if-none-match") == fields["ETag"]:
            self.count["unchanged"] += 1
            return head("304 Not Modified", fields)
        self.count[kind] += 1
        self.count["bytes"] += len(plain)
        if "gzip" in headers.get("accept-encoding", ""):
            plain, fields["Content-Encoding"] = zipped, "gzip"
        fields["Content-Length"] = str(len(plain))
        return head("200 OK", fields) + plain

    def find(self, path):
        """Returns the kind of a path, its type, and its body in both codings with a tag."""
        parts = path.strip("/").split("/")
        if parts[0] == "simple" and len(parts) == 2 and parts[1] in self.projects:
            project = self.projects[parts[1]]
            count = len(project.versions)
            if self.is_past and count % 2 == 0:
                count -= 1
            make = lambda: json.dumps(project.page(count, self.url), separators=(",", ":"))
            key = (project.name, count)
            return "pages", "application/vnd.pypi.simple.v1+json", self.body(key, make)
        if parts[0] == "files" and parts[-1] in self.files:
            project, number = self.files[parts[-1]]
            key = (project.name, "metadata", number)
            return "metadata", "application/octet-stream", self.body(key, lambda: project.metadata(number))
        return "others", None, None

    def body(self, key, make):
        if key not in self.bodies:
            plain = make().encode()
            zipped = gzip.compress(plain, 6, mtime=0)
            self.bodies[key] = plain, zipped, f'"{hashlib.md5(plain).hexdigest()}"'
        return self.bodies[key]


def head(status, fields):
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in fields.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
