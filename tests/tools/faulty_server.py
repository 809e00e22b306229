"""An index and a registry on loopback that answer one request of a run, or all from one on,
with a fault.

Each run has a name, which is the first part of its paths: so many runs share one server, and
each has its own count of requests and its own fault. What a run is served differs from that of
another in nothing else.
"""

import collections
import gzip
import hashlib
import http.server
import io
import json
import random
import socket
import socketserver
import struct
import threading
import time
import zipfile

VERSIONS = ["1.0", "1.1", "1.2"]
# What the newest version of each project requires; the older ones require the same, without
# bounds. So there is one solution, and none without all of these projects.
REQUIRES = {
    "app": ["core>=1.1", "web", "tools"],
    "web": ["routes>=1.0", "forms<1.2"],
    "tools": ["terminal", "colors!=1.2"],
    "core": ["types-common"],
    "routes": ["core", "patterns"],
    "forms": ["fields>=1.1"],
    "fields": ["types-common<1.2"],
    "patterns": ["colors"],
    "terminal": ["colors>=1.0"],
    "colors": [],
    "types-common": ["markers"],
    "markers": [],
}
IMAGES = ["base", "build", "run"]
PAGE_TYPE = "application/vnd.pypi.simple.v1+json"
INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
LOGIN_PAGE = b"<!DOCTYPE html><html><body><form>Sign in</form></body></html>"
# For how long a connection is left open that nothing comes on, in seconds.
STALL = 20.0


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class Answer:
    """Status, headers and body of an answer that is right."""

    def __init__(self, status, content_type, body, **headers):
        self.status, self.body = status, body
        self.headers = {"Content-Type": content_type, **headers}


class Wheels:
    """All files there are, and their metadata."""

    def __init__(self):
        self.files, self.metadata = {}, {}
        for project, requires in REQUIRES.items():
            for version in VERSIONS:
                name = f"{project.replace('-', '_')}-{version}-py3-none-any.whl"
                newest = version == VERSIONS[-1]
                self.metadata[name] = metadata(
                    project, version, requires if newest else map(without_bound, requires)
                )
                self.files[name] = wheel(name, self.metadata[name])

    def page(self, project, with_metadata):
        files = []
        for name in self.files:
            if name.startswith(project.replace("-", "_") + "-"):
                entry = {
                    "filename": name,
                    "url": f"../../files/{name}",
                    "hashes": {"sha256": sha256(self.files[name])},
                    "size": len(self.files[name]),
                    "upload-time": "2024-01-01T00:00:00Z",
                }
                if with_metadata:
                    entry["core-metadata"] = {"sha256": sha256(self.metadata[name])}
                files.append(entry)
        page = {"meta": {"api-version": "1.1"}, "name": project, "files": files}
        return json.dumps(page | {"versions": VERSIONS}).encode()


def without_bound(requirement):
    return requirement.translate(str.maketrans("<>!=", "    ")).split()[0]


def metadata(project, version, requires):
    lines = ["Metadata-Version: 2.1", f"Name: {project}", f"Version: {version}"]
    lines += [f"Requires-Dist: {requirement}" for requirement in requires]
    return ("\n".join(lines) + "\n\nA description.\n").encode()


def wheel(name, text):
    info = "-".join(name.split("-")[:2]) + ".dist-info"
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        # Bytes that do not shrink: so that a client that reads the end of a wheel has
        # something to leave out.
        filler = random.Random(name).randbytes(40_000)
        for path, data in [
            (info.split("-")[0] + "/data.bin", filler),
            (f"{info}/METADATA", text),
            (f"{info}/WHEEL", b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"),
            (f"{info}/RECORD", b""),
        ]:
            archive.writestr(zipfile.ZipInfo(path, (2024, 1, 1, 0, 0, 0)), data)
    return made.getvalue()


class Run:
    """What is known of one run: how many requests came, and which of them go wrong how."""

    def __init__(self, fault=None, number=0, once=True, delay=0.0):
        self.fault, self.number, self.once, self.delay = fault, number, once, delay
        self.lock, self.count = threading.Lock(), 0

    def next_fault(self):
        """Counts a request; returns its fault, if it has one."""
        with self.lock:
            self.count += 1
            hit = self.count == self.number if self.once else self.count >= self.number
        return self.fault if hit else None


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """Serves until the process ends."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server_address[1]}"
        self.wheels, self.runs = Wheels(), {}
        self.manifests = {name: manifest(name) for name in IMAGES}
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        """A client that ends at once is what this is for."""


def manifest(name):
    """Returns an index of one image, and the image's own manifest, by digest."""
    entry = {"mediaType": MANIFEST_TYPE, "digest": "sha256:" + sha256(name.encode()), "size": 400}
    entry["platform"] = {"os": "linux", "architecture": "amd64"}
    index = {"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": [entry]}
    return json.dumps(index).encode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def do_GET(self):
        try:
            self.serve()
        except OSError:
            self.close_connection = True

    do_HEAD = do_GET

    def serve(self):
        parts = self.path.strip("/").split("/")
        name = parts[1] if parts[0] == "v2" and len(parts) > 1 else parts[0]
        run = self.server.runs.get(name)
        if run is None:
            # Asked of no run: `/v2/`.
            self.send(Answer(200, "application/json", b"{}"))
            return
        fault = run.next_fault()
        if run.delay:
            time.sleep(run.delay)
        answer = self.find(parts)
        if fault is None:
            self.send(answer)
        else:
            FAULTS[fault](self, answer)

    def find(self, parts):
        wheels = self.server.wheels
        if parts[0] == "v2" and parts[2] in self.server.manifests:
            body = self.server.manifests[parts[2]]
            digest = {"Docker-Content-Digest": "sha256:" + sha256(body)}
            return Answer(200, INDEX_TYPE, body, **digest)
        kind, name = (parts[1:] + ["", ""])[:2]
        if kind.startswith("simple") and name in REQUIRES:
            page = wheels.page(name, with_metadata=kind == "simple")
            return Answer(200, PAGE_TYPE, page, **{"Cache-Control": "max-age=600"})
        if kind == "files" and name in wheels.files:
            return self.ranged(wheels.files[name])
        if kind == "files" and name.removesuffix(".metadata") in wheels.metadata:
            # Where the page does not name them, they are not there either.
            return Answer(200, "text/plain", wheels.metadata[name.removesuffix(".metadata")])
        return Answer(404, "text/plain", b"not here")

    def ranged(self, body):
        wanted = self.headers.get("Range")
        if wanted is None:
            return Answer(200, "application/zip", body, **{"Accept-Ranges": "bytes"})
        first, last = wanted.removeprefix("bytes=").split("-")
        size = len(body)
        low = size - int(last) if first == "" else int(first)
        high = size - 1 if first == "" else int(last or size - 1)
        low, high = max(low, 0), min(high, size - 1)
        content_range = {"Content-Range": f"bytes {low}-{high}/{size}"}
        return Answer(206, "application/zip", body[low : high + 1], **content_range)

    def send(self, answer, length=None):
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body) if length is None else length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def end(self):
        self.wfile.flush()
        self.close_connection = True


# ------------------------------------------------------------------ what goes wrong


def status(code, **headers):
    return lambda handler, _: handler.send(Answer(code, "text/plain", b"no", **headers))


def closed(handler, _):
    handler.end()


def reset(handler, answer):
    """Half of the answer, then the connection is torn down rather than closed."""
    half = Answer(answer.status, "", answer.body[: len(answer.body) // 2])
    half.headers = answer.headers
    handler.send(half, len(answer.body))
    handler.wfile.flush()
    linger = struct.pack("ii", 1, 0)
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    handler.end()


def cut(handler, answer):
    half = Answer(answer.status, "", answer.body[: len(answer.body) // 2])
    half.headers = answer.headers
    handler.send(half, len(answer.body))
    handler.end()


def instead(body, content_type=None):
    """Another body in place of the right one: of this type, or of the right type."""

    def fault(handler, answer):
        made = body(handler, answer)
        answer.headers.pop("Docker-Content-Digest", None)
        if content_type:
            answer.headers["Content-Type"] = content_type
        answer.body = made
        handler.send(answer)

    return fault


def other_body(handler, answer):
    """The body of another project, file or image."""
    wheels = handler.server.wheels
    if answer.headers["Content-Type"] == PAGE_TYPE:
        return wheels.page("app" if b'"app"' not in answer.body else "web", True)
    if answer.headers["Content-Type"] == INDEX_TYPE:
        return b'{"schemaVersion": 2}'
    name = "web-1.0-py3-none-any.whl"
    if answer.headers["Content-Type"] == "application/zip":
        return wheels.files[name][-len(answer.body) :]
    return wheels.metadata[name]


def noise(_, answer):
    return random.Random(len(answer.body)).randbytes(len(answer.body))


def broken_gzip(handler, answer):
    packed = gzip.compress(answer.body)
    answer.headers["Content-Encoding"] = "gzip"
    answer.body = packed[: len(packed) // 2]
    handler.send(answer)


def broken_chunks(handler, answer):
    handler.send_response(answer.status)
    for name, value in answer.headers.items():
        handler.send_header(name, value)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(b"zz\r\n" + answer.body[:40])
    handler.end()


def redirected(handler, _):
    handler.send(Answer(302, "text/plain", b"", Location=handler.path))


def stalled(handler, answer):
    """The head and half of the body; then nothing, until the client goes away."""
    half = Answer(answer.status, "", answer.body[: len(answer.body) // 2])
    half.headers = answer.headers
    handler.send(half, len(answer.body) + 1)
    handler.wfile.flush()
    handler.connection.settimeout(STALL)
    try:
        handler.connection.recv(1)
    except OSError:
        pass
    handler.end()


FAULTS = collections.OrderedDict(
    [
        ("status 401", status(401)),
        ("status 403", status(403)),
        ("status 404", status(404)),
        ("status 429", status(429, **{"Retry-After": "0"})),
        ("status 500", status(500)),
        ("status 503", status(503)),
        ("connection closed", closed),
        ("connection reset", reset),
        ("body cut off", cut),
        ("body of another", instead(other_body)),
        ("login page", instead(lambda *_: LOGIN_PAGE, "text/html")),
        ("random bytes", instead(noise)),
        ("empty body", instead(lambda *_: b"")),
        ("broken gzip", broken_gzip),
        ("broken chunks", broken_chunks),
        ("redirect to itself", redirected),
        ("stalled body", stalled),
    ]
)
